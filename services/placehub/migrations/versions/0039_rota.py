"""portal: the rota, by which somebody is told at whatever hour that a home is needed today"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039_rota"
down_revision = "0036_no_statistics_of_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "rota",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="cover, away or deputy"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False, comment="days and hours"),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_rota_entry_id")),
        schema="portal",
        comment="Who of a provider's people is told, at which hours, that a home is needed today",
    )
    op.create_index(op.f("ix_portal_rota_organisation"), "rota", ["organisation"], schema="portal")


def downgrade() -> None:
    """Go back to the version before: everybody who answers invitations is told."""
    op.drop_table("rota", schema="portal")
