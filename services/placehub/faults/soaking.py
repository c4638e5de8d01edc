"""A soak: a world lives on in a hub of its own, without a fault; memory and lag are noted all the while."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from placehub.app import quiet
from placehub.faults.playing import Wanted, playing
from placehub.faults.processes import children
from placehub.observing.usage import descendants, memory_mb
from placehub.settings import Settings


@dataclass(frozen=True, slots=True)
class Noted:
    """How the hub was at one moment."""

    seconds: float
    """Since the soak began."""
    memory: dict[str, float]
    """Megabytes by process; several of one name together."""
    lag: int
    """Records that all processors had still to read."""
    taken_in: int
    """Records that all processors had taken in since the soak began."""


@dataclass
class Soak:
    """What a soak noted."""

    noted: list[Noted] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Return what became of memory and lag; memory in megabytes, at the beginning and end as means of a quarter."""
        part = max(1, len(self.noted) // 4)
        first, last = self.noted[:part], self.noted[-part:]
        names = sorted({name for one in self.noted for name in one.memory})
        end = self.noted[-1]
        return {
            "seconds": round(end.seconds, 1),
            "records_a_second": round(end.taken_in / max(end.seconds, 1), 1),
            "lag_at_most": max(one.lag for one in self.noted),
            "lag_in_the_end": round(fmean(one.lag for one in last), 1),
            "memory": {
                name: {
                    "beginning": round(fmean(one.memory.get(name, 0) for one in first), 1),
                    "end": round(fmean(one.memory.get(name, 0) for one in last), 1),
                    "most": round(max(one.memory.get(name, 0) for one in self.noted), 1),
                }
                for name in names
            },
        }

    def lines(self) -> dict[str, dict[str, list[tuple[float, float]]]]:
        """Return what is to be drawn: panel -> line -> its points."""
        names = sorted({name for one in self.noted for name in one.memory})
        return {
            "Memory in MB, by process": {
                name: [(one.seconds, one.memory.get(name, 0.0)) for one in self.noted] for name in names
            },
            "Records still to read": {"all processors": [(one.seconds, float(one.lag)) for one in self.noted]},
        }


def soak(wanted: Wanted, folder: Path, minutes: float, every: float, tell: Callable[[str], None]) -> Soak:
    """Let a world live for so many minutes under `folder`, or to its end, and note how its hub is `every` few seconds.

    Unavailable when the hub does not begin.
    """
    found = Soak()
    with playing(wanted, folder) as one, closing(quiet(Settings.load(folder))) as asked:
        began, first = time.monotonic(), one.watch.seen[-1].taken_in
        while (passed := time.monotonic() - began) < minutes * 60 and one.alive and not one.over:
            memory: dict[str, float] = defaultdict(float)
            for child in children(one.process.pid):
                memory[child.name] += memory_mb((child.pid, *descendants(child.pid)))
            taken_in = one.watch.seen[-1].taken_in - first
            found.noted.append(Noted(passed, dict(memory), sum(asked.lags().values()), taken_in))
            tell(f"{passed:.0f} s: {taken_in} records taken in, {found.noted[-1].lag} behind")
            time.sleep(every)
    return found
