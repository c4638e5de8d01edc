"""The benchmark of a replay measures both, and says whether the views came out the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from placehub.bench.page import evidence as log_page
from placehub.bench.page import replay as page
from placehub.bench.replaying import measure

from ..conftest import Hub
from ..integration.story import Town, desk

pytestmark = pytest.mark.broker


def quick(what: str, page_file: Path) -> Any:
    """Return what a benchmark tells of little, in servers of its own; it writes its section of a page as well."""
    words = ["bench", what, "--quick", "--json", "--write", str(page_file)]
    done = subprocess.run(
        [sys.executable, "-m", "placehub", *words], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_made_world_is_made_again(tmp_path: Path) -> None:
    """In servers of its own, what a made world says is folded as it comes and made again, and both are the same."""
    found = quick("replay", tmp_path / "page.md")
    assert found["equal_to_live"]
    assert found["live_a_second"] > 0
    assert found["bare"]["a_second"] > 0
    assert page(found) in (tmp_path / "page.md").read_text()


def test_a_replay_beside_a_bare_reader(hub: Hub) -> None:
    """Of the streams of a hub that has folded everything, each reading takes in every event and the views are alike."""
    town = Town(hub, desk(hub, "authority"), (desk(hub, "provider"),))
    town.begin()
    town.open_home(town.providers[0])
    hub.settle()
    found = measure(hub.settings, 1)
    assert found["equal_to_live"]
    assert found["events"] >= 4
    assert found["live_a_second"] is None
    assert found["one"]["a_second"] > 0
    assert found["two"]["memory_mb"] > 10
    assert f"{found['events']:,} events" in page(found)
    assert "row by row" in page(found)
    town.end()
    for one in (town.authority, *town.providers):
        one.mailbox.close()


def test_a_made_worlds_log_is_checked(tmp_path: Path) -> None:
    """In servers of its own, what a made world says is taken into the log, and nothing is found to differ from it."""
    found = quick("evidence", tmp_path / "page.md")
    assert found["findings"] == 0
    assert found["records"] > 100
    assert min(found[way]["a_second"] for way in ("bare", "taken", "verified")) > 0
    assert log_page(found) in (tmp_path / "page.md").read_text()
