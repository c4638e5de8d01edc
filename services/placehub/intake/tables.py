"""Intake's own tables: who owns which aggregate, at which version, and which ids each sender has used."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ARRAY, Column, Integer, Table, Text, Uuid

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
    schema=SCHEMA,
)

SEEN: Final = Table(
    "seen",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("ce_id", Uuid, primary_key=True),
    schema=SCHEMA,
    comment="An id used again by its sender is the same event: dropped silently",
)
