"""portal: people as their organisation's own provider knows them, and the sessions it has proved"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034_identity"
down_revision = "0034_operating"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="the issuer's own name for the person"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identity")),
        schema="portal",
        comment="Who somebody is to their organisation's provider, kept at the first sign-in by it",
    )
    op.add_column(
        "session",
        sa.Column("issuer", sa.Text(), nullable=True, comment="the provider that proved who it is; null: a password"),
        schema="portal",
    )


def downgrade() -> None:
    """Go back to the version before: whoever has no password cannot sign in."""
    op.drop_column("session", "issuer", schema="portal")
    op.drop_table("identity", schema="portal")
