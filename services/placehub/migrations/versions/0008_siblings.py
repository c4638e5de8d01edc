"""siblings and placements"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008_siblings"
down_revision = "0007_offers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "terms",
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False, comment="the organisation that posted them"),
        sa.Column("terms", JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("placement_id", "side", name=op.f("pk_terms")),
        schema="delivery",
        comment="What each side of a placement last said was agreed",
    )
    op.create_table(
        "child",
        sa.Column("authority", sa.Text(), nullable=False, comment="a pseudonym is its authority's own"),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("authority", "child_id", "referral_id", name=op.f("pk_child")),
        schema="delivery",
        comment="In which live cases each child is",
    )
    op.create_index("ix_child_referral_id", "child", ["referral_id"], schema="delivery")
    continues = sa.Column("continues", sa.Uuid(), nullable=True, comment="the older case of the same child")
    op.add_column("search", continues, schema="monitoring")
    for side in ("authority", "provider"):
        terms = sa.Column(f"{side}_terms", sa.Text(), nullable=True, comment="fingerprint of what it agreed to")
        op.add_column("placement", terms, schema="monitoring")


def downgrade() -> None:
    """Go back to the version before."""
    for side in ("authority", "provider"):
        op.drop_column("placement", f"{side}_terms", schema="monitoring")
    op.drop_column("search", "continues", schema="monitoring")
    op.drop_index("ix_child_referral_id", table_name="child", schema="delivery")
    op.drop_table("child", schema="delivery")
    op.drop_table("terms", schema="delivery")
