"""partnership: returns, meetings, and what providers add to their figures"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020_partnership"
down_revision = "0018_disputes"
branch_labels = None
depends_on = None


def _sides() -> list[sa.Column[Any]]:
    return [sa.Column("lead", sa.Text()), sa.Column("of_organisation", sa.Text())]


def _at(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.DateTime(timezone=True)) for name in names]


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "return",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid()),
        *_sides(),
        *(sa.Column(name, sa.Text()) for name in ("kind", "template")),
        *(sa.Column(name, sa.Date()) for name in ("starts_on", "ends_on")),
        sa.Column("version", sa.Integer(), comment="the latest that was produced"),
        sa.Column("confirmed_by", postgresql.ARRAY(sa.Text()), comment="sides that confirmed this version"),
        sa.Column("queries", sa.Integer(), server_default="0", nullable=False),
        *_at("produced_at", "changed_at"),
        sa.PrimaryKeyConstraint("return_id", name=op.f("pk_return")),
        schema="monitoring",
        comment="One row per return, in all its versions",
    )
    op.create_table(
        "meeting",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid()),
        *_sides(),
        sa.Column("held_on", sa.Date()),
        sa.Column("actions", sa.Integer(), server_default="0", nullable=False),
        *_at("changed_at"),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_meeting")),
        schema="monitoring",
        comment="One row per 1-1 meeting",
    )
    op.create_index("ix_meeting_agreement_id", "meeting", ["agreement_id", "of_organisation"], schema="monitoring")
    op.create_table(
        "provider_context",
        sa.Column("of_organisation", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), comment="the provider's own, of its own figure"),
        *_at("added_at", "changed_at"),
        sa.PrimaryKeyConstraint("of_organisation", "figure", name=op.f("pk_provider_context")),
        schema="monitoring",
        comment="One row per figure that a provider has said something of",
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("provider_context", schema="monitoring")
    op.drop_index("ix_meeting_agreement_id", table_name="meeting", schema="monitoring")
    op.drop_table("meeting", schema="monitoring")
    op.drop_table("return", schema="monitoring")
