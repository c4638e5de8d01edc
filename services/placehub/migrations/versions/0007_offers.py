"""offers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_offers"
down_revision = "0012_not_invited"
branch_labels = None
depends_on = None


def _text(name: str, comment: str | None = None, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=not key, comment=comment)


def _at(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "offer",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("vacancy_id", sa.Uuid(), nullable=True),
        _text("provider"),
        _text("state", "as the case's own stream says; reserved stands in its own column"),
        sa.Column("reserved", sa.Boolean(), nullable=True, comment="as the vacancy's stream says"),
        _text("band", "null: its home does not fit now"),
        sa.Column("need", sa.Integer(), nullable=True, comment="share of the need criteria met, 0 to 1000"),
        sa.Column("distance_miles", sa.Numeric(), nullable=True),
        sa.Column("elsewhere", sa.Boolean(), nullable=True, comment="offered in another case too"),
        sa.Column("children", sa.Integer(), nullable=True),
        sa.Column("base_weekly", sa.Numeric(), nullable=True, comment="the base fee in pounds a week"),
        sa.Column(
            "weekly",
            sa.Numeric(),
            nullable=True,
            comment="all lines that run, in pounds a week; hours and single sums are left out",
        ),
        sa.Column("support", sa.ARRAY(sa.Text()), nullable=True, comment="the other lines as they are written"),
        sa.Column(
            "to_reconfirm",
            sa.ARRAY(sa.Text()),
            nullable=True,
            comment="fields of the referral that were revised after it",
        ),
        sa.Column("available_from", sa.Date(), nullable=True),
        _text("feedback"),
        *map(_at, ("valid_until", "made_at", "assessed_at", "changed_at")),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_offer")),
        schema="monitoring",
        comment="One row per offer; fees stand beside the fit and never order",
    )
    op.create_index("ix_offer_referral", "offer", ["referral_id"], schema="monitoring")
    op.create_table(
        "support_refused",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        _text("what", key=True),
        _text("authority"),
        _text("reason"),
        _text("by", "role of who decided"),
        *map(_at, ("refused_at", "changed_at")),
        sa.PrimaryKeyConstraint("referral_id", "offer_id", "what", name=op.f("pk_support_refused")),
        schema="monitoring",
        comment="One row per support line that was refused before a placement",
    )
    op.create_table(
        "support_agreed",
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        _text("what", key=True),
        _text("by", "role of who decided"),
        *map(_at, ("agreed_at", "changed_at")),
        sa.PrimaryKeyConstraint("placement_id", "what", name=op.f("pk_support_agreed")),
        schema="monitoring",
        comment="One row per support that was agreed in a placement",
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("support_agreed", schema="monitoring")
    op.drop_table("support_refused", schema="monitoring")
    op.drop_table("offer", schema="monitoring")
