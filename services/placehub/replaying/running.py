"""A replay being run: the shell and the folds of the live views, over the streams, into the shadow.

It has no producer: a row that somebody would have to publish ends it. Rows are folded in memory, and written with the
positions they stand for in the same transaction, so one that was killed or cancelled goes on where it was.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import Engine

from placehub.clock import WallClock
from placehub.contracts.codec import Codec
from placehub.drivers.brokers import poll
from placehub.drivers.records import Message, Partition, Record, Row, read_event, read_raw
from placehub.drivers.shell import Shell
from placehub.errors import Misconfigured
from placehub.monitoring.processor import Monitoring
from placehub.observing.usage import most_memory_mb
from placehub.postcodes import Postcodes
from placehub.replaying.beside import side_by_side
from placehub.replaying.folding import Folding, Wants
from placehub.replaying.planning import Part, Plan, Share, shares, wants
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

AT_ONCE: Final = 5000
"""Records that are folded at once, at most."""
SAMPLED: Final = 1000
"""Records that a plan folds to measure how long it would take."""
ROWS_AT_ONCE: Final = 100_000
"""Rows in memory at which they are written, with the positions they stand for."""
CONTAINERS_AT_ONCE: Final = 1_000_000
"""Objects that may hold others, made and not yet let go, at which Python looks for those that hold each other alone."""
_WAIT_MS: Final = 200
Reads = Callable[[Message], object]
"""Tells whether a message must be decoded."""


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
            folding = Folding(views.name, [(views, _every)], SAMPLE)
            with self.engine.connect() as connection:
                make_tables(connection, SAMPLE)
                started = time.monotonic()
                while done < min(SAMPLED, self.plan.events) and (batches := poll(consumer, 2000, SAMPLED)):
                    folding.take(connection, [one for some in batches.values() for one in self._read(some, _every)])
                    done += sum(map(len, batches.values()))
                folding.write(connection)
                connection.rollback()
        finally:
            consumer.close(autocommit=False)
        return done / (time.monotonic() - started) if done else None

    def run(self, tell: Callable[[Progress], object]) -> int:
        """Fold everything up to the plan's ends into the shadow, from where it is; `tell` is called after each step.

        Returns the megabytes that its largest process held at most; 0 where the system does not tell.
        """
        mine = shares(self.plan)
        if len(mine) == 1:
            self.make(mine[0], tell)
            return most_memory_mb()
        return max(side_by_side([partial(self._make_alone, one) for one in mine], partial(self._tell, mine, tell)))

    def make(self, share: Share, tell: Callable[[Progress], object]) -> None:
        """Fold one share, from where it is."""
        with seldom_collected():
            self._make(share, tell)

    def _make(self, share: Share, tell: Callable[[Progress], object]) -> None:
        shell, folding, reads = self._begin(share)
        at = {place: shell.take(place, {})[0] for place in share.ends}
        begun, started = sum(at.values()), time.monotonic()
        left = {place: end for place, end in share.ends.items() if at[place] < end}
        consumer = self.open_consumer()
        try:
            _go_to(consumer, {place: at[place] for place in left})
            while left:
                batches = poll(consumer, _WAIT_MS, AT_ONCE)
                for place, batch in batches.items():
                    mine = [one for one in batch if one.offset < left.get(place, 0)]
                    with shell.engine.connect() as connection:
                        folding.take(connection, self._read(mine, reads))
                at |= {place: min(end, _position(consumer, place)) for place, end in left.items()}
                left = {place: end for place, end in left.items() if at[place] < end}
                if folding.rows >= ROWS_AT_ONCE or not left:
                    _write(shell, folding, at)
                seconds, done = time.monotonic() - started, sum(at.values())
                tell(Progress(done, sum(share.ends.values()), seconds, (done - begun) / seconds))
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
                for one in shares(replace(self.plan, ends=ends)):
                    self.make(one, lambda progress: None)
            found = compare(connection, tables, wanted.case) if wanted.whole or wanted.case else []
            if into_live:
                swap(connection, tables)
        return found

    def _begin(self, share: Share) -> tuple[Shell, Folding, Reads]:
        engine = self.engine.execution_options(**translated(SCHEMA))
        views = [Monitoring(self.postcodes, part.tables, share.name) for part in share.parts]
        with self.engine.connect() as connection:
            placements = placements_of(connection, self.plan.wanted.case)
        asked = wants(self.plan.wanted, placements)
        parts = [(one, _both(part.wants, asked)) for one, part in zip(views, share.parts, strict=True)]
        folding = Folding(share.name, parts, SCHEMA)
        with engine.connect() as connection:
            folding.begin(connection)
        reads = partial(self._reads, [(one.kinds, part) for one, part in zip(views, share.parts, strict=True)])
        return Shell(views[0], engine, self.codec, Silent(), WallClock()), folding, reads

    def _reads(self, parts: Sequence[tuple[frozenset[type], Part]], message: Message) -> bool:
        """Tell whether a message must be decoded: by its place and its schema; what is of no event is to be met."""
        cls = self.codec.class_of(message.value)
        return cls is None or any(
            cls in kinds and part.may_want(message.topic, message.partition) for kinds, part in parts
        )

    def _read(self, messages: Sequence[Message], reads: Reads) -> list[Record]:
        return [
            read_raw(one) if one.topic in Monitoring.raw else read_event(self.codec, one)
            for one in messages
            if one.topic in Monitoring.raw or reads(one)
        ]

    def _make_alone(self, share: Share, tell: Callable[[int], object]) -> None:
        """Fold one share in a process of its own, forked from this one: connections are not to be shared."""
        self.engine.dispose(close=False)
        self.make(share, lambda progress: tell(progress.done))

    def _tell(
        self, mine: Sequence[Share], tell: Callable[[Progress], object], done: Sequence[int], seconds: float
    ) -> None:
        of = [sum(one.ends.values()) for one in mine]
        part = sum(done) * self.plan.events // max(1, sum(of))
        tell(Progress(part, self.plan.events, seconds, part / seconds))


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let Python look for objects that refer to each other far more seldom meanwhile.

    Rows and events never do, and there are so many of them that looking through them again and again took a third of
    a replay's time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(CONTAINERS_AT_ONCE)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _every(one: object) -> bool:
    return True


def _both(one: Wants, other: Wants) -> Wants:
    return lambda record: one(record) and other(record)


def _write(shell: Shell, folding: Folding, at: Mapping[Partition, int]) -> None:
    shell.keep(at, folding.write)
    folding.forget()


def _go_to(consumer: KafkaConsumer, at: dict[Partition, int]) -> None:
    consumer.assign([TopicPartition(place.topic, place.number) for place in at])
    for place, offset in at.items():
        consumer.seek(TopicPartition(place.topic, place.number), offset)


def _position(consumer: KafkaConsumer, place: Partition) -> int:
    return int(consumer.position(TopicPartition(place.topic, place.number)) or 0)
