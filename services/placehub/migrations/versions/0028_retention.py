"""retention: holds, erasures by two people, and what is known of cases that run out"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028_retention"
down_revision = "0030_portal"
branch_labels = None
depends_on = None

_SCHEMA = "retention"


def _time(name: str, *, given: bool = False, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not given, comment=comment)


def _whose() -> sa.Column[str]:
    return sa.Column("owner", sa.Text(), nullable=False, comment="the authority whose child it is")


def upgrade() -> None:
    """Go to this version: cases that were over before it are not known to retention."""
    op.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
    _make_cases()
    _make_holds()
    wiped = "destroyed, and out of the files too"
    op.add_column(
        "subject_key",
        sa.Column("wiped", sa.Boolean(), server_default="false", nullable=False, comment=wiped),
        schema="keys",
    )
    waits = sa.text("destroyed_at IS NOT NULL AND NOT wiped")
    op.create_index("ix_subject_key_not_wiped", "subject_key", ["key_id"], schema="keys", postgresql_where=waits)


def _make_cases() -> None:
    op.create_table(
        "case",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("children", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("referred", sa.Boolean(), nullable=False, comment="a formal referral was made of it"),
        _time("closed_at"),
        _time("reopened_at"),
        _time("last_event_at", given=True),
        _time("ran_out_at", comment="when a notice that came to nothing was erased"),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_case")),
        schema=_SCHEMA,
        comment="Which children each case is about, and since when it is over",
    )
    op.create_index("ix_case_children", "case", ["children"], schema=_SCHEMA, postgresql_using="gin")
    notice = sa.text("NOT referred AND ran_out_at IS NULL")
    op.create_index("ix_case_notice", "case", ["closed_at"], schema=_SCHEMA, postgresql_where=notice)
    op.create_table(
        "stay",
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("child_id", sa.Uuid(), nullable=True),
        _time("started_at"),
        _time("ended_at"),
        _time("last_event_at", given=True),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_stay")),
        schema=_SCHEMA,
        comment="Which case each placement followed from, and whether the child lives there",
    )
    op.create_index(op.f("ix_retention_stay_referral_id"), "stay", ["referral_id"], schema=_SCHEMA)


def _make_holds() -> None:
    told = "how many of its events stand in the stream"
    op.create_table(
        "hold",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        _whose(),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        _time("placed_at", given=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        _time("lifted_at"),
        sa.Column("told", sa.Integer(), server_default="0", nullable=False, comment=told),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_hold")),
        schema=_SCHEMA,
        comment="What stops an erasure",
    )
    op.create_index(op.f("ix_retention_hold_child_id"), "hold", ["child_id"], schema=_SCHEMA)
    speaks_for = "the authority the person spoke for; null: the hub's operator"
    could_open = "who else could open one of the keys"
    in_stream = "stands in the evidence stream"
    op.create_table(
        "erasure",
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        _whose(),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True, comment="null: the hub's own timer"),
        sa.Column("asked_for", sa.Text(), nullable=True, comment=speaks_for),
        _time("asked_at", given=True),
        _time("expires_at", given=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        _time("erased_at"),
        sa.Column("keys_destroyed", sa.Integer(), nullable=True),
        sa.Column("cases", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("to", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False, comment=could_open),
        sa.Column("told", sa.Boolean(), server_default="false", nullable=False, comment=in_stream),
        sa.PrimaryKeyConstraint("erasure_id", name=op.f("pk_erasure")),
        schema=_SCHEMA,
        comment="Erasures asked for, and those done; nothing of what was erased",
    )
    op.create_index(op.f("ix_retention_erasure_child_id"), "erasure", ["child_id"], schema=_SCHEMA)
    waits = sa.text("erased_at IS NOT NULL AND NOT told")
    op.create_index("ix_erasure_not_told", "erasure", ["erasure_id"], schema=_SCHEMA, postgresql_where=waits)


def downgrade() -> None:
    """Go back to the version before; holds are lost with it, and what was asked for. Keys stay destroyed."""
    op.drop_index("ix_subject_key_not_wiped", "subject_key", schema="keys")
    op.drop_column("subject_key", "wiped", schema="keys")
    for name in ("erasure", "hold", "stay", "case"):
        op.drop_table(name, schema=_SCHEMA)
    op.execute(f"DROP SCHEMA {_SCHEMA}")
