"""One more search worker for a hub, told only where its parts are; it joins and leaves while the hub works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from placehub.faults.schedule import WORKER
from placehub.settings import HUB_FILE

PLACES: Final = ("bootstrap", "database", "registry", "api")
SECRETS: Final = ("kafka_password", "api_token")
ENDED_SECONDS: Final = 30
HOUR: Final = 3600


def join(folder: Path, log: Path, *, jumping: bool = False) -> subprocess.Popen[str]:
    """Start the worker; where it is `jumping` its time of day goes on by an hour and back all the while."""
    hub = json.loads((folder / HUB_FILE).read_text())
    options = [word for name in PLACES for word in (f"--{name}", str(hub[name]))]
    program = ["placehub.faults.skewed", str(HOUR)] if jumping else ["placehub"]
    command = [sys.executable, "-m", *program, "run", WORKER, *options, "--dir", str(log.parent)]
    secrets = {f"PLACEHUB_{name.upper()}": str(hub[name]) for name in SECRETS}
    environment = {**os.environ, **secrets, "PLACEHUB_CLOCK": "stream"}
    with log.open("a") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, text=True, env=environment)  # noqa: S603 - ours


def leave(worker: subprocess.Popen[str]) -> int:
    """Ask the worker to end, and return how it did; one that waits for a server that has gone is killed."""
    worker.terminate()
    try:
        return worker.wait(ENDED_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        return worker.wait()
