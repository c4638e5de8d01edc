"""Run after run, each under the next seed, until the time is over; and what came of all of them together."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

from placehub.embedded.ownership import running_as_root
from placehub.faults.playing import Run, Wanted, play
from placehub.faults.schedule import WAYS, Planned

SHOWN: Final = 20
"""Findings of a run that are told in words."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How long a hub took to catch up with faults of one kind, in seconds."""

    way: str
    times: int
    """How many there were that no other fault disturbed."""
    median: float
    most: float
    slowest: str
    """The one that took the most."""


@dataclass
class Campaign:
    """What came of several runs."""

    runs: list[Run] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether nothing at all was found wrong."""
        return not any(run.findings for run in self.runs)

    @property
    def caught_up(self) -> list[tuple[Planned, float]]:
        """Every fault that no other disturbed, and how long the hub then took to catch up."""
        return [one for run in self.runs for one in run.caught_up]

    def by_kind(self) -> list[Kind]:
        """Return how long the hub took to catch up with faults of each kind, in the order in which kinds are listed."""
        of: dict[str, list[tuple[float, str]]] = {way: [] for way in WAYS}
        for what, seconds in self.caught_up:
            of[what.way].append((seconds, str(what)))
        return [
            Kind(way, len(took), round(median(seconds for seconds, _ in took), 1), *max(took))
            for way, took in of.items()
            if took
        ]

    def figures(self) -> dict[str, Any]:
        """Return the figures of all runs together; times are in seconds."""
        runs = self.runs
        return {
            "runs": len(runs),
            "seeds": [run.seed for run in runs],
            "faults": sum(len(run.faults) for run in runs),
            "operations": sum(run.operations for run in runs),
            "events": sum(run.events for run in runs),
            "lost": sum(run.count("lost") for run in runs),
            "twice": sum(run.count("twice") for run in runs),
            "otherwise_wrong": sum(len(run.findings) - run.count("lost") - run.count("twice") for run in runs),
            "longest_stall": max((run.longest_stall for run in runs), default=0.0),
            "catch_up": max((seconds for _, seconds in self.caught_up), default=0.0),
            "seconds": round(sum(run.seconds for run in runs), 1),
        }


def campaign(wanted: Wanted, minutes: float, keep: Path | None, tell: Callable[[str], None]) -> Campaign:
    """Play runs under `wanted.seed` and the seeds after it; a new one is begun until the minutes are over, one always.

    The hubs lie in `keep`, or in a temporary folder of which nothing is left. Unavailable when a world does not come to
    its end.
    """
    found, deadline = Campaign(), time.monotonic() + minutes * 60
    with place_for(keep) as place:
        while not found.runs or time.monotonic() < deadline:
            one = replace(wanted, seed=wanted.seed + len(found.runs))
            tell(f"seed {one.seed}: {one.days} days of the {one.scale}, {one.bounds.workers} search workers")
            run = play(one, place / f"seed-{one.seed}")
            found.runs.append(replace(run, left={}))
            for line in told(run):
                tell(line)
            if run.findings:
                tell(f"  the same again: {again(one)}")
    return found


def told(run: Run) -> list[str]:
    """Return one run in words."""
    lines = [
        f"  {len(run.faults)} faults in {run.seconds:.0f} s: {', '.join(run.faults) or 'none'}",
        f"  {run.operations} operations, {run.events} events: {run.count('lost')} lost, {run.count('twice')} twice",
    ]
    return lines + [f"  {one}" for one in run.findings[:SHOWN]]


def again(wanted: Wanted) -> str:
    """Return the command that does the same again, by the same schedule."""
    options = f"--seed {wanted.seed} --minutes 0 --scale {wanted.scale} --days {wanted.days}"
    options += f" --search-workers {wanted.bounds.workers} --crowd {wanted.crowd} --seconds {wanted.seconds:g}"
    return f"placehub faults {options}{' --apart' if wanted.apart else ''}"


@contextmanager
def place_for(keep: Path | None) -> Iterator[Path]:
    """Yield a folder for hubs: the one to keep, or a temporary one of which nothing is left."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="placehub-faults-") as name:
        place = Path(name)
        if running_as_root():  # its database, which runs as nobody, must pass through
            place.chmod(0o711)
        yield place
