"""What a provider's inbox says of each of its own homes, folded; pure. No part that is sealed is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from placehub.mailboxes.inbox import Received
from placehub.vacancies.events import (
    Home,
    VacancyClosed,
    VacancyConfirmed,
    VacancyFilled,
    VacancyOpened,
    VacancyPaused,
    VacancyReleased,
    VacancyReserved,
    VacancyRevised,
)
from placehub_connectors.fhir.states import CAPACITY, NO_CAPACITY

WHOLE: Final = (VacancyOpened, VacancyRevised)
PLACES: Final = (VacancyReserved, VacancyReleased, VacancyFilled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacancy:
    """One home with, or without, room."""

    vacancy_id: UUID
    provider: str
    home: Home
    paused: bool = False
    closed: bool = False
    changed: datetime
    version: int = 1
    """Counts the events that made and changed it."""

    @property
    def capacity(self) -> str:
        """What it is to whoever looks for a place: by the map, for as long as it has one."""
        if self.closed or self.paused or self.home.places < 1:
            return NO_CAPACITY
        return CAPACITY[self.home.state]


def vacancy_of(known: Vacancy | None, received: Received) -> Vacancy | None:
    """Return a vacancy after an event of its stream, which must come in order; None while it is not known."""
    event, at = received.event, received.attributes.taken_at
    if isinstance(event, WHOLE):
        version = known.version + 1 if known else 1
        return Vacancy(
            vacancy_id=event.vacancy_id, provider=event.provider, home=event.home, changed=at, version=version
        )
    if known is None:
        return None
    after = _after(known, event)
    return known if after == known else replace(after, changed=at, version=known.version + 1)


def _after(known: Vacancy, event: Any) -> Vacancy:
    if isinstance(event, VacancyConfirmed):
        return replace(known, paused=False, home=replace(known.home, willing_until=event.willing_until))
    if isinstance(event, VacancyPaused):
        return replace(known, paused=True)
    if isinstance(event, VacancyClosed):
        return replace(known, closed=True)
    if isinstance(event, PLACES) and event.places_left is not None:
        return replace(known, home=replace(known.home, places=event.places_left))
    return known
