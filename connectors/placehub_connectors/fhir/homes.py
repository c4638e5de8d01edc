"""What a provider's inbox says of each of its own homes, folded; pure. No part that is sealed is looked at.

A home whose last word was wrong is in error, and nobody is to use it until its provider says how it is: a correction
tells that something was wrong, not what is right. Where its facts were wrong only facts told anew make it right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from placehub.contracts.corrections import VacancyEventCorrected
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
TWICE: Final = "sent twice"
"""Reason of a correction (list `correction_reason`) after which nothing that was told is wrong."""
PLACES: Final = (VacancyReserved, VacancyReleased, VacancyFilled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacancy:
    """One home with, or without, room."""

    vacancy_id: UUID
    provider: str
    home: Home
    paused: bool = False
    closed: bool = False
    wrong_facts: bool = False
    """Whether the event that told its facts has been corrected since."""
    wrong_last: bool = False
    """Whether the last event that changed it has been."""
    changed: datetime
    version: int = 1
    """Counts the events that made and changed it."""

    @property
    def in_error(self) -> bool:
        """Whether what is known of it is wrong, and what is right not told yet."""
        return self.wrong_facts or self.wrong_last

    @property
    def capacity(self) -> str:
        """What it is to whoever looks for a place: by the map, for as long as it has one."""
        if self.closed or self.paused or self.in_error or self.home.places < 1:
            return NO_CAPACITY
        return CAPACITY[self.home.state]


def vacancy_of(events: Iterable[Received]) -> Vacancy | None:
    """Return the vacancy that the events of its stream make, in their order; None where none tells what it is."""
    those = list(events)
    corrections = [one.event for one in those if isinstance(one.event, VacancyEventCorrected)]
    corrected = {one.corrects for one in corrections if one.reason != TWICE}
    known = None
    for one in those:
        known = _follow(known, one, wrong=one.attributes.id in corrected)
    return known


def _follow(known: Vacancy | None, received: Received, *, wrong: bool) -> Vacancy | None:
    event, at = received.event, received.attributes.taken_at
    version = known.version + 1 if known else 1
    if isinstance(event, WHOLE):
        return Vacancy(
            vacancy_id=event.vacancy_id,
            provider=event.provider,
            home=event.home,
            wrong_facts=wrong,
            changed=at,
            version=version,
        )
    if known is None:
        return None
    if isinstance(event, VacancyEventCorrected):  # what it makes of the home is known already; here is when
        return replace(known, changed=at, version=version)
    after = _after(known, event)
    return known if after == known else replace(after, wrong_last=wrong, changed=at, version=version)


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
