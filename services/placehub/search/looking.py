"""One search at one moment, as the criteria see it, and the levels of what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from placehub.search.policy import TODAY, Policy
from placehub.search.row import HomeRow
from placehub.search.sought import Sought, Unit

METRES_IN_A_MILE = 1609.344
SEALED = {"source": "sealed need"}
"""The only thing a finding says of a fact that came from a sealed need."""
HOUSEHOLD = {"source": "sealed household"}
"""The same, of a fact that came from a sealed household."""


class Level(IntEnum):
    """What a criterion says, best first: of several children the worst counts.

    A question to the authority stands before named support, because it may lower no band (see `matching.band`). What
    is not known and asks nobody weighs as a question does; a lesser fit lowers the order within the band, never the
    band.
    """

    FITS = 0
    NOT_KNOWN = 1
    ASK_AUTHORITY = 2
    NEEDS_SUPPORT = 3
    ASK_CARER = 4
    LESSER_FIT = 5
    NEEDS_VARIATION = 6
    DOES_NOT_FIT = 7

    @property
    def verdict(self) -> str:
        """Return the level in the words of a finding."""
        return _VERDICTS[self]

    @property
    def asked(self) -> str | None:
        """Return who is to be asked, if it is a question."""
        return _ASKED.get(self)


_ASKED = {Level.ASK_AUTHORITY: "authority", Level.ASK_CARER: "carer"}
_VERDICTS = ("fits", "not known", "ask", "needs support", "ask", "lesser fit", "needs variation", "does not fit")

Said = tuple[Level, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Looking:
    """One search at one moment, for those of its children who must live in one home."""

    sought: Sought
    unit: Unit
    eligible: frozenset[str] | None
    """Providers under the agreement the search names; None when it names none."""
    now: datetime
    policy: Policy
    reach: float
    """Metres from the centre."""
    wanted_on: int
    """Day number from which the home is needed at the latest; see `needed_days`."""
    latest: int | None
    """Day number after which a home comes too late; None when the search does not say."""

    children: Unit
    """The unit without parents: a parent of 25 is fine, so approval is not read against a parent."""
    needed: int
    """The places needed: one for each who is looked after, and never none."""

    @property
    def today(self) -> int:
        """Return the day number of the decision."""
        return self.now.date().toordinal()


Criterion = Callable[[Looking, HomeRow], Said]


def reach_of(within_miles: int | None, policy: Policy) -> float:
    """Return how far a search reaches, in metres from its centre."""
    miles = policy.radius_miles if within_miles is None else within_miles
    return max(miles, 0) * METRES_IN_A_MILE


def look(sought: Sought, unit: Unit, eligible: frozenset[str] | None, now: datetime, policy: Policy) -> Looking:
    """Return the search at one moment, its radius and days worked out."""
    wanted_on, latest = needed_days(sought, now.date().toordinal(), policy)
    return Looking(
        sought=sought,
        unit=unit,
        eligible=eligible,
        now=now,
        policy=policy,
        reach=reach_of(sought.within_miles, policy),
        wanted_on=wanted_on,
        latest=latest,
        children=tuple(person for person in unit if not person.parent),
        needed=max(sum(person.looked_after for person in unit), 1),
    )


def needed_days(sought: Sought, today: int, policy: Policy) -> tuple[int, int | None]:
    """Return the day the home is needed on, and the last day it may come; None when that is not told.

    A planned start (never before today) may wait a few days if the authority agrees; `Today` and `in less than 5
    days` may not wait at all; `in more than 5 days` and nothing told give no last day.
    """
    if sought.planned_start is not None:
        start = max(sought.planned_start.toordinal(), today)
        return start, start + policy.start_may_move_days
    if sought.needed_by == TODAY:
        return today, today
    if sought.needed_by == "in less than 5 days":
        return today + 4, today + 4
    return (today + 5, None) if sought.needed_by == "in more than 5 days" else (today, None)


def worst(levels: Iterable[Level]) -> Level:
    """Return the worst of several persons' levels; where nobody is told of, that is the question."""
    return max(levels, default=Level.ASK_AUTHORITY)
