"""The placement officer of one authority: gives notice, refers, answers, selects, agrees, plans, reports the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from placehub.contracts.headers import Attributes
from placehub.contracts.parts import HomeFit
from placehub.offers.events import OfferMade
from placehub.placements.events import PlacementAgreed, PlacementPlanAgreed, PlacementStarted
from placehub.referrals.child import Child, NotedChild
from placehub.referrals.events import (
    ClarificationAnswered,
    EarlyNoticeGiven,
    InHouseSearchConcluded,
    InHouseSearchStarted,
    LawfulBasis,
    OfferFeedback,
    OfferSelected,
    ReferralMade,
    ReferralRevised,
    ReferralWithdrawn,
)
from placehub.sample import behaviour
from placehub.sample.actors import SEARCHES, SELECTS, Act, Actor, Path, kind_of, on_case, on_homes
from placehub.sample.behaviour import Model, Offer
from placehub.sample.cases import Case, SampleChild
from placehub.sample.chance import rng
from placehub.sample.parties import agreement_id
from placehub.sample.world import World
from placehub.vacancies.events import VacancyReserved

BASIS: Final = LawfulBasis(
    basis="public task",
    condition="health or social care",
    purpose="find a foster home",
    authorised_by="placement officer",
)
NO_CASE: Final = UUID(int=0)
MIDDAY: Final = 12
NOT_CHOSEN: Final = "another home fitted better"


@dataclass(slots=True)
class _File:
    """What the officer knows of one case."""

    case: Case
    refer_at: datetime
    concludes_at: datetime
    in_house_found: bool
    noticed: bool = False
    version: int = 0
    concluded: bool = False
    closed: bool = False
    told: set[UUID] = field(default_factory=set)
    """Children whose missing facts were given in answer to a question."""
    fits: dict[UUID, HomeFit] = field(default_factory=dict)
    bands: dict[str, str] = field(default_factory=dict)
    offers: dict[UUID, OfferMade] = field(default_factory=dict)
    versions: dict[UUID, int] = field(default_factory=dict)
    gone: set[UUID] = field(default_factory=set)
    first_offer_at: datetime | None = None
    questions: dict[UUID, tuple[UUID, str]] = field(default_factory=dict)
    selected: UUID | None = None
    reserved: VacancyReserved | None = None
    reserved_at: datetime | None = None
    agreed: bool = False
    theirs: set[UUID] = field(default_factory=set)
    started: bool = False
    plan_at: datetime | None = None
    """When the placement plan is signed, once the child moves in."""
    planned: bool = False

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to do."""
        return (self.started and self.planned) or (self.closed and self.reserved is None and self.selected is None)

    def put_away(self) -> None:
        """Let go of the homes and offers: nothing is asked of them any more."""
        self.fits.clear()
        self.offers.clear()


class Officer(Actor):
    """Acts for one authority."""

    def __init__(self, world: World, authority: str, model: Model) -> None:
        super().__init__(authority, world.seed)
        self._model = model
        self._files = {case.referral_id: self._open_file(case) for case in world.cases_of(authority)}
        self._to_come = sorted(self._files.values(), key=lambda file: file.case.need_known_at, reverse=True)
        self._in_hand: dict[UUID, _File] = {}

    def _open_file(self, case: Case) -> _File:
        delay = behaviour.referral_delay(self._model, self._chance(case, "referral"), case.emergency)
        end = behaviour.in_house(self._model, self._chance(case, "in-house"), case.emergency)
        refer_at = case.need_known_at + delay
        return _File(case, refer_at, refer_at + end.after, end.found)

    def _chance(self, case: Case, purpose: str) -> Any:
        return rng(self.seed, self.code, case.referral_id, purpose)

    def take(self, event: Any, attributes: Attributes, now: datetime) -> None:
        """Note one event of a case of this authority's."""
        referral_id: UUID = getattr(event, "referral_id", NO_CASE)
        file = self._files.get(referral_id)
        note = _NOTES.get(kind_of(event))
        if file is not None and note is not None:
            note(file, event, attributes, now)

    def act(self, now: datetime) -> list[Act]:
        """Return what is due now, case by case."""
        while self._to_come and self._to_come[-1].case.need_known_at <= now:
            file = self._to_come.pop()
            self._in_hand[file.case.referral_id] = file
        acts = [act for _, file in sorted(self._in_hand.items(), key=_first) for act in self._due(file, now)]
        for referral_id in [one for one, file in self._in_hand.items() if file.is_done]:
            self._in_hand.pop(referral_id).put_away()
        return acts

    def _due(self, file: _File, now: datetime) -> Iterator[Act]:
        if file.reserved is not None:
            yield from (self._plan if file.started else self._place)(file, file.reserved, now)
            return
        if file.closed:
            return
        yield from self._tell(file, now)
        if file.version and not file.selected:
            yield from self._go_on(file, now)

    def _tell(self, file: _File, now: datetime) -> Iterator[Act]:
        case = file.case
        touches = (SEARCHES, on_case(case.referral_id))
        if case.arm == "hour 0" and not file.noticed:
            file.noticed = True
            yield self.post(_notice(self.seed, case), now, *touches)
            yield self.post(self._own(InHouseSearchStarted, case), now, *touches)
        if now >= file.refer_at and not file.version:
            file.version = 1
            yield self.post(_referral(self.seed, file, ReferralMade), now, *touches, plain=_sealed(case))
            if not file.noticed:
                yield self.post(self._own(InHouseSearchStarted, case), now, *touches)

    def _go_on(self, file: _File, now: datetime) -> Iterator[Act]:
        touches = (SEARCHES, on_case(file.case.referral_id))
        if now >= file.concludes_at and not file.concluded:
            file.concluded, file.closed = True, file.in_house_found
            event = self._own(InHouseSearchConcluded, file.case, found=file.in_house_found)
            yield self.post(event, now, *touches)
        if file.closed:
            return
        if file.questions:
            yield from self._answer(file, now)
            return
        yield from self._choose(file, now)

    def _answer(self, file: _File, now: datetime) -> Iterator[Act]:
        touches = (SEARCHES, on_case(file.case.referral_id))
        before = len(file.told)
        for question, (child_id, about) in sorted(file.questions.items()):
            answer = self._own(
                ClarificationAnswered, file.case, clarification_id=question, child_id=child_id, about=about
            )
            words = next(one.words for one in file.case.children if one.noted.child_id == child_id)
            yield self.post(answer, now, *touches, plain={("answer",): {"text": words}}, nth=question)
            file.told.add(child_id)
        file.questions.clear()
        if len(file.told) > before:
            file.version += 1
            yield self.post(_referral(self.seed, file, ReferralRevised), now, *touches, plain=_sealed(file.case))

    def _choose(self, file: _File, now: datetime) -> Iterator[Act]:
        case = file.case
        standing = [one for one in _offers(file) if one.valid_until > now and one.version == file.version]
        if file.first_offer_at is None and now >= file.refer_at + timedelta(days=self._model.gives_up_days):
            file.closed = True
            event = self._own(ReferralWithdrawn, case, reason="residential")
            yield self.post(event, now, SEARCHES, on_case(case.referral_id))
        if file.first_offer_at is None or now < file.first_offer_at + behaviour.waits(self._model, case.emergency):
            return
        choice = behaviour.choose(self._model, self._chance(case, f"choice {len(file.gone)}"), standing)
        if choice is None:
            return
        file.selected = choice.offer.offer_id
        others = sorted(file.offers.keys() - file.gone - {file.selected})
        event = self._own(
            OfferSelected,
            case,
            offer_id=file.selected,
            by="placement officer",
            reason=choice.reason,
            feedback=tuple(OfferFeedback(offer_id=one, feedback=NOT_CHOSEN) for one in others),
        )
        yield self.post(event, now, SELECTS, on_homes(choice.offer.provider), on_case(case.referral_id))

    def _place(self, file: _File, reserved: VacancyReserved, now: datetime) -> Iterator[Act]:
        offer = file.offers[reserved.offer_id]
        first_day = behaviour.starts_on(
            offer.available_from, file.case.wanted.planned_start, (file.reserved_at or now).date()
        )
        if not file.agreed:
            file.agreed = True
            for event in agreed_terms(reserved, offer, first_day):
                yield self.post(
                    event, now, on_homes(offer.provider, "agrees"), on_case(file.case.referral_id, "agrees")
                )
        placements = {one.placement_id for one in reserved.placements}
        moved = now.date() > first_day or (now.date() == first_day and (now.hour >= MIDDAY or file.case.emergency))
        if placements <= file.theirs and moved:
            after = behaviour.plan_after(self._model, self._chance(file.case, "plan"), file.case.emergency)
            file.started, file.closed, file.plan_at = True, True, now + after
            yield from self._plan(file, reserved, now)
            # The place was taken by the reservation: moving in changes nothing for other cases.
            for start in _starts(file, reserved, now):
                yield self.post(start, now, on_case(file.case.referral_id))

    def _plan(self, file: _File, reserved: VacancyReserved, now: datetime) -> Iterator[Act]:
        if file.plan_at is None or now < file.plan_at:
            return
        file.planned = True
        sides: dict[str, Any] = {"authority": self.code, "provider": reserved.provider, "agreed_on": now.date()}
        for one in sorted(reserved.placements, key=lambda placement: placement.placement_id):
            plan = PlacementPlanAgreed(placement_id=one.placement_id, **sides)
            yield self.post(plan, now, on_case(file.case.referral_id))

    def _own(self, cls: Any, case: Case, **more: Any) -> Any:
        return cls(referral_id=case.referral_id, authority=self.code, **more)


def agreed_terms(reserved: VacancyReserved, offer: OfferMade, first_day: Any) -> Iterator[PlacementAgreed]:
    """Yield the terms of each placement of a reservation, the same from either side."""
    for one in sorted(reserved.placements, key=lambda placement: placement.placement_id):
        yield PlacementAgreed(
            placement_id=one.placement_id,
            referral_id=reserved.referral_id,
            offer_id=offer.offer_id,
            vacancy_id=offer.vacancy_id,
            child_id=one.child_id,
            authority=reserved.authority,
            provider=offer.provider,
            starts_on=first_day,
            fee_lines=offer.fee_lines,
        )


def _starts(file: _File, reserved: VacancyReserved, now: datetime) -> Iterator[PlacementStarted]:
    fit = file.fits.get(reserved.vacancy_id)
    children = {one.noted.child_id: one for one in file.case.children}
    for one in sorted(reserved.placements, key=lambda placement: placement.placement_id):
        yield PlacementStarted(
            placement_id=one.placement_id,
            referral_id=reserved.referral_id,
            vacancy_id=reserved.vacancy_id,
            child_id=one.child_id,
            authority=reserved.authority,
            provider=reserved.provider,
            started_on=now.date(),
            distance_miles=round(fit.distance_miles) if fit and fit.distance_miles is not None else None,
            siblings_placed_together=len(reserved.placements) - 1,
            month_of_18th_birthday=children[one.child_id].month_of_18th_birthday(now.date()),
        )


def _notice(seed: int, case: Case) -> EarlyNoticeGiven:
    return EarlyNoticeGiven(
        referral_id=case.referral_id,
        authority=case.authority,
        agreement_id=agreement_id(seed, case.nation),
        need_known_at=case.need_known_at,
        lawful_basis=BASIS,
        wanted=case.wanted,
        children=tuple(one.early for one in case.children),
    )


def _referral(seed: int, file: _File, cls: Any) -> Any:
    case = file.case
    return cls(
        referral_id=case.referral_id,
        authority=case.authority,
        agreement_id=agreement_id(seed, case.nation),
        version=file.version,
        need_known_at=case.need_known_at,
        lawful_basis=BASIS,
        wanted=case.wanted,
        children=tuple(_child(one, file.told) for one in case.children),
        out_of_hours_contact="01632 960999",
    )


def _child(one: SampleChild, told: set[UUID]) -> Child:
    facts = one.answer if one.noted.child_id in told else one.noted
    return Child(**{name: getattr(facts, name) for name in NotedChild.__dataclass_fields__})


def _sealed(case: Case) -> dict[Path, object]:
    parts: dict[Path, object] = {}
    for at, one in enumerate(case.children):
        parts["children", at, "need"] = one.need
        parts["children", at, "identity"] = one.identity
    return parts


def _offers(file: _File) -> list[Offer]:
    return [_offer(file, one) for offer_id, one in sorted(file.offers.items()) if offer_id not in file.gone]


def _offer(file: _File, made: OfferMade) -> Offer:
    fit = file.fits.get(made.vacancy_id)
    return Offer(
        offer_id=made.offer_id,
        provider=made.provider,
        vacancy_id=made.vacancy_id,
        band=fit.band if fit else file.bands.get(made.provider, behaviour.BANDS[-1]),
        distance_miles=fit.distance_miles if fit else None,
        available_from=made.available_from,
        valid_until=made.valid_until,
        fee_lines=made.fee_lines,
        version=file.versions[made.offer_id],
    )


def _first(item: tuple[UUID, _File]) -> UUID:
    return item[0]


def _invited(file: _File, event: Any, attributes: Attributes, now: datetime) -> None:
    file.bands[event.provider] = event.band
    file.fits.update((home.vacancy_id, home) for home in event.homes)


def _offered(file: _File, event: Any, attributes: Attributes, now: datetime) -> None:
    file.offers[event.offer_id] = event
    file.versions[event.offer_id] = max(event.referral_version, file.versions.get(event.offer_id, 0))
    file.first_offer_at = file.first_offer_at or now


def _assessed(file: _File, event: Any, attributes: Attributes, now: datetime) -> None:
    if event.home is not None:
        file.fits[event.vacancy_id] = event.home


def _reconfirmed(file: _File, event: Any, attributes: Attributes, now: datetime) -> None:
    file.versions[event.offer_id] = max(event.referral_version, file.versions.get(event.offer_id, 0))


def _offer_gone(file: _File, event: Any, attributes: Attributes, now: datetime) -> None:
    file.gone.add(event.offer_id)


def _refused(file: _File, event: Any, attributes: Attributes, now: datetime) -> None:
    file.gone.add(event.offer_id)
    file.selected = None


def _reserved(file: _File, event: Any, attributes: Attributes, now: datetime) -> None:
    if event.offer_id == file.selected:
        file.reserved, file.reserved_at = event, attributes.time


def _asked(file: _File, event: Any, attributes: Attributes, now: datetime) -> None:
    file.questions[event.clarification_id] = (event.child_id, event.about)


def _agreed(file: _File, event: Any, attributes: Attributes, now: datetime) -> None:
    # A copy of one's own terms may come back too: only the other side's count.
    if attributes.source.endswith(f"/{event.provider}"):
        file.theirs.add(event.placement_id)


def _closed(file: _File, event: Any, attributes: Attributes, now: datetime) -> None:
    file.closed = True


_NOTES: Final[Mapping[str, Any]] = {
    "ProviderInvited": _invited,
    "InvitationUpdated": _invited,
    "OfferAssessed": _assessed,
    "OfferMade": _offered,
    "OfferRevised": _offered,
    "OfferReconfirmed": _reconfirmed,
    "OfferWithdrawn": _offer_gone,
    "OfferExpired": _offer_gone,
    "SelectionRefused": _refused,
    "VacancyReserved": _reserved,
    "ClarificationAsked": _asked,
    "PlacementAgreed": _agreed,
    "SearchClosed": _closed,
}
