"""governance: what is known of everything that has a day"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017_governance"
down_revision = "0016_performance"
branch_labels = None
depends_on = None

TABLES = (("agreement_clock", "agreement_id"), ("placement_clock", "placement_id"), ("vacancy_clock", "vacancy_id"))


def upgrade() -> None:
    """Go to this version."""
    op.execute("CREATE SCHEMA IF NOT EXISTS governance")
    for name, key in TABLES:
        op.create_table(
            name,
            sa.Column(key, sa.Uuid(), nullable=False),
            sa.Column("partition", sa.Integer(), nullable=False),
            sa.Column("live", sa.Boolean(), nullable=False, comment="loaded when its partition is taken"),
            sa.Column("state", postgresql.JSONB(), nullable=False),
            sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{name}")),
            schema="governance",
        )
        op.create_index(f"ix_{name}_partition", name, ["partition", "live"], schema="governance")
    op.create_table(
        "agreement",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("lead", "name", "kind", "nation")),
        *(sa.Column(name, sa.Date()) for name in ("starts_on", "ends_on")),
        sa.Column("authorities", postgresql.ARRAY(sa.Text()), comment="named members"),
        sa.Column(
            "providers",
            postgresql.ARRAY(sa.Text()),
            comment="that joined and have not left; never shown to one of them",
        ),
        sa.Column("manager", sa.Text(), comment="the post"),
        sa.Column("deputies", postgresql.ARRAY(sa.Text()), comment="the posts"),
        sa.Column("decision", sa.Text(), comment="extension or termination, the last"),
        sa.Column("late_days", sa.Integer(), comment="of the last decision"),
        sa.Column("not_consulted", sa.Boolean(), comment="of the last decision"),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_agreement")),
        schema="monitoring",
        comment="One row per agreement",
    )
    op.create_table(
        "reminder",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("about", sa.Text(), comment="agreement, placement or vacancy"),
        sa.Column("weeks_left", sa.Integer(), comment="when it was raised last; null: overdue"),
        sa.Column("overdue", sa.Boolean()),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("raised_at", "cleared_at", "changed_at")),
        sa.Column("because", sa.Text(), comment="why it was cleared"),
        sa.PrimaryKeyConstraint("subject_id", "kind", "due_on", name=op.f("pk_reminder")),
        schema="monitoring",
        comment="One row per thing that somebody was reminded of",
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("reminder", schema="monitoring")
    op.drop_table("agreement", schema="monitoring")
    for name, _ in reversed(TABLES):
        op.drop_index(f"ix_{name}_partition", table_name=name, schema="governance")
        op.drop_table(name, schema="governance")
    op.execute("DROP SCHEMA governance")
