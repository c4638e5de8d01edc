"""Aggregates a worker holds: in memory for its partitions, stored with every step that changes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Boolean, Column, Connection, Index, Integer, MetaData, Table, Text, Uuid, bindparam, cast, select
from sqlalchemy.dialects.postgresql import JSONB

from placehub.database import upsert
from placehub.drivers.records import Partition
from placehub.drivers.step import Step

T = TypeVar("T")


def aggregate_table(metadata: MetaData, schema: str, name: str, key: str) -> Table:
    """Return the table that stores one kind of aggregate: its id, its partition, whether it is live, its state."""
    return Table(
        name,
        metadata,
        Column(key, Uuid, primary_key=True),
        Column("partition", Integer, nullable=False),
        Column("live", Boolean, nullable=False, comment="loaded when its partition is taken"),
        Column("state", JSONB, nullable=False),
        Index(f"ix_{name}_partition", "partition", "live"),
        schema=schema,
    )


class Aggregates(Generic[T]):
    """The live aggregates of the partitions held; those that are done are read from the table when asked for.

    A change is seen at once within its step, and by others only when the step has committed.
    """

    def __init__(self, cls: type[T], table: Table, live: Callable[[T], bool]) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(cls)
        self._table = table
        self._key = next(iter(table.primary_key))
        self._live = live
        self._one = select(cast(table.c.state, Text)).where(self._key == bindparam("of_key"))
        self._kept: dict[int, dict[UUID, T]] = {}
        self._changed: dict[UUID, T] = {}
        self._news: dict[int, set[UUID]] = {}
        self._step: Step | None = None

    def take(self, connection: Connection, partition: Partition) -> None:
        """Load a partition's live aggregates."""
        where = (self._table.c.partition == partition.number) & self._table.c.live
        rows = connection.execute(select(self._key, cast(self._table.c.state, Text)).where(where))
        self._kept[partition.number] = {row[0]: self._adapter.validate_json(row[1]) for row in rows}
        self._news[partition.number] = set(self._kept[partition.number])

    def drop(self, partition: Partition) -> None:
        """Forget a partition."""
        self._kept.pop(partition.number, None)
        self._news.pop(partition.number, None)

    def begin(self, step: Step) -> None:
        """Start a step: changes of one that did not commit are gone."""
        self._step = step
        self._changed = {}

    def get(self, key: UUID) -> T | None:
        """Return an aggregate as this step sees it, or None."""
        step = self._of_step()
        if key in self._changed:
            return self._changed[key]
        kept = self._kept.get(step.partition.number, {}).get(key)
        return kept if kept is not None else self._read(step, key)

    def held(self, key: UUID) -> T | None:
        """Return a live aggregate of this step's partition, or None: never asks the database."""
        return self._changed.get(key) or self._kept.get(self._of_step().partition.number, {}).get(key)

    def every(self) -> Iterator[tuple[UUID, T]]:
        """Yield the live aggregates of this step's partition as the step sees them."""
        for key, kept in list(self._kept.get(self._of_step().partition.number, {}).items()):
            yield key, self._changed.get(key, kept)

    def news(self) -> set[UUID]:
        """Return the aggregates of this step's partition that were taken, kept anew or ended since this was asked
        last: for who keeps an index of them. What this step itself has changed is not yet among them.
        """
        return self._news.pop(self._of_step().partition.number, set())

    def changed(self) -> set[UUID]:
        """Return the aggregates that this step has changed so far."""
        return set(self._changed)

    def kept(self, key: UUID) -> T | None:
        """Return a live aggregate of this step's partition as the last step left it, or None."""
        return self._kept.get(self._of_step().partition.number, {}).get(key)

    def put(self, key: UUID, changed: T) -> None:
        """Take an aggregate into this step; the very one that is kept already has not changed."""
        if self.held(key) is not changed:
            self._changed[key] = changed

    def finish(self) -> None:
        """Store what this step has changed, and keep it once the step has committed."""
        step, changed = self._of_step(), dict(self._changed)
        if not changed:
            return
        number = step.partition.number
        values: list[dict[str, Any]] = [
            {
                self._key.name: key,
                "partition": number,
                "live": self._live(one),
                "state": self._adapter.dump_python(one, mode="json"),
            }
            for key, one in sorted(changed.items())
        ]
        upsert(step.connection, self._table, values)
        step.after_commit(lambda: self._keep(number, changed))

    def _keep(self, number: int, changed: dict[UUID, T]) -> None:
        kept = self._kept.setdefault(number, {})
        self._news.setdefault(number, set()).update(changed)
        for key, one in changed.items():
            if self._live(one):
                kept[key] = one
            else:
                kept.pop(key, None)

    def _read(self, step: Step, key: UUID) -> T | None:
        row = step.connection.execute(self._one, {"of_key": key}).first()
        return self._adapter.validate_json(row[0]) if row else None

    def _of_step(self) -> Step:
        assert self._step is not None, "begin() comes before everything else"
        return self._step
