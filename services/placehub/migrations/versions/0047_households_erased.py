"""retention: households are held and erased as children are"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047_households_erased"
down_revision = "0042_authority_of_stay"
branch_labels = None
depends_on = None

_SCHEMA = "retention"
_WHOSE = {
    "owner": ("the authority whose child it is", "the authority whose child, or provider whose household, it is"),
    "asked_for": (
        "the authority the person spoke for; null: the hub's operator",
        "the organisation the person spoke for; null: the hub's operator",
    ),
}


def upgrade() -> None:
    """Go to this version; vacancies and placements of before are known once they say something more."""
    for table in ("hold", "erasure"):
        op.alter_column(table, "child_id", new_column_name="subject_id", schema=_SCHEMA)
        op.execute(f"ALTER INDEX {_SCHEMA}.ix_retention_{table}_child_id RENAME TO ix_retention_{table}_subject_id")
        kind = sa.Column(
            "subject_kind", sa.Text(), server_default="child", nullable=False, comment="child or household"
        )
        op.add_column(table, kind, schema=_SCHEMA)
    _comment(1)
    op.add_column("stay", sa.Column("vacancy_id", sa.Uuid(), nullable=True), schema=_SCHEMA)
    op.create_index(op.f("ix_retention_stay_vacancy_id"), "stay", ["vacancy_id"], schema=_SCHEMA)
    op.create_table(
        "home",
        sa.Column("vacancy_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("household_ref", sa.Uuid(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False, comment="opened, or revised last"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("vacancy_id", name=op.f("pk_home")),
        schema=_SCHEMA,
        comment="Whose household each vacancy is of, and whether it is offered",
    )
    op.create_index(op.f("ix_retention_home_household_ref"), "home", ["household_ref"], schema=_SCHEMA)


def downgrade() -> None:
    """Go back to the version before: what was said of households is lost; their keys stay destroyed."""
    op.drop_table("home", schema=_SCHEMA)
    op.drop_column("stay", "vacancy_id", schema=_SCHEMA)
    _comment(0)
    for table in ("hold", "erasure"):
        said = sa.table(table, sa.column("subject_kind", sa.Text()), schema=_SCHEMA)
        op.execute(said.delete().where(said.c.subject_kind == "household"))
        op.drop_column(table, "subject_kind", schema=_SCHEMA)
        op.execute(f"ALTER INDEX {_SCHEMA}.ix_retention_{table}_subject_id RENAME TO ix_retention_{table}_child_id")
        op.alter_column(table, "subject_id", new_column_name="child_id", schema=_SCHEMA)


def _comment(version: int) -> None:
    for table, column in (("hold", "owner"), ("erasure", "owner"), ("erasure", "asked_for")):
        op.alter_column(table, column, comment=_WHOSE[column][version], schema=_SCHEMA)
