"""What processors keep and write, in memory alone: for the bulk shell, which needs neither database nor broker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from placehub.contracts.headers import Attributes
from placehub.drivers.aggregates import Aggregates
from placehub.drivers.parking import Parking
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Cause, Step
from placehub.errors import Rejected

T = TypeVar("T")
Said = tuple[Any, Attributes]
"""An event and its attributes."""


class KeptAggregates(Aggregates[T], Generic[T]):
    """Aggregates that are held in memory, those that are done too."""

    def __init__(self, live: Callable[[T], bool]) -> None:
        self._live = live
        self._kept = {}
        self._changed = {}
        self._found = {}
        self._news = {}
        self._step = None
        self._done: dict[UUID, T] = {}

    def take(self, connection: Connection | None, partition: Partition) -> None:
        """Nothing is stored that could be loaded."""

    def finish(self) -> None:
        """Keep what this step has changed."""
        step, changed = self._of_step(), self._changed
        if changed:
            self._keep(step.partition.number, changed)
            for key, one in changed.items():
                if self._live(one):
                    self._done.pop(key, None)
                else:
                    self._done[key] = one
        self._changed = {}

    def _read(self, step: Step, keys: Collection[UUID]) -> dict[UUID, T | None]:
        return {key: self._done.get(key) for key in keys}


class KeptParking(Parking):
    """Records that wait in memory."""

    def __init__(self, partitions: int) -> None:
        super().__init__("", partitions)
        self._waiting: dict[UUID, list[Record]] = defaultdict(list)

    def park(self, step: Step, subject: UUID, record: Record) -> None:
        """Keep a record until somebody asks for what waits for this aggregate."""
        self._waiting[subject].append(record)

    def take(self, step: Step, subject: UUID) -> list[Record]:
        """Return what has waited for an aggregate, in the order in which it came; it waits no longer."""
        return self._waiting.pop(subject, [])


class KeptStep(Step):
    """A step whose events are handed over as they are, neither encoded nor numbered."""

    def __init__(self, *, processor: str, partition: Partition, now: datetime) -> None:
        self.partition = partition
        self.now = now
        self._processor = processor
        self.said: list[Said] = []
        """What was emitted, in order."""
        self.refused: list[tuple[Record, Rejected]] = []
        """What was rejected, and why."""

    def emit(self, event: object, *, because: Cause, nth: object = 0, marks: tuple[str, ...] = ()) -> UUID:
        """Say an event of the hub's own; the same cause gives the same id."""
        about = self.attributes_of(event, because=because, nth=nth, marks=marks)
        self.said.append((event, about))
        return about.id

    def reject(
        self, record: Record, why: Rejected, *, sender: str, attributes: Attributes | None = None, told: bool = True
    ) -> None:
        """Set a record aside."""
        self.refused.append((record, why))
