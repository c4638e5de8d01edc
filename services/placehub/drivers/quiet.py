"""Is the hub quiet? Every service has read everything, and everything is published."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import Connection, Engine, Text, cast, func, select

from placehub.drivers.brokers import partitions_of
from placehub.drivers.pausing import Pause, paused
from placehub.drivers.tables import OUTGOING, POSITION
from placehub.errors import Unavailable
from placehub.mailboxes.connection import ends_of

EVERY_OUTBOX: Final = "outbox.*"
"""Stands for the outbox of every organisation."""

PAUSE_SECONDS: Final = 0.03
HANDS: Final = 3
"""Through so many hands an event goes at most: intake, who decides, and who delivers or keeps."""

Reads = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""Processor name -> (topics it reads by partition, topics it reads whole)."""


class Reading(NamedTuple):
    """How far a processor has come in one partition: by a position of its own, or as part of its world (`whole`)."""

    processor: str
    topic: str
    partition: int
    whole: bool
    next: int
    end: int

    @property
    def behind(self) -> int:
        """Records still to read."""
        return max(0, self.end - self.next)


@dataclass(frozen=True, slots=True)
class Lag:
    """What every processor has still to do, at one moment."""

    readings: tuple[Reading, ...]
    outgoing: Mapping[str, int]
    """Processor -> rows it has still to publish."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Where topics ended at some moment, and the outboxes there were."""

    outboxes: tuple[str, ...]
    of: Mapping[TopicPartition, int]


class Quiet:
    """Compares stored positions with the ends of the topics.

    Positions are read before the ends: when they agree and nothing waits to be published, there was a moment in
    which nothing was on its way.
    """

    def __init__(
        self, engine: Engine, consumer: KafkaConsumer, reads: Reads, outboxes: Callable[[Connection], tuple[str, ...]]
    ) -> None:
        self._engine = engine
        self._consumer = consumer
        self._reads = reads
        self._outboxes = outboxes
        self._known: dict[str, list[TopicPartition]] = {}

    def lags(self, only: Collection[str] | None = None) -> dict[str, int]:
        """Return how many records each processor has still to read, and `outgoing`: rows still to publish.

        `only` names the processors that are of interest; without it all are.
        """
        return self._summed(only, None)[0]

    def lag(self) -> Lag:
        """Return how far each processor has come in each partition it reads, and what it has still to publish."""
        readings, outgoing, _ = self._look(None, None)
        return Lag(tuple(readings), outgoing)

    def _summed(self, only: Collection[str] | None, known: Ends | None) -> tuple[dict[str, int], Ends]:
        """Return the lags against the ends that are known, or else those of now, and those ends."""
        readings, outgoing, ends = self._look(only, known)
        lags = {name: 0 for name in self._reads if only is None or name in only}
        for one in readings:
            lags[one.processor] += one.behind
        return lags | {"outgoing": sum(outgoing.values())}, ends

    def _look(self, only: Collection[str] | None, known: Ends | None) -> tuple[Iterator[Reading], dict[str, int], Ends]:
        reads = {name: both for name, both in self._reads.items() if only is None or name in only}
        stored = select(POSITION.c.processor, POSITION.c.topic, POSITION.c.partition, POSITION.c.next_offset)
        # nearly all know the same world, so it is worth reading only once
        stored = stored.add_columns(cast(POSITION.c.world, Text).label("world"))
        unsent = select(OUTGOING.c.processor, func.count()).where(OUTGOING.c.processor.in_(reads))
        with self._engine.connect() as connection:
            positions = connection.execute(stored.where(POSITION.c.processor.in_(reads))).all()
            # after the positions: what a position stands for is by now a row here, or in its topic
            counted = connection.execute(unsent.group_by(OUTGOING.c.processor))
            outgoing = {str(row[0]): int(row[1]) for row in counted}
            outboxes = known.outboxes if known else self._outboxes(connection)
        named = {topic for own, whole in reads.values() for topic in (*own, *whole)} - {EVERY_OUTBOX}
        topics = tuple(sorted(named))
        ends = known or Ends(outboxes, ends_of(self._consumer, self._places((*topics, *outboxes))))
        readings = (one for name, both in reads.items() for one in _places_read(name, both, positions, ends))
        return readings, outgoing, ends

    def paused(self) -> Mapping[str, Pause]:
        """Return the processors that an operator has paused, by name."""
        with self._engine.connect() as connection:
            return paused(connection)

    def ends(self, topics: tuple[str, ...]) -> list[int]:
        """Return where each partition of the topics ends now."""
        return list(ends_of(self._consumer, self._places(topics)).values())

    def _places(self, topics: tuple[str, ...]) -> list[TopicPartition]:
        # partition counts are fixed, and asking for them takes fifty times as long as asking where they end
        new = tuple(topic for topic in topics if topic not in self._known)
        for place in partitions_of(self._consumer, new) if new else ():
            self._known.setdefault(place.topic, []).append(place)
        return [place for topic in topics for place in self._known[topic]]

    def wait(self, seconds: float = 60, only: Collection[str] | None = None) -> None:
        """Return once the hub (or these processors of it) is quiet; Unavailable when it is not within `seconds`."""
        deadline = time.monotonic() + seconds
        ends: Ends | None = None
        while True:
            fresh = ends is None
            lags, ends = self._summed(only, ends)
            if not any(lags.values()):
                if fresh:
                    return
                ends = None  # what stood there then is done: only now may there be more
                continue
            self._go_on(lags, deadline, seconds)

    def wait_passed(self, seconds: float = 60) -> None:
        """Return once all that stands in the topics now, and what follows from it, is read and published.

        More may come meanwhile, and is not waited for: the hub need not come to rest. Unavailable when it takes longer
        than `seconds`.
        """
        deadline = time.monotonic() + seconds
        for _ in range(HANDS):
            lags, ends = self._summed(None, None)
            while any(lags.values()):
                self._go_on(lags, deadline, seconds)
                lags, ends = self._summed(None, ends)

    def _go_on(self, lags: Mapping[str, int], deadline: float, seconds: float) -> None:
        """Pause before the next look; Unavailable when the deadline is over."""
        if time.monotonic() > deadline:
            behind = ", ".join(f"{name} {count}" for name, count in lags.items() if count)
            resting = "".join(f" {one}." for one in self.paused().values())
            raise Unavailable(f"The hub did not come to rest in {seconds:.0f} s (still to do: {behind}).{resting}")
        time.sleep(PAUSE_SECONDS)

    def close(self) -> None:
        """Let go of its connections."""
        self._consumer.close(autocommit=False)
        self._engine.dispose()


def _places_read(
    name: str, both: tuple[tuple[str, ...], tuple[str, ...]], positions: Any, ends: Ends
) -> Iterator[Reading]:
    own, whole = both
    mine = {(row.topic, row.partition): row for row in positions if row.processor == name}
    worlds = [json.loads(text) for text in {row.world for row in mine.values()}]
    topics = frozenset(ends.outboxes if EVERY_OUTBOX in own else own)
    for tp, end in ends.of.items():
        if tp.topic in topics:
            row = mine.get((tp.topic, tp.partition))
            yield Reading(name, tp.topic, tp.partition, False, row.next_offset if row else 0, end)
        if tp.topic in whole:
            known = min((_known(world, tp) for world in worlds), default=0 if topics else end)
            yield Reading(name, tp.topic, tp.partition, True, known, end)


def _known(world: Mapping[str, list[int]], tp: TopicPartition) -> int:
    ends = world.get(tp.topic, [])
    return ends[tp.partition] if tp.partition < len(ends) else 0
