"""`placehub bench whatif`: a span of history decided again, beside the least that looks at the same searches.

History is a sample world that is lived through in memory first; how its streams are read is no part of it. The what-if
plays every case from its notice to its end: everything that was said, every home that changed meanwhile, every timer.
The bare thing folds the same world by the same code, and has NumPy filter the homes of that moment once for each case,
as its search begins. Between the two stands one decision for each case: the hub's own rules in the filter's place.
"""

from __future__ import annotations

import heapq
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from placehub.audit.log import Log, MemoryLog
from placehub.audit.whatif.comparing import Compared, compare
from placehub.audit.whatif.history import Story, stories
from placehub.audit.whatif.policies import checked, starting
from placehub.audit.whatif.shadow import Shadow
from placehub.audit.whatif.starts import SearchAt
from placehub.bench.matching import bare
from placehub.bench.timing import machine, spread
from placehub.drivers.records import Record
from placehub.postcodes import Postcodes
from placehub.sample.inmemory import InMemory, SealedSample
from placehub.sample.stage import Stage
from placehub.sample.world import FIRST_DAY, make_world
from placehub.search.homes import Homes
from placehub.search.matching import match
from placehub.search.policy import DEFAULT
from placehub.search.sought import Sought, sought_of
from placehub.search.surroundings import WORLD, Surroundings

SEED: Final = 1
PARTITIONS: Final = 6
_MEGABYTE: Final = 1024 * (1024 if sys.platform == "darwin" else 1)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: a world of that scale, played for the longest of these numbers of days."""

    scale: str = "region"
    days: tuple[int, ...] = (30, 60, 120)
    repeats: int = 3


QUICK: Final = Effort("corner", (3, 6), 1)


@dataclass(frozen=True, slots=True)
class _History:
    """What a world left: its streams, and what opens what is sealed in them."""

    log: Log
    sealed: SealedSample
    postcodes: Postcodes

    def world(self) -> Iterator[tuple[datetime, Record]]:
        """Yield the world's records in the order of time."""
        each = (self.log.records(stream, number) for stream in WORLD for number in range(PARTITIONS))
        return heapq.merge(*(((one.attributes.taken_at, one) for one in some) for some in each), key=lambda one: one[0])


Way = Callable[[_History, datetime], int]
"""Goes through history up to a time in one way, and returns how many cases it has seen."""
Looks = Callable[[Homes, Sought, Surroundings, Story], object]
"""Looks for homes for one case as its search begins."""


def measure(effort: Effort, tell: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Return what the what-if takes of each number of days, beside both others in turns with it.

    `changed` is how many cases came out otherwise under the policy that ran: none should. `memory_mb` is the most this
    process ever held by then, `history_mb` what it had held before the first what-if.
    """
    tell(f"{max(effort.days)} days of {effort.scale} are lived through")
    history = _lived(effort)
    held = _memory()
    rows = []
    for days in sorted(effort.days):
        tell(f"{days} days decided again")
        rows.append({"days": days, **_row(history, FIRST_DAY + timedelta(days=days), effort.repeats)})
    return {"machine": machine(), "scale": effort.scale, "history_mb": held, "runs": rows}


def _lived(effort: Effort) -> _History:
    postcodes, records = Postcodes.open(), list[Record]()
    world = make_world(SEED, effort.scale, postcodes, max(effort.days))
    front = InMemory(SEED, postcodes, records.append)
    stage = Stage(front, world)
    stage.prepare()
    for now in world.steps:
        stage.step(now)
    return _History(MemoryLog(records, PARTITIONS), front.sealed, postcodes)


def _row(history: _History, end: datetime, repeats: int) -> dict[str, Any]:
    ways = {"whatif": _whatif, "decided": _once(_decided), "bare": _once(_filtered)}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    found = _compared(history, end)
    for _ in range(repeats):
        for name, way in ways.items():
            began = time.process_time()
            way(history, end)
            taken[name].append(time.process_time() - began)
    beside = [
        f"{spread([one / other for one, other in zip(taken['whatif'], taken[name], strict=True)])}"
        for name in ("decided", "bare")
    ]
    return {
        "cases": found.cases,
        "changed": len(found.changed),
        **{f"{name}_ms_a_case": _each(some, found.cases) for name, some in taken.items()},
        "to_decided": beside[0],
        "to_bare": beside[1],
        "memory_mb": _memory(),
    }


def _each(seconds: list[float], cases: int) -> float:
    return round(sorted(seconds)[len(seconds) // 2] * 1000 / max(1, cases), 2)


def _compared(history: _History, end: datetime) -> Compared:
    run, after_hours = starting(checked({}), SearchAt.notice)
    upto = _Until(history.log, end)
    known = stories(upto)
    shadow = Shadow(upto, history.postcodes, history.sealed, history.sealed.households, run, known)
    shadow.run(SearchAt.notice, after_hours)
    return compare(known, shadow.found, shadow.fees)


def _whatif(history: _History, end: datetime) -> int:
    return _compared(history, end).cases


def _once(looks: Looks) -> Way:
    """Return the way that folds the world and looks for homes once for each case, as its search begins."""

    def go(history: _History, end: datetime) -> int:
        around = Surroundings(history.postcodes, households=history.sealed.households)
        world = history.world()
        ahead = next(world, None)
        begun = sorted(_begun(history.log, end), key=lambda one: one.began_at)
        for story in begun:
            while ahead is not None and ahead[0] <= story.began_at:
                around.learn([ahead[1]], {})
                ahead = next(world, None)
            centre = history.postcodes.sector(story.facts.wanted.near_sector or "")
            place = (centre.east, centre.north) if centre else None
            needs = history.sealed.of(story.facts)
            looks(around.homes, sought_of(story.facts, needs, place), around, story)
        return len(begun)

    return go


def _begun(log: Log, end: datetime) -> Iterable[Story]:
    return stories(_Until(log, end)).values()


def _filtered(homes: Homes, sought: Sought, around: Surroundings, story: Story) -> object:
    return bare(homes, sought, story.began_at)


def _decided(homes: Homes, sought: Sought, around: Surroundings, story: Story) -> object:
    around.open()
    authority, agreement = story.facts.authority, story.facts.agreement_id
    return match(sought, homes, around.eligible(authority, agreement, story.began_at.date()), story.began_at, DEFAULT)


class _Until(MemoryLog):
    """History up to a time, as if nothing had happened since."""

    def __init__(self, log: Log, end: datetime) -> None:
        streams = ("referral", *WORLD)
        every = (one for stream in streams for number in range(PARTITIONS) for one in log.records(stream, number))
        super().__init__((one for one in every if one.attributes.taken_at < end), PARTITIONS)


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MEGABYTE
