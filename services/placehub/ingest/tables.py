"""Ingest's own table: what was received over HTTP, and whether it lies in the sender's outbox. No content is kept."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, DateTime, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from placehub.database import METADATA

SCHEMA: Final = "ingest"

RECEIPT: Final = Table(
    "receipt",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("receipt_id", Uuid, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("posted_at", DateTime(timezone=True), comment="null: not acknowledged by the broker"),
    Column("sha256", Text, nullable=False, comment="of the body: an idempotency key stands for one body"),
    Column("events", JSONB, nullable=False, comment="ce_id, type and subject of each, in order"),
    Index("ix_receipt_received", "organisation", "received_at"),
    schema=SCHEMA,
    comment="One row for each call, kept as long as a mailbox keeps its records",
)
