"""A provider's homes as it was told of them: each as it now stands, folded from its own inbox. Pure but for reading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from placehub.portal.told import Told, told_last
from placehub.vacancies.events import (
    Home,
    VacancyClosed,
    VacancyConfirmed,
    VacancyFactQuestioned,
    VacancyFilled,
    VacancyOpened,
    VacancyPaused,
    VacancyReleased,
    VacancyReserved,
    VacancyRevised,
)

STATES: Final = ("open", "paused", "closed")


@dataclass(slots=True)
class Kept:
    """One home."""

    vacancy_id: UUID
    household_ref: UUID
    version: int
    home: Home
    willing_until: datetime
    state: str = "open"
    places_left: int | None = None
    """Places that are neither held nor taken; None: as the home says."""
    questioned: str | None = None
    """A fact that was contradicted and waits for the provider's word."""

    @property
    def places(self) -> int:
        """Places that are left."""
        return self.home.places if self.places_left is None else self.places_left

    def stale(self, now: datetime) -> bool:
        """Tell whether the carer must be asked again."""
        return self.state == "open" and self.willing_until <= now


def homes_of(connection: Connection, organisation: str) -> dict[UUID, Kept]:
    """Return a provider's homes."""
    return fold_homes(told_last(connection, organisation, "vacancy"))


def fold_homes(told: Iterable[Told]) -> dict[UUID, Kept]:
    """Return the homes these events tell of."""
    homes: dict[UUID, Kept] = {}
    for one in told:
        event = one.event
        if isinstance(event, VacancyOpened | VacancyRevised):
            facts = (event.vacancy_id, event.household_ref, event.version, event.home, event.home.willing_until)
            homes[event.vacancy_id] = Kept(*facts)
        elif getattr(event, "vacancy_id", None) in homes:
            _follow(homes[event.vacancy_id], event)
    return homes


def _follow(home: Kept, event: object) -> None:
    match event:
        case VacancyConfirmed():
            home.willing_until, home.state = event.willing_until, "open"
        case VacancyPaused():
            home.state = "paused"
        case VacancyClosed():
            home.state = "closed"
        case VacancyReserved() | VacancyReleased() | VacancyFilled():
            home.places_left = event.places_left if event.places_left is not None else home.places_left
        case VacancyFactQuestioned():
            home.questioned = event.fact
