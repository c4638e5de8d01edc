"""One case as its organisation was told of it: folded from its inbox and from nothing else. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from placehub.offers.events import (
    ClarificationAsked,
    InterestExpressed,
    InvitationDeclined,
    OfferMade,
    OfferReconfirmed,
    OfferRevised,
    OfferWithdrawn,
)
from placehub.placements.events import PlacementAgreed, PlacementStarted, VerbalAgreementRecorded
from placehub.portal.case_parts import Invitation, Offer, Place, Question
from placehub.portal.told import Told
from placehub.referrals.child import Child
from placehub.referrals.events import (
    ClarificationAnswered,
    EarlyNoticeGiven,
    EarlyNoticeWithdrawn,
    OfferSelected,
    ReferralMade,
    ReferralRevised,
    ReferralWithdrawn,
    SelectionWithdrawn,
)
from placehub.search.events import (
    InvitationClosed,
    InvitationLapsed,
    InvitationUpdated,
    NoFitFound,
    OfferAssessed,
    OfferExpired,
    OfferNotSelected,
    ProviderInvited,
    ReconfirmationAsked,
    ReferralAssessed,
    ReleaseDelayed,
    SearchClosed,
    SearchResumed,
    SearchStarted,
    SearchWidened,
    SelectionRefused,
)
from placehub.search.ordering import place_of
from placehub.search.policy import TODAY, Policy
from placehub.vacancies.events import VacancyReleased, VacancyReserved

Facts = EarlyNoticeGiven | ReferralMade | ReferralRevised
WAITING: Final = ("invited", "interested", "offered", "lapsed")
"""States of an invitation that may still be answered."""
ANSWERS: Final = ("offered", "interested", "invited", "declined", "lapsed", "closed")
"""States of an invitation, in the order in which they are shown."""
STANDING: Final = ("open", "to reconfirm", "selected", "reserved")
"""States of an offer that stands."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened, for the case's own time line."""

    at: datetime
    event: Any
    source: str


@dataclass(slots=True)
class Case:
    """A case as one organisation knows it."""

    case_id: UUID
    begun_at: datetime
    last_at: datetime
    authority: str = ""
    notice: EarlyNoticeGiven | None = None
    referral: ReferralMade | ReferralRevised | None = None
    assessed: ReferralAssessed | None = None
    started: SearchStarted | None = None
    no_fit: NoFitFound | None = None
    delayed: ReleaseDelayed | None = None
    closed: str | None = None
    """How the search ended, as `search_outcome` has it."""
    invitations: dict[str, Invitation] = field(default_factory=dict)
    offers: dict[UUID, Offer] = field(default_factory=dict)
    places: dict[UUID, Place] = field(default_factory=dict)
    questions: dict[UUID, Question] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    revised: list[tuple[datetime, ReferralMade | ReferralRevised, ReferralRevised]] = field(default_factory=list)
    """When it was revised, and both versions."""

    @property
    def facts(self) -> Facts | None:
        """What is told of the need now: the referral, else the notice."""
        return self.referral or self.notice

    @property
    def version(self) -> int:
        """The referral's version; 0 while there is only a notice."""
        return self.referral.version if self.referral else 0

    @property
    def short(self) -> str:
        """The first characters of its id, by which people speak of it."""
        return str(self.case_id)[:8]

    @property
    def emergency(self) -> bool:
        """Whether the home is needed today."""
        return self.facts is not None and self.facts.wanted.needed_by == TODAY

    @property
    def paperwork(self) -> bool:
        """Whether both sides have still to post the terms of what was agreed by word of mouth."""
        return any(one.verbal and not one.agreed for one in self.places.values())

    @property
    def selected(self) -> Offer | None:
        """The offer that is selected, and its place asked for or reserved."""
        return next((one for one in self.offers.values() if one.state in ("selected", "reserved")), None)

    @property
    def unanswered(self) -> int:
        """How many questions have no answer yet."""
        return sum(one.answered_at is None for one in self.questions.values())

    @property
    def need_keys(self) -> dict[str, str]:
        """Child -> id of the key its need is sealed under, as the authority's referral has them."""
        children = self.referral.children if self.referral else ()
        return {str(one.child_id): one.need.key_id for one in children if isinstance(one, Child) and one.need}

    def by_answer(self) -> list[Invitation]:
        """Return the invitations, those that were answered first."""
        return sorted(self.invitations.values(), key=lambda one: (ANSWERS.index(one.state), one.first_at))

    def by_fit(self) -> list[Offer]:
        """Return the offers, best fit first and what is not assessed last; those that stand before the others."""
        return sorted(self.offers.values(), key=_place)


def _place(offer: Offer) -> tuple[Any, ...]:
    standing = offer.state not in STANDING
    if offer.home is None:
        return (standing, True, (), str(offer.told.offer_id))
    return (standing, False, place_of(offer.home, Policy().order), str(offer.told.offer_id))


def fold(told: Iterable[Told]) -> Case | None:
    """Return the case these events tell of; None when they tell of none."""
    case: Case | None = None
    for one in told:
        act = _FOLDS.get(type(one.event))
        if act is None:
            continue
        case = case or Case(one.event.referral_id, one.told_at, one.told_at)
        case.last_at = one.told_at
        case.authority = getattr(one.event, "authority", "") or case.authority
        act(case, one)
        case.steps.append(Step(one.told_at, one.event, one.source))
    return case


def _notice(case: Case, one: Told) -> None:
    case.notice, case.closed = one.event, None


def _refer(case: Case, one: Told) -> None:
    case.referral, case.closed = one.event, None


def _revise(case: Case, one: Told) -> None:
    if case.referral is not None:
        case.revised.append((one.told_at, case.referral, one.event))
    _refer(case, one)


def _set(name: str) -> Callable[[Case, Told], None]:
    return lambda case, one: setattr(case, name, one.event)


def _start(case: Case, one: Told) -> None:
    case.started, case.delayed = one.event, None


def _invite(case: Case, one: Told) -> None:
    case.no_fit = None
    known = case.invitations.get(one.event.provider)
    if known is None:
        case.invitations[one.event.provider] = Invitation(one.event.provider, one.told_at, one.event)
        return
    known.told = one.event
    if known.state in ("closed", "lapsed"):
        known.state, known.reason = "invited", None


def _answer(state: str) -> Callable[[Case, Told], None]:
    def act(case: Case, one: Told) -> None:
        known = case.invitations.get(one.event.provider)
        if known is not None:
            known.state, known.reason = state, getattr(one.event, "reason", None)

    return act


def _offer(case: Case, one: Told) -> None:
    known = case.offers.get(one.event.offer_id)
    if known is None:
        case.offers[one.event.offer_id] = Offer(one.event, one.told_at)
    else:
        known.before, known.told, known.state = known.told, one.event, "open"
    _answer("offered")(case, one)


def _turn(state: str) -> Callable[[Case, Told], None]:
    def act(case: Case, one: Told) -> None:
        offer = case.offers.get(one.event.offer_id)
        if offer is not None:
            offer.state = state
            offer.feedback = getattr(one.event, "feedback", None) or offer.feedback

    return act


def _select(case: Case, one: Told) -> None:
    offer = case.offers.get(one.event.offer_id)
    if offer is not None and offer.state != "reserved":  # the place may be told of before the selection comes back
        offer.state = "selected"


def _assess(case: Case, one: Told) -> None:
    offer = case.offers.get(one.event.offer_id)
    if offer is not None:
        offer.home, offer.elsewhere = one.event.home, one.event.also_offered_elsewhere


def _reserve(case: Case, one: Told) -> None:
    event: VacancyReserved = one.event
    _turn("reserved")(case, one)
    for each in event.placements:
        case.places.setdefault(
            each.placement_id,
            Place(each.placement_id, each.child_id, event.offer_id, event.vacancy_id, event.authority, event.provider),
        )


def _release(case: Case, one: Told) -> None:
    case.places = {id: place for id, place in case.places.items() if place.offer_id != one.event.offer_id}
    offer = case.offers.get(one.event.offer_id)
    if offer is not None and offer.state == "reserved":
        offer.state = "open"


def _agree(case: Case, one: Told) -> None:
    _place_of(case, one).terms[one.source.rpartition("/")[2]] = one.event


def _agree_verbally(case: Case, one: Told) -> None:
    _place_of(case, one).verbal = one.event


def _place_of(case: Case, one: Told) -> Place:
    event: PlacementAgreed | VerbalAgreementRecorded = one.event
    facts = (event.placement_id, event.child_id, event.offer_id, event.vacancy_id, event.authority, event.provider)
    return case.places.setdefault(event.placement_id, Place(*facts))


def _move_in(case: Case, one: Told) -> None:
    place = case.places.get(one.event.placement_id)
    if place is not None:
        place.started = one.event


def _question(case: Case, one: Told) -> Question:
    event: ClarificationAsked | ClarificationAnswered = one.event
    fresh = Question(event.clarification_id, event.child_id, event.about)
    return case.questions.setdefault(event.clarification_id, fresh)


def _ask(case: Case, one: Told) -> None:
    question = _question(case, one)
    question.asked_by, question.asked = one.event.provider, one.event.question


def _answer_question(case: Case, one: Told) -> None:
    question = _question(case, one)
    question.answered_at, question.answer = one.told_at, one.event.answer


def _close(case: Case, one: Told) -> None:
    case.closed = one.event.outcome


def _withdraw(case: Case, one: Told) -> None:
    case.closed = case.closed or "withdrawn"


def _resume(case: Case, one: Told) -> None:
    for offer_id in one.event.next_offers:
        if offer_id in case.offers:
            case.offers[offer_id].state = "open"


def _nothing(case: Case, one: Told) -> None:
    """It stands in the time line only."""


_FOLDS: Final[Mapping[type, Callable[[Case, Told], None]]] = {
    EarlyNoticeGiven: _notice,
    EarlyNoticeWithdrawn: _withdraw,
    ReferralMade: _refer,
    ReferralRevised: _revise,
    ReferralWithdrawn: _withdraw,
    ReferralAssessed: _set("assessed"),
    SearchStarted: _start,
    SearchWidened: _nothing,
    ReleaseDelayed: _set("delayed"),
    NoFitFound: _set("no_fit"),
    ProviderInvited: _invite,
    InvitationUpdated: _invite,
    InvitationClosed: _answer("closed"),
    InvitationLapsed: _answer("lapsed"),
    InvitationDeclined: _answer("declined"),
    InterestExpressed: _answer("interested"),
    ClarificationAsked: _ask,
    ClarificationAnswered: _answer_question,
    OfferMade: _offer,
    OfferRevised: _offer,
    OfferReconfirmed: _turn("open"),
    OfferWithdrawn: _turn("withdrawn"),
    OfferExpired: _turn("expired"),
    OfferAssessed: _assess,
    OfferNotSelected: _turn("not selected"),
    OfferSelected: _select,
    ReconfirmationAsked: _turn("to reconfirm"),
    SelectionRefused: _turn("refused"),
    SelectionWithdrawn: _turn("open"),
    SearchResumed: _resume,
    SearchClosed: _close,
    VacancyReserved: _reserve,
    VacancyReleased: _release,
    PlacementAgreed: _agree,
    VerbalAgreementRecorded: _agree_verbally,
    PlacementStarted: _move_in,
}
