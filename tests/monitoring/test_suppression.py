"""Small numbers are hidden, and cannot be worked out from a total."""

from __future__ import annotations

from typing import Any

from placehub.monitoring.suppression import suppressed

Row = dict[str, Any]


def rows(*counts: tuple[str, str, int]) -> list[Row]:
    """Return a table of areas and kinds."""
    return [{"area": area, "kind": kind, "searches": count} for area, kind, count in counts]


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


def test_what_is_hidden_in_one_margin_is_looked_at_in_the_others() -> None:
    """A cell hidden for its area may be the only one of its kind: another of that kind follows, and so on."""
    table = (("A", "x", 3), ("A", "y", 12), ("B", "x", 30), ("B", "y", 40))
    assert hidden(*table, margins=(("area",), ("kind",))) == [None, None, None, None]
    assert hidden(*table) == [None, None, 30, 40]


def test_nothing_else_changes() -> None:
    """The other columns and the order stay, and the rows that were given are left alone."""
    given = rows(("A", "x", 3), ("B", "y", 12))
    assert [row["area"] for row in suppressed(given, "searches", ())] == ["A", "B"]
    assert given[0]["searches"] == 3
