"""Search workers join and leave while the demo runs: the same decisions, each once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .conftest import CALM_SECONDS, await_that, begun, read_again, verdicts
from .oracle import faults

pytestmark = pytest.mark.broker
SHARED_SECONDS = 6


@contextmanager
def joined(folder: Path, log: Path) -> Iterator[subprocess.Popen[str]]:
    """Let one more search worker join the hub, told only where its parts are; it is asked to end afterwards."""
    hub = json.loads((folder / "hub.json").read_text())
    given = {name: hub[name] for name in ("bootstrap", "database", "registry", "api")}
    secrets = {f"PLACEHUB_{name.upper()}": hub[name] for name in ("kafka_password", "api_token")}
    options = [word for name, value in given.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "placehub", "run", "search", *options, "--dir", str(log.parent)]
    with log.open("w") as out:
        one = subprocess.Popen(
            command, stdout=out, stderr=out, text=True, env={**os.environ, **secrets, "PLACEHUB_CLOCK": "stream"}
        )
    try:
        yield one
    finally:
        one.terminate()
        try:
            one.wait(30)
        finally:
            one.kill()  # it waits for a broker that has gone, and nobody else would end it


def epochs(folder: Path) -> dict[int, int]:
    """Return how often each partition of the searches has been taken."""
    url = json.loads((folder / "hub.json").read_text())["database"].replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT partition, epoch FROM drivers.position WHERE processor = 'search' AND topic = 'referral'"
        ).fetchall()
    return {int(partition): int(epoch) for partition, epoch in rows}


@pytest.mark.timeout(3 * CALM_SECONDS)
def test_workers_join_and_leave(calm: Any, tmp_path: Path) -> None:
    """One search worker, then three, then one again: the same verdicts, nothing lost, nothing twice."""
    folder = tmp_path / "hub"
    with begun(folder) as demo:
        before = epochs(folder)
        with joined(folder, tmp_path / "second.log") as second, joined(folder, tmp_path / "third.log") as third:
            await_that(lambda: all(now > before[one] for one, now in epochs(folder).items()))
            time.sleep(SHARED_SECONDS)  # let them decide something together
            assert (second.poll(), third.poll()) == (None, None), (tmp_path / "second.log").read_text()[-2000:]
            assert demo.process.poll() is None, "the demo ended before the workers had shared it"
            shared = epochs(folder)
        assert (second.returncode, third.returncode) == (0, 0)
        await_that(lambda: all(now > shared[one] for one, now in epochs(folder).items()))
        demo.process.wait(CALM_SECONDS)
        assert demo.process.returncode == 0, demo.told()
    assert verdicts(folder) == calm
    assert faults(read_again(folder)) == []
