"""evidence: the stamps still to be told of are found at once, however many there are"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038_stamps_to_tell"
down_revision = "0037_disputes_hold"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    where = sa.text("told IS false")
    op.create_index("ix_stamp_not_told", "stamp", ["tree_size"], schema="evidence", postgresql_where=where)


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_index("ix_stamp_not_told", table_name="stamp", schema="evidence")
