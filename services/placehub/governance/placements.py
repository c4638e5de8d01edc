"""The clock of a placement: its next review, its planned end, and that its provider is suspended; pure.

**When a review is due.** England: the first within 20 working days, the second within three months of the first, then
every six months (Care Planning, Placement and Case Review (England) Regulations 2010, reg 33). The law counts the first
from the day the child became looked after, which the hub is not told: it counts from the start of the placement, so for
a child who moves the day is the latest that can be right, not the earliest. Scotland: the first within six weeks of the
placement, the second within three months of the first, then every six months (Looked After Children (Scotland)
Regulations 2009, reg 45(2)). Wales: no clock is known to the hub, so it reminds of none.

The nation is that of the authority's ONS code. Of an eighteenth birthday the hub reminds nobody: it knows no more than
the age band, and the day of birth is sealed for the parties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from dateutil.relativedelta import relativedelta

from placehub.contracts.fields import record
from placehub.governance.policy import LEADS, ON_THE_DAY, REVIEW_LEADS
from placehub.governance.reminding import Due, Raised
from placehub.governance.working_days import after
from placehub.placements.events import (
    NoticeGiven,
    PlacementAgreed,
    PlacementEnded,
    PlacementEndPlanned,
    PlacementReviewed,
    PlacementStarted,
)

FIRST_REVIEW: Final[Mapping[str, Callable[[date], date]]] = {
    "E": lambda day: after(day, FIRST_REVIEW_WORKING_DAYS, "England"),
    "S": lambda day: day + timedelta(weeks=6),
}
"""By the first letter of the authority's ONS code, the last day for the first review of a placement begun that day."""
FIRST_REVIEW_WORKING_DAYS: Final = 20
SECOND: Final = relativedelta(months=3)
LATER: Final = relativedelta(months=6)


@record
class PlacementClock:
    """What a placement's days follow from."""

    placement_id: UUID
    authority: str
    provider: str
    started_on: date | None = None
    planned_end: date | None = None
    reviews: tuple[date, ...] = ()
    ended: bool = False
    raised: tuple[Raised, ...] = ()

    @property
    def review_by(self) -> date | None:
        """The last day for the next review; None: it has not started, or no clock is known."""
        first = FIRST_REVIEW.get(self.authority[:1])
        if self.started_on is None or first is None:
            return None
        if not self.reviews:
            return first(self.started_on)
        due: date = max(self.reviews) + (SECOND if len(self.reviews) == 1 else LATER)
        return due


def dues(clock: PlacementClock, suspended_on: date | None) -> tuple[Due, ...]:
    """Return what is due in a placement; `suspended_on`: since when its provider is suspended for the authority."""
    if clock.ended:
        return ()
    to = (clock.authority,)
    found = (
        ("placement review", clock.review_by, REVIEW_LEADS, to, False),
        ("planned end", clock.planned_end, LEADS, (clock.authority, clock.provider), True),
        ("provider suspended", suspended_on, ON_THE_DAY, to, True),
    )
    return tuple(
        Due(kind=kind, due_on=day, leads=leads, to=told, passes=passes)
        for kind, day, leads, told, passes in found
        if day is not None
    )


def follow(clock: PlacementClock | None, event: Any) -> PlacementClock | None:
    """Return the clock after an event of the placement's stream; None while nobody has said whose it is."""
    fold = _FOLDS.get(type(event))
    if fold is None:
        return clock
    known = clock or PlacementClock(placement_id=event.placement_id, authority=event.authority, provider=event.provider)
    return fold(known, event)


def _planned(clock: PlacementClock, day: date | None) -> PlacementClock:
    return clock if day is None else replace(clock, planned_end=day)


def _reviewed(clock: PlacementClock, event: PlacementReviewed) -> PlacementClock:
    return replace(clock, reviews=tuple(sorted({*clock.reviews, event.reviewed_on})))


_FOLDS: Final[Mapping[type, Callable[[PlacementClock, Any], PlacementClock]]] = {
    PlacementAgreed: lambda clock, event: _planned(clock, event.planned_end),
    PlacementStarted: lambda clock, event: replace(clock, started_on=event.started_on),
    PlacementEndPlanned: lambda clock, event: _planned(clock, event.ends_on),
    NoticeGiven: lambda clock, event: _planned(clock, event.ends_on),
    PlacementReviewed: _reviewed,
    PlacementEnded: lambda clock, event: replace(clock, ended=True),
}
