"""portal: what operators did there, who and why"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040_operated"
down_revision = "0039_rota"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "operated",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False, comment="processor, view, organisation, dead letter or topic"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="empty where none is asked for"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operated")),
        schema="portal",
        comment="What operators did in the portal, who and why",
    )


def downgrade() -> None:
    """Go back to the version before: what was done stands in the log alone."""
    op.drop_table("operated", schema="portal")
