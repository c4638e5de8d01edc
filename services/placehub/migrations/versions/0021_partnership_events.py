"""partnership events: their agendas, and how an agreement shares the minutes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021_partnership_events"
down_revision = "0022_trust"
branch_labels = None
depends_on = None

MINUTES = ("planned_commissioners", "planned_providers", "held_commissioners", "held_providers")
SHARES = ("least_commissioners", "least_providers")


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "partnership_event",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("agreement_id", "partnership_event_id")),
        *(sa.Column(name, sa.Text()) for name in ("kind", "title")),
        *(sa.Column(name, sa.Date()) for name in ("planned_for", "held_on")),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in MINUTES),
        sa.Column("agenda", postgresql.JSONB(), comment="its items, and the minutes they took"),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("agreement_id", "partnership_event_id", name=op.f("pk_partnership_event")),
        schema="monitoring",
        comment="One row per partnership event",
    )
    for name in SHARES:
        column = sa.Column(
            name, sa.Integer(), comment="per cent of the minutes of partnership events; null: none agreed"
        )
        op.add_column("agreement", column, schema="monitoring")
    agendas = sa.Column("agendas", postgresql.JSONB(), comment="of an agreement: its partnership events")
    op.add_column("aggregate", agendas, schema="intake")


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_column("aggregate", "agendas", schema="intake")
    for name in SHARES:
        op.drop_column("agreement", name, schema="monitoring")
    op.drop_table("partnership_event", schema="monitoring")
