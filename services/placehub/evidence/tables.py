"""The evidence log's own tables: its leaves, its tree, how it stands, and how far it has been checked."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid

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
    schema=SCHEMA,
    comment="How far the log has been held against the streams, so that the next check goes on there",
)
