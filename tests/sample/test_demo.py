"""The demo as a person runs it, on the small corner of the sample world."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from placehub.sample.made import VERDICTS, Asked, make
from placehub.settings import Settings
from placehub.whole import start_embedded

from ..faults.oracle import Broker
from .told import Files, Inboxes, shape

SEED = 7
TRIES = 1000
TWICE = ("first", "second")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[subprocess.CompletedProcess[str], Path]]:
    """The same seed, run twice in folders of their own."""
    return {name: _run(tmp_path_factory.mktemp(name) / "hub") for name in TWICE}


def _run(folder: Path) -> tuple[subprocess.CompletedProcess[str], Path]:
    command = [sys.executable, "-m", "placehub", "demo", "--scale", "corner", "--seed", "7", "--dir", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=400, check=False), folder


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", TWICE)
def test_the_demo_ends_well(name: str, runs: dict[str, tuple[subprocess.CompletedProcess[str], Path]]) -> None:
    """The demo exits 0, its separate re-check found no broken hard constraint, and it says that it is simulated."""
    done, _ = runs[name]
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "searched at hour 0" in done.stdout
    assert "simulated" in done.stdout
    assert "simulated day" not in done.stderr, "how far it is, is for terminals"


def test_the_same_seed_gives_the_same_verdicts(
    runs: dict[str, tuple[subprocess.CompletedProcess[str], Path]],
) -> None:
    """Two runs of one seed give the same set of (step, referral, provider, verdict), and it is not empty."""
    first, second = (json.loads((runs[name][1] / "demo-verdicts.json").read_text()) for name in TWICE)
    assert first
    assert first == second


def test_the_bulk_shell_decides_the_same(
    runs: dict[str, tuple[subprocess.CompletedProcess[str], Path]],
) -> None:
    """What processes decide behind a broker, the same rules decide in memory: verdict by verdict."""
    folder, figures = make(Asked(scale="corner", seed=7, days=7))
    assert (folder / VERDICTS).read_text() == (runs["first"][1] / "demo-verdicts.json").read_text()
    assert figures["verdicts"] > 0


@pytest.fixture(scope="module")
def again(runs: dict[str, tuple[subprocess.CompletedProcess[str], Path]]) -> Iterator[tuple[Path, Settings]]:
    """The hub of the second run, started once more on its folder."""
    _, folder = runs["second"]
    running = start_embedded(folder, "stream")
    yield folder, running.settings
    running.stop()


def test_every_decision_of_the_demo_is_made_again_the_same(again: tuple[Path, Settings]) -> None:
    """Once its hub runs again, `audit recompute` makes all the demo decided anew, and every decision is equal."""
    folder, _ = again
    command = [sys.executable, "-m", "placehub", "audit", "recompute", "--json", "--dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["decisions"] >= 20
    assert found["equal"] == found["decisions"], found


def test_a_case_file_is_what_had_been_put_into_the_inbox(again: tuple[Path, Settings]) -> None:
    """For 1,000 random (case, party, moment) the file holds what a foreign client finds told in that inbox by then."""
    folder, settings = again
    inboxes, files = Inboxes(Broker(folder).read()), Files(settings)
    chance = random.Random(SEED)  # noqa: S311 - a draw, no secret
    seen = 0
    for _ in range(TRIES):
        case, party = chance.choice(inboxes.cases), chance.choice(inboxes.parties)
        moment = inboxes.some_moment(chance)
        expected = inboxes.told(case, party, moment)
        entries = files.of(case, party, moment).entries
        found = [(str(one.id), one.told[0].at, one.body and shape(one.body)) for one in entries]
        assert sorted(one[:2] for one in found) == sorted(one[:2] for one in expected), (case, party, moment)
        bodies = {id: body for id, _, body in expected}
        assert all(body == bodies[id] for id, _, body in found if body is not None), (case, party, moment)
        seen += len(found)
    assert seen > TRIES
