"""portal: mails to people, how often each wants them, and the language each reads"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033_mail"
down_revision = "0035_stamps"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this version."""
    op.add_column(
        "person",
        sa.Column("mail", sa.Text(), server_default="at once", nullable=False, comment="at once, daily or none"),
        schema="portal",
    )
    op.add_column(
        "person",
        sa.Column("language", sa.Text(), nullable=True, comment="the one they chose last; null: none yet"),
        schema="portal",
    )
    op.create_table(
        "mail",
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="what waits; never about which case"),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("rests_until", MOMENT, nullable=True, comment="it is being handed in, or was not taken"),
        sa.Column("handed_in_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("mail_id", name=op.f("pk_mail")),
        schema="portal",
        comment="Mails that wait or were handed in lately; times are the machine's",
    )
    op.create_index("ix_mail_due", "mail", ["handed_in_at", "due_at"], schema="portal")


def downgrade() -> None:
    """Go back to the version before: mails that wait are not sent."""
    op.drop_table("mail", schema="portal")
    op.drop_column("person", "language", schema="portal")
    op.drop_column("person", "mail", schema="portal")
