"""The table in the case system's own database, and the helper that writes it inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    RowMapping,
    Table,
    Text,
    cast,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from placehub.errors import Misconfigured, NotFound, Rejected
from placehub.mailboxes.documents import prepare
from placehub.streams import full_name

NAME: Final = "placehub_outbox"
"""The table's name, and the channel on which PostgreSQL tells of a new row."""
_INSERTS: Final = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def outbox_table(metadata: MetaData) -> Table:
    """Return the outbox as a table of the case system's own metadata, for its own migrations.

    A row waits until `sent_at` or `rule` is set. What was sent is blanked (`document`): the outbox holds no second copy
    of a case longer than it must.
    """
    waits = text("sent_at IS NULL AND rule IS NULL")
    return Table(
        NAME,
        metadata,
        Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("id", Text, nullable=False, unique=True),  # ce_id
        Column("type", Text, nullable=False),
        Column("time", Text, nullable=False),
        Column("document", JSON(none_as_null=True)),  # open: the relay seals it on its way
        Column("traceparent", Text, nullable=False, default=""),
        Column("written_in", BigInteger),  # PostgreSQL's transaction
        Column("sent_at", Text),
        Column("field", Text),  # where it was set aside: which field broke which rule, and what to do
        Column("rule", Text),
        Column("remedy", Text),
        Index(f"{NAME}_waiting", "number", postgresql_where=waits, sqlite_where=waits),
        sqlite_autoincrement=True,
    )


OUTBOX: Final = outbox_table(MetaData())
WAITS: Final = OUTBOX.c.sent_at.is_(None) & OUTBOX.c.rule.is_(None)


def write(
    connection: Connection | Session,
    event_type: str,
    document: Mapping[str, Any],
    *,
    time: datetime,
    id: UUID | None = None,
    traceparent: str = "",
) -> UUID:
    """Write one event, as JSON values with its personal parts open, inside the caller's transaction; return its ce_id.

    It is sent if and only if that transaction commits. An `id` that was written before is not written again. Raises
    Rejected, naming the field, before anything is written; Misconfigured on a database that is neither PostgreSQL nor
    SQLite.
    """
    id = id or uuid4()
    prepared = prepare(event_type, document, time, id)
    here = connection.connection() if isinstance(connection, Session) else connection
    row: dict[str, Any] = {
        "id": str(id),
        "type": full_name(prepared.cls),
        "time": time.isoformat(),
        "document": dict(document),
        "traceparent": traceparent,
    }
    if here.dialect.name == "postgresql":
        row["written_in"] = cast(cast(func.pg_current_xact_id(), Text), BigInteger)
    here.execute(_insert(here).values(row).on_conflict_do_nothing(index_elements=["id"]))
    if here.dialect.name == "postgresql":
        here.execute(select(func.pg_notify(NAME, "")))  # told when it commits
    return id


def waiting(connection: Connection, at_most: int) -> Sequence[RowMapping]:
    """Return the next rows to be sent, in the order in which they were written."""
    query = select(OUTBOX).where(WAITS, _is_settled(connection)).order_by(OUTBOX.c.number).limit(at_most)
    return connection.execute(query).mappings().all()


def note_sent(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """Note that the hub has these events."""
    values = {"sent_at": now.isoformat(), "document": None}
    connection.execute(update(OUTBOX).where(OUTBOX.c.id.in_(ids)).values(values))


def set_aside(connection: Connection, id: str, why: Rejected) -> None:
    """Note that an event cannot be sent as it is; those behind it go on."""
    values = {"field": why.field, "rule": why.rule, "remedy": why.remedy}
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == id).values(values))


def put_back(connection: Connection, id: UUID, document: Mapping[str, Any] | None = None) -> None:
    """Let an event that was set aside wait again, corrected if a document is given; NotFound when there is none."""
    aside = (OUTBOX.c.id == str(id)) & OUTBOX.c.rule.is_not(None)
    values: dict[str, Any] = {"field": None, "rule": None, "remedy": None}
    values |= {} if document is None else {"document": dict(document)}
    if connection.execute(update(OUTBOX).where(aside).values(values)).rowcount == 0:
        raise NotFound(f"No event {id} was set aside here. 'placehub-connect outbox status' lists those that were.")


def state_of(connection: Connection) -> dict[str, Any]:
    """Return how many events wait and were sent, since when the first waits, and what was set aside."""
    counts = select(
        func.count().filter(WAITS),
        func.count(OUTBOX.c.sent_at),
        func.min(OUTBOX.c.time).filter(WAITS),
    ).select_from(OUTBOX)
    waits, sent, since = connection.execute(counts).one()
    told = [OUTBOX.c[name] for name in ("id", "type", "field", "rule", "remedy")]
    aside = connection.execute(select(*told).where(OUTBOX.c.rule.is_not(None)).order_by(OUTBOX.c.number))
    return {"waiting": waits, "since": since, "sent": sent, "set_aside": [dict(row) for row in aside.mappings()]}


def _insert(connection: Connection) -> Any:
    try:
        return _INSERTS[connection.dialect.name](OUTBOX)
    except KeyError:
        raise Misconfigured("The outbox works in PostgreSQL and SQLite. Keep it in one of them.") from None


def _is_settled(connection: Connection) -> Any:
    """Whether no transaction still runs that could write an earlier row.

    Numbers are given before transactions end, so a row may be seen before one of a lower number. A row from beyond the
    end of the snapshot was restored from another server.
    """
    if connection.dialect.name != "postgresql":
        return true()
    first, end = (
        cast(cast(edge(func.pg_current_snapshot()), Text), BigInteger)
        for edge in (func.pg_snapshot_xmin, func.pg_snapshot_xmax)
    )
    return or_(OUTBOX.c.written_in < first, OUTBOX.c.written_in >= end)
