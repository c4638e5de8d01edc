"""not invited"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012_not_invited"
down_revision = "0010_states"
branch_labels = None
depends_on = None

_ADDED: dict[str, tuple[sa.types.TypeEngine[Any], str | None]] = {
    "age_bands": (sa.ARRAY(sa.Text()), "of its children, each once"),
    "no_fit_at": (sa.DateTime(timezone=True), None),
    "lacking": (sa.Text(), "the one relaxation that would have brought the most, when nothing fitted"),
}


def upgrade() -> None:
    """Go to this version."""
    for name, (kind, comment) in _ADDED.items():
        op.add_column("search", sa.Column(name, kind, nullable=True, comment=comment), schema="monitoring")
    op.create_table(
        "withheld",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column(
            "criterion",
            sa.Text(),
            nullable=True,
            comment="what kept its best home out when every home was last looked at",
        ),
        sa.Column("homes", sa.Integer(), nullable=True, comment="its open homes then"),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("referral_id", "provider", name=op.f("pk_withheld")),
        schema="monitoring",
        comment="One row per search and provider under its agreement that was not invited, or not at once",
    )
    op.create_index("ix_withheld_provider", "withheld", ["provider"], schema="monitoring")


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("withheld", schema="monitoring")
    for name in _ADDED:
        op.drop_column("search", name, schema="monitoring")
