"""What the streams tell of cases, invitations, placements, agreements and profiles, as returns ask it; pure.

A fee is in force once both sides have posted the same, as everywhere. Each stream is told in its own order, the streams
in any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from placehub.agreements.events import (
    AgreementRegistered,
    ExtensionDecided,
    PartyNamed,
    ProviderJoined,
    ProviderLeft,
    TerminationDecided,
)
from placehub.contracts.headers import Attributes
from placehub.contracts.parts import FeeLine
from placehub.offers.events import InvitationDeclined, OfferMade
from placehub.organisations.events import OrganisationRegistered, ProfileFactChanged, ProfilePublished
from placehub.placements.events import (
    FeeChanged,
    MissingEpisodeRecorded,
    PlacementAgreed,
    PlacementEnded,
    PlacementReviewed,
    PlacementStarted,
    SupportAgreed,
    SupportRefused,
    SupportRequested,
)
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, ReferralRevised
from placehub.search.events import InvitationLapsed, NoFitFound, ProviderInvited, SearchClosed, SearchReopened


@dataclass(slots=True)
class Case:
    """One search: whose, under which agreement, for whom, and how it ended."""

    referral_id: UUID
    authority: str = ""
    agreement_id: UUID | None = None
    kind: str | None = None
    age_bands: tuple[str, ...] = ()
    begun_on: date | None = None
    no_fit_on: date | None = None
    closed_on: date | None = None
    outcome: str | None = None


@dataclass(slots=True)
class Asked:
    """One provider in one search: when it was invited, and what it answered."""

    referral_id: UUID
    provider: str
    invited_at: datetime | None = None
    answered_at: datetime | None = None
    answer: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class Placement:
    """One child's placement, as its stream tells it."""

    placement_id: UUID
    referral_id: UUID | None = None
    authority: str = ""
    provider: str = ""
    started_on: date | None = None
    ended_on: date | None = None
    ended: PlacementEnded | None = None
    start: PlacementStarted | None = None
    terms: dict[date, dict[str, tuple[FeeLine, ...]]] = field(default_factory=dict)
    """By the day from which they are to hold, what each side has posted as the whole fee."""
    supports: list[tuple[date, FeeLine]] = field(default_factory=list)
    """Support that was agreed while it lasted, and since when."""
    reviews: list[PlacementReviewed] = field(default_factory=list)
    missing: list[MissingEpisodeRecorded] = field(default_factory=list)
    requested: list[date] = field(default_factory=list)
    refused: list[tuple[date, str]] = field(default_factory=list)
    fee_changes: dict[date, str] = field(default_factory=dict)

    def fees(self) -> tuple[tuple[date, tuple[FeeLine, ...]], ...]:
        """Return each whole fee that both sides have posted alike, with the day from which it holds, in their order."""
        alike = [
            (day, next(iter(said.values())))
            for day, said in sorted(self.terms.items())
            if len(said) > 1 and len(set(said.values())) == 1
        ]
        return tuple(alike)


@dataclass(slots=True)
class Agreed:
    """One agreement: its terms, and who was party to it when."""

    terms: AgreementRegistered
    authorities: tuple[str, ...]
    joined: dict[str, date] = field(default_factory=dict)
    left: dict[str, date] = field(default_factory=dict)
    ends_on: date | None = None


@dataclass(slots=True)
class Facts:
    """Everything that returns are made of."""

    cases: dict[UUID, Case] = field(default_factory=dict)
    asked: dict[tuple[UUID, str], Asked] = field(default_factory=dict)
    placements: dict[UUID, Placement] = field(default_factory=dict)
    agreements: dict[UUID, Agreed] = field(default_factory=dict)
    profiles: dict[str, dict[str, str]] = field(default_factory=dict)

    def take(self, event: Any, attributes: Attributes) -> None:
        """Take one event in; what no return asks is passed over."""
        fold = _FOLDS.get(type(event))
        if fold is not None:
            fold(self, event, attributes)

    def case(self, referral_id: UUID) -> Case:
        """Return a case, known before or not."""
        return self.cases.setdefault(referral_id, Case(referral_id))

    def placement(self, event: Any) -> Placement:
        """Return the placement an event is about, known before or not."""
        one = self.placements.setdefault(event.placement_id, Placement(event.placement_id))
        one.authority, one.provider = event.authority, event.provider
        one.referral_id = getattr(event, "referral_id", one.referral_id)
        return one


def _sought(facts: Facts, event: EarlyNoticeGiven | ReferralMade | ReferralRevised, of: Attributes) -> None:
    case = facts.case(event.referral_id)
    case.authority, case.agreement_id, case.kind = event.authority, event.agreement_id, event.wanted.kind
    case.age_bands = tuple(sorted(one.age_band for one in event.children if one.role == "child" and one.age_band))
    known = event.need_known_at.date()
    case.begun_on = min(case.begun_on or known, known)


def _none_fits(facts: Facts, event: NoFitFound, of: Attributes) -> None:
    facts.case(event.referral_id).no_fit_on = of.time.date()


def _closed(facts: Facts, event: SearchClosed, of: Attributes) -> None:
    case = facts.case(event.referral_id)
    case.closed_on, case.outcome = of.time.date(), event.outcome


def _reopened(facts: Facts, event: SearchReopened, of: Attributes) -> None:
    case = facts.case(event.referral_id)
    case.closed_on = case.outcome = None


def _pair(facts: Facts, event: Any) -> Asked:
    key = (event.referral_id, event.provider)
    return facts.asked.setdefault(key, Asked(*key))


def _invited(facts: Facts, event: ProviderInvited, of: Attributes) -> None:
    _pair(facts, event).invited_at = event.released_at


def _answer(word: str) -> Callable[[Facts, Any, Attributes], None]:
    def fold(facts: Facts, event: Any, of: Attributes) -> None:
        one = _pair(facts, event)
        if one.answer in (None, "lapsed"):  # the first answer counts; one that comes after the lapse still is one
            one.answer, one.reason = word, getattr(event, "reason", None)
            one.answered_at = None if word == "lapsed" else of.time

    return fold


def _terms(facts: Facts, event: PlacementAgreed | FeeChanged, of: Attributes) -> None:
    one = facts.placement(event)
    since = event.starts_on if isinstance(event, PlacementAgreed) else event.changes_on
    one.terms.setdefault(since, {})[of.source] = event.fee_lines
    if isinstance(event, FeeChanged):
        one.fee_changes[since] = event.reason


def _started(facts: Facts, event: PlacementStarted, of: Attributes) -> None:
    one = facts.placement(event)
    one.started_on, one.start = event.started_on, event


def _ended(facts: Facts, event: PlacementEnded, of: Attributes) -> None:
    one = facts.placement(event)
    one.ended_on, one.ended = event.ended_on, event


def _supported(facts: Facts, event: SupportAgreed, of: Attributes) -> None:
    facts.placement(event).supports.append((event.support.starts_on or of.time.date(), event.support))


def _registered(facts: Facts, event: AgreementRegistered, of: Attributes) -> None:
    known = facts.agreements.get(event.agreement_id)
    joined, left = (known.joined, known.left) if known else ({}, {})
    facts.agreements[event.agreement_id] = Agreed(event, event.authorities, joined, left, event.ends_on)


def _named(facts: Facts, event: PartyNamed, of: Attributes) -> None:
    one = facts.agreements[event.agreement_id]
    one.authorities = tuple(dict.fromkeys((*one.authorities, event.authority)))


def _joined(facts: Facts, event: ProviderJoined, of: Attributes) -> None:
    one = facts.agreements[event.agreement_id]
    one.joined.setdefault(event.provider, event.joined_on)
    one.left.pop(event.provider, None)


def _left(facts: Facts, event: ProviderLeft, of: Attributes) -> None:
    facts.agreements[event.agreement_id].left[event.provider] = event.left_on


def _decided(facts: Facts, event: ExtensionDecided | TerminationDecided, of: Attributes) -> None:
    ends_on = event.extended_until if isinstance(event, ExtensionDecided) else event.ends_on
    facts.agreements[event.agreement_id].ends_on = ends_on


def _profile(facts: Facts, event: ProfilePublished | ProfileFactChanged, of: Attributes) -> None:
    told = event.facts if isinstance(event, ProfilePublished) else (event.fact,)
    facts.profiles.setdefault(event.organisation, {}).update({one.name: one.value for one in told})


def _organisation(facts: Facts, event: OrganisationRegistered, of: Attributes) -> None:
    known = facts.profiles.setdefault(event.organisation, {})
    known.setdefault(REGISTERED_NAME, event.name)
    known.setdefault(REGISTERED_CODE, event.organisation)


REGISTERED_NAME: Final = "registered name"
REGISTERED_CODE: Final = "registered code"
"""What the register of organisations tells of each, beside its profile."""

_FOLDS: Final[Mapping[type, Callable[[Facts, Any, Attributes], None]]] = {
    EarlyNoticeGiven: _sought,
    ReferralMade: _sought,
    ReferralRevised: _sought,
    NoFitFound: _none_fits,
    SearchClosed: _closed,
    SearchReopened: _reopened,
    ProviderInvited: _invited,
    OfferMade: _answer("offered"),
    InvitationDeclined: _answer("declined"),
    InvitationLapsed: _answer("lapsed"),
    PlacementAgreed: _terms,
    FeeChanged: _terms,
    PlacementStarted: _started,
    PlacementEnded: _ended,
    PlacementReviewed: lambda facts, event, of: facts.placement(event).reviews.append(event),
    MissingEpisodeRecorded: lambda facts, event, of: facts.placement(event).missing.append(event),
    SupportRequested: lambda facts, event, of: facts.placement(event).requested.append(of.time.date()),
    SupportAgreed: _supported,
    SupportRefused: lambda facts, event, of: facts.placement(event).refused.append((of.time.date(), event.reason)),
    AgreementRegistered: _registered,
    PartyNamed: _named,
    ProviderJoined: _joined,
    ProviderLeft: _left,
    ExtensionDecided: _decided,
    TerminationDecided: _decided,
    ProfilePublished: _profile,
    ProfileFactChanged: _profile,
    OrganisationRegistered: _organisation,
}
READS: Final = ("organisation", "agreement", "referral", "placement")
"""The streams that these events are in."""
