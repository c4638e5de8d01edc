"""the processes that run"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_workers"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "worker",
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="its last sign of life"),
        sa.Column("observe", sa.Text(), nullable=False, comment="where it serves health and metrics; empty: nowhere"),
        sa.Column(
            "partitions",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="topic -> numbers of the partitions it holds",
        ),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_worker")),
        schema="drivers",
        comment="The processes that run; each removes itself at its end, others remove what was not seen for long",
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("worker", schema="drivers")
