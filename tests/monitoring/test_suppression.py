"""Small numbers are hidden, and cannot be worked out from totals or from two publications; properties, on any table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from placehub.monitoring.suppression import SMALL, Cell, pooled, published, shared_table

Row = dict[str, Any]
MARGINS: Final = (("area",), ("kind",))
MONDAY: Final = date(2026, 3, 2)


def rows(*counts: tuple[str, str, int]) -> list[Row]:
    """Return a table of areas and kinds."""
    return [{"area": area, "kind": kind, "searches": count} for area, kind, count in counts]


def suppressed(rows: Sequence[Row], count: str, margins: Sequence[tuple[str, ...]]) -> list[Row]:
    """Return the rows as the first publication tells them."""
    columns = ("row", *dict.fromkeys(name for margin in margins for name in margin))
    given = [{**row, "row": number, "week": MONDAY} for number, row in enumerate(rows)]
    told = shared_table(given, cells=columns, count=count, margins=margins)
    return [{**row, count: one[count]} for row, one in zip(rows, told, strict=True)]


def hidden(*counts: tuple[str, str, int], margins: tuple[tuple[str, ...], ...] = (("area",),)) -> list[int | None]:
    """Return the counts as they may be shared."""
    return [row["searches"] for row in suppressed(rows(*counts), "searches", margins)]


def test_one_to_five_are_suppressed_and_the_rest_rounded() -> None:
    """Nought stays, 1 to 5 are hidden, and what is shown is a multiple of five."""
    counts = [("A", str(count), count) for count in (0, 1, 5, 6, 7, 8, 12, 13)]
    assert hidden(*counts) == [0, None, None, 5, 5, 10, 10, 15]


def test_a_single_hidden_cell_takes_the_smallest_other_with_it() -> None:
    """In each area alone: with a total known elsewhere the one cell could be worked out."""
    assert hidden(("A", "x", 3), ("A", "y", 40), ("A", "z", 12), ("B", "x", 20)) == [None, 40, None, 20]
    assert hidden(("A", "x", 3), ("A", "y", 4), ("A", "z", 12)) == [None, None, 10]
    assert hidden(("A", "x", 3), ("A", "y", 0)) == [None, 0], "nought hides nothing"


def test_two_ones_are_not_told_by_their_sum() -> None:
    """Two hidden cells of two in all are one each: another is hidden with them, until more than five are."""
    assert hidden(("A", "x", 1), ("A", "y", 1), ("A", "z", 12), ("A", "w", 30)) == [None, None, None, 30]


def test_what_is_hidden_in_one_margin_is_looked_at_in_the_others() -> None:
    """A cell hidden for its area may be the only one of its kind: another of that kind follows, and so on."""
    table = (("A", "x", 3), ("A", "y", 12), ("B", "x", 30), ("B", "y", 40))
    assert hidden(*table, margins=(("area",), ("kind",))) == [None, None, None, None]
    assert hidden(*table) == [None, None, 30, 40]


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Return any table of up to three areas and four kinds, small counts as likely as others."""
    counts = st.one_of(st.integers(0, 7), st.integers(0, 60))
    areas, kinds = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    return [
        {"area": f"A{area}", "kind": f"K{kind}", "searches": draw(counts)}
        for area in range(areas)
        for kind in range(kinds)
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Return how many came to each cell of such a table in some weeks."""
    count = draw(st.integers(1, 6))
    first = draw(tables())
    some = st.one_of(st.just(0), st.integers(0, 8), st.integers(0, 40))
    return [
        {**row, "searches": draw(some), "week": MONDAY + timedelta(weeks=number)}
        for number in range(count)
        for row in first
    ]


def _groups(table: Sequence[Row]) -> Iterator[list[int]]:
    for column in ("area", "kind"):
        yield from _groups_of(table, column)


def _groups_of(table: Sequence[Row], column: str) -> list[list[int]]:
    found = defaultdict(list)
    for number, row in enumerate(table):
        found[row[column]].append(number)
    return list(found.values())


def _known_totals(table: Sequence[Row], unknown: Sequence[int]) -> Iterator[list[int]]:
    """Return the groups whose totals may be known: totals are hidden as cells are, and that of one hidden cell is.

    Where every cell is shown the total tells nothing, and cannot be hidden.
    """
    for column in ("area", "kind"):
        groups = [numbers for numbers in _groups_of(table, column) if set(numbers) & set(unknown)]
        totals = []
        for numbers in groups:
            some = [number for number in numbers if table[number]["searches"]]
            only = len(some) == 1 and some[0] in unknown
            totals.append({"of": column, "total": 1 if only else sum(table[number]["searches"] for number in some)})
        shown = suppressed(totals, "total", (("of",),))
        yield from (numbers for numbers, told in zip(groups, shown, strict=True) if told["total"] is not None)


def _could_be(table: Sequence[Row], unknown: Sequence[int], cell: int) -> tuple[float, float]:
    """Return the least and the most that a cell can be for who knows all the others exactly, and the totals."""
    place = {number: column for column, number in enumerate(unknown)}
    lines, sums = [], []
    for numbers in _known_totals(table, unknown):
        lines.append([float(number in numbers) for number in unknown])
        sums.append(sum(table[number]["searches"] for number in numbers if number in place))
    told = [LinearConstraint(np.array(lines), sums, sums)] if lines else []
    goal = np.zeros(len(unknown))
    goal[place[cell]] = 1
    found = [
        milp(sign * goal, constraints=told, integrality=np.ones(len(unknown)), bounds=Bounds(1, 10_000))
        for sign in (1, -1)
    ]
    assert all(one.success for one in found)
    return found[0].x[place[cell]], found[1].x[place[cell]]


@given(tables())
def test_no_small_cell_follows_from_a_publication_s_cells_and_totals(table: list[Row]) -> None:
    """Even for who knows the totals and what is shown exactly, a small cell can be more than one number."""
    shared = suppressed(table, "searches", MARGINS)
    unknown = [number for number, row in enumerate(shared) if row["searches"] is None]
    for number in unknown:
        if table[number]["searches"] <= SMALL:
            least, most = _could_be(table, unknown, number)
            assert least < most


def _standing(history: Sequence[Row]) -> list[list[Cell]]:
    """Return the table after each publication."""
    weeks = sorted({row["week"] for row in history})
    return [
        published(
            [row for row in history if row["week"] <= week], cells=("area", "kind"), count="searches", margins=MARGINS
        )
        for week in weeks
    ]


@given(histories())
def test_no_two_publications_differ_by_a_few(history: list[Row]) -> None:
    """Whichever two: of a cell, and of each sum of cells, the difference is none or more than five."""
    publications = _standing(history)
    for number, before in enumerate(publications):
        for after in publications[number + 1 :]:
            changes = [now.count - was.count for was, now in zip(before, after, strict=True)]
            sums = [sum(changes[number] for number in numbers) for numbers in _groups(history[: len(before)])]
            assert all(change == 0 or change > SMALL for change in (*changes, *sums))


@given(histories())
def test_what_waits_cannot_be_told_from_what_is_told_anew(history: list[Row]) -> None:
    """Where something is told anew beside what waits, two or more wait, of more than five: a total tells neither."""
    table = history[: len({(row["area"], row["kind"]) for row in history})]
    publications = _standing(history)
    for number, cells in enumerate(publications):
        week = MONDAY + timedelta(weeks=number)
        come = _come(history, week)
        moved = {place for place, cell in enumerate(cells) if cell.until == week}
        for numbers in _groups(table):
            waiting = [come[place] - cells[place].count for place in numbers if come[place] != cells[place].count]
            if waiting and moved & set(numbers):
                assert len(waiting) > 1
                assert sum(waiting) > SMALL


def _come(history: Sequence[Row], week: date) -> list[int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for row in history:
        found[row["area"], row["kind"]] += row["searches"] if row["week"] <= week else 0
    return list(found.values())


@given(histories())
def test_what_is_small_is_never_shown_nor_what_it_was_hidden_with(history: list[Row]) -> None:
    """A cell of one to five is hidden and not nought; one hidden with another stays so until more than five more came.

    Shown unchanged in the next publication, it would tell what it was hidden for in the last.
    """
    publications = _standing(history)
    for number, cells in enumerate(publications):
        come = _come(history, MONDAY + timedelta(weeks=number))
        assert all(cell.shown is None for cell, count in zip(cells, come, strict=True) if 1 <= count <= SMALL)
        assert all(cell.shown == 0 for cell, count in zip(cells, come, strict=True) if count == 0)
        before = publications[number - 1] if number else cells
        for was, now in zip(before, cells, strict=True):
            assert was.shown is not None or now.shown is None or now.count - was.count > SMALL


@given(histories(), st.randoms(use_true_random=False))
def test_publications_are_the_same_from_the_same_facts(history: list[Row], order: Any) -> None:
    """Whatever the order the facts are read in, as in a rebuild: cells by their key are the same; so is a table."""
    keys: dict[str, Any] = {"cells": ("area", "kind"), "count": "searches", "margins": MARGINS}
    kept = sorted(history, key=lambda row: (row["area"], row["kind"]))
    mixed = list(kept)
    order.shuffle(mixed)
    mixed.sort(key=lambda row: (row["area"], row["kind"]))  # as the query orders the cells; weeks in any order
    assert published(mixed, **keys) == published(kept, **keys)
    assert shared_table(mixed, **keys) == shared_table(kept, **keys)


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ABCDEFGHIJ")), max_size=40))
def test_pooled_counts_have_many_in_them_and_never_change(told: list[tuple[int, str]]) -> None:
    """Every closed count has more than five different ones in it, and stands as it is whatever comes later."""
    ordered: list[Row] = [{"period": period, "who": who} for period, who in sorted(told)]
    closed = [one for one in pooled(ordered, period="period", who="who") if one[1] is not None]
    assert all(len({row["who"] for row in those}) > SMALL for _, _, those in closed)
    for period in range(7):
        before = [row for row in ordered if row["period"] < period]
        early = [one for one in pooled(before, period="period", who="who") if one[1] is not None]
        assert closed[: len(early)] == early
