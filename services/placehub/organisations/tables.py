"""The register of organisations: one row each, kept for ever."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, Column, Date, DateTime, Index, Table, Text, func

from placehub.database import METADATA

SCHEMA: Final = "organisations"
"""The PostgreSQL schema this table lives in."""

REGISTERING: Final = "registering"
ACTIVE: Final = "active"
DISABLED: Final = "disabled"

organisation: Final = Table(
    "organisation",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("scheme", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("nation", Text, nullable=False),
    Column("agreement_reference", Text, nullable=False),
    Column("agreement_signed_on", Date, nullable=False),
    Column("agreement_ends_on", Date),
    Column("data_role", Text, nullable=False),
    Column("data_contact", Text, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    Column("disabled_at", DateTime(timezone=True)),
    Column("state", Text, nullable=False, comment="registering until its events are on the stream"),
    CheckConstraint(f"state IN ('{REGISTERING}', '{ACTIVE}', '{DISABLED}')", name="state_known"),
    CheckConstraint(f"(state = '{DISABLED}') = (disabled_at IS NOT NULL)", name="disabled_is_dated"),
    schema=SCHEMA,
    comment="Who takes part in the hub, under which data-sharing agreement",
)

# Two codes that differ only in capitals would be taken for one another.
Index("ix_organisation_code_any_case", func.lower(organisation.c.code), unique=True)
