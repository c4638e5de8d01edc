"""The demo as a person runs it, on the small corner of the sample world."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from placehub.faults.foreign import Broker
from placehub.sample.made import VERDICTS, Asked, make
from placehub.settings import Settings
from placehub.whole import start_embedded

from ..demos import CORNER_DAYS, CORNER_SEED, Demo
from .told import Files, Inboxes, shape

TRIES = 1000


def test_the_demo_ends_well(corner_demo: Demo) -> None:
    """The demo exits 0, its separate re-check found no broken hard constraint, and it says that it is simulated."""
    assert corner_demo.done.returncode == 0, corner_demo.done.stdout[-2000:] + corner_demo.done.stderr[-2000:]
    assert "searched at hour 0" in corner_demo.done.stdout
    assert "simulated" in corner_demo.done.stdout
    assert "simulated day" not in corner_demo.done.stderr, "how far it is, is for terminals"


def test_three_people_may_look_around(corner_demo: Demo) -> None:
    """The demo ends with a link for an officer, a referral manager and an operator, each another."""
    line = r"(placement officer|referral manager|operator) of (\S+): (\S+/join/\S+)"
    found = re.findall(line, corner_demo.done.stdout)
    assert [role for role, _, _ in found] == ["placement officer", "referral manager", "operator"]
    assert len({link for _, _, link in found}) == 3


def test_the_bulk_shell_decides_the_same(corner_demo: Demo) -> None:
    """What processes decide behind a broker, the same rules decide in memory: verdict by verdict."""
    folder, figures = make(Asked(scale="corner", seed=CORNER_SEED, days=CORNER_DAYS))
    assert (folder / VERDICTS).read_text() == (corner_demo.folder / "demo-verdicts.json").read_text()
    assert figures["verdicts"] > 0


@pytest.fixture(scope="module")
def again(corner_demo: Demo) -> Iterator[tuple[Path, Settings]]:
    """The hub of the demo, started once more on its folder."""
    running = start_embedded(corner_demo.folder, "stream")
    yield corner_demo.folder, running.settings
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
    chance = random.Random(CORNER_SEED)  # noqa: S311 - a draw, no secret
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
