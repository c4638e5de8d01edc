"""Processes as Linux tells of them: who is below whom, the memory they hold, the processor seconds they have had."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_TIMES: Final = slice(11, 15)
"""Of the fields behind a process's name: its own user and system time, and its ended children's."""


def descendants(pid: int) -> list[int]:
    """Return every process below one; none where the system does not tell."""
    parents = _parents()
    found: list[int] = []
    wave = [pid]
    while wave:
        wave = [one for one, parent in parents.items() if parent in wave]
        found += wave
    return found


def children_of(pid: int) -> list[int]:
    """Return the processes that one has begun itself; none where the system does not tell."""
    return [one for one, parent in _parents().items() if parent == pid]


def _parents() -> dict[int, int]:
    return {int(one.name): _parent(one) for one in _PROC.glob("[0-9]*")}


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended meanwhile
        return 0


def memory_mb(pids: Iterable[int]) -> float:
    """Return what these processes hold together: pages that several share are counted once."""
    return sum(_told_kb(pid, "smaps_rollup", "Pss:") for pid in pids) / 1024


def most_memory_mb() -> int:
    """Return the most memory this program has held; 0 where the system does not tell.

    `getrusage` would count what the process that started this one held, too.
    """
    return _told_kb("self", "status", "VmHWM:") // 1024


def _told_kb(process: int | str, file: str, name: str) -> int:
    try:
        lines = (_PROC / str(process) / file).read_text().splitlines()
    except OSError:  # it has ended, or is another's
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(name))


def busy_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the processor seconds each of some processes has had by now, with those below it."""
    return {name: sum(map(_busy, (pid, *descendants(pid)))) / _TICKS for name, pid in pids.items()}


def _busy(pid: int) -> int:
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended meanwhile
        return 0
    return sum(map(int, fields[_TIMES]))
