"""wrong input"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_wrong_input"
down_revision = "0004_paused"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    withheld = sa.Column(
        "withheld", sa.Text(), nullable=True, comment="why it was not sent after all; null: it was sent"
    )
    op.add_column("sent", withheld, schema="delivery")
    op.create_table(
        "shut",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_shut")),
        schema="delivery",
        comment="Organisations that were disabled: nothing goes into their inboxes any more",
    )
    # what was taken before this version is about nothing that is known here, so nobody can correct it any more
    op.add_column(
        "seen",
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="what it was about: only its sender may correct it",
        ),
        schema="intake",
    )
    op.alter_column("seen", "subject", schema="intake", server_default=None)
    op.create_table(
        "paused",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True, comment="null while it rests"),
        sa.Column("rejected", sa.Integer(), nullable=False, comment="of its last records"),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False, comment="how often it was paused so far"),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_paused")),
        schema="intake",
        comment="Outboxes that were left alone for a while, since most of what they held was rejected",
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("paused", schema="intake")
    op.drop_column("seen", "subject", schema="intake")
    op.drop_table("shut", schema="delivery")
    op.drop_column("sent", "withheld", schema="delivery")
