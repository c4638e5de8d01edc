"""The page of the benchmarks keeps the sections of those that were not run."""

from __future__ import annotations

from pathlib import Path

from placehub.bench.page import put, table


def test_a_section_takes_the_place_of_its_last(tmp_path: Path) -> None:
    """The page is begun with what it is; a second run changes its own section and no other."""
    page = tmp_path / "page.md"
    put(page, "one", "## One\n\nold \\1")
    put(page, "two", "## Two")
    put(page, "one", "## One\n\nnew \\1")
    text = page.read_text()
    assert text.startswith("# What it costs")
    assert text.index("new \\1") < text.index("## Two")
    assert "old" not in text


def test_a_table() -> None:
    """Columns, a rule and a line for each row."""
    assert table(("a", "b"), [[1, "x"]]) == "| a | b |\n| --- | --- |\n| 1 | x |"
