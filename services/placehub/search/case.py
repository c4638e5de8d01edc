"""One case as the search knows it: the facts in force, who is invited, what is offered. State only, no decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from placehub.contracts.fields import record
from placehub.contracts.parts import Basis, HomeFit
from placehub.errors import Rejected
from placehub.placements.lifecycle import EARLY
from placehub.referrals.events import EarlyNoticeGiven, OfferFeedback, ReferralMade, ReferralRevised
from placehub.saying import said
from placehub.search.events import ReferralAssessed, Relaxation
from placehub.search.ordering import BANDS as BANDS
from placehub.search.policy import Policy
from placehub.search.splitting import Split
from placehub.vacancies.events import Home

Facts = EarlyNoticeGiven | ReferralMade | ReferralRevised
SELECTED = ("selected", "reserved")
"""States of an offer that is selected."""


@record
class Told:
    """What of one home's fit a case keeps: enough to rank offers and to see whether there is news to tell."""

    vacancy_id: UUID
    band: str
    need: int = 500
    distance_miles: Decimal | None
    available_from: date | None = None
    questions: tuple[str, ...]


@record
class Invitation:
    """One provider's invitation, with the homes that fit as last told."""

    provider: str
    state: str
    homes: tuple[Told, ...]
    respond_by: datetime


@record
class Offer:
    """One offer as it now stands."""

    offer_id: UUID
    provider: str
    vacancy_id: UUID
    children: tuple[UUID, ...]
    state: str
    available_from: date
    valid_until: datetime
    referral_version: int
    made_at: datetime | None = None
    """When it was made, by its provider's word."""
    fit: Told | None = None
    """How its home fits, as the authority was last told; None: not told, or it does not fit."""
    elsewhere: bool = False
    """Whether the authority was last told that the home is offered in another case too."""


@record
class Found:
    """One field a provider gave feedback on."""

    provider: str
    after_days: int
    field: str


@record
class Stay:
    """A child's placement as the case knows it, from the day it started."""

    child_id: UUID
    provider: str
    vacancy_id: UUID
    household_ref: UUID | None
    started_on: date
    noticed: bool = False
    ended_on: date | None = None

    @property
    def ending(self) -> str | None:
        """The event by which a new search may begin; None while nothing is known of an end."""
        return "PlacementEnded" if self.ended_on else "NoticeGiven" if self.noticed else None

    @property
    def ended_early(self) -> bool:
        """Whether it ended within a week."""
        return self.ended_on is not None and self.ended_on - self.started_on <= EARLY


@record
class Case:
    """Everything of one case that later decisions rest on."""

    referral_id: UUID
    state: str
    facts: Facts
    offset: int
    """Where the last event of a party that was taken into it stands in its partition of the referral stream."""
    matched: tuple[int, ...] = ()
    """The next offsets of the vacancy stream when every home was last looked at."""
    invitations: dict[str, Invitation]
    offers: dict[UUID, Offer]
    groups: tuple[tuple[UUID, ...], ...] = ()
    """Who stays with whom, by the split that was confirmed; none: all of them, unless the plan says apart."""
    proposed: tuple[tuple[UUID, ...], ...] = ()
    """The split that was proposed last."""
    without_a_home: tuple[UUID, ...] | None = None
    """Siblings whom no home took even alone when a split was last looked for in vain; None: it was not."""
    feedback: tuple[OfferFeedback, ...] = ()
    reserved: dict[UUID, UUID] = field(default_factory=dict)
    started: tuple[UUID, ...] = ()
    in_house: str | None = None
    found: tuple[Found, ...] = ()
    """What providers said of the referral after the start; the authority may answer each."""
    told_from: datetime | None = None
    """When the independent sector is told of it: at once, or after the authority's own carers were asked."""
    waiting: dict[str, datetime] = field(default_factory=dict)
    """Providers whose invitation waits, and until when; their homes are matched again then."""
    widened: int = 0
    """Steps of the policy taken because too few homes fitted; a revised referral keeps them."""
    widen_at: datetime | None = None
    """When every home is looked at again, to take the next step or to find that none fits."""
    announced: str | None = None
    """What every party was told of it, if they were."""
    revised: dict[str, int] = field(default_factory=dict)
    """Hard facts that were revised, each with the version of the referral that last did."""
    placed_with: tuple[str, ...] = ()
    """Providers a child of the case has moved in with."""
    stays: dict[UUID, Stay] = field(default_factory=dict)
    """The placements that have started, of earlier searches of this case too."""

    @property
    def live(self) -> bool:
        """Whether the search is still going on."""
        return self.state != "closed"

    @property
    def searching(self) -> bool:
        """Whether homes are being invited now."""
        return self.state in ("noticed", "referred")

    @property
    def version(self) -> int:
        """The referral's version; 0 while there is only an early notice."""
        return 0 if isinstance(self.facts, EarlyNoticeGiven) else self.facts.version

    @property
    def ask_first(self) -> tuple[UUID, ...]:
        """Homes where a placement of this case ended early, and which the authority has not said may be asked again."""
        early = {stay.vacancy_id for stay in self.stays.values() if stay.ended_early}
        return tuple(sorted(early - set(self.facts.wanted.invite_again)))

    def is_asked_first(self, vacancy_id: UUID, household_ref: UUID) -> bool:
        """Tell whether a home, or another vacancy of the same household, is among these."""
        if not self.stays:
            return False
        asked = self.ask_first
        households = {one.household_ref for one in self.stays.values() if one.vacancy_id in asked}
        return vacancy_id in asked or household_ref in households

    @property
    def selected(self) -> tuple[Offer, ...]:
        """The offers that are selected and hold, or are asking for, a place; several once a split was confirmed."""
        return tuple(self.offers[one] for one in sorted(self.offers) if self.offers[one].state in SELECTED)

    @property
    def held(self) -> frozenset[UUID]:
        """The children for whom an offer is selected."""
        return frozenset(child for offer in self.selected for child in offer.children)

    def with_invitation(self, invitation: Invitation) -> Case:
        """Return the case with this invitation in place of the provider's earlier one."""
        return replace(self, invitations={**self.invitations, invitation.provider: invitation})

    def with_offer(self, offer: Offer) -> Case:
        """Return the case with this offer in place of its earlier form."""
        return replace(self, offers={**self.offers, offer.offer_id: offer})


class View(Protocol):
    """What the search sees of the world when it decides."""

    now: datetime

    def policy(self, case: Case) -> Policy:
        """Return the policy in force now for this case."""
        ...

    def tier(self, case: Case, provider: str) -> int | None:
        """Return the provider's tier under the agreement whose policy decides; None where it has none."""
        ...

    def eligible(self, case: Case) -> frozenset[str]:
        """Return the providers that may be searched for this case."""
        ...

    def out_of_hours(self, provider: str) -> str | None:
        """Return the telephone or mailbox of the provider's duty desk, where it has named one."""
        ...

    def removed_by(self, case: Case, providers: Iterable[str]) -> Mapping[str, tuple[str, int]]:
        """Return, by provider, what kept its best home out, and how many open homes it has."""
        ...

    def relaxations(self, case: Case) -> tuple[Relaxation, ...]:
        """Return how many homes each single relaxation would bring, most first."""
        ...

    def fitting(self, case: Case) -> int:
        """Return how many homes fit."""
        ...

    def by_provider(self, case: Case) -> Mapping[str, Sequence[HomeFit]]:
        """Return the fitting homes of each provider, best first, providers in the order of their best home."""
        ...

    def considered(self, case: Case) -> tuple[int, dict[str, int]]:
        """Return how many homes were considered, and how many each rule removed."""
        ...

    def fits_among(self, case: Case, vacancies: Iterable[UUID]) -> Sequence[HomeFit]:
        """Return those of these homes that fit now, in their order."""
        ...

    def owner(self, vacancy_id: UUID) -> str | None:
        """Return the vacancy's provider, or None when it is not open."""
        ...

    def declared(self, vacancy_id: UUID) -> Home | None:
        """Return the home as its provider last said it is, or None when it is closed."""
        ...

    def in_sight(self, vacancy_id: UUID) -> bool:
        """Tell whether a home is matched at all now: open, not paused, with a place left."""
        ...

    def offered_elsewhere(self, case: Case, vacancy_id: UUID) -> bool:
        """Tell whether an offer of the home stands in another case."""
        ...

    def household(self, vacancy_id: UUID) -> UUID | None:
        """Return whose home the vacancy is in, by pseudonym, or None when it is not known any more."""
        ...

    def vacancies_of(self, provider: str) -> Iterable[UUID]:
        """Return the provider's vacancies that are not closed, in a fixed order."""
        ...

    def is_new(self, case: Case, vacancy_id: UUID) -> bool:
        """Tell whether a vacancy came in sight after every home was last looked at for this case."""
        ...

    def basis(self, case: Case) -> Basis:
        """Return what the hub knows now."""
        ...

    def respond_by(self, case: Case) -> datetime:
        """Return when an invitation sent now must be answered."""
        ...

    def most_invited(self, case: Case) -> int | None:
        """Return how many providers are invited when a search starts; None: all that fit."""
        ...

    def assessed(self, case: Case) -> ReferralAssessed:
        """Return how good the notice or referral in force is, and what to ask first."""
        ...

    def split(self, case: Case) -> Split | None:
        """Return the best way to part siblings whom no home takes together; None when there is none."""
        ...

    def fits_some(self, case: Case, vacancy_id: UUID, children: Iterable[UUID]) -> bool:
        """Tell whether the home fits some of these children, each alone."""
        ...

    def without_a_home(self, case: Case) -> tuple[UUID, ...]:
        """Return those of the children whom no home takes even alone."""
        ...


@dataclass(frozen=True, slots=True)
class Decided:
    """The case as it now stands, and the hub's events that follow, in order."""

    case: Case
    events: tuple[Any, ...] = ()
    marks: tuple[str, ...] = ()

    def then(self, following: Decided) -> Decided:
        """Return what follows after this: the later case, and the events of both."""
        return Decided(following.case, self.events + following.events, self.marks + following.marks)


def told(homes: Sequence[HomeFit]) -> tuple[Told, ...]:
    """Return what a case keeps of these homes: their findings stand in the event that told them."""
    return tuple(
        Told(
            vacancy_id=home.vacancy_id,
            band=home.band,
            need=home.need,
            distance_miles=home.distance_miles,
            available_from=home.available_from,
            questions=home.questions,
        )
        for home in homes
    )


def band_of(homes: Sequence[HomeFit]) -> str:
    """Return the best band among homes."""
    return min((home.band for home in homes), key=BANDS.index)


def invitation_of(case: Case, provider: str, states: tuple[str, ...]) -> Invitation:
    """Return the sender's invitation; Rejected when there is none, or none that may be answered."""
    found = case.invitations.get(provider)
    if found is None:
        raise Rejected("referral_id", "must be a case you were invited to", "Answer an invitation from your inbox.")
    if states and found.state not in states:
        rule = said("your invitation must be {states}; it is {state}", states=" or ".join(states), state=found.state)
        raise Rejected("referral_id", rule, "Wait for a new invitation.")
    return found


def offer_of(case: Case, offer_id: UUID, states: tuple[str, ...]) -> Offer:
    """Return the offer; Rejected when the case has none of that id, or it is past that."""
    found = case.offers.get(offer_id)
    if found is None:
        raise Rejected("offer_id", "must be an offer made in this case", "Use the offer's id from your inbox.")
    if states and found.state not in states:
        rule = said("the offer must be {states}; it is {state}", states=" or ".join(states), state=found.state)
        raise Rejected("offer_id", rule, "See the case's offers as they now stand.")
    return found
