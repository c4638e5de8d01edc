"""The shell around a processor: decode, one transaction, publish. Both the live and the bulk driver use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import RLock
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine, tuple_, update
from sqlalchemy import select as sql_select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InterfaceError, OperationalError
from tenacity import retry, retry_if_exception, wait_exponential

from placehub.clock import Clock
from placehub.contracts.codec import Codec
from placehub.drivers.processor import Processor
from placehub.drivers.publisher import Publisher, unhurried
from placehub.drivers.records import Message, Partition, Record, read_event, read_raw
from placehub.drivers.step import Step, store_outgoing
from placehub.drivers.tables import PASSED, POSITION
from placehub.errors import Fenced, Unavailable
from placehub.streams import OUTBOX

LOG = structlog.get_logger()
T = TypeVar("T")


def away(error: BaseException) -> bool:
    """Tell whether the fault lies with a server, so that the same act may be tried again."""
    return isinstance(error, Unavailable | OperationalError | InterfaceError)


patient = retry(
    retry=retry_if_exception(away),
    wait=wait_exponential(multiplier=0.1, max=5),
    before_sleep=lambda state: LOG.warning(
        "waiting for a server",
        attempt=state.attempt_number,
        cause=type(state.outcome.exception()).__name__ if state.outcome else "",
    ),
)
"""Tries for ever while a server is away; an event's own fault is never retried."""


class Shell:
    """Runs one processor over batches of records, each batch one transaction."""

    def __init__(self, processor: Processor, engine: Engine, codec: Codec, publisher: Publisher, clock: Clock) -> None:
        self.processor = processor
        self.engine = engine
        self.codec = codec
        self.publisher = publisher
        self.clock = clock
        self.lock = RLock()
        self.held: dict[Partition, int] = {}

    @patient
    def take(self, partition: Partition, world: Mapping[str, list[int]]) -> tuple[int, dict[str, list[int]]]:
        """Make a partition this worker's: raise its epoch, publish what was left unsent.

        Returns its next offset and the world its stored state knows (`world` for a partition never held before).
        """
        values = {
            "processor": self.processor.name,
            "topic": partition.topic,
            "partition": partition.number,
            "epoch": 1,
            "next_offset": 0,
            "world": dict(world),
        }
        statement = (
            insert(POSITION)
            .values(values)
            .on_conflict_do_update(
                index_elements=["processor", "topic", "partition"], set_={"epoch": POSITION.c.epoch + 1}
            )
            .returning(POSITION.c.epoch, POSITION.c.next_offset, POSITION.c.world)
        )
        with self.engine.begin() as connection:
            row = connection.execute(statement).one()
        self.publisher.publish_unsent(self.processor.name, partition)
        self.held[partition] = row.epoch
        return row.next_offset, row.world

    def release(self, partition: Partition) -> None:
        """Stop treating a partition as this worker's."""
        self.held.pop(partition, None)

    @patient
    def process(self, batches: Mapping[Partition, Sequence[Message]]) -> None:
        """Take in batches of several partitions in one transaction, then publish what came of it.

        Raises Fenced when one of the partitions has another owner by now: nothing was kept.
        """
        with self.engine.begin() as connection:
            offsets = self._fence(connection, batches)
            steps = [self._one(connection, one, batch, offsets[one]) for one, batch in batches.items()]
            rows = store_outgoing(connection, self.processor.name, steps)
        for step in steps:
            step.committed()
        self.publisher.publish(rows)

    @patient
    def act(
        self, partitions: Sequence[Partition], do: Callable[[Step], None], world: Mapping[str, list[int]] | None
    ) -> None:
        """Let partitions act on something other than their own records, and note the world they now know."""
        with self.engine.begin() as connection:
            self._fence(connection, partitions)
            steps = [self.step(connection, one) for one in partitions]
            for step in steps:
                do(step)
            rows = store_outgoing(connection, self.processor.name, steps)
            if not rows:
                unhurried(connection)  # nothing is published: lost in a crash, it is done again
            if world is not None and partitions:
                connection.execute(update(POSITION).where(self._mine(partitions)).values(world=dict(world)))
        for step in steps:
            step.committed()
        self.publisher.publish(rows)

    def step(self, connection: Connection, partition: Partition) -> Step:
        """Return a fresh step for one partition in this transaction."""
        name = self.processor.name
        return Step(connection, processor=name, partition=partition, now=self.clock.now(), codec=self.codec)

    def _mine(self, partitions: Sequence[Partition]):  # type: ignore[no-untyped-def]  # SQLAlchemy's own type is private
        pairs = [(one.topic, one.number) for one in partitions]
        return (POSITION.c.processor == self.processor.name) & tuple_(POSITION.c.topic, POSITION.c.partition).in_(pairs)

    def _fence(
        self, connection: Connection, partitions: Mapping[Partition, object] | Sequence[Partition]
    ) -> dict[Partition, int]:
        wanted = sorted(partitions)
        if not wanted:
            return {}
        statement = (
            sql_select(POSITION.c.topic, POSITION.c.partition, POSITION.c.epoch, POSITION.c.next_offset)
            .where(self._mine(wanted))
            .order_by(POSITION.c.topic, POSITION.c.partition)
            .with_for_update()
        )
        offsets: dict[Partition, int] = {}
        for row in connection.execute(statement):
            one = Partition(row.topic, row.partition)
            if self.held.get(one) != row.epoch:
                raise Fenced(f"{one.topic}/{one.number} has another owner now")
            offsets[one] = row.next_offset
        if len(offsets) < len(wanted):
            raise Fenced("a partition was never taken")
        return offsets

    def _one(self, connection: Connection, partition: Partition, batch: Sequence[Message], expected: int) -> Step:
        step = self.step(connection, partition)
        fresh = [message for message in batch if message.offset >= expected]
        if fresh:
            if fresh[0].offset > expected:
                LOG.error("records are missing", topic=partition.topic, expected=expected, got=fresh[0].offset)
            records = self._records(connection, partition, fresh)
            if records:
                self.processor.handle(step, records)
            connection.execute(update(POSITION).where(self._mine([partition])).values(next_offset=fresh[-1].offset + 1))
        return step

    def _records(self, connection: Connection, partition: Partition, fresh: Sequence[Message]) -> list[Record]:
        if partition.topic in self.processor.raw or partition.topic.startswith(
            OUTBOX
        ):  # a sender's fault must not stop us
            return [read_raw(message) for message in fresh]
        return self._unseen(connection, [read_event(self.codec, message) for message in fresh])

    def _unseen(self, connection: Connection, records: list[Record]) -> list[Record]:
        """Drop repeats: what has a sequence at or below the last one passed."""
        places = {(one.topic, one.attributes.source, one.key) for one in records}
        where = (PASSED.c.processor == self.processor.name) & tuple_(
            PASSED.c.topic, PASSED.c.source, PASSED.c.subject
        ).in_(places)
        rows = connection.execute(
            sql_select(PASSED.c.topic, PASSED.c.source, PASSED.c.subject, PASSED.c.last).where(where)
        )
        passed = {(row.topic, row.source, row.subject): int(row.last) for row in rows}
        unseen = []
        for one in records:
            place, sequence = (one.topic, one.attributes.source, one.key), one.attributes.sequence
            if sequence > passed.get(place, 0):
                if sequence > passed.get(place, 0) + 1:
                    LOG.error("a sequence has a gap", topic=one.topic, source=place[1], sequence=sequence)
                passed[place] = sequence
                unseen.append(one)
        self._store_passed(connection, passed)
        return unseen

    def _store_passed(self, connection: Connection, passed: dict[tuple[str, str, str], int]) -> None:
        if not passed:
            return
        name = self.processor.name
        values = [
            {"processor": name, "topic": topic, "source": source, "subject": subject, "last": last}
            for (topic, source, subject), last in sorted(passed.items())
        ]
        new = insert(PASSED)
        known = new.on_conflict_do_update(
            index_elements=["processor", "topic", "source", "subject"], set_={"last": new.excluded.last}
        )
        connection.execute(known, values)
