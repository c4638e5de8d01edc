"""retention: open disputes about a placement, which hold the children of its case"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037_disputes_hold"
down_revision = "0040_operated"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "dispute",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="raised, or routed anew"),
        sa.Column("routed_to", sa.Text(), comment="the organisation whose word resolves it"),
        sa.Column("routed_at", sa.DateTime(timezone=True)),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("agreement_id", "dispute_id", name=op.f("pk_dispute")),
        schema="retention",
        comment="Disputes about a placement: while one is open nothing of the children of its case is erased",
    )
    op.create_index(op.f("ix_retention_dispute_placement_id"), "dispute", ["placement_id"], schema="retention")


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("dispute", schema="retention")
