"""The clock of a vacancy: until when the carer's word stands; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from placehub.contracts.fields import record
from placehub.governance.policy import ON_THE_DAY
from placehub.governance.reminding import Due, Raised
from placehub.vacancies.events import VacancyClosed, VacancyConfirmed, VacancyOpened, VacancyPaused, VacancyRevised


@record
class VacancyClock:
    """What a vacancy's day follows from."""

    vacancy_id: UUID
    provider: str
    willing_until: datetime | None
    closed: bool = False
    paused: bool = False
    raised: tuple[Raised, ...] = ()


def dues(clock: VacancyClock, today: date) -> tuple[Due, ...]:
    """Return what is due: on the day the carer's word ends its provider is asked to have it again."""
    if clock.closed or clock.paused or clock.willing_until is None:
        return ()
    day = clock.willing_until.date()
    return (Due(kind="vacancy stale", due_on=day, leads=ON_THE_DAY, to=(clock.provider,), passes=True),)


def follow(clock: VacancyClock | None, event: Any) -> VacancyClock | None:
    """Return the clock after an event of the vacancy's stream; None while it has not been opened."""
    if isinstance(event, VacancyOpened | VacancyRevised):
        known = clock or VacancyClock(vacancy_id=event.vacancy_id, provider=event.provider, willing_until=None)
        return replace(known, willing_until=event.home.willing_until, paused=False, closed=False)
    if clock is None:
        return None
    if isinstance(event, VacancyConfirmed):
        return replace(clock, willing_until=event.willing_until, paused=False)
    if isinstance(event, VacancyPaused):
        return replace(clock, paused=True)
    return replace(clock, closed=True) if isinstance(event, VacancyClosed) else clock
