"""processors can be paused"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_paused"
down_revision = "0003_dead_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "paused",
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("processor", name=op.f("pk_paused")),
        schema="drivers",
        comment="Processors that an operator has paused; their processes ask about once a second",
    )
