"""ingest: receipts, and by which ce_id a dead letter is found"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014_ingest"
down_revision = "0013_set_aside"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.execute("CREATE SCHEMA IF NOT EXISTS ingest")
    op.create_table(
        "receipt",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), comment="null: not acknowledged by the broker"),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the body: an idempotency key stands for one body"),
        sa.Column("events", JSONB(), nullable=False, comment="ce_id, type and subject of each, in order"),
        sa.PrimaryKeyConstraint("organisation", "receipt_id", name=op.f("pk_receipt")),
        schema="ingest",
        comment="One row for each call, kept as long as a mailbox keeps its records",
    )
    received = ["organisation", "received_at"]
    op.create_index("ix_receipt_received", "receipt", received, schema="ingest")
    told = "empty where it could not be read"
    ce_id = sa.Column("ce_id", sa.Text(), server_default="", nullable=False, comment=told)
    op.add_column("dead_letter", ce_id, schema="monitoring")
    op.create_index("ix_dead_letter_sender", "dead_letter", ["sender", "ce_id"], schema="monitoring")


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_index("ix_dead_letter_sender", table_name="dead_letter", schema="monitoring")
    op.drop_column("dead_letter", "ce_id", schema="monitoring")
    op.drop_table("receipt", schema="ingest")
    op.execute("DROP SCHEMA ingest")
