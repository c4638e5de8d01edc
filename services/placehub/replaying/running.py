"""A replay being run: the shell and the folds of the live views, over the streams, into the shadow.

It has no producer: a row that somebody would have to publish ends it. What it has done stands in the shadow with its
positions, in the same transaction, so one that was killed or cancelled goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import Engine

from placehub.clock import WallClock
from placehub.contracts.codec import Codec
from placehub.drivers.brokers import poll
from placehub.drivers.records import Partition, Row, read_event, read_raw
from placehub.drivers.shell import Shell
from placehub.drivers.step import Step
from placehub.errors import Misconfigured
from placehub.monitoring.processor import Monitoring
from placehub.postcodes import Postcodes
from placehub.replaying.planning import Narrowed, Plan
from placehub.replaying.shadow import (
    SAMPLE,
    SCHEMA,
    Compared,
    compare,
    make_tables,
    placements_of,
    standing_still,
    swap,
    translated,
)

AT_ONCE: Final = 500
"""Records in one transaction at most."""
SAMPLED: Final = 1000
"""Records that a plan folds to measure how long it would take."""
_WAIT_MS: Final = 200


class Silent:
    """Stands where a hub's process has its publisher, and publishes nothing."""

    def publish(self, rows: Sequence[tuple[int, Row]]) -> None:
        """Misconfigured when there is anything to publish: a replay's folds say nothing."""
        if rows:
            raise Misconfigured("A replay must send nothing, and its folds would. It ends here; nothing was sent.")

    def publish_unsent(self, processor: str, partitions: Collection[Partition]) -> None:
        """Nothing is ever left over."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay has come."""

    done: int
    of: int
    seconds: float
    """How long it has taken since it was begun, or went on."""
    rate: float
    """Events a second since then."""

    @property
    def left(self) -> float | None:
        """Seconds still to go; None while nobody can tell."""
        return (self.of - self.done) / self.rate if self.rate else None

    def __str__(self) -> str:
        left = "" if self.left is None else f", {self.left:.0f} s left"
        return f"{self.done:,} of {self.of:,} events, {self.rate:,.0f} a second{left}"


@dataclass(frozen=True, slots=True)
class Replay:
    """One replay, with what it needs of the hub."""

    plan: Plan
    engine: Engine
    open_consumer: Callable[[], KafkaConsumer]
    codec: Codec
    postcodes: Postcodes

    def measure(self) -> float | None:
        """Return the events a second that are folded here, from the first `SAMPLED` there are; None without any.

        They are folded into tables that are never committed.
        """
        consumer = self.open_consumer()
        try:
            _go_to(consumer, dict.fromkeys(self.plan.ends, 0))
            views, done = Monitoring(self.postcodes, self.plan.tables), 0
            with self.engine.connect() as connection:
                make_tables(connection, SAMPLE)
                started = time.monotonic()
                while done < min(SAMPLED, self.plan.events) and (batches := poll(consumer, 2000, AT_ONCE)):
                    for place, batch in batches.items():
                        read = [
                            read_raw(one) if place.topic in views.raw else read_event(self.codec, one) for one in batch
                        ]
                        now = WallClock().now()
                        step = Step(connection, processor=views.name, partition=place, now=now, codec=self.codec)
                        views.handle([(step, read)])
                        done += len(batch)
                connection.rollback()
        finally:
            consumer.close(autocommit=False)
        return done / (time.monotonic() - started) if done else None

    def run(self, tell: Callable[[Progress], object]) -> None:
        """Fold everything up to the plan's ends into the shadow, from where it is; `tell` is called after each step."""
        shell = self._shell()
        at = {place: shell.take(place, {})[0] for place in self.plan.ends}
        begun, started = sum(at.values()), time.monotonic()
        left = {place: end for place, end in self.plan.ends.items() if at[place] < end}
        consumer = self.open_consumer()
        try:
            _go_to(consumer, {place: at[place] for place in left})
            while left:
                batches = poll(consumer, _WAIT_MS, AT_ONCE)
                mine = {
                    place: [one for one in batch if one.offset < left.get(place, 0)] for place, batch in batches.items()
                }
                if any(mine.values()):
                    shell.process({place: batch for place, batch in mine.items() if batch})
                at |= {place: min(end, _position(consumer, place)) for place, end in left.items()}
                left = {place: end for place, end in left.items() if at[place] < end}
                seconds, done = time.monotonic() - started, sum(at.values())
                tell(Progress(done, self.plan.events, seconds, (done - begun) / seconds))
            shell.pass_over(self.plan.ends)
        finally:
            consumer.close(autocommit=False)

    def settle(self, into_live: bool) -> list[Compared]:
        """Bring the shadow to where the live views stand, compare both, and put it in their place if asked.

        Meanwhile the live views take nothing in. Of a part of the events nothing is caught up, and only those of one
        case are compared.
        """
        wanted, tables = self.plan.wanted, self.plan.tables
        with standing_still(self.engine) as (connection, stands):
            if wanted.whole:
                ends = {one: stands.get(one, end) for one, end in self.plan.ends.items()}
                replace(self, plan=replace(self.plan, ends=ends)).run(lambda progress: None)
            found = compare(connection, tables, wanted.case) if wanted.whole or wanted.case else []
            if into_live:
                swap(connection, tables)
        return found

    def _shell(self) -> Shell:
        with self.engine.connect() as connection:
            placements = placements_of(connection, self.plan.wanted.case)
        views = Narrowed(Monitoring(self.postcodes, self.plan.tables), self.plan.wanted, placements)
        return Shell(views, self.engine.execution_options(**translated(SCHEMA)), self.codec, Silent(), WallClock())


def _go_to(consumer: KafkaConsumer, at: dict[Partition, int]) -> None:
    consumer.assign([TopicPartition(place.topic, place.number) for place in at])
    for place, offset in at.items():
        consumer.seek(TopicPartition(place.topic, place.number), offset)


def _position(consumer: KafkaConsumer, place: Partition) -> int:
    return int(consumer.position(TopicPartition(place.topic, place.number)) or 0)
