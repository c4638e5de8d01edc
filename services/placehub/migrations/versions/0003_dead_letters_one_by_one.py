"""dead letters one by one, with what became of each"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_dead_letters"
down_revision = "0002_workers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "dead_letter",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False, comment="open, retried or dropped"),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("partition", "offset", name=op.f("pk_dead_letter")),
        schema="monitoring",
        comment="One row per dead letter, by its place on the topic",
    )
    op.drop_table("rejected", schema="monitoring")
    # The counts do not say which dead letters they stand for: monitoring reads the topic again from its beginning.
    op.execute("DELETE FROM drivers.position WHERE processor = 'monitoring' AND topic = 'deadletter'")
