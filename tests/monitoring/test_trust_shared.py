"""What of the views of trust may be shown to everybody: small numbers, and what would give them away, are hidden."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from placehub.monitoring.funding import OTHER
from placehub.monitoring.views import VIEWS


def shared(name: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Return rows of a view as they may be shared."""
    share = VIEWS[name].share
    assert share is not None
    return share(rows)


def test_times_of_few_answers_are_hidden() -> None:
    """A time is shown where more than five answers are; how many of them where the rest is not small either."""
    told = {"sector": "authority", "question": "an offer", "hours_median": 4, "hours_p90": 9}
    counts = {"many": (40, 40), "most": (42, 39), "few": (31, 3), "some": (3, 3), "hidden with it": (8, 8)}
    rows = [{"organisation": who, "asked": asked, "answered": got, **told} for who, (asked, got) in counts.items()]
    found = {row["organisation"]: row for row in shared("response_times", *rows)}
    figures = {
        who: (row["asked"], row["answered"], row["hours_median"], row["hours_p90"]) for who, row in found.items()
    }
    assert figures == {
        "many": (40, 40, 4, 9),
        "most": (40, None, 4, 9),
        "few": (30, None, None, None),
        "some": (None, None, None, None),
        "hidden with it": (None, None, None, None),
    }


def test_the_drift_index_tells_no_more_than_the_counts() -> None:
    """It is 100 times the changes as they are shown, divided by the placements as they are shown."""
    of: dict[str, Any] = {"sector": "provider", "changed_by": "authority", "rises": 0, "percent_median": Decimal("3.0")}
    counts = {
        "often": (61, 12),
        "never": (33, 0),
        "seldom": (52, 2),
        "others": (50, 7),
        "small": (4, 1),
        "next": (9, 6),
    }
    rows = [{"organisation": who, "placements": n, "changes": changed, **of} for who, (n, changed) in counts.items()]
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
    assert found["seldom"]["percent_median"] is None


def test_words_that_few_used_for_a_support_are_not_shown() -> None:
    """What few asked for is counted together: its words could point at a child."""
    of: dict[str, Any] = {"authority": "A", "stage": "in the placement", "agreed": 0, "no_answer": 0}
    words = {"transport": 30, "a lift to grandmother": 4, "the blue bicycle": 4}
    rows = [{**of, "what": what, "requested": count, "refused": count} for what, count in words.items()]
    assert {row["what"]: (row["requested"], row["refused"]) for row in shared("support_not_funded", *rows)} == {
        "transport": (30, 30),
        OTHER: (10, 10),
    }


def test_few_searches_tell_nothing_of_when_providers_were_told() -> None:
    """Also where many providers were invited in them."""
    told = {"told": 60, "together": 60, "later_homes": 0, "later_looks": 0, "hours_apart": 0}
    rows = [
        {"authority": who, "tier": None, "searches": count, **told} for who, count in (("A", 3), ("B", 9), ("C", 70))
    ]
    found = {
        row["authority"]: (row["searches"], row["told"], row["hours_apart"])
        for row in shared("release_equality", *rows)
    }
    assert found == {"A": (None, None, None), "B": (None, None, None), "C": (70, 60, 0)}
