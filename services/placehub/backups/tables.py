"""The hub's tables, copied out of one snapshot and into an empty database."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
from alembic.runtime.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Connection, text

from placehub.backups.manifest import Rows
from placehub.database import METADATA
from placehub.keys.tables import SCHEMA as KEYS
from placehub.migrations.tables import SCHEMAS
from placehub.portal.tables import INVITATION, PERSON, SESSION

CHUNK: Final = 1 << 20
SIGN_IN: Final = tuple(f"{one.schema}.{one.name}" for one in (PERSON, INVITATION, SESSION))
"""What people sign in with: the key of their second step, and who is signed in."""
assert SCHEMAS, "importing their names has put every table on the metadata"


def every_table() -> list[Rows]:
    """Return every table of the hub with its columns, those first that others refer to; nothing is counted yet."""
    return [
        Rows(table=f"{one.schema}.{one.name}", columns=tuple(column.name for column in one.columns), rows=0)
        for one in METADATA.sorted_tables
    ]


def holds_keys(table: Rows) -> bool:
    """Tell whether a table goes with the keys: wrapped keys, who may open them, what lets programs and people in."""
    return table.table.startswith(f"{KEYS}.") or table.table in SIGN_IN


def revision_of(connection: Connection) -> str:
    """Return at which migration the database stands."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def copy_out(connection: Connection, table: Rows, path: Path) -> Rows:
    """Write a table's rows into a new file, as PostgreSQL's COPY writes text, packed; return it counted."""
    path.touch(mode=0o600)
    with gzip.open(path, "wb", compresslevel=6) as file, _cursor(connection) as cursor:
        with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(_named(table))) as rows:
            for part in rows:
                file.write(part)
        return table.model_copy(update={"rows": max(cursor.rowcount, 0)})


def copy_in(connection: Connection, table: Rows, path: Path) -> None:
    """Read a table's rows from a file into the table, which must be empty."""
    asked = sql.SQL("COPY {} FROM STDIN").format(_named(table))
    with gzip.open(path, "rb") as file, _cursor(connection) as cursor, cursor.copy(asked) as rows:
        while part := file.read(CHUNK):
            rows.write(part)


def empty(connection: Connection, tables: Sequence[Rows]) -> None:
    """Empty tables: some begin with rows of their own."""
    with _cursor(connection) as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(_place, tables))))


def sequences(connection: Connection) -> dict[str, int]:
    """Return how far each sequence has counted, by `schema.name`; those that never counted are left out."""
    found = text("SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE schemaname = ANY(:schemas)")
    rows = connection.execute(found, {"schemas": list(SCHEMAS)})
    return {f"{one.schemaname}.{one.sequencename}": one.last_value for one in rows if one.last_value is not None}


def count_on(connection: Connection, counted: Mapping[str, int]) -> None:
    """Let sequences count on from where they were."""
    with _cursor(connection) as cursor:
        for name, last in sorted(counted.items()):
            cursor.execute("SELECT setval(%s::regclass, %s)", (_dotted(name).as_string(cursor), last))


def _cursor(connection: Connection) -> psycopg.Cursor[Any]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver.cursor()


def _named(table: Rows) -> sql.Composed:
    return sql.SQL("{} ({})").format(_place(table), sql.SQL(", ").join(map(sql.Identifier, table.columns)))


def _place(table: Rows) -> sql.Identifier:
    return _dotted(table.table)


def _dotted(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split(".", 1))
