"""The single writer of a vacancy: who gets its places. Pure decisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import Any, Final
from uuid import UUID, uuid5

from placehub.contracts.fields import record
from placehub.placements.events import PlacementStarted
from placehub.search.events import ReservedPlacement
from placehub.vacancies import events
from placehub.vacancies.questioning import Said, answered, heard

PLACEMENTS: Final = UUID("9a3c1e0e-8a55-5a9b-9a1b-5c0f6a1d2e33")
"""The namespace of placement ids: uuid5 of the offer and the child."""


@record
class Reservation:
    """Places held for one offer."""

    referral_id: UUID
    authority: str
    children: tuple[UUID, ...]
    filled: tuple[UUID, ...] = ()


@record
class Vacancy:
    """One vacancy: how many places its provider last said were free, and what is held since."""

    vacancy_id: UUID
    provider: str
    state: str
    places: int
    reservations: dict[UUID, Reservation] = field(default_factory=dict)
    said: Said = field(default_factory=dict)
    """Why it was not offered, since its provider last said how it is."""

    @property
    def live(self) -> bool:
        """Whether it may still change: a home closed meanwhile may have a child yet to move in."""
        return self.state != "closed" or any(set(one.children) - set(one.filled) for one in self.reservations.values())

    def expects(self, child_id: UUID) -> bool:
        """Tell whether a place is or was held for this child."""
        return any(child_id in one.children for one in self.reservations.values())

    @property
    def left(self) -> int:
        """Places that nobody holds."""
        return max(0, self.places - sum(len(one.children) for one in self.reservations.values()))


Answer = tuple[Vacancy | None, tuple[Any, ...]]


def decide(vacancy: Vacancy | None, event: Any) -> Answer:
    """Fold one event of the vacancy stream; return the vacancy as it now stands and what the hub answers."""
    follow = _FOLLOW.get(type(event))
    return follow(vacancy, event) if follow else (vacancy, ())


def placement_id(offer_id: UUID, child_id: UUID) -> UUID:
    """Return the id of the placement one child has by one offer."""
    return uuid5(PLACEMENTS, f"{offer_id}|{child_id}")


def _told(vacancy: Vacancy | None, event: events.VacancyOpened | events.VacancyRevised) -> Answer:
    # the provider's count leaves out who has moved in by now, and knows nothing of places held since
    held = vacancy.reservations if vacancy else {}
    waiting = {key: one for key, one in held.items() if set(one.children) - set(one.filled)}
    told = Vacancy(
        vacancy_id=event.vacancy_id,
        provider=event.provider,
        state="open",
        places=event.home.places,
        reservations=waiting,
    )
    return told, ()


def _confirmed(vacancy: Vacancy | None, event: events.VacancyConfirmed) -> Answer:
    vacancy = _unless_closed(vacancy, "open")
    return replace(vacancy, said=answered(vacancy.said)) if vacancy else None, ()


def _not_offered(vacancy: Vacancy | None, event: events.VacancyNotOffered) -> Answer:
    if vacancy is None or vacancy.state == "closed" or vacancy.provider != event.provider:
        return vacancy, ()
    said, fact = heard(vacancy.said, event.because, event.referral_id)
    vacancy = replace(vacancy, said=said)
    if fact is None:
        return vacancy, ()
    questioned = events.VacancyFactQuestioned(
        vacancy_id=event.vacancy_id,
        provider=event.provider,
        fact=fact,
        because=event.because,
        count=len(said[event.because]),
    )
    return vacancy, (questioned,)


def _paused(vacancy: Vacancy | None, event: events.VacancyPaused) -> Answer:
    return _unless_closed(vacancy, "paused"), ()


def _unless_closed(vacancy: Vacancy | None, state: str) -> Vacancy | None:
    return replace(vacancy, state=state) if vacancy and vacancy.state != "closed" else vacancy


def _closed(vacancy: Vacancy | None, event: events.VacancyClosed) -> Answer:
    return (replace(vacancy, state="closed") if vacancy else None), ()


def _requested(vacancy: Vacancy | None, event: events.ReservationRequested) -> Answer:
    if vacancy is not None and event.offer_id in vacancy.reservations:
        return vacancy, ()
    reason = _why_not(vacancy, event)
    if vacancy is None or reason:
        refused = events.ReservationRefused(
            vacancy_id=event.vacancy_id,
            referral_id=event.referral_id,
            offer_id=event.offer_id,
            authority=event.authority,
            provider=event.provider,
            reason=reason or "not known",
        )
        return vacancy, (refused,)
    held = Reservation(referral_id=event.referral_id, authority=event.authority, children=event.children)
    vacancy = replace(vacancy, reservations={**vacancy.reservations, event.offer_id: held})
    reserved = events.VacancyReserved(
        vacancy_id=event.vacancy_id,
        referral_id=event.referral_id,
        offer_id=event.offer_id,
        authority=event.authority,
        provider=event.provider,
        placements=tuple(
            ReservedPlacement(placement_id=placement_id(event.offer_id, child), child_id=child)
            for child in event.children
        ),
        places_left=vacancy.left,
    )
    return vacancy, (reserved,)


def _why_not(vacancy: Vacancy | None, event: events.ReservationRequested) -> str | None:
    if vacancy is None or vacancy.provider != event.provider:
        return "not known"
    if vacancy.state == "closed":
        return "closed"
    # that a home is paused is not said: an allegation must not leak through a reason
    return "place gone" if vacancy.state == "paused" or vacancy.left < len(event.children) else None


def _withdrawn(vacancy: Vacancy | None, event: events.ReservationWithdrawn) -> Answer:
    if vacancy is None or event.offer_id not in vacancy.reservations:
        return vacancy, ()
    rest = {key: one for key, one in vacancy.reservations.items() if key != event.offer_id}
    vacancy = replace(vacancy, reservations=rest)
    released = events.VacancyReleased(
        vacancy_id=event.vacancy_id,
        referral_id=event.referral_id,
        offer_id=event.offer_id,
        authority=event.authority,
        provider=event.provider,
        places_left=vacancy.left,
    )
    return vacancy, (released,)


def moved_in(vacancy: Vacancy, event: PlacementStarted) -> tuple[Vacancy, tuple[Any, ...]]:
    """A child has moved in: its place is filled, once."""
    for offer_id, held in vacancy.reservations.items():
        if event.child_id not in held.children or event.child_id in held.filled:
            continue
        now = replace(held, filled=(*held.filled, event.child_id))
        vacancy = replace(vacancy, reservations={**vacancy.reservations, offer_id: now})
        filled = events.VacancyFilled(
            vacancy_id=vacancy.vacancy_id,
            placement_id=event.placement_id,
            referral_id=event.referral_id,
            authority=event.authority,
            provider=event.provider,
            places_left=vacancy.left,
        )
        return vacancy, (filled,)
    return vacancy, ()


_FOLLOW: Final[dict[type, Callable[[Vacancy | None, Any], Answer]]] = {
    events.VacancyOpened: _told,
    events.VacancyRevised: _told,
    events.VacancyConfirmed: _confirmed,
    events.VacancyPaused: _paused,
    events.VacancyClosed: _closed,
    events.ReservationRequested: _requested,
    events.ReservationWithdrawn: _withdrawn,
    events.VacancyNotOffered: _not_offered,
}
