"""What a processor is to the drivers that run it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection

from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Step


class Processor(Protocol):
    """Reacts on streams; a thin shell over pure rules. Everything it keeps is in `step.connection`'s transaction."""

    name: str
    """Its name; its Kafka group is `hub.<name>`."""
    streams: tuple[str, ...]
    """Topics divided among its workers by partition."""
    raw: tuple[str, ...]
    """Topics of `streams` that are handed on without decoding."""

    def handle(self, step: Step, records: Sequence[Record]) -> None:
        """Take in one partition's records, in order, repeats already dropped. May be tried again from the start."""
        ...


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
