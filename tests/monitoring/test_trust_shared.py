"""What of the views of trust may be shown to everybody: small numbers, and what would give them away, are hidden."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from placehub.monitoring.views import VIEWS

WEEK = date(2026, 3, 2)


def shared(name: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Return rows of a view, all of one week where they name none, as they may be shared."""
    share = VIEWS[name].share
    assert share is not None
    return share([{"week": WEEK, **row} for row in rows])


def whose(name: str, column: str = "organisation") -> dict[str, str]:
    """Return whose row it is."""
    return {"code": name, column: name}


def test_times_of_few_answers_are_hidden() -> None:
    """A time is shown where more than five answers are; how many of them where the rest is not small either."""
    of: dict[str, Any] = {"sector": "authority", "question": "an offer"}
    counts = {"many": (40, 40), "most": (42, 39), "few": (31, 3), "some": (3, 3), "hidden with it": (8, 8)}
    rows = [
        {**whose(who), **of, "asked": asked, "answered": got, "took": [Decimal(1)] * (got // 2) + [Decimal(9)] * got}
        for who, (asked, got) in counts.items()
    ]
    found = {row["organisation"]: row for row in shared("response_times", *rows)}
    figures = {
        who: (row["asked"], row["answered"], row["hours_median"], row["hours_p90"]) for who, row in found.items()
    }
    assert figures == {
        "many": (40, 40, 9, 9),
        "most": (40, None, 9, 9),
        "few": (30, None, None, None),
        "some": (None, None, None, None),
        "hidden with it": (None, None, None, None),
    }


def test_times_are_of_the_answers_that_are_told() -> None:
    """Two answers of next week wait with their times; with four more all six are told, and the times are of all."""
    of: dict[str, Any] = {**whose("A"), "sector": "authority", "question": "an offer"}
    weeks = [
        {**of, "week": WEEK + timedelta(weeks=number), "asked": count, "answered": count, "took": [hours] * count}
        for number, (count, hours) in enumerate(((10, Decimal(2)), (2, Decimal(90)), (4, Decimal(90))))
    ]
    told = [shared("response_times", *weeks[:until])[0] for until in (1, 2, 3)]
    assert told[0] == told[1]
    assert [(row["answered"], row["hours_median"], row["hours_p90"]) for row in told[1:]] == [(10, 2, 2), (15, 2, 90)]


def test_what_is_taken_back_goes_in_its_own_week() -> None:
    """Two invitations closed before an answer change nothing that is told; ten do, and no week before."""
    of: dict[str, Any] = {**whose("A"), "sector": "provider", "question": "an invitation", "answered": 0, "took": None}
    told = [
        shared("response_times", {**of, "asked": 30}, {**of, "week": WEEK + timedelta(weeks=1), "asked": -gone})
        for gone in (0, 2, 10)
    ]
    assert [row["asked"] for (row,) in told] == [30, 30, 20]


def test_the_drift_index_tells_no_more_than_the_counts() -> None:
    """It is 100 times the changes as they are shown, divided by the placements as they are shown."""
    of: dict[str, Any] = {"sector": "provider", "changed_by": "authority", "rises": 0, "percents": [Decimal("3.0")]}
    counts = {
        "often": (61, 12),
        "never": (33, 0),
        "seldom": (52, 2),
        "others": (50, 7),
        "small": (4, 1),
        "next": (9, 6),
    }
    rows = [{**whose(who), **of, "placements": n, "changes": changed} for who, (n, changed) in counts.items()]
    found = {row["organisation"]: row for row in shared("drift_index", *rows)}
    told = {who: (row["placements"], row["changes"], row["drift"]) for who, row in found.items()}
    assert told == {
        "often": (60, 10, Decimal("16.7")),
        "never": (35, 0, Decimal("0.0")),
        "seldom": (50, None, None),
        "others": (50, 5, Decimal("10.0")),
        "small": (None, None, None),
        "next": (None, None, None),
    }
    assert (found["often"]["percent_median"], found["seldom"]["percent_median"]) == (Decimal("3.0"), None)


def test_few_searches_tell_nothing_of_when_providers_were_told() -> None:
    """Also where many providers were invited in them."""
    told = {"told": 60, "together": 60, "later_homes": 0, "later_looks": 0, "hours_apart": 0}
    rows = [
        {**whose(who, "authority"), "tier": None, "searches": count, **told}
        for who, count in (("A", 3), ("B", 9), ("C", 70))
    ]
    found = {
        row["authority"]: (row["searches"], row["told"], row["hours_apart"])
        for row in shared("release_equality", *rows)
    }
    assert found == {"A": (None, None, None), "B": (None, None, None), "C": (70, 60, 0)}
