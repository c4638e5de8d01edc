"""The evidence log's own tables: its leaves, its tree, how far it has been checked, and who read which case."""

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
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from placehub.database import METADATA

SCHEMA: Final = "evidence"

LOG: Final = Table(
    "log",
    METADATA,
    Column("log_id", Uuid, primary_key=True, comment="follows from its public key"),
    Column("public_key", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False, comment="how many leaves it has"),
    Column("head_size", BigInteger, nullable=False, comment="at which size it was signed last; 0: never"),
    Column("head_at", DateTime(timezone=True), nullable=True),
    schema=SCHEMA,
    comment="The log as it stands; whoever adds to it locks its row",
)

LEAF: Final = Table(
    "leaf",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("headers", LargeBinary, nullable=False, comment="SHA-256 of the record's headers"),
    Column("value", LargeBinary, nullable=False, comment="SHA-256 of the record's value, sealed as it is"),
    UniqueConstraint("topic", "partition", "offset"),
    Index("ix_leaf_key", "topic", "key"),
    schema=SCHEMA,
    comment="Which record each leaf stands for; nothing of what it says",
)

TILE: Final = Table(
    "tile",
    METADATA,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False, comment="up to 256, 32 bytes each"),
    schema=SCHEMA,
    comment="The Merkle tree, RFC 9162, in tiles of 256 hashes; each level is the roots of the one below",
)

CHECKED: Final = Table(
    "checked",
    METADATA,
    Column("log_id", Uuid, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root_hash", LargeBinary, nullable=False),
    Column("checked_at", DateTime(timezone=True), nullable=True, comment="null: before the hub kept the time"),
    schema=SCHEMA,
    comment="How far the log has been held against the streams, so that the next check goes on there",
)

STAMP: Final = Table(
    "stamp",
    METADATA,
    Column("tree_size", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", Text, nullable=False, comment="host name of who was asked"),
    Column("answer", LargeBinary, nullable=False, comment="RFC 3161, DER"),
    Column("stamped_at", DateTime(timezone=True), nullable=False, comment="as the answer says"),
    Column("told", Boolean, nullable=False, server_default="false", comment="stands in the stream of heads"),
    # As it is asked for at every turn of the timers, of years of stamps.
    Index("ix_stamp_not_told", "tree_size", postgresql_where=text("told IS false")),
    schema=SCHEMA,
    comment="Time stamps of tree heads by somebody outside of the hub",
)

READING: Final = Table(
    "reading",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("referral_id", Uuid, nullable=False, index=True),
    Column("children", ARRAY(Uuid), nullable=False, comment="who the case is about"),
    Column("owner", Text, nullable=False, comment="the authority whose case it is"),
    Column("by", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("seen_as", Text, nullable=True),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("noted", Boolean, nullable=False, server_default="false", comment="stands in the evidence stream"),
    Index("ix_reading_not_noted", "id", postgresql_where=text("NOT noted")),
    schema=SCHEMA,
    comment="Every time an operator read the record of a case, kept before it was shown",
)
