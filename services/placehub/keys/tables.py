"""The key service's own tables, in the PostgreSQL schema `keys`; no other service reads them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from placehub.database import METADATA

SCHEMA = "keys"
"""The PostgreSQL schema these tables live in."""


def name_of_subject(owner: str, subject_kind: str, subject_id: str) -> str:
    """Return the name that is locked while keys of a subject are made or destroyed."""
    return f"placehub.keys|{owner}|{subject_kind}|{subject_id}"


subject_key = Table(
    "subject_key",
    METADATA,
    Column("key_id", Text, primary_key=True, comment="uuid"),
    Column("owner", Text, nullable=False, comment="code of the organisation whose key wraps it"),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("compartment", Text, nullable=False),
    Column("wrapped", LargeBinary, comment="null once destroyed"),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("destroyed_at", DateTime(timezone=True)),
    Column("destroyed_reason", Text),
    Column("wiped", Boolean, nullable=False, server_default="false", comment="destroyed, and out of the files too"),
    UniqueConstraint("owner", "subject_kind", "subject_id", "compartment"),
    CheckConstraint(
        "(subject_kind = 'child' AND compartment IN ('identity', 'need'))"
        " OR (subject_kind = 'household' AND compartment = 'household')",
        name="compartment_of_subject",
    ),
    CheckConstraint(
        "(wrapped IS NULL) = (destroyed_at IS NOT NULL) AND (destroyed_at IS NULL) = (destroyed_reason IS NULL)",
        name="destroyed_is_erased",
    ),
    Index("ix_subject_key_not_wiped", "key_id", postgresql_where=text("destroyed_at IS NOT NULL AND NOT wiped")),
    schema=SCHEMA,
)
"""One key per subject and compartment; the row outlives the key, so that what was destroyed stays known."""

entitlement = Table(
    "entitlement",
    METADATA,
    Column("key_id", Text, ForeignKey(subject_key.c.key_id), primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("granted_because", Text, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    schema=SCHEMA,
)
"""Who, besides the owner, may open a key, and because of what."""

opening = Table(
    "opening",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("key_id", Text, ForeignKey(subject_key.c.key_id), nullable=False, index=True),
    Column("organisation", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column(
        "noted", Boolean, nullable=False, server_default="false", comment="told in the evidence stream, or need not be"
    ),
    Index("ix_opening_not_noted", "id", postgresql_where=text("NOT noted")),
    schema=SCHEMA,
)
"""Every key ever given out: to whom, for what, when; to the hub, once a day for each purpose."""

credential = Table(
    "credential",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("token_sha256", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("disabled_at", DateTime(timezone=True)),
    schema=SCHEMA,
)
"""One API token per organisation, known only by its SHA-256."""
