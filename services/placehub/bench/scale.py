"""`placehub bench scale`: what a notice costs as search workers are added, and organisations.

Each point is a hub of its own. First notices come one by one, so that only their own way is timed, a bare record over
the same broker between each two; then all the others at once, until everything is decided and delivered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from placehub.bench.latency import Scene, notices
from placehub.bench.scenes import busy, held_mb, intakes_for, running_region, scene
from placehub.bench.timing import machine, spent_ms
from placehub.bench.wire import wire
from placehub.settings import Settings

A_SECOND: Final = 2.0
"""Notices a second where each is timed: few enough for the next to find the hub at rest."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    workers: tuple[int, ...] = (1, 2, 4)
    """Numbers of search workers, each in the region of the sample."""
    organisations: tuple[int, ...] = (30, 300, 471, 3000)
    """Numbers of organisations, most of them without a part in what happens in the sample's corner."""
    timed: int = 20
    """Notices that come one by one."""
    at_once: int = 120
    homes: int = 400


QUICK: Final = Effort(workers=(1,), organisations=(12,), timed=3, at_once=4, homes=60)


def measure(effort: Effort, tell: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Return a row for each number of workers, and for each number of organisations. Call it from the main thread."""
    by_workers = [("region", workers, 0) for workers in effort.workers]
    by_organisations = [("corner", 1, organisations) for organisations in effort.organisations]
    return {
        "workers": [_point(effort, *one, tell) for one in by_workers],
        "organisations": [_point(effort, *one, tell) for one in by_organisations],
        "timed": effort.timed,
        "at_once": effort.at_once,
        "machine": machine(),
    }


def _point(effort: Effort, scale: str, workers: int, organisations: int, tell: Callable[[str], None]) -> dict[str, Any]:
    tell(f"{scale}, {workers} search workers, {organisations or 'its own'} organisations")
    began = time.perf_counter()
    with running_region(scale, tell, workers, organisations) as (running, world, now):
        joined = time.perf_counter() - began
        posted = scene(world, now, homes=effort.homes, notices=effort.timed + effort.at_once, openings=0)
        found = timed(running.settings, posted, running.wait_quiet, effort.timed, busy=lambda: busy(running), tell=tell)
        memory = held_mb(running)
    count = max(organisations, len(world.parties))
    tell(f"a first invitation after {found['first_ms']} ms, {found['a_second']} notices a second")
    return {
        "workers": workers,
        "organisations": count,
        "intakes": intakes_for(count),
        "joined_s": round(joined),
        "memory_mb": round(sum(memory.values())),
        "broker_mb": round(memory["kafka"]),
        **found,
    }


def timed(
    settings: Settings,
    posted: Scene,
    settle: Callable[[], object],
    one_by_one: int,
    *,
    busy: Callable[[], Mapping[str, float]] = dict,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Return what the scene's notices took: the first so many one by one, the others all at once.

    `settle` returns once the hub has read and published everything; `busy` tells the processor seconds that each of the
    hub's processes has had by now.
    """
    with wire(settings, posted.organisations) as to:
        for sender, event in posted.before:
            to.post(sender, event, posted.at)
        to.flush()
        settle()
        tell(f"{one_by_one} notices, one by one")
        waits, hops, _ = notices(to, posted.notices[:one_by_one], posted.at, A_SECOND, settle)
        rest = posted.notices[one_by_one:]
        tell(f"{len(rest)} notices at once")
        before, began = busy(), time.perf_counter()
        for one in rest:
            to.post(one.authority, one, posted.at)
        to.flush()
        settle()
        took, after = time.perf_counter() - began, busy()
    each = spent_ms(before, after, len(rest))
    return {
        "invited": len(waits),
        "first_ms": round(median(waits or [0.0]) * 1000, 1),
        "bare_ms": round(median(hops or [0.0]) * 1000, 1),
        "a_second": round(len(rest) / took, 1),
        "busy_ms": round(sum(each.values()), 1),
        "busy_ms_of": each,
    }
