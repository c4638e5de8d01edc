"""Which fault comes when: drawn from the seed alone, so that the same seed gives the same schedule on any machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

SERVERS: Final = ("kafka", "postgresql", "registry")
"""The servers that can be crashed, and reached through a relay that can be cut."""
FULL: Final = ("kafka", "postgresql")
"""The servers that write files."""
WORKER: Final = "search"
"""The process of which further ones join and leave."""
STOPPED_SECONDS: Final = (7.0, 10.0)
"""Longer than the session timeout (6 s): the others have taken the stopped one's partitions when it wakes."""
SHARED_SECONDS: Final = (6.0, 10.0)
"""How long a further worker shares the work."""
MOMENT: Final = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of fault."""

    says: str
    among: tuple[str, ...] | None
    """What it is done to; None: any of the hub's processes."""
    seconds: tuple[float, float] = MOMENT
    """How long it lasts, from and to; a moment has no length."""
    often: int = 1
    """How often it comes in each round."""


WAYS: Final[Mapping[str, Way]] = {
    "killed": Way("a process ends by SIGKILL", None, often=3),
    "stopped": Way("a process sleeps by SIGSTOP for longer than the session timeout", None, STOPPED_SECONDS),
    "ended": Way("a process is asked to end by SIGTERM", None),
    "crashed": Way("broker, database or registry ends by SIGKILL", SERVERS),
    "away": Way("broker, database or registry refuses every connection", SERVERS, (2.0, 30.0)),
    "silent": Way("nothing passes to or from a server, and nobody is told", SERVERS, (2.0, 12.0)),
    "slow": Way("every piece to and from a server is late", SERVERS, (4.0, 10.0)),
    "cut": Way("every connection to a server breaks off", SERVERS),
    "full": Way("a server's files may not be written, as on a full disk", FULL, (2.0, 5.0)),
    "joined": Way("one more search worker joins, and leaves again", (WORKER,), SHARED_SECONDS),
    "jumped": Way(
        "one more search worker joins whose clock jumps by an hour, and leaves again", (WORKER,), (6.0, 10.0)
    ),
}
"""Every kind of fault, by its name."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault of a schedule."""

    after: float
    """Seconds after the one before it was begun."""
    way: str
    target: str
    nth: int
    """Which of several processes of that name."""
    seconds: float
    """How long it lasts; 0 for a moment."""

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.target}{f'-{self.nth + 1}' if self.nth else ''} {self.way}{lasting}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a schedule keeps to."""

    ways: tuple[str, ...] = tuple(WAYS)
    """The kinds of fault that come."""
    pause: tuple[float, float] = (1.0, 5.0)
    """Seconds between two faults, from and to."""
    longest: float = 30.0
    """Seconds that a fault lasts at most; what has to outlast the session timeout does."""
    workers: int = 3
    """How many search workers there are."""


def schedule(seed: int, processes: Sequence[str], bounds: Bounds) -> Iterator[Planned]:
    """Yield faults without an end: every kind once in each round or oftener, in an order of the seed's own."""
    chance = Random(seed)  # noqa: S311 - a drawn plan, no secret
    every = [name for name in bounds.ways for _ in range(WAYS[name].often)]
    while True:
        for name in chance.sample(every, len(every)):
            yield _draw(chance, name, processes, bounds)


def _draw(chance: Random, name: str, processes: Sequence[str], bounds: Bounds) -> Planned:
    way = WAYS[name]
    target = chance.choice(way.among or tuple(processes))
    nth = chance.randrange(bounds.workers) if target == WORKER and way.among is None else 0
    least, most = way.seconds
    return Planned(
        after=round(chance.uniform(*bounds.pause), 2),
        way=name,
        target=target,
        nth=nth,
        seconds=round(chance.uniform(least, max(least, min(most, bounds.longest))), 1),
    )
