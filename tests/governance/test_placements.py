"""When a placement is to be reviewed, and what else its parties are reminded of."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from placehub.governance.placements import PlacementClock, dues, follow
from placehub.governance.working_days import after
from placehub.placements.events import PlacementEnded, PlacementEndPlanned, PlacementReviewed, PlacementStarted

from ..delivery.making import whole

STARTED = date(2026, 3, 30)
PARTIES: dict[str, Any] = {"authority": "E08000035", "provider": "P"}


def clock(*events: Any, authority: str = "E08000035") -> PlacementClock:
    """Return a placement's clock after it has started and after these events."""
    known = follow(None, whole(PlacementStarted, authority=authority, provider="P", started_on=STARTED))
    for event in events:
        known = follow(known, event)
    assert known is not None
    return known


def reviewed(*days: date) -> list[PlacementReviewed]:
    """Return a review on each day."""
    return [whole(PlacementReviewed, **PARTIES, reviewed_on=day) for day in days]


@pytest.mark.parametrize(
    ("nation", "day"),
    [
        ("England", date(2026, 4, 8)),  # Good Friday 3 April and Easter Monday 6 April do not count
        ("Wales", date(2026, 4, 8)),
        ("Scotland", date(2026, 4, 7)),  # Easter Monday is a working day there
    ],
)
def test_working_days_are_the_nation_s(nation: str, day: date) -> None:
    """Weekends and the bank holidays of the nation do not count; the day itself does not either."""
    assert after(STARTED, 5, nation) == day


def test_reviews_by_the_clock_of_the_nation() -> None:
    """England: 20 working days, three months, six months; Scotland: six weeks first; Wales: no clock is known."""
    assert clock().review_by == date(2026, 4, 29)
    assert clock(*reviewed(date(2026, 4, 20))).review_by == date(2026, 7, 20)
    assert clock(*reviewed(date(2026, 7, 1), date(2026, 4, 20))).review_by == date(2027, 1, 1)
    assert clock(authority="S12000036").review_by == date(2026, 5, 11)
    assert clock(authority="W06000015").review_by is None


def test_what_is_due_in_a_placement() -> None:
    """The planned end is both parties', the rest the authority's; nothing is due once it has ended."""
    planned = whole(PlacementEndPlanned, **PARTIES, ends_on=date(2026, 12, 1))
    suspended = date(2026, 5, 1)
    found = {one.kind: (one.due_on, one.to) for one in dues(clock(planned), suspended)}
    assert found == {
        "placement review": (date(2026, 4, 29), ("E08000035",)),
        "planned end": (date(2026, 12, 1), ("E08000035", "P")),
        "provider suspended": (suspended, ("E08000035",)),
    }
    assert dues(clock(planned, whole(PlacementEnded, **PARTIES)), suspended) == ()
