"""The shadow: a PostgreSQL schema with the views' tables and a replay's positions, beside the live ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Integer,
    MetaData,
    Table,
    and_,
    delete,
    false,
    func,
    insert,
    inspect,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CreateSchema, CreateTable, DropSchema

from placehub.drivers.records import Partition
from placehub.drivers.tables import OUTGOING, PASSED, POSITION, SEQUENCE
from placehub.errors import Conflict
from placehub.monitoring import tables as live
from placehub.monitoring.processor import ALL, Monitoring
from placehub.replaying.planning import Ends, Wanted
from placehub.saying import said

SCHEMA: Final = "replay"
SAMPLE: Final = "replay_sample"
"""Where a plan measures how long it would take; nothing of it is ever committed."""
_DRIVERS: Final = (POSITION, OUTGOING, SEQUENCE, PASSED)
_OWN: Final = MetaData()
_ASKED: Final = Table(
    "asked",
    _OWN,
    Column("one", Boolean, primary_key=True, server_default="true"),
    Column("wanted", JSONB, nullable=False),
    schema=SCHEMA,
    comment="What the replay is of",
)
_COPIES: Final = {table: table.to_metadata(MetaData(), schema=SCHEMA) for table in ALL}


@dataclass(frozen=True, slots=True)
class Compared:
    """One table of the shadow beside the live one."""

    table: str
    live: int
    """Rows of the live table."""
    shadow: int
    """Rows of the shadow."""
    missing: int
    """Rows that only the shadow has."""
    surplus: int
    """Rows that only the live table has."""
    different: int
    """Rows that both have, not alike."""

    @property
    def equal(self) -> bool:
        """Tell whether both hold the same rows."""
        return not (self.missing or self.surplus or self.different)


def translated(schema: str) -> dict[str, Any]:
    """Return the execution options under which the views' and the drivers' tables are those of another schema."""
    return {"schema_translate_map": {live.SCHEMA: schema, POSITION.schema: schema}}


def make_tables(connection: Connection, schema: str) -> None:
    """Create the empty tables of a replay, without what only makes reading them faster.

    Their changes are not logged: a database that crashed empties them all, positions as well, and the replay begins
    again from the streams.
    """
    connection.execute(CreateSchema(schema))
    connection.execution_options(**translated(schema))
    for table in (*ALL, *_DRIVERS):
        connection.execute(CreateTable(table))
        name = connection.dialect.identifier_preparer.format_table(table.to_metadata(MetaData(), schema=schema))
        connection.exec_driver_sql(f"ALTER TABLE {name} SET UNLOGGED")


def asked(connection: Connection) -> Mapping[str, Any] | None:
    """Return what the shadow that is there was asked for; None when there is none."""
    if SCHEMA not in inspect(connection).get_schema_names():
        return None
    found: Mapping[str, Any] = connection.execute(select(_ASKED.c.wanted)).scalar_one()
    return found


def begin(engine: Engine, wanted: Wanted) -> bool:
    """Make the shadow; return whether one broken off goes on instead. Conflict when it is of another replay."""
    with engine.begin() as connection:
        known = asked(connection)
        if known is None:
            make_tables(connection, SCHEMA)
            _OWN.create_all(connection, checkfirst=False)
            connection.execute(insert(_ASKED), {"wanted": wanted.document()})
        elif known != wanted.document():
            form = (
                "A replay of {what} stands in the shadow. Ask for the same to go on with it, or take it away "
                "with 'placehub replay --discard'."
            )
            raise Conflict(said(form, what=_told(known)))
    return known is not None


def discard(connection: Connection) -> bool:
    """Take the shadow away; return whether there was one."""
    there = asked(connection) is not None
    connection.execute(DropSchema(SCHEMA, cascade=True, if_exists=True))
    return there


def stands(connection: Connection, still: bool = False) -> Ends:
    """Return how far the live views have come in each partition; with `still`, they come no further meanwhile.

    A worker locks its position first and keeps it until it has committed: once the positions are locked, the live
    tables are what they stand for.
    """
    mine = select(POSITION.c.topic, POSITION.c.partition, POSITION.c.next_offset).where(
        POSITION.c.processor == Monitoring.name
    )
    rows = connection.execute(mine.order_by(*POSITION.primary_key).with_for_update() if still else mine)
    return {Partition(row.topic, row.partition): int(row.next_offset) for row in rows}


@contextmanager
def standing_still(engine: Engine) -> Iterator[tuple[Connection, Ends]]:
    """Yield a transaction in which the live views do not change, and where they stand."""
    with engine.begin() as connection:
        yield connection, stands(connection, still=True)


def placements_of(connection: Connection, case: UUID | None) -> frozenset[UUID]:
    """Return the placements that came of a case; none without one."""
    if case is None:
        return frozenset()
    mine = select(live.PLACEMENT.c.placement_id).where(live.PLACEMENT.c.referral_id == case)
    return frozenset(connection.execute(mine).scalars())


def compare(connection: Connection, tables: Sequence[Table], case: UUID | None) -> list[Compared]:
    """Hold the shadow's tables against the live ones, row by row; of one case only its rows, where a table has any."""
    placements = placements_of(connection, case)
    return [
        _compared(connection, table, case, placements)
        for table in tables
        if case is None or {"referral_id", "placement_id"} & set(table.c.keys())
    ]


def swap(connection: Connection, tables: Sequence[Table]) -> None:
    """Put the shadow's rows in the place of the live ones; whoever reads sees all of it at the commit, or nothing."""
    for table in tables:
        connection.execute(delete(table))
        connection.execute(insert(table).from_select(table.c.keys(), select(_COPIES[table])))
    discard(connection)


def _compared(connection: Connection, table: Table, case: UUID | None, placements: frozenset[UUID]) -> Compared:
    mine, made = (
        select(one, literal(1, Integer).label("there")).where(_of_case(one, case, placements)).subquery()
        for one in (table, _COPIES[table])
    )
    keys = [column.name for column in table.primary_key]
    both = mine.join(made, and_(*(mine.c[name] == made.c[name] for name in keys)), full=True)
    in_both = and_(mine.c.there.is_not(None), made.c.there.is_not(None))
    unlike = or_(false(), *(mine.c[one.name].is_distinct_from(made.c[one.name]) for one in table.c))
    counts = (
        *_counted(mine, made),
        func.count().filter(mine.c.there.is_(None)),
        func.count().filter(made.c.there.is_(None)),
        func.count().filter(in_both, unlike),
    )
    return Compared(table.name, *map(int, connection.execute(select(*counts).select_from(both)).one()))


def _counted(*sides: FromClause) -> Iterator[ColumnElement[int]]:
    return (func.count(one.c.there) for one in sides)


def _of_case(table: Table, case: UUID | None, placements: frozenset[UUID]) -> ColumnElement[bool]:
    if case is None:
        return true()
    ways = [table.c[name] == case for name in ("referral_id",) if name in table.c]
    ways += [table.c[name].in_(placements) for name in ("placement_id",) if name in table.c]
    return or_(*ways)


def _told(wanted: Mapping[str, Any]) -> str:
    narrowed = "".join(f" {word} {wanted[word]}" for word in ("from", "to", "case") if wanted[word])
    return f"{len(wanted['views'])} views{narrowed}"
