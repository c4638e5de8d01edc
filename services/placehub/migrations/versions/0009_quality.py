"""quality"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_quality"
down_revision = "0006_release"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "quality",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_completeness", sa.Numeric(3, 2), nullable=True, comment="of version 1"),
        sa.Column("completeness", sa.Numeric(3, 2), nullable=True, comment="as it now stands"),
        sa.Column("contradictions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("described", sa.Integer(), server_default="0", nullable=False),
        sa.Column("different", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_told", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answered", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_quality")),
        schema="monitoring",
        comment="One row per case: how good its referral is, and what providers found",
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("quality", schema="monitoring")
