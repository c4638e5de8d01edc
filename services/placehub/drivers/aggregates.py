"""Aggregates a worker holds: in memory for its partitions, stored with every step that changes one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Boolean, Column, Connection, Index, Integer, MetaData, Table, Text, Uuid, cast, select
from sqlalchemy.dialects.postgresql import JSONB

from placehub.database import among_those, these, upsert
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
        self._some = select(self._key, cast(table.c.state, Text)).where(among_those(self._key))
        self._kept: dict[int, dict[UUID, T]] = {}
        self._changed: dict[UUID, T] = {}
        self._found: dict[UUID, T | None] = {}
        """What this step has read of those that are not held: nobody else writes them meanwhile."""
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
        self._changed, self._found = {}, {}

    def expect(self, keys: Iterable[UUID]) -> None:
        """Read at once what this step will ask for; anything else is read as it is asked for."""
        unread = {key for key in keys if self.held(key) is None} - self._found.keys()
        if unread:
            self._found |= self._read(self._of_step(), unread)

    def get(self, key: UUID) -> T | None:
        """Return an aggregate as this step sees it, or None."""
        held = self.held(key)
        if held is not None:
            return held
        self.expect([key])
        return self._found[key]

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

    def _read(self, step: Step, keys: Collection[UUID]) -> dict[UUID, T | None]:
        """Return those of the table, None of those that are not there."""
        rows = step.connection.execute(self._some, these([self._key], [(key,) for key in sorted(keys)]))
        return dict.fromkeys(keys) | {row[0]: self._adapter.validate_json(row[1]) for row in rows}

    def _of_step(self) -> Step:
        assert self._step is not None, "begin() comes before everything else"
        return self._step
