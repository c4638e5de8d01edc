"""The drivers' own tables: positions, what is still to be published or waits, sequences given and passed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from placehub.database import METADATA

SCHEMA: Final = "drivers"

POSITION: Final = Table(
    "position",
    METADATA,
    Column("processor", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("world", JSONB, nullable=False, comment="topic -> next offsets the partition's state knows"),
    schema=SCHEMA,
    comment="How far each processor has come; whoever takes a partition raises its epoch",
)

OUTGOING: Final = Table(
    "outgoing",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("processor", Text, nullable=False),
    Column("from_topic", Text, nullable=False),
    Column("from_partition", Integer, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("value", LargeBinary, nullable=True),
    Index("ix_outgoing_from", "processor", "from_topic", "from_partition", "id"),
    schema=SCHEMA,
    comment="Committed with the effect, published in order right after, then removed",
)

SEQUENCE: Final = Table(
    "sequence",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
    schema=SCHEMA,
    comment="The last ce_sequence given per topic, source and subject",
)

PASSED: Final = Table(
    "passed",
    METADATA,
    Column("processor", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
    schema=SCHEMA,
    comment="The last ce_sequence each processor has taken in; anything at or below it is a repeat",
)

PARKED: Final = Table(
    "parked",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("processor", Text, nullable=False),
    Column("subject", Uuid, nullable=False, comment="the aggregate it waits for"),
    Column("source", Text, nullable=False),
    Column("ce_id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("value", LargeBinary, nullable=True),
    Index("ix_parked_subject", "processor", "subject", "id"),
    UniqueConstraint("processor", "source", "ce_id"),
    schema=SCHEMA,
    comment="Events of other streams about an aggregate that is not known yet; taken in once it is",
)

WORKER: Final = Table(
    "worker",
    METADATA,
    Column("worker_id", Uuid, primary_key=True),
    Column("processor", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, comment="its last sign of life"),
    Column("observe", Text, nullable=False, comment="where it serves health and metrics; empty: nowhere"),
    Column("partitions", JSONB, nullable=False, comment="topic -> numbers of the partitions it holds"),
    Column("restart", Boolean, nullable=False, server_default="false", comment="an operator asks it to begin anew"),
    schema=SCHEMA,
    comment="The processes that run; each removes itself at its end, others remove what was not seen for long",
)

PAUSED: Final = Table(
    "paused",
    METADATA,
    Column("processor", Text, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    schema=SCHEMA,
    comment="Processors that an operator has paused; their processes ask about once a second",
)
