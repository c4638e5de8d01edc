"""Intake's own tables: who owns which aggregate, which ids each sender has used, which outboxes rest."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ARRAY, Column, Connection, DateTime, Integer, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import JSONB

from placehub.database import METADATA

SCHEMA: Final = "intake"

AGGREGATE: Final = Table(
    "aggregate",
    METADATA,
    Column("stream", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("owner", Text, nullable=False, comment="the first writer"),
    Column("parties", ARRAY(Text), nullable=False, comment="who else may post about it"),
    Column("version", Integer, nullable=False),
    Column(
        "documents",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="versions of documents proposed under an agreement",
    ),
    Column("state", Text, comment="by the lifecycle table; null: another's to say, or not known"),
    Column("terms", JSONB, nullable=False, comment="digest of the terms each party has posted"),
    Column(
        "codesign", JSONB(none_as_null=True), comment="of an agreement: its documents and who speaks for each sector"
    ),
    Column(
        "tenders", JSONB(none_as_null=True), comment="of an agreement: its tenders and what was flagged and answered"
    ),
    Column("agendas", JSONB(none_as_null=True), comment="of an agreement: its partnership events"),
    Column("outbox", Text, comment="where the last event about it came from"),
    schema=SCHEMA,
)

SEEN: Final = Table(
    "seen",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("ce_id", Uuid, primary_key=True),
    Column("subject", Text, nullable=False, comment="what it was about: only its sender may correct it"),
    schema=SCHEMA,
    comment="An id used again by its sender is the same event: dropped silently",
)

PAUSED: Final = Table(
    "paused",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("paused_at", DateTime(timezone=True), nullable=False),
    Column("resumed_at", DateTime(timezone=True), comment="null while it rests"),
    Column("rejected", Integer, nullable=False, comment="of its last records"),
    Column("of", Integer, nullable=False),
    Column("times", Integer, nullable=False, comment="how often it was paused so far"),
    schema=SCHEMA,
    comment="Outboxes that were left alone for a while, since most of what they held was rejected",
)


def resting_outboxes(connection: Connection) -> list[dict[str, Any]]:
    """Return the outboxes that rest now, as the table's columns, by organisation."""
    resting = select(PAUSED).where(PAUSED.c.resumed_at.is_(None)).order_by(PAUSED.c.organisation)
    return [dict(row) for row in connection.execute(resting).mappings()]
