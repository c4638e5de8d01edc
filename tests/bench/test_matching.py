"""The benchmark of matching measures what it says, and the bare filter beside it is honest."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from placehub.bench import matching
from placehub.bench.matching import Effort, bare
from placehub.bench.page import matching as page
from placehub.bench.timing import figures
from placehub.cli.program import app
from placehub.search.homes import Homes
from placehub.search.policy import DEFAULT

from ..search.worlds import CENTRE, Vacancy, a_home, a_search, fill

SMALL = Effort(sizes=(300,), searches=3, repeats=2, open_searches=60, openings=8, places=400)


def test_every_figure_has_its_bare_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run tells of P2, P4 and P5 with ratios, as data and as a page, and writes only where it is asked to."""
    monkeypatch.setattr(matching, "QUICK", SMALL)
    done = CliRunner().invoke(app, ["bench", "match", "--quick", "--json", "--write", str(tmp_path / "page.md")])
    found = json.loads(done.stdout)
    assert [row["vacancies"] for row in found["p2"]] == [300]
    assert found["p2"][0]["bare_median_ms"] > 0
    assert (found["p4"]["openings"], found["p4"]["open_searches"]) == (8, 60)
    assert found["p5"]["measured_searches"] == 6
    assert page(found) in (tmp_path / "page.md").read_text()


def test_a_ratio_is_told_with_its_spread() -> None:
    """Each repeat has a ratio of its own; the middle one is told with the least and the most."""
    found = figures([[2.0, 2.0], [6.0, 6.0], [4.0, 4.0]], [[1.0, 1.0], [2.0, 2.0], [1.0, 1.0]])
    assert (found["median_ratio"], found["mean_ratio"]) == ("3.0 (2.0 to 4.0)", 3.0)


def test_the_bare_filter_keeps_what_fits() -> None:
    """It drops the far home and the one of another kind, and sorts the rest by distance."""
    homes = Homes()
    for number, (east, kinds) in enumerate(((9_000, ()), (1_000, ()), (0, ("long term",)), (90_000, ()))):
        home = a_home(kinds=kinds or ("short term",), available_from=matching.NOW.date())
        fill(homes, Vacancy(UUID(int=number + 1), "P1", home, CENTRE[0] + east, CENTRE[1]))
    assert bare(homes, a_search(within_miles=DEFAULT.radius_miles)).tolist() == [1, 0]
