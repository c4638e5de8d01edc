"""disputes: between whom each is, who it is routed to, and how long it takes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018_disputes"
down_revision = "0019_tenders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "dispute",
        sa.Column("subject", sa.Uuid(), nullable=False, comment="agreement_id"),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("state", postgresql.JSONB(), nullable=False, comment="as its stream tells it"),
        sa.PrimaryKeyConstraint("subject", "dispute_id", name=op.f("pk_dispute")),
        schema="delivery",
        comment="Between whom each dispute is, and who it is routed to",
    )
    op.create_table(
        "dispute",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, sa.Text())
            for name in ("raised_by", "against", "about", "role", "routed_to", "because", "outcome")
        ),
        *(sa.Column(name, sa.Date()) for name in ("raised_on", "answer_by", "resolve_by")),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in ("routings", "statements")),
        sa.Column("accepted", sa.Boolean(), comment="by both sides; null: not said by both"),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("raised_at", "resolved_at", "changed_at")),
        sa.Column("state", postgresql.JSONB(), comment="as its stream tells it; no word of the sides"),
        sa.PrimaryKeyConstraint("agreement_id", "dispute_id", name=op.f("pk_dispute")),
        schema="monitoring",
        comment="One row per dispute",
    )
    _say_of_reminder("agreement, dispute, placement or vacancy")


def downgrade() -> None:
    """Go back to the version before."""
    _say_of_reminder("agreement, placement or vacancy")
    op.drop_table("dispute", schema="monitoring")
    op.drop_table("dispute", schema="delivery")


def _say_of_reminder(comment: str) -> None:
    op.alter_column("reminder", "about", existing_type=sa.Text(), comment=comment, schema="monitoring")
