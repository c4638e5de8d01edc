"""`placehub bench startup`: the embedded hub from `up` to ready, and its memory, beside its servers alone."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from placehub.bench.timing import machine, spread
from placehub.embedded.processes import PROGRAM
from placehub.embedded.stack import Stack
from placehub.errors import Unavailable
from placehub.observing.usage import descendants, memory_mb


def measure(repeats: int, tell: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Return the figures of P6. A hub is made first, so what is timed is set up already; Linux only tells memory."""
    with tempfile.TemporaryDirectory(prefix="placehub-bench-") as name:
        folder = Path(name) / "hub"
        tell("a hub is set up")
        _hub(folder)
        ours, bare, memory, plain = [], [], [], []
        for number in range(repeats):
            tell(f"run {number + 1} of {repeats}")
            seconds, used = _hub(folder)
            ours.append(seconds)
            memory.append(used)
            seconds, used = _servers(folder)
            bare.append(seconds)
            plain.append(used)
    return {
        "machine": machine(),
        "seconds": spread(ours),
        "servers_seconds": spread(bare),
        "ratio": spread([one / other for one, other in zip(ours, bare, strict=True)], 2),
        "memory_mb": spread(memory, 0),
        "servers_memory_mb": spread(plain, 0),
    }


def _hub(folder: Path) -> tuple[float, float]:
    """Run `placehub up` as a user does, until it says that it works; return seconds and megabytes, its own included."""
    began = time.perf_counter()
    command = [*PROGRAM, "up", "--dir", str(folder)]
    # our own command line
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as up:  # noqa: S603
        try:
            if not up.stderr or not any(line.startswith("The hub is up") for line in up.stderr):
                raise Unavailable("The hub did not start. Run 'placehub up' to see why.")
            return time.perf_counter() - began, memory_mb((up.pid, *descendants(up.pid)))
        finally:
            up.terminate()


def _servers(folder: Path) -> tuple[float, float]:
    began = time.perf_counter()
    with Stack(folder) as stack:
        stack.start()
        return time.perf_counter() - began, memory_mb(descendants(os.getpid()))
