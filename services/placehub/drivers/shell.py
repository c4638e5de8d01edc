"""The shell around a processor: decode, one transaction, publish. Both the live and the bulk driver use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from logging import DEBUG
from threading import RLock
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Engine, bindparam, update
from sqlalchemy import select as sql_select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import SQLAlchemyError

from placehub.clock import Clock
from placehub.contracts.codec import Codec
from placehub.contracts.headers import Attributes
from placehub.database import among_those, insertion, rows_of, these, those, upsert
from placehub.drivers.patience import patient
from placehub.drivers.processor import Processor, Publishing, WorldProcessor
from placehub.drivers.publisher import unhurried
from placehub.drivers.records import (
    NOTHING_KNOWN,
    Message,
    Partition,
    Record,
    Row,
    is_from,
    not_taken_in,
    read_event,
    read_raw,
)
from placehub.drivers.step import Step, Turn, store_outgoing
from placehub.drivers.tables import PASSED, POSITION
from placehub.errors import Fenced, Overtaken
from placehub.observing.following import let_go
from placehub.observing.metrics import BATCH, PROCESSED, PUBLISHED, kind_of, rejected
from placehub.observing.pulse import Pulse
from placehub.observing.spans import taking_in
from placehub.streams import OUTBOX

LOG = structlog.get_logger()
_PLACE: Final = (POSITION.c.topic, POSITION.c.partition)
_SEQUENCE: Final = (PASSED.c.topic, PASSED.c.source, PASSED.c.subject)
_MINE: Final = (POSITION.c.processor == bindparam("of_processor")) & among_those(*_PLACE)
_STORED: Final = sql_select(*_PLACE, POSITION.c.next_offset).where(_MINE)
_FENCED: Final = (
    sql_select(*_PLACE, POSITION.c.epoch, POSITION.c.next_offset).where(_MINE).order_by(*_PLACE).with_for_update()
)
_KNOWING: Final = (
    update(POSITION)
    .where(_MINE & (POSITION.c.world != bindparam("of_world", type_=JSONB)))
    .values(world=bindparam("of_world", type_=JSONB))
)
_REACHED: Final = those(*_PLACE, POSITION.c.next_offset)
_NOTED: Final = (
    update(POSITION)
    .where(
        POSITION.c.processor == bindparam("of_processor"),
        POSITION.c.topic == _REACHED.c.topic,
        POSITION.c.partition == _REACHED.c.partition,
    )
    .values(next_offset=_REACHED.c.next_offset)
)
_TAKEN: Final = (
    insertion(POSITION)
    .on_conflict_do_update(index_elements=["processor", "topic", "partition"], set_={"epoch": POSITION.c.epoch + 1})
    .returning(POSITION)
)
_SEEN: Final = sql_select(*_SEQUENCE, PASSED.c.last).where(
    (PASSED.c.processor == bindparam("of_processor")) & among_those(*_SEQUENCE)
)


@contextmanager
def _following() -> Iterator[None]:
    """Let a fault keep a note of the event it happened at."""
    try:
        yield
    except BaseException as error:
        let_go(error)
        raise
    let_go()


class Shell:
    """Runs one processor over batches of records, each batch one transaction."""

    def __init__(self, processor: Processor, engine: Engine, codec: Codec, publisher: Publishing, clock: Clock) -> None:
        self.processor = processor
        self.engine = engine
        self.codec = codec
        self.publisher = publisher
        self.clock = clock
        self.lock = RLock()
        self.held: dict[Partition, int] = {}
        self.next: dict[Partition, int] = {}
        """The next offset to take in of each partition that is held; behind where a commit's outcome is unknown."""
        self._unsure = False
        self.pulse = Pulse("shell")
        self._seconds = BATCH.labels(processor.name)

    def take(self, partition: Partition, world: Mapping[str, list[int]]) -> tuple[int, dict[str, list[int]]]:
        """Make a partition this worker's: raise its epoch, publish what was left unsent, load its state.

        Returns its next offset and the world its stored state knows (`world` for a partition never held before).
        """
        return self.take_all([partition], world)[partition]

    @patient
    def take_all(
        self, partitions: Collection[Partition], world: Mapping[str, list[int]]
    ) -> dict[Partition, tuple[int, dict[str, list[int]]]]:
        """Make partitions this worker's as `take` does, all in the same few turns to the database."""
        values = [
            {
                "processor": self.processor.name,
                "topic": one.topic,
                "partition": one.number,
                "epoch": 1,
                "next_offset": 0,
                "world": dict(world),
            }
            for one in sorted(partitions)  # in the order in which everybody locks them
        ]
        if not values:
            return {}
        with self.engine.begin() as connection:
            found = connection.execute(_TAKEN, rows_of(POSITION, values))
            rows = {Partition(row.topic, row.partition): row for row in found}
        self.publisher.publish_unsent(self.processor.name, list(rows))
        self._load(rows)
        for one, row in rows.items():
            self.held[one] = row.epoch
            self.next[one] = row.next_offset
        return {one: (row.next_offset, row.world) for one, row in rows.items()}

    def positions(self) -> dict[Partition, int]:
        """Return the next offset of every partition that is held, as it stands in the database; nothing if it is away.

        Any thread may ask.
        """
        held = sorted(self.held)
        if not held:
            return {}
        try:
            with self.engine.connect() as connection:
                rows = connection.execute(_STORED, self._mine(held)).all()
        except SQLAlchemyError:
            return {}
        return {Partition(row.topic, row.partition): int(row.next_offset) for row in rows}

    def release(self, partition: Partition) -> None:
        """Stop treating a partition as this worker's."""
        self.held.pop(partition, None)
        self.next.pop(partition, None)

    @patient
    def process(self, batches: Mapping[Partition, Sequence[Message]]) -> None:
        """Take in batches of several partitions in one transaction, then publish what came of it.

        Raises Fenced when one of the partitions has another owner by now: nothing was kept.
        """
        with self.pulse.at_work(), self._seconds.time(), _following():
            while True:
                try:
                    return self._process(batches)
                except Overtaken as by:
                    LOG.info("decided again: another worker was faster", topics=sorted(by.topics))
                    self._unsure = False  # it was not committed, that much is sure
                    # Published by both, in the same order: readers drop what comes again. To wait for the other would
                    # be to wait for one that may stand still.
                    self.publisher.publish_unsent(self.processor.name, [Partition(one, 0) for one in sorted(by.topics)])

    def _process(self, batches: Mapping[Partition, Sequence[Message]]) -> None:
        self._settle()
        with self.engine.begin() as connection:
            offsets = self._fence(connection, batches)
            fresh = {one: not_taken_in(batch, offsets[one]) for one, batch in batches.items()}
            turns = self._turns(connection, fresh)
            with taking_in(self.processor.name, _known(turns)):
                if turns:
                    self.processor.handle(turns)
                steps = [step for step, _ in turns]
                self._note(connection, _after(fresh))
                rows = store_outgoing(connection, self.processor.name, steps)
        self._committed(steps)
        self.next |= _after(fresh)
        if LOG.is_enabled_for(DEBUG):
            self._tell(turns)
        for place, batch in fresh.items():
            PROCESSED.labels(self.processor.name, kind_of(place.topic)).inc(len(batch))
        self._publish(rows)

    def pass_over(self, offsets: Mapping[Partition, int]) -> None:
        """Note next offsets before which there was nothing to take in."""
        self.keep(offsets, lambda connection: None)

    @patient
    def keep(self, offsets: Mapping[Partition, int], write: Callable[[Connection], None]) -> None:
        """Write what was folded elsewhere, and the next offsets it stands for, in one transaction.

        `write` may be called again from the start. Fenced as for `process`.
        """
        self._settle()
        with self.engine.begin() as connection:
            self._fence(connection, offsets)
            write(connection)
            self._note(connection, offsets)
        self.next |= offsets
        self._unsure = False

    @patient
    def act(
        self, partitions: Sequence[Partition], do: Callable[[Step], None], world: Mapping[str, list[int]] | None
    ) -> None:
        """Let partitions act on something other than their own records, and note the world they now know."""
        with self.pulse.at_work(), _following():
            self._act(partitions, do, world)

    def _act(
        self, partitions: Sequence[Partition], do: Callable[[Step], None], world: Mapping[str, list[int]] | None
    ) -> None:
        self._settle()
        with self.engine.begin() as connection:
            self._fence(connection, partitions)
            steps = [self.step(connection, one) for one in partitions]
            for step in steps:
                do(step)
            rows = store_outgoing(connection, self.processor.name, steps)
            if not rows:
                unhurried(connection)  # nothing is published: lost in a crash, it is done again
            if world is not None and partitions:
                connection.execute(_KNOWING, self._mine(partitions) | {"of_world": dict(world)})
        self._committed(steps)
        self._publish(rows)

    def _tell(self, turns: Sequence[Turn]) -> None:
        for record in (one for _, records in turns for one in records):
            about = None if record.attributes is NOTHING_KNOWN else record.attributes
            known = {"type": about.type, "ce_id": str(about.id), "trace_id": about.trace_id} if about else {}
            LOG.debug("taken in", position=record.position, **known)

    def _committed(self, steps: Sequence[Step]) -> None:
        for step in steps:
            step.committed()
            for one in step.rejected:
                rejected(self.processor.name, one["rule"])
                LOG.info("set aside", **one)

    def _publish(self, rows: Sequence[tuple[int, Row]]) -> None:
        self.publisher.publish(rows)
        for topic, count in Counter(kind_of(row.topic) for _, row in rows).items():
            PUBLISHED.labels(self.processor.name, topic).inc(count)
        self._unsure = False

    @patient
    def sweep(self) -> None:
        """Publish rows that are left over, of which there are none unless a crash of the database brought some back.

        Their removal need not have been on disk when it went down (`unhurried`).
        """
        if self.held:
            self.publisher.publish_unsent(self.processor.name, list(self.held))

    def _settle(self) -> None:
        # Where an earlier attempt was broken off nobody knows whether it was committed: if it was, its rows go first,
        # and what is kept in memory is behind the tables.
        if self._unsure:
            self.sweep()
            self._load(self.held)
        self._unsure = True

    def _load(self, partitions: Iterable[Partition]) -> None:
        if isinstance(self.processor, WorldProcessor):
            with self.engine.begin() as connection:
                for one in partitions:
                    self.processor.take(connection, one)

    def step(self, connection: Connection, partition: Partition) -> Step:
        """Return a fresh step for one partition in this transaction."""
        name = self.processor.name
        return Step(connection, processor=name, partition=partition, now=self.clock.now(), codec=self.codec)

    def _mine(self, partitions: Sequence[Partition]) -> dict[str, Any]:
        """Return the parameters of a statement about partitions (`_MINE`)."""
        pairs = [(one.topic, one.number) for one in partitions]
        return {"of_processor": self.processor.name, **these(_PLACE, pairs)}

    def _fence(
        self, connection: Connection, partitions: Mapping[Partition, object] | Sequence[Partition]
    ) -> dict[Partition, int]:
        wanted = sorted(partitions)
        if not wanted:
            return {}
        offsets: dict[Partition, int] = {}
        for row in connection.execute(_FENCED, self._mine(wanted)):
            one = Partition(row.topic, row.partition)
            if self.held.get(one) != row.epoch:
                raise Fenced(f"{one.topic}/{one.number} has another owner now")
            offsets[one] = row.next_offset
        if len(offsets) < len(wanted):
            raise Fenced("a partition was never taken")
        return offsets

    def _turns(self, connection: Connection, fresh: Mapping[Partition, Sequence[Message]]) -> list[Turn]:
        records: dict[Partition, list[Record]] = {}
        for one, batch in fresh.items():
            if one.topic in self.processor.raw or one.topic.startswith(OUTBOX):  # a sender's fault must not stop us
                records[one] = [read_raw(message) for message in batch]
            else:
                records[one] = [read_event(self.codec, message) for message in batch if not self._skips(message)]
        told = [record for some in records.values() for record in some if record.attributes is not NOTHING_KNOWN]
        seen = {id(record) for record in told} - {id(record) for record in self._unseen(connection, told)}
        left = {one: [record for record in some if id(record) not in seen] for one, some in records.items()}
        return [(self.step(connection, one), some) for one, some in left.items() if some]

    def _skips(self, message: Message) -> bool:
        return bool(self.processor.skips) and is_from(message, self.processor.skips)

    def _note(self, connection: Connection, offsets: Mapping[Partition, int]) -> None:
        if offsets:
            reached = [(one.topic, one.number, offset) for one, offset in offsets.items()]
            given = these((*_PLACE, POSITION.c.next_offset), reached)
            connection.execute(_NOTED, {"of_processor": self.processor.name, **given})

    def _unseen(self, connection: Connection, records: list[Record]) -> list[Record]:
        """Drop repeats: what has a sequence at or below the last one passed."""
        if not records:
            return []
        places = {(one.topic, one.attributes.source, one.key) for one in records}
        rows = connection.execute(_SEEN, {"of_processor": self.processor.name, **these(_SEQUENCE, places)})
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
        name = self.processor.name
        values = [
            {"processor": name, "topic": topic, "source": source, "subject": subject, "last": last}
            for (topic, source, subject), last in sorted(passed.items())
        ]
        upsert(connection, PASSED, values)


def _known(turns: Sequence[Turn]) -> list[Attributes]:
    """Return what is known of each record that is taken in; nothing of one that cannot be read."""
    return [one.attributes for _, records in turns for one in records if one.attributes is not NOTHING_KNOWN]


def _after(fresh: Mapping[Partition, Sequence[Message]]) -> dict[Partition, int]:
    """Return the next offset of each partition once these have been taken in."""
    return {one: batch[-1].offset + 1 for one, batch in fresh.items() if batch}
