"""evidence: time stamps of tree heads by somebody outside of the hub"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035_stamps"
down_revision = "0032_references"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "stamp",
        sa.Column("tree_size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("authority", sa.Text(), nullable=False, comment="host name of who was asked"),
        sa.Column("answer", sa.LargeBinary(), nullable=False, comment="RFC 3161, DER"),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=False, comment="as the answer says"),
        sa.Column(
            "told", sa.Boolean(), server_default="false", nullable=False, comment="stands in the stream of heads"
        ),
        sa.PrimaryKeyConstraint("tree_size"),
        schema="evidence",
        comment="Time stamps of tree heads by somebody outside of the hub",
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("stamp", schema="evidence")
