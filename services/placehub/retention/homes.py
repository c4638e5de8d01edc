"""What retention notes of homes: whose household each vacancy is of, and whether it is offered; pure.

As in `following`, a record read twice changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from placehub.streams import full_name
from placehub.vacancies.events import VacancyClosed, VacancyOpened, VacancyRevised

READ: Final = frozenset(full_name(cls) for cls in (VacancyOpened, VacancyRevised, VacancyClosed))
STREAM: Final = "vacancy"
Told = VacancyOpened | VacancyRevised | VacancyClosed


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A vacancy, as far as it bears on erasing its household."""

    vacancy_id: UUID
    provider: str
    household_ref: UUID
    offered_at: datetime
    """When it was opened or revised last: a closed vacancy that is revised is open again."""
    closed_at: datetime | None = None


def follow_home(known: Home | None, event: Told, at: datetime) -> Home | None:
    """Return what is known of a vacancy after an event of then; None: nothing, since it was opened before we noted."""
    if isinstance(event, VacancyClosed):
        return known and replace(known, closed_at=max(at, known.closed_at or at))
    if known is None:
        facts = {"provider": event.provider, "household_ref": event.household_ref}
        return Home(vacancy_id=event.vacancy_id, offered_at=at, **facts)  # type: ignore[arg-type]  # as named
    if at < known.offered_at:
        return known
    return replace(known, household_ref=event.household_ref, offered_at=at)
