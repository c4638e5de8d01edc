"""The one place that knows how to reach PostgreSQL: an engine and the metadata every service's tables hang on.

Each service owns a PostgreSQL schema of its own name and declares its tables in its `tables.py` on `METADATA`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any, Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import ARRAY as ListOf
from sqlalchemy import (
    Column,
    ColumnElement,
    MetaData,
    Select,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    make_url,
    select,
    tuple_,
)
from sqlalchemy import column as named
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, Insert, insert
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from placehub.errors import Misconfigured, Unavailable

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def among(columns: Sequence[Column[Any]], keys: Collection[Sequence[Any]]) -> ColumnElement[bool]:
    """Return the condition that a row's columns are one of the keys, however many: each column is one parameter.

    `IN` with a parameter for each value ends at PostgreSQL's 65,535 of them.
    """
    given = these(columns, keys)
    return _among(columns, [given[_those(one)] for one in columns])


def among_those(*columns: Column[Any]) -> ColumnElement[bool]:
    """Return the condition that a row's columns are one of the keys that `these` makes the statement's parameters.

    For a statement that is made once and executed often: to make it anew takes longer than to execute it.
    """
    return _among(columns, [bindparam(_those(one)) for one in columns])


def those(*columns: Column[Any]) -> TableValuedAlias:
    """Return what `these` makes the statement's parameters as a table, for what is brought to these values."""
    arrays = [cast(bindparam(_those(one)), ARRAY(one.type)) for one in columns]
    return func.unnest(*arrays).table_valued(*(named(one.name, one.type) for one in columns)).render_derived()


def these(columns: Sequence[Column[Any]], keys: Collection[Sequence[Any]]) -> dict[str, list[Any]]:
    """Return the parameters of a statement with `among_those` or `those` of these columns: what each key has there."""
    lists = zip(*keys, strict=True) if keys else ((),) * len(columns)
    return {_those(one): list(values) for one, values in zip(columns, lists, strict=True)}


def _those(column: Column[Any]) -> str:
    return f"those_{column.name}"


def _among(columns: Sequence[Column[Any]], lists: Sequence[Any]) -> ColumnElement[bool]:
    parts = [func.unnest(cast(values, ARRAY(one.type))) for one, values in zip(columns, lists, strict=True)]
    return tuple_(*columns).in_(select(*parts))


_BETWEEN: Final = "\x1f"
"""What stands between the items of a list, as it is carried."""


@cache
def insertion(table: Table, *names: str) -> Insert:
    """Return the insertion of rows with values of these columns (all, if none is named), whose parameters `rows_of`
    makes: one for each column.

    However many rows, it is the same statement, so that nobody reads it anew each time, and what is made of it
    (`on_conflict_do_update`) is best made once, too. What is missing (None) is NULL; a list is of ids, or of text
    without U+001F, which no event may hold.
    """
    columns = [table.c[name] for name in names or table.c.keys()]
    carried = list(map(_carried, columns))
    kinds = [Text() if by.as_text else one.type for one, by in zip(columns, carried, strict=True)]
    arrays = [cast(bindparam(_those(one)), ARRAY(kind, dimensions=1)) for one, kind in zip(columns, kinds, strict=True)]
    words = [named(one.name, kind) for one, kind in zip(columns, kinds, strict=True)]
    given = func.unnest(*arrays).table_valued(*words, with_ordinality="nth").render_derived()
    taken = [by.unpack(given.c[one.name]) for one, by in zip(columns, carried, strict=True)]
    return insert(table).from_select(columns, select(*taken).order_by(given.c.nth))


def rows_of(table: Table, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the parameters of an `insertion` of these rows, in their order; all have its columns."""
    packs = {name: _carried(table.c[name]).pack for name in rows[0]}
    return {_those(table.c[name]): [pack(row[name]) for row in rows] for name, pack in packs.items()}


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, once: tuple[str, ...] = ()
) -> None:
    """Make rows, or bring those of the same key to what these say, but for columns that are said `once` and for all.

    All rows have the same columns, as `insertion` carries them; those they leave out stay as they are.
    """
    if rows:
        connection.execute(_upsertion(table, tuple(rows[0]), once), rows_of(table, rows))


@cache
def _upsertion(table: Table, names: tuple[str, ...], once: tuple[str, ...]) -> Insert:
    new = insertion(table, *names)
    changing = {name: new.excluded[name] for name in names if not table.c[name].primary_key and name not in once}
    return new.on_conflict_do_update(index_elements=list(table.primary_key), set_=changing)


@dataclass(frozen=True, slots=True)
class _Carried:
    """How a column's values are carried as the items of one array."""

    pack: Callable[[Any], Any]
    unpack: Callable[[ColumnElement[Any]], ColumnElement[Any]]
    as_text: bool = True


_AS_IT_IS: Final = _Carried(lambda value: value, lambda item: item, as_text=False)


@cache
def _carried(column: Column[Any]) -> _Carried:
    """Return how, of this column; lists in a list would be an array of two dimensions."""
    match column.type:
        case JSONB() if column.nullable:
            return _Carried(_unless_missing(json.dumps), lambda item: cast(item, JSONB))
        case JSONB():
            return _Carried(json.dumps, lambda item: cast(item, JSONB))
        case ListOf() as kind:  # of which PostgreSQL's own is one
            return _Carried(_unless_missing(_joined), lambda item: cast(func.string_to_array(item, _BETWEEN), kind))
    return _AS_IT_IS


def _joined(items: Iterable[object]) -> str:
    return _BETWEEN.join(map(str, items))


def _unless_missing(pack: Callable[[Any], str]) -> Callable[[Any], str | None]:
    return lambda value: None if value is None else pack(value)


_LOGIN_REFUSED: Final = ("28", "password authentication failed")
"""SQLSTATE class of a refused login, and its words: a connection that never was has no SQLSTATE."""


def address(url: str) -> str:
    """Return `host:port/name` of a database's URL, for people: without user and password."""
    try:
        known = make_url(url)
    except ArgumentError:
        raise _no_url() from None
    return f"{known.host or 'localhost'}:{known.port or 5432}/{known.database or ''}"


def _no_url() -> Misconfigured:
    return Misconfigured("Setting database is wrong: must be postgresql+psycopg://user:password@host:port/name.")


@contextmanager
def database_errors(url: str) -> Iterator[None]:
    """Turn the client's errors into Unavailable (it is away) or Misconfigured, each naming where the database is."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise _worded(error, address(url)) from None
    except ProgrammingError:
        raise Misconfigured(
            f"The database at {address(url)} has not the tables of this version. Start the hub with it first."
        ) from None
    except ArgumentError:
        raise _no_url() from None


def _worded(error: DBAPIError, where: str) -> Misconfigured | Unavailable:
    state = getattr(error.orig, "sqlstate", None) or ""
    if state.startswith(_LOGIN_REFUSED[0]) or _LOGIN_REFUSED[1] in str(error.orig):
        return Misconfigured(f"The database at {where} refused the login. Correct PLACEHUB_DATABASE.")
    if state and state[:2] not in ("08", "57"):  # it answers: too many connections, a lock, a full disk
        return Unavailable(
            f"The database at {where} could not do it ({type(error.orig).__name__}). Try again.", "database"
        )
    return Unavailable(f"The database at {where} does not answer. Is the hub up? See 'placehub status'.", "database")


NEVER: Final = math.inf
"""After which rest a connection is tried that is not tried at all."""


def connect(url: str, *, pool_size: int = 4, connect_seconds: int = 0, tried_after: float = 0.0) -> Engine:
    """Return an engine on `url` (`postgresql+psycopg://...`); nothing is opened until it is used.

    Connecting is given up after `connect_seconds`; 0 leaves it to the system. A transaction left idle for a
    minute is ended by the server, so that a stopped worker cannot hold its locks. A connection that has rested for
    `tried_after` seconds is tried before it is used, which is a turn to the server; `NEVER` is for those who try what
    they do again anyway.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        pool_pre_ping=not tried_after,
        hide_parameters=True,  # an error text must not quote what was stored
        connect_args={
            "connect_timeout": connect_seconds,
            "options": "-c idle_in_transaction_session_timeout=60000 -c lock_timeout=30000 -c timezone=UTC",
        },
    )
    event.listen(engine, "connect", _lists_in_binary)
    if 0 < tried_after < NEVER:
        _try_rested(engine, tried_after)
    return engine


def _lists_in_binary(connection: psycopg.Connection[Any], _record: ConnectionPoolEntry) -> None:
    """Let a list go to the server in binary: as text, which psycopg prefers, each item is searched for what must be
    quoted, bytes are written as digits, and the server reads all of it again (see `insertion` and `among`).
    """
    connection.adapters.register_dumper(list, ListBinaryDumper)


def _try_rested(engine: Engine, seconds: float) -> None:
    """Try a connection before it is used where it has rested for so long; the pool opens another where it is gone."""

    def rests(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = monotonic()

    def is_used(connection: DBAPIConnection, record: ConnectionPoolEntry, _fairy: PoolProxiedConnection) -> None:
        since = record.info.get("rests_since")
        if since is None or monotonic() - since < seconds:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    event.listen(engine, "checkin", rests)
    event.listen(engine, "checkout", is_used)


def reading(engine: Engine) -> Engine:
    """Return the engine for what only reads: each statement for itself, no transaction is begun and ended around it.

    Two turns to the server less, each of which waits while a machine is busy. Connections are those of `engine`.
    """
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def hold_names(connection: Connection, names: Sequence[str]) -> None:
    """Lock names until the transaction ends, in the order given: whoever locks several must always sort them."""
    connection.execute(_HELD, {"names": list(names)}).all()


def _held() -> Select[Any]:
    ordered = func.unnest(cast(bindparam("names"), ARRAY(Text))).table_valued("name").render_derived()
    lock = func.pg_advisory_xact_lock(func.hashtextextended(ordered.c.name, 0))
    return select(lock).select_from(ordered)


_HELD: Final = _held()


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to this version's tables, or those of an earlier `revision`; harmless twice.

    Raises Unavailable when it cannot be reached; the same may be tried again. Misconfigured when the revision is not
    known here.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url
    try:
        command.upgrade(config, revision)
    except CommandError:
        raise Misconfigured(
            f"This version knows no database of {revision}. Use the version it was made with."
        ) from None
    except OperationalError:
        raise Unavailable(
            "The database cannot be used. Is it up, and are host, name and password in PLACEHUB_DATABASE right?"
        ) from None
