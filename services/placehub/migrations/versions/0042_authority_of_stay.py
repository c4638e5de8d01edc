"""retention: which authority says of which case a placement is"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042_authority_of_stay"
down_revision = "0041_keys_of_drafts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version; placements noted so far are taken for those of their case's authority."""
    op.add_column(
        "stay",
        sa.Column("authority", sa.Text(), nullable=True, comment="which says of which case and child it is"),
        schema="retention",
    )
    op.execute(
        'UPDATE retention.stay SET authority = "case".authority FROM retention."case" '
        'WHERE "case".referral_id = stay.referral_id'
    )


def downgrade() -> None:
    """Go back to the version before: whoever names a case holds it."""
    op.drop_column("stay", "authority", schema="retention")
