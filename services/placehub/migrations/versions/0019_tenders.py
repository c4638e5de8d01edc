"""tenders: which clauses kept somebody from bidding, and what was answered"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019_tenders"
down_revision = "0019_codesign"
branch_labels = None
depends_on = None

ROLES = "owner, member or provider"


def upgrade() -> None:
    """Go to this version."""
    comment = "of an agreement: its tenders and what was flagged and answered"
    op.add_column("aggregate", sa.Column("tenders", postgresql.JSONB(), comment=comment), schema="intake")
    told = "owner, member, provider, or told of a tender"
    op.alter_column("party", "role", comment=told, existing_comment=ROLES, schema="delivery")
    op.create_table(
        "tenders",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False, comment="loaded when its partition is taken"),
        sa.Column("state", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_tenders")),
        schema="governance",
    )
    op.create_index("ix_tenders_partition", "tenders", ["partition", "live"], schema="governance")
    _create_clauses()


def _create_clauses() -> None:
    op.create_table(
        "tender_clause",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Uuid()),
        *(sa.Column(name, sa.Text()) for name in ("lead", "title", "about", "text")),
        sa.Column("position", sa.Integer(), comment="in the tender"),
        sa.Column("told", postgresql.ARRAY(sa.Text()), comment="providers it was sent to; never shown to one of them"),
        *(sa.Column(name, sa.Date()) for name in ("opened_on", "closes_on")),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("flagged_at", "answered_at", "changed_at")),
        *(sa.Column(name, sa.Text()) for name in ("answer", "words")),
        sa.PrimaryKeyConstraint("tender_id", "clause_id", name=op.f("pk_tender_clause")),
        schema="monitoring",
        comment="One row per clause of a tender",
    )
    op.create_table(
        "declined_clause",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False, comment="never shown; only counted, in groups"),
        sa.Column("declined_at", sa.DateTime(timezone=True), comment="the hub's time of taking it in"),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("tender_id", "clause_id", "provider", name=op.f("pk_declined_clause")),
        schema="monitoring",
        comment="One row per clause and provider that did not bid because of it",
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("declined_clause", schema="monitoring")
    op.drop_table("tender_clause", schema="monitoring")
    op.drop_index("ix_tenders_partition", table_name="tenders", schema="governance")
    op.drop_table("tenders", schema="governance")
    told = "owner, member, provider, or told of a tender"
    op.alter_column("party", "role", comment=ROLES, existing_comment=told, schema="delivery")
    op.drop_column("aggregate", "tenders", schema="intake")
