"""portal: under which ids the homes of a provider's own list are known to the hub"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032_references"
down_revision = "0031_drafts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "reference",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="vacancy or household"),
        sa.Column("of", sa.LargeBinary(), nullable=False, comment="SHA-256 of the provider's own reference"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="drawn, so that nobody guesses the reference from it"),
        sa.PrimaryKeyConstraint("organisation", "kind", "of", name=op.f("pk_reference")),
        schema="portal",
        comment="Under which id a home of a provider's own list is known to the hub: told again it is the same home",
    )


def downgrade() -> None:
    """Go back to the version before: a list that is sent again adds its homes once more."""
    op.drop_table("reference", schema="portal")
