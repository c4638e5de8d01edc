"""The clock of a placement: its plan, its next review, the child's 18th birthday, its end, a suspended provider; pure.

The nation, and with it the law and the working days, is that of the authority's ONS code.

**When a review is due.** England: the first within 20 working days, the second within three months of the first, then
every six months (Care Planning, Placement and Case Review (England) Regulations 2010, reg 33). Wales: the same three
(Care Planning, Placement and Case Review (Wales) Regulations 2015, reg 39); of the Welsh figures the text of the
regulation itself was not at hand, so hold them against it before relying on them. Both laws count the first from the
day the child became looked after, which the hub is not told: it counts from the start of the placement, so for a child
who moves the day is the latest that can be right, not the earliest. Scotland: the first within six weeks of the
placement, the second within three months of the first, then every six months (Looked After Children (Scotland)
Regulations 2009, reg 45(2)).

**When a placement plan is due.** Before the placement, or within five working days of its start where that was not
reasonably practicable (England: the Regulations of 2010, reg 9(1) and (2); Wales: those of 2015, reg 10(1) and (2), the
text of both at hand). So the day is that of the start as agreed, and once the child has moved in without one it is the
fifth working day after. Done by PlacementPlanAgreed, before the start or after it. Once overdue both sides are told,
since the provider's carer is to sign it. For Scotland the hub knows no such clock, so it reminds of none. Nor does it
of placements that had started when the hub did not yet know of plans.

**The 18th birthday.** Of it the hub knows the month at most, and that only in the year before (`MonthAhead`); it
reminds the authority 12, 8 and 4 weeks before that month begins, the earliest day that can be right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from dateutil.relativedelta import relativedelta

from placehub.contracts.fields import record
from placehub.governance.policy import LEADS, ON_THE_DAY, PLAN_LEADS, REVIEW_LEADS
from placehub.governance.posts import NOBODY, Posts
from placehub.governance.reminding import Due, Raised
from placehub.governance.working_days import after
from placehub.placements.events import (
    NoticeGiven,
    PlacementAgreed,
    PlacementEnded,
    PlacementEndPlanned,
    PlacementPlanAgreed,
    PlacementReviewed,
    PlacementStarted,
    VerbalAgreementRecorded,
)

FIRST_REVIEW: Final[Mapping[str, Callable[[date], date]]] = {
    "E": lambda day: after(day, FIRST_REVIEW_WORKING_DAYS, "England"),
    "W": lambda day: after(day, FIRST_REVIEW_WORKING_DAYS, "Wales"),
    "S": lambda day: day + timedelta(weeks=6),
}
"""By the first letter of the authority's ONS code, the last day for the first review of a placement begun that day."""
FIRST_REVIEW_WORKING_DAYS: Final = 20
SECOND: Final = relativedelta(months=3)
LATER: Final = relativedelta(months=6)
PLANS: Final = {"E": "England", "W": "Wales"}
"""By the same letter, the nation whose law has a clock for the placement plan that the hub knows."""
PLAN_WORKING_DAYS: Final = 5
PLAN: Final = "placement plan"


@record
class PlacementClock:
    """What a placement's days follow from."""

    placement_id: UUID
    authority: str
    provider: str
    starts_on: date | None = None
    """As it was agreed last."""
    started_on: date | None = None
    planned_end: date | None = None
    reviews: tuple[date, ...] = ()
    plan_agreed: bool = False
    awaits_plan: bool = False
    """It started without one, and the hub knew of plans then."""
    birthday_month: date | None = None
    """First day of the month in which the child turns 18, once that was told."""
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

    def plan_by(self, today: date) -> date | None:
        """Return the last day for the placement plan; None: it is there, or none is to be reminded of.

        Of the day of the start as agreed nobody is reminded who agrees to it on that very day, or later.
        """
        nation = PLANS.get(self.authority[:1])
        if nation is None or self.plan_agreed:
            return None
        if self.started_on is not None:
            return after(self.started_on, PLAN_WORKING_DAYS, nation) if self.awaits_plan else None
        if self.starts_on is None or self.starts_on > today:
            return self.starts_on
        return self.starts_on if any(one.kind == PLAN for one in self.raised) else None


def dues(clock: PlacementClock, today: date, suspended_on: date | None, posts: Posts = NOBODY) -> tuple[Due, ...]:
    """Return what is due in a placement on a day.

    `suspended_on`: since when its provider is suspended for the authority; `posts`: who manages it for the authority.
    """
    if clock.ended:
        return ()
    to, both = (clock.authority,), (clock.authority, clock.provider)
    found = (
        (PLAN, clock.plan_by(today), PLAN_LEADS, to, clock.started_on is None),
        ("placement review", clock.review_by, REVIEW_LEADS, to, False),
        ("18th birthday", clock.birthday_month, LEADS, to, True),
        ("planned end", clock.planned_end, LEADS, both, True),
        ("provider suspended", suspended_on, ON_THE_DAY, to, True),
    )
    return tuple(
        Due(
            kind=kind,
            due_on=day,
            leads=leads,
            to=told,
            seen_by=both if kind == PLAN else (),
            posts=posts.posts,
            covered_by=posts.covering(today),
            passes=passes,
        )
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


def _agreed(clock: PlacementClock, event: PlacementAgreed) -> PlacementClock:
    return _planned(replace(clock, starts_on=event.starts_on), event.planned_end)


def _started(clock: PlacementClock, event: PlacementStarted) -> PlacementClock:
    started = replace(clock, started_on=event.started_on, awaits_plan=not clock.plan_agreed)
    return _turning(started, event.month_of_18th_birthday)


def _reviewed(clock: PlacementClock, event: PlacementReviewed) -> PlacementClock:
    reviewed = replace(clock, reviews=tuple(sorted({*clock.reviews, event.reviewed_on})))
    return _turning(reviewed, event.month_of_18th_birthday)


def _turning(clock: PlacementClock, month: date | None) -> PlacementClock:
    return clock if month is None else replace(clock, birthday_month=month)


_FOLDS: Final[Mapping[type, Callable[[PlacementClock, Any], PlacementClock]]] = {
    PlacementAgreed: _agreed,
    VerbalAgreementRecorded: lambda clock, event: replace(clock, starts_on=event.starts_on),
    PlacementPlanAgreed: lambda clock, event: replace(clock, plan_agreed=True, awaits_plan=False),
    PlacementStarted: _started,
    PlacementEndPlanned: lambda clock, event: _planned(clock, event.ends_on),
    NoticeGiven: lambda clock, event: _planned(clock, event.ends_on),
    PlacementReviewed: _reviewed,
    PlacementEnded: lambda clock, event: replace(clock, ended=True),
}
