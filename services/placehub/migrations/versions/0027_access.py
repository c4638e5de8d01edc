"""access: who read which case, and which openings stand in the evidence stream"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027_access"
down_revision = "0025_feedback_answers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version: what was opened before it is not told of."""
    noted = "told in the evidence stream, or need not be"
    op.add_column(
        "opening",
        sa.Column("noted", sa.Boolean(), server_default="true", nullable=False, comment=noted),
        schema="keys",
    )
    op.alter_column("opening", "noted", server_default="false", schema="keys")
    waits = sa.text("NOT noted")
    op.create_index("ix_opening_not_noted", "opening", ["id"], schema="keys", postgresql_where=waits)
    op.create_table(
        "reading",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("children", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="who the case is about"),
        sa.Column("owner", sa.Text(), nullable=False, comment="the authority whose case it is"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("seen_as", sa.Text(), nullable=True),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "noted", sa.Boolean(), server_default="false", nullable=False, comment="stands in the evidence stream"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
        schema="evidence",
        comment="Every time an operator read the record of a case, kept before it was shown",
    )
    op.create_index(op.f("ix_evidence_reading_referral_id"), "reading", ["referral_id"], schema="evidence")
    op.create_index("ix_reading_not_noted", "reading", ["id"], schema="evidence", postgresql_where=waits)


def downgrade() -> None:
    """Go back to the version before; who read what so far is lost with it, but for what stands in the stream."""
    op.drop_table("reading", schema="evidence")
    op.drop_index("ix_opening_not_noted", "opening", schema="keys")
    op.drop_column("opening", "noted", schema="keys")
