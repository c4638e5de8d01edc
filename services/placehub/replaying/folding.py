"""Rows of the views' tables while they are made again: folded in memory, and written many at once by COPY.

What is in memory is bounded: rows are written, with the positions they stand for, whenever there are many, and then
forgotten. A row that changes again later is read from the shadow first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from psycopg import sql
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects.postgresql import JSONB

from placehub.database import among
from placehub.drivers.records import Record
from placehub.drivers.tables import PASSED
from placehub.monitoring.fold import Key
from placehub.monitoring.processor import Change, Monitoring, blank, key_of, tell
from placehub.monitoring.tables import STORY

Row = Mapping[str, Any]
Wants = Callable[[Record], bool]
"""Tells whether a record is folded."""


class Kept:
    """The rows of one table that have changed since it was written last."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows: dict[Key, Row] = {}
        self._known: set[Key] = set()
        self._written = False

    def __len__(self) -> int:
        return len(self._rows)

    def begin(self, connection: Connection) -> None:
        """Look whether the table holds anything already."""
        self._written = connection.execute(select(select(self._table).exists())).scalar_one()

    def look_up(self, connection: Connection, keys: Iterable[Key]) -> None:
        """Have the rows of these keys in memory: as they were written, or new."""
        new = {key for key in keys if key not in self._rows}
        if new and self._written:
            columns = list(self._table.primary_key)
            found = connection.execute(select(self._table).where(among(columns, sorted(new)))).mappings()
            known = {key_of(self._table, row): row for row in map(dict, found)}
            self._rows |= known
            self._known |= known.keys()
            new -= known.keys()
        for key in new:
            self._rows[key] = blank(self._table, key)

    def change(self, changes: Iterable[Change]) -> None:
        """Fold changes into rows that were looked up."""
        for key, change in changes:
            self._rows[key] = change(self._rows[key])

    def row(self, key: Key) -> Row:
        """Return a row that was looked up."""
        return self._rows[key]

    def put(self, key: Key, row: Row) -> None:
        """Replace a row that was looked up."""
        self._rows[key] = row

    def write(self, connection: Connection, schema: str) -> None:
        """Bring the table to where the rows are; `forget` them once that is committed."""
        if self._known:
            connection.execute(delete(self._table).where(among(list(self._table.primary_key), sorted(self._known))))
        copy(connection, schema, self._table, self._rows.values())

    def forget(self) -> None:
        """Let go of the rows: they are written."""
        self._written = self._written or bool(self._rows)
        self._rows.clear()
        self._known.clear()


class Folding:
    """The views' tables, folded from records outside of any transaction, and written from time to time."""

    def __init__(self, name: str, parts: Sequence[tuple[Monitoring, Wants]], schema: str) -> None:
        """`name`: under which repeats are known; each part's views are folded from the records it wants.

        `schema`: where the tables are written.
        """
        self._name = name
        self._parts = parts
        self._schema = schema
        self._tables = {table: Kept(table) for views, _ in parts for table in views.folded}
        self._passed = Kept(PASSED)
        self._story: list[Row] = []
        self._letters: list[Record] = []

    def begin(self, connection: Connection) -> None:
        """Look which tables hold something already."""
        for kept in (*self._tables.values(), self._passed):
            kept.begin(connection)

    @property
    def rows(self) -> int:
        """How many rows wait to be written."""
        return sum(map(len, self._tables.values())) + len(self._passed) + len(self._story) + len(self._letters)

    def take(self, connection: Connection, records: Sequence[Record]) -> None:
        """Fold records, each partition's in order; repeats are dropped."""
        self._letters += [one for one in records if one.topic in Monitoring.raw]
        told = self._unseen(connection, [one for one in records if one.topic not in Monitoring.raw])
        for views, wants in self._parts:
            fresh = [one for one in told if wants(one)]
            for table, changes in views.changes(fresh):
                kept = self._tables[table]
                kept.look_up(connection, {key for key, _ in changes})
                kept.change(changes)
            self._story += views.told(fresh)

    def write(self, connection: Connection) -> None:
        """Write everything that waits; it may be called again from the start until `forget`."""
        for kept in (*self._tables.values(), self._passed):
            kept.write(connection, self._schema)
        for views, _ in self._parts:
            views.set_aside(connection, self._letters)
        self._tell(connection)

    def forget(self) -> None:
        """Let go of everything: it is written."""
        for kept in (*self._tables.values(), self._passed):
            kept.forget()
        self._story, self._letters = [], []

    def _unseen(self, connection: Connection, records: Sequence[Record]) -> list[Record]:
        places = [(self._name, one.topic, one.attributes.source, one.key) for one in records]
        self._passed.look_up(connection, places)
        unseen = []
        for place, one in zip(places, records, strict=True):
            row, sequence = self._passed.row(place), one.attributes.sequence
            last = row["last"] or 0
            self._passed.put(place, {**row, "last": max(last, sequence)})
            if sequence > last:
                unseen.append(one)
        return unseen

    def _tell(self, connection: Connection) -> None:
        if not self._story:
            return
        try:
            with connection.begin_nested():
                copy(connection, self._schema, STORY, self._story)
        except UniqueViolation:  # a sender gave two events of different subjects one id: the first is told
            tell(connection, self._story)


def copy(connection: Connection, schema: str, table: Table, rows: Iterable[Row]) -> None:
    """Append rows to a table of that schema."""
    names = [column.name for column in table.c]
    wrapped = frozenset(column.name for column in table.c if isinstance(column.type, JSONB))
    where = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(schema, table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(where) as into:
        for row in rows:
            into.write_row([_json(row[name]) if name in wrapped else row[name] for name in names])


def _json(value: Any) -> Jsonb | None:
    return None if value is None else Jsonb(value)
