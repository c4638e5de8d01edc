"""Benchmarks draw how a cost grows beside their page, and show the picture in their section."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from placehub.bench.pictures import picture_of

TIMES = {"median_ms": 2.0, "p99_ms": 3.0, "bare_median_ms": 0.5, "bare_p99_ms": 1.0}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("name", "found", "lines"),
    [
        ("match", {"p2": [{"vacancies": at, **TIMES} for at in (1000, 10_000)]}, 3),
        (
            "latency england",
            {"p3": [{"a_second": at, "busy_ms_a_notice": {"search": 4.0}, **TIMES} for at in (15.0, 2.0)]},
            4,
        ),
        ("fanout", {"sizes": [{"inboxes": at, **TIMES} for at in (1, 10)]}, 2),
        (
            "whatif",
            {
                "runs": [
                    {"cases": at, "whatif_ms_a_case": 30.0, "decided_ms_a_case": 3.0, "bare_ms_a_case": 1.0}
                    for at in (10, 20)
                ]
            },
            3,
        ),
    ],
)
def test_how_a_cost_grows_is_drawn(tmp_path: Path, name: str, found: dict[str, object], lines: int) -> None:
    """Each line has a point for each row, from the least to the most, and the section names the picture's file."""
    shown = picture_of(name, found, tmp_path / "page.md")
    file = tmp_path / f"bench-{name.replace(' ', '-')}.svg"
    assert f"]({file.name})" in shown
    drawn = [one.attrib["points"].split() for one in ET.parse(file).iter(f"{SVG}polyline")]  # noqa: S314 - our own
    assert [len(points) for points in drawn] == [2] * lines
    assert all(float(first.split(",")[0]) < float(last.split(",")[0]) for first, last in drawn)


def test_rows_without_figures_are_not_drawn(tmp_path: Path) -> None:
    """A pace at which nothing led to an invitation has no times, and one alone is no line: nothing is shown."""
    assert picture_of("match", {"p2": [{"vacancies": 1000, **TIMES}]}, tmp_path / "page.md") == ""
    assert picture_of("match", {"p2": [{"vacancies": 1000}]}, tmp_path / "page.md") == ""
    assert picture_of("startup", {}, tmp_path / "page.md") == ""
    assert not list(tmp_path.iterdir())
