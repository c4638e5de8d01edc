"""Is the hub quiet? Every service has read everything, and everything is published."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import Connection, Engine, Text, cast, func, select

from placehub.drivers.brokers import partitions_of
from placehub.drivers.tables import OUTGOING, POSITION
from placehub.errors import Unavailable
from placehub.mailboxes.connection import ends_of

EVERY_OUTBOX: Final = "outbox.*"
"""Stands for the outbox of every organisation."""

PAUSE_SECONDS: Final = 0.03

Reads = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""Processor name -> (topics it reads by partition, topics it reads whole)."""


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
        return self._look(only, None)[0]

    def _look(self, only: Collection[str] | None, known: Ends | None) -> tuple[dict[str, int], Ends]:
        """Return the lags against the ends that are known, or else those of now, and those ends."""
        reads = {name: both for name, both in self._reads.items() if only is None or name in only}
        unsent = select(func.count()).select_from(OUTGOING).where(OUTGOING.c.processor.in_(reads))
        stored = select(POSITION.c.processor, POSITION.c.topic, POSITION.c.partition, POSITION.c.next_offset)
        # nearly all know the same world, so it is worth reading only once
        stored = stored.add_columns(
            cast(POSITION.c.world, Text).label("world"), unsent.scalar_subquery().label("unsent")
        )
        with self._engine.connect() as connection:
            positions = connection.execute(stored.where(POSITION.c.processor.in_(reads))).all()
            outboxes = known.outboxes if known else self._outboxes(connection)
        outgoing = positions[0].unsent if positions else 0
        named = {topic for own, whole in reads.values() for topic in (*own, *whole)} - {EVERY_OUTBOX}
        topics = tuple(sorted(named))
        ends = known or Ends(outboxes, ends_of(self._consumer, self._places((*topics, *outboxes))))
        lags = {name: _lag(name, *both, outboxes, positions, ends.of) for name, both in reads.items()}
        return lags | {"outgoing": outgoing}, ends

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
            lags, ends = self._look(only, ends)
            if not any(lags.values()):
                if fresh:
                    return
                ends = None  # what stood there then is done: only now may there be more
                continue
            if time.monotonic() > deadline:
                behind = ", ".join(f"{name} {count}" for name, count in lags.items() if count)
                raise Unavailable(f"The hub did not come to rest in {seconds:.0f} s (still to do: {behind}).")
            time.sleep(PAUSE_SECONDS)


def _lag(
    name: str,
    own: tuple[str, ...],
    whole: tuple[str, ...],
    outboxes: tuple[str, ...],
    positions: Any,
    ends: Mapping[TopicPartition, int],
) -> int:
    mine = {(row.topic, row.partition): row for row in positions if row.processor == name}
    worlds = [json.loads(text) for text in {row.world for row in mine.values()}]
    topics = outboxes if EVERY_OUTBOX in own else own
    lag = 0
    for tp, end in ends.items():
        row = mine.get((tp.topic, tp.partition))
        if tp.topic in topics:
            lag += max(0, end - (row.next_offset if row else 0))
        if tp.topic in whole:
            lag += max((max(0, end - _known(world, tp)) for world in worlds), default=end if topics else 0)
    return lag


def _known(world: Mapping[str, list[int]], tp: TopicPartition) -> int:
    ends = world.get(tp.topic, [])
    return ends[tp.partition] if tp.partition < len(ends) else 0
