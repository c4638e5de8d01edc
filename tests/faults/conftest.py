"""Which runs are played here, and how the hub of a run is started once more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from placehub.faults.playing import Wanted
from placehub.faults.schedule import Bounds

KEPT: Final = Path(__file__).parent / "kept.json"
"""Seeds that once failed; `make faults` plays them all again."""
SEEDS: Final = [int(seed) for seed in os.environ.get("FAULTS_SEEDS", "515").split()]
SECONDS: Final = float(os.environ.get("FAULTS_SECONDS", "25"))
READY_SECONDS: Final = 180


def wanted(seed: int) -> Wanted:
    """Return the run of that seed as it is played here: short, with faults close together."""
    return Wanted(seed, days=5, seconds=SECONDS, bounds=Bounds(pause=(0.3, 2.0), longest=5.0), crowd=10)


def seeds() -> list[int]:
    """Return the seeds to play: the usual ones, and those that were kept where FAULTS_KEPT is set."""
    kept = json.loads(KEPT.read_text()) if os.environ.get("FAULTS_KEPT") else []
    return [*SEEDS, *(seed for seed in kept if seed not in SEEDS)]


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


def await_that(holds: Callable[[], bool], seconds: float = READY_SECONDS) -> None:
    """Wait until it holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)
