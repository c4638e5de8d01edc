"""What every fault run is compared with, and how a hub's leftovers are read."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ..demos import CORNER_DAYS, LONGEST_SECONDS, Demo, demo_command, play
from .oracle import Broker, Seen

SCALE = os.environ.get("FAULTS_SCALE", "corner")
DAYS = os.environ.get("FAULTS_DAYS", str(CORNER_DAYS))
SECONDS = float(os.environ.get("FAULTS_SECONDS", "60"))
SEEDS = [int(seed) for seed in os.environ.get("FAULTS_SEEDS", "1").split()]
CALM_SECONDS = LONGEST_SECONDS
READY_SECONDS = 120


WORLD = ("--scale", SCALE, "--days", DAYS)
"""The world that every run here plays."""


@dataclass
class Begun:
    """A demo that runs, and where it says what it does."""

    process: subprocess.Popen[str]
    folder: Path
    log: Path

    def told(self) -> str:
        """Return the end of what it printed, for a failing test's message."""
        return self.log.read_text()[-3000:]


@contextmanager
def begun(folder: Path, *options: str) -> Iterator[Begun]:
    """Begin a demo and return once its first day has come; it has ended when the block has."""
    log = folder.with_suffix(".log")
    terminal, its_end = pty.openpty()  # how far it is, a demo says on a terminal alone
    with log.open("w") as out:
        command = demo_command(folder, *WORLD, *options)
        process = subprocess.Popen(command, stdout=out, stderr=its_end, text=True)
    os.close(its_end)
    threading.Thread(target=_keep, args=(terminal, log), daemon=True).start()
    one = Begun(process, folder, log)
    try:
        await_that(lambda: "simulated day 1 of" in one.told() or process.poll() is not None)
        assert process.poll() is None, one.told()
        yield one
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def _keep(terminal: int, log: Path) -> None:
    with log.open("ab", buffering=0) as out, suppress(OSError):  # the terminal's end is an error on Linux
        while said := os.read(terminal, 4096):
            out.write(said)
    os.close(terminal)


@contextmanager
def up_again(folder: Path) -> Iterator[None]:
    """Start the hub of a folder once more, and stop it."""
    log = folder.with_suffix(".again.log")
    with log.open("w") as out:
        command = [sys.executable, "-m", "placehub", "up", "--clock", "stream", "--dir", str(folder)]
        process = subprocess.Popen(command, stdout=out, stderr=out, text=True)
    try:
        await_that(lambda: "The hub is up" in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()[-3000:]
        yield
    finally:
        process.terminate()
        process.wait(60)
    assert process.returncode == 0, log.read_text()[-3000:]


def read_again(folder: Path) -> dict[str, list[Seen]]:
    """Start the hub once more on the folder, and return what stands on its broker once it is quiet."""
    with up_again(folder):
        return Broker(folder).read()


def await_that(holds: Callable[[], bool], seconds: float = READY_SECONDS) -> None:
    """Wait until it holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)


def verdicts(folder: Path) -> Any:
    """Return the verdicts a demo wrote down."""
    return json.loads((folder / "demo-verdicts.json").read_text())


@pytest.fixture(scope="session")
def calm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The verdicts of the same demo with one search worker and no fault."""
    if ("--scale", "corner", "--days", str(CORNER_DAYS)) == WORLD:
        played: Demo = request.getfixturevalue("corner_demo")
    else:
        played = play(tmp_path_factory.mktemp("calm") / "hub", *WORLD)
    assert played.done.returncode == 0, played.done.stdout[-2000:] + played.done.stderr[-2000:]
    found = verdicts(played.folder)
    assert found
    return found
