"""What a processor is to the drivers that run it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, runtime_checkable

from sqlalchemy import Connection

from placehub.drivers.records import Partition, Record, Row
from placehub.drivers.step import Step, Turn


class Processor(Protocol):
    """Reacts on streams; a thin shell over pure rules. Everything it keeps is in `step.connection`'s transaction."""

    name: str
    """Its name; its Kafka group is `hub.<name>`."""
    streams: tuple[str, ...]
    """Topics divided among its workers by partition."""
    raw: tuple[str, ...]
    """Topics of `streams` that are handed on without decoding."""
    skips: str
    """How the `source` of events begins that it is not told of: taken in, never decoded. Empty: it is told of all."""
    counted: Mapping[type, tuple[str, ...]]
    """Lists in events whose items it only counts: they are not decoded (see `Codec`)."""

    def handle(self, turns: Sequence[Turn]) -> None:
        """Take in the records of some partitions, each in its order, repeats already dropped.

        All steps share one transaction. May be tried again from the start.
        """
        ...


@runtime_checkable
class WorldProcessor(Processor, Protocol):
    """A processor that also reads whole streams, which every worker holds in memory: its world."""

    world: tuple[str, ...]
    """Topics read whole by every worker."""

    def learn(self, records: Sequence[Record], offsets: dict[str, list[int]]) -> None:
        """Fold world records into memory; `offsets` is what memory stands for afterwards."""
        ...

    def take(self, connection: Connection, partition: Partition) -> None:
        """Load the state of a partition that is now this worker's."""
        ...

    def drop(self, partition: Partition) -> None:
        """Forget the state of a partition that is no longer this worker's."""
        ...

    def react(self, step: Step, records: Sequence[Record]) -> None:
        """Let one partition's state react on world records that have been learned."""
        ...

    def tick(self, step: Step) -> None:
        """Let one partition's timers that are due at `step.now` go off."""
        ...


class Publishing(Protocol):
    """What a shell hands the committed rows to that are to be published."""

    def publish(self, rows: Sequence[tuple[int, Row]]) -> None:
        """Publish rows in order, then remove them."""
        ...

    def publish_unsent(self, processor: str, partitions: Collection[Partition]) -> None:
        """Publish what earlier owners of these partitions left behind."""
        ...
