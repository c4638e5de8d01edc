"""Two publications of a shared view, held against each other, tell no few: each view, and the parts of a count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.monitoring.performance import COUNTS, MIX
from placehub.monitoring.suppression import SMALL
from placehub.monitoring.trust import Told, share_parts
from placehub.monitoring.views import VIEWS

MONDAY: Final = date(2026, 3, 2)
Row = dict[str, Any]
NEVER_TOLD_AGAIN: Final = ("declined_clauses", "referral_quality")
"""Views whose counts are of quarters or months that are closed; tests/monitoring/test_suppression.py has the first."""

_ORGANISATION: Final = {"code": "A", "organisation": "A", "sector": "provider"}
TOLD: Final[Mapping[str, tuple[Row, tuple[str, ...]]]] = {
    "homes_we_lack": ({"area": "A", "kind": "short term", "age_band": "8-10", "lacking": "age"}, ("searches",)),
    "sufficiency": ({"area": "A", "figure": "searches by kind", "what": "short term"}, ("count",)),
    "provider_performance": ({"code": "A", "provider": "A", "context": None}, (*COUNTS, *MIX)),
    "placement_changes": ({"authority": "A", "reason": "CARPL"}, ("endings",)),
    "dispute_times": ({"about": "payment", "outcome": "A"}, ("disputes", "accepted")),
    "response_times": ({**_ORGANISATION, "question": "an offer"}, ("asked", "answered")),
    "feedback_given": ({**_ORGANISATION, "about": "a referral"}, ("owed", "given")),
    "drift_index": ({**_ORGANISATION, "changed_by": "provider"}, ("placements", "changes", "rises")),
    "support_not_funded": (
        {"code": "A", "authority": "A", "stage": "in the placement", "what": "taxis"},
        ("requested", "agreed", "refused", "no_answer"),
    ),
    "release_equality": (
        {"code": "A", "authority": "A", "tier": 1},
        ("searches", "told", "together", "later_homes", "later_looks"),
    ),
}
"""A row of each view as its query returns it, without its week, and its counts."""


def _came(name: str, who: str, week: int, count: int, part: int) -> Row:
    """Return what came to a row in a week: the first of its counts, and so many of each other; times grow each week."""
    row, counts = TOLD[name]
    own = {key: who if value == "A" else value for key, value in row.items()}
    figure = Decimal(10**week)
    lists = {key: [figure] * part for key in ("took", "percents")}
    numbers = dict.fromkeys(counts[1:], part) | {counts[0]: count}
    return {**own, **lists, "hours_apart": figure, "week": MONDAY + timedelta(weeks=week), **numbers}


def _shared(name: str, rows: list[Row]) -> list[Row]:
    share = VIEWS[name].share
    assert share is not None
    return share(sorted(rows, key=lambda row: str([row.get(one) for one in TOLD[name][0]])))


def test_every_shared_view_is_tried() -> None:
    """One that is added must be put in the table above."""
    assert {name for name, view in VIEWS.items() if view.share} == {*TOLD, *NEVER_TOLD_AGAIN}


@pytest.mark.parametrize("name", TOLD)
@given(few=st.integers(1, SMALL), fewer=st.integers(0, SMALL))
def test_a_few_more_change_nothing_that_is_told(name: str, few: int, fewer: int) -> None:
    """Not a count, a share, a time or a median of any row, nor the rows beside it; when more have come they do."""
    before = [_came(name, who, 0, 80, 40) for who in ("A", "B", "C")]
    after = [*before, _came(name, "A", 1, few, few), _came(name, "B", 1, fewer, fewer)]
    assert _shared(name, after) == _shared(name, before)
    many = [*after, *(_came(name, who, 2, 40, 20) for who in ("A", "B", "C"))]
    assert _shared(name, many) != _shared(name, before)


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Return what came to a whole and to a part of it in some weeks, some of it taken off again."""
    come: dict[str, list[int]] = {who: [0, 0] for who in "ABC"}
    rows = []
    for week in range(draw(st.integers(1, 6))):
        for who, (whole, part) in come.items():
            more = draw(st.one_of(st.integers(-8, 8), st.integers(0, 40)))
            now = max(0, whole + more)
            of = draw(st.integers(0, now))
            come[who] = [now, of]
            arrived = {"whole": now - whole, "part": of - part}
            rows.append({"who": who, "week": MONDAY + timedelta(weeks=week), **arrived})
    return rows


def _publications(history: list[Row]) -> list[list[Told]]:
    weeks = sorted({row["week"] for row in history})
    keys: dict[str, Any] = {"key": ("who",), "whole": "whole", "parts": ("part",), "margins": ((),)}
    return [share_parts([row for row in history if row["week"] <= week], **keys) for week in weeks]


@given(histories())
def test_a_part_and_its_whole_never_change_by_a_few(history: list[Row]) -> None:
    """Also where something is taken off: each publication tells both as the last did, or by more than five anew.

    A part whose rest is small is hidden in every publication.
    """
    publications = _publications(history)
    for one in (one for told in publications for one in told):
        rest = one.cells["whole"].count - one.cells["part"].count
        assert one.counts["part"] is None or rest == 0 or rest > SMALL
    for before, after in pairwise(publications):
        for was, now in zip(before, after, strict=True):
            for name in ("whole", "part"):
                change = abs(now.cells[name].count - was.cells[name].count)
                assert change == 0 or change > SMALL
