"""drivers: a process is asked to begin anew; evidence: when the log was checked last"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034_operating"
down_revision = "0033_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column(
        "worker",
        sa.Column(
            "restart", sa.Boolean(), server_default="false", nullable=False, comment="an operator asks it to begin anew"
        ),
        schema="drivers",
    )
    op.add_column(
        "checked",
        sa.Column(
            "checked_at", sa.DateTime(timezone=True), nullable=True, comment="null: before the hub kept the time"
        ),
        schema="evidence",
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_column("checked", "checked_at", schema="evidence")
    op.drop_column("worker", "restart", schema="drivers")
