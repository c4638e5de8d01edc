"""The referral manager of one provider: keeps vacancies fresh, asks carers, offers all-in or says why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from placehub.contracts.headers import Attributes
from placehub.contracts.parts import HomeFit
from placehub.offers.events import (
    ClarificationAsked,
    InterestExpressed,
    InvitationDeclined,
    OfferMade,
    OfferReconfirmed,
)
from placehub.referrals.child import Child, ChildNeed
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, ReferralRevised
from placehub.sample import behaviour
from placehub.sample.actors import ALONE, CHANGES, Act, Actor, kind_of, on_case, on_homes
from placehub.sample.behaviour import Model
from placehub.sample.chance import made_id, rng
from placehub.sample.homes import SampleHome
from placehub.sample.officer import agreed_terms
from placehub.sample.world import MORNING, World
from placehub.vacancies.events import VacancyClosed, VacancyConfirmed, VacancyOpened, VacancyPaused, VacancyReserved

OpenNeed = Callable[[Child], ChildNeed | None]
ASKABLE: Final = ("pets", "home_adaptation", "living_companions")
"""Facts of a child that a manager asks for when the referral does not tell."""
TODAY: Final = "Today"


@dataclass(slots=True)
class _Vacancy:
    """What the manager knows of one home."""

    own: SampleHome
    state: str = "not open"
    places_left: int = 0
    willing_until: datetime | None = None
    ask_at: datetime | None = None
    offered_to: set[UUID] = field(default_factory=set)
    filled: bool = False


@dataclass(slots=True)
class _Invitation:
    """What the manager knows of one case it is invited to."""

    open: bool = False
    homes: tuple[HomeFit, ...] = ()
    notice: EarlyNoticeGiven | None = None
    referral: ReferralMade | ReferralRevised | None = None
    answer_at: dict[str, datetime | None] = field(default_factory=dict)
    """When each of the two stages, notice and referral, will be answered; None for never."""
    interested: bool = False
    asked: bool = False
    declined: bool = False
    offer: OfferMade | None = None
    version: int = 0
    reserved: VacancyReserved | None = None
    reserved_at: datetime | None = None
    agreed: bool = False


class ReferralManager(Actor):
    """Acts for one provider."""

    def __init__(self, world: World, provider: str, model: Model, open_need: OpenNeed = lambda child: None) -> None:
        super().__init__(provider, world.seed)
        self._model = model
        self._open_need = open_need
        self._first_step = world.steps[0]
        self._homes = {one.vacancy_id: _Vacancy(one) for one in world.homes_of(provider)}
        self._cases: dict[UUID, _Invitation] = {}

    def take(self, event: Any, attributes: Attributes, now: datetime) -> None:
        """Note one event of an invitation or of a home."""
        name = kind_of(event)
        if name in _HOME_NOTES and event.vacancy_id in self._homes:
            _HOME_NOTES[name](self._homes[event.vacancy_id], event)
        if name in _CASE_NOTES:
            case = self._cases.setdefault(event.referral_id, _Invitation())
            _CASE_NOTES[name](case, event, attributes)
            if not case.open:
                self._release(event.referral_id)
            if name == "DataUseEnded":  # whoever's use of the data has ended keeps none of it
                del self._cases[event.referral_id]

    def act(self, now: datetime) -> list[Act]:
        """Return what is due now: homes first, then invitations case by case."""
        acts: list[Act] = []
        if now.hour == MORNING:
            acts += self._morning(now)
        for referral_id in sorted(self._cases):
            acts += self._respond(referral_id, self._cases[referral_id], now)
        return acts

    def _morning(self, now: datetime) -> list[Act]:
        """Bring homes up to date: one change of what is on offer a day, but as many confirmations as are due."""
        acts: list[Act] = []
        for vacancy_id in sorted(self._homes):
            acts += self._keep(self._homes[vacancy_id], now)
            if now > self._first_step and any(CHANGES.items() <= act.touches.items() for act in acts):
                break
        return acts

    def _release(self, referral_id: UUID) -> None:
        for home in self._homes.values():
            home.offered_to.discard(referral_id)

    def _chance(self, *purpose: object) -> Any:
        return rng(self.seed, self.code, *purpose)

    # -- homes

    def _keep(self, home: _Vacancy, now: datetime) -> Iterator[Act]:
        own = home.own
        if home.state == "not open":
            if now >= own.opens_at:
                yield self._open(home, now)
            return
        if home.state == "closed":
            return
        ends = own.closes_at is not None and now >= own.closes_at
        if home.filled or ends:
            yield from self._after_filling(home, now, ends)
        elif home.state == "open" and own.pauses_at is not None and now >= own.pauses_at:
            yield self._pause(home, now)
        elif home.state == "open" and home.ask_at is not None and now >= home.ask_at:
            yield self._confirm(home, now)

    def _open(self, home: _Vacancy, now: datetime) -> Act:
        own = home.own
        home.state, home.places_left = "open", own.home.places
        until = own.home.willing_until
        if until <= now:  # it opens later than was meant: the carer is asked again
            until = now + timedelta(days=self._model.willing_days)
        self._word(home, until)
        event = VacancyOpened(
            vacancy_id=own.vacancy_id,
            provider=self.code,
            household_ref=own.household_ref,
            home=replace(own.home, willing_until=until),
        )
        # Before the first step nobody searches, so all that are there at once may be told together.
        way = "opens" if now <= self._first_step else ALONE
        touches = (CHANGES, on_homes(self.code, way))
        return self.post(event, now, *touches, plain={("household",): own.household})

    def _after_filling(self, home: _Vacancy, now: datetime, ends: bool) -> Iterator[Act]:
        home.filled = False
        if ends or home.places_left == 0:
            home.state = "closed"
            event = VacancyClosed(vacancy_id=home.own.vacancy_id, provider=self.code)
            yield self.post(event, now, CHANGES, on_homes(self.code))
        elif self._chance(home.own.vacancy_id, "settles").random() < self._model.settles:
            yield self._pause(home, now)

    def _pause(self, home: _Vacancy, now: datetime) -> Act:
        home.state = "paused"
        event = VacancyPaused(vacancy_id=home.own.vacancy_id, provider=self.code)
        return self.post(event, now, CHANGES, on_homes(self.code))

    def _confirm(self, home: _Vacancy, now: datetime) -> Act:
        stale = home.willing_until is not None and home.willing_until <= now
        until = now + timedelta(days=self._model.willing_days)
        self._word(home, until)
        event = VacancyConfirmed(vacancy_id=home.own.vacancy_id, provider=self.code, willing_until=until)
        # The word of a carer whose last word still stands changes no invitation, so it meets nothing.
        return self.post(event, now, CHANGES, on_homes(self.code)) if stale else self.post(event, now)

    def _word(self, home: _Vacancy, until: datetime) -> None:
        home.willing_until = until
        chance = self._chance(home.own.vacancy_id, "willing", until)
        home.ask_at = behaviour.next_question(self._model, chance, until)

    # -- invitations

    def _respond(self, referral_id: UUID, case: _Invitation, now: datetime) -> Iterator[Act]:
        if case.reserved is not None and not case.agreed and case.offer is not None:
            yield from self._agree(referral_id, case, case.reserved, case.offer, now)
        if not case.open or case.declined or case.reserved is not None:
            return
        if case.offer is not None:
            yield from self._reconfirm(referral_id, case, case.offer, now)
        elif case.referral is not None:
            if self._is_due(referral_id, case, "referral", now):
                yield from self._answer(referral_id, case, case.referral, now)
        elif case.notice is not None and not case.interested and self._is_due(referral_id, case, "notice", now):
            yield self._hear(referral_id, case, now)

    def _is_due(self, referral_id: UUID, case: _Invitation, stage: str, now: datetime) -> bool:
        if stage not in case.answer_at:
            facts = case.referral or case.notice
            emergency = facts is not None and facts.wanted.needed_by == TODAY
            chance = self._chance(referral_id, stage)
            wait = behaviour.hesitation(self._model, chance, emergency=emergency, asked_before=case.interested)
            case.answer_at[stage] = None if wait is None else now + wait
        answer_at = case.answer_at[stage]
        return answer_at is not None and now >= answer_at

    def _hear(self, referral_id: UUID, case: _Invitation, now: datetime) -> Act:
        best = behaviour.best_home(case.homes)
        if best is None or not behaviour.is_interested(self._model, self._chance(referral_id, "interest")):
            return self._decline(referral_id, case, best, now)
        case.interested = True
        event = InterestExpressed(referral_id=referral_id, provider=self.code, vacancy_id=best.vacancy_id)
        return self._on_case(event, referral_id, now)

    def _answer(
        self, referral_id: UUID, case: _Invitation, referral: ReferralMade | ReferralRevised, now: datetime
    ) -> Iterator[Act]:
        missing = [(one.child_id, fact) for one in referral.children for fact in ASKABLE if getattr(one, fact) is None]
        if missing and not case.asked:
            case.asked = True
            if self._chance(referral_id, "asks").random() < self._model.asks_first:
                yield self._ask(referral_id, *missing[0], now)
                return
        needed = max(1, sum(one.looked_after is not False for one in referral.children))
        home = behaviour.best_home([one for one in case.homes if self._has_room(one, needed)])
        if home is None:
            case.declined = True
            event = InvitationDeclined(referral_id=referral_id, provider=self.code, reason="capacity")
            yield self._on_case(event, referral_id, now)
        elif behaviour.says_yes(self._model, self._chance(referral_id, "carer"), home.band):
            yield self._offer(referral_id, case, referral, home, now)
        else:
            yield self._decline(referral_id, case, home, now)

    def _has_room(self, fit: HomeFit, needed: int) -> bool:
        home = self._homes.get(fit.vacancy_id)
        return (
            home is not None
            and home.state == "open"
            and home.places_left >= needed
            and len(home.offered_to) < self._model.offers_at_once
        )

    def _ask(self, referral_id: UUID, child_id: UUID, fact: str, now: datetime) -> Act:
        event = ClarificationAsked(
            referral_id=referral_id,
            provider=self.code,
            clarification_id=made_id(self.seed, "question", self.code, referral_id),
            child_id=child_id,
            about=f"children.{fact}",
        )
        return self._on_case(event, referral_id, now)

    def _decline(self, referral_id: UUID, case: _Invitation, home: HomeFit | None, now: datetime) -> Act:
        case.declined = True
        chance = self._chance(referral_id, "decline")
        band, distance = (home.band, home.distance_miles) if home else (behaviour.BANDS[0], None)
        reason, fact = behaviour.decline(chance, band, distance)
        event = InvitationDeclined(referral_id=referral_id, provider=self.code, reason=reason, fact=fact)
        return self._on_case(event, referral_id, now)

    def _offer(
        self,
        referral_id: UUID,
        case: _Invitation,
        referral: ReferralMade | ReferralRevised,
        fit: HomeFit,
        now: datetime,
    ) -> Act:
        home = self._homes[fit.vacancy_id]
        home.offered_to.add(referral_id)
        # A carer says yes to a child, not to a band: the manager reads the need first.
        needs = [self._open_need(child) for child in referral.children]
        supported = any(need is not None and need.support_agreed for need in needs)
        case.version = referral.version
        case.offer = OfferMade(
            referral_id=referral_id,
            provider=self.code,
            offer_id=made_id(self.seed, "offer", self.code, referral_id),
            vacancy_id=fit.vacancy_id,
            referral_version=referral.version,
            children=tuple(one.child_id for one in referral.children),
            fee_lines=behaviour.fee_lines(home.own.home, fit.band, supported=supported),
            available_from=max(home.own.home.available_from, now.date()),
            valid_until=now + timedelta(days=self._model.offer_days),
        )
        return self._on_case(case.offer, referral_id, now)

    def _reconfirm(self, referral_id: UUID, case: _Invitation, offer: OfferMade, now: datetime) -> Iterator[Act]:
        if case.referral is None or case.referral.version <= case.version:
            return
        case.version = case.referral.version
        event = OfferReconfirmed(
            referral_id=referral_id, provider=self.code, offer_id=offer.offer_id, referral_version=case.version
        )
        yield self._on_case(event, referral_id, now)

    def _agree(
        self, referral_id: UUID, case: _Invitation, reserved: VacancyReserved, offer: OfferMade, now: datetime
    ) -> Iterator[Act]:
        case.agreed = True
        planned = case.referral.wanted.planned_start if case.referral else None
        first_day = behaviour.starts_on(offer.available_from, planned, (case.reserved_at or now).date())
        for event in agreed_terms(reserved, offer, first_day):
            yield self.post(event, now, on_homes(self.code, "agrees"), on_case(referral_id, "agrees"))

    def _on_case(self, event: Any, referral_id: UUID, now: datetime) -> Act:
        return self.post(event, now, on_homes(self.code, "answers"), on_case(referral_id, "answers"))


def _invited(case: _Invitation, event: Any, attributes: Attributes) -> None:
    case.open, case.homes = True, event.homes


def _noticed(case: _Invitation, event: Any, attributes: Attributes) -> None:
    case.notice = event


def _referred(case: _Invitation, event: Any, attributes: Attributes) -> None:
    if case.referral is None or event.version > case.referral.version:
        case.referral = event


def _closed(case: _Invitation, event: Any, attributes: Attributes) -> None:
    case.open = False


def _offer_over(case: _Invitation, event: Any, attributes: Attributes) -> None:
    if case.offer is not None and case.offer.offer_id == event.offer_id:
        case.open = False


def _reserved(case: _Invitation, event: Any, attributes: Attributes) -> None:
    if case.offer is not None and case.offer.offer_id == event.offer_id:
        case.reserved, case.reserved_at = event, attributes.time


def _released(case: _Invitation, event: Any, attributes: Attributes) -> None:
    case.reserved = None


def _fewer_places(home: _Vacancy, event: Any) -> None:
    home.places_left = event.places_left


def _filled(home: _Vacancy, event: Any) -> None:
    home.places_left, home.filled = event.places_left, True


_HOME_NOTES: Final[Mapping[str, Callable[[_Vacancy, Any], None]]] = {
    "VacancyReserved": _fewer_places,
    "VacancyReleased": _fewer_places,
    "VacancyFilled": _filled,
}
_CASE_NOTES: Final[Mapping[str, Callable[[_Invitation, Any, Attributes], None]]] = {
    "ProviderInvited": _invited,
    "InvitationUpdated": _invited,
    "EarlyNoticeGiven": _noticed,
    "ReferralMade": _referred,
    "ReferralRevised": _referred,
    "InvitationClosed": _closed,
    "OfferNotSelected": _offer_over,
    "OfferExpired": _offer_over,
    "SelectionRefused": _offer_over,
    "VacancyReserved": _reserved,
    "VacancyReleased": _released,
    "DataUseEnded": _closed,
}
