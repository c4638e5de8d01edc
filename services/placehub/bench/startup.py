"""`placehub bench startup`: the embedded hub from `up` to ready, and its memory, beside its servers alone."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from placehub.bench.timing import machine, spread
from placehub.embedded.stack import Stack
from placehub.whole import start_embedded

_PROC: Final = Path("/proc")


def measure(repeats: int, tell: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Return the figures of P6. A hub is made first, so what is timed is set up already; Linux only tells memory."""
    with tempfile.TemporaryDirectory(prefix="placehub-bench-") as name:
        folder = Path(name) / "hub"
        tell("a hub is set up")
        start_embedded(folder).stop()
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
    began = time.perf_counter()
    running = start_embedded(folder)
    try:
        return time.perf_counter() - began, memory_mb(descendants(os.getpid()))
    finally:
        running.stop()


def _servers(folder: Path) -> tuple[float, float]:
    began = time.perf_counter()
    with Stack(folder) as stack:
        stack.start()
        return time.perf_counter() - began, memory_mb(descendants(os.getpid()))


def descendants(pid: int) -> list[int]:
    """Return every process below one; none where the system does not tell."""
    parents = {int(one.name): _parent(one) for one in _PROC.glob("[0-9]*")}
    found: list[int] = []
    wave = [pid]
    while wave:
        wave = [one for one, parent in parents.items() if parent in wave]
        found += wave
    return found


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended meanwhile
        return 0


def memory_mb(pids: Iterable[int]) -> float:
    """Return what these processes hold together: pages that several share are counted once."""
    return sum(map(_share_kb, pids)) / 1024


def _share_kb(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended, or is another's
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
