"""The benchmark of what-if decides the same cases in each way, and finds history again."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from placehub.bench.page import whatif as page
from placehub.cli.program import app


def test_every_figure_has_its_bare_one(tmp_path: Path) -> None:
    """A run tells of each length with both ratios, as data and as a page; under the policy that ran nothing changes."""
    done = CliRunner().invoke(app, ["bench", "whatif", "--quick", "--json", "--write", str(tmp_path / "page.md")])
    found = json.loads(done.stdout)
    few, many = found["runs"]
    assert (few["days"], many["days"]) == (3, 6)
    assert 0 < few["cases"] < many["cases"]
    assert few["changed"] == many["changed"] == 0
    for one in found["runs"]:
        assert min(one[f"{way}_ms_a_case"] for way in ("whatif", "decided", "bare")) > 0
        assert one["memory_mb"] >= found["history_mb"] > 0
    assert page(found) in (tmp_path / "page.md").read_text()
