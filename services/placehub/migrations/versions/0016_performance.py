"""reviews and missing episodes of a placement"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016_performance"
down_revision = "0014_ingest"
branch_labels = None
depends_on = None

_COUNTS = ("reviews", "took_part", "plans_changed", "actions", "missing", "away")


def upgrade() -> None:
    """Go to this version."""
    for name in _COUNTS:
        column = sa.Column(name, sa.Integer(), server_default="0", nullable=False)
        op.add_column("placement", column, schema="monitoring")


def downgrade() -> None:
    """Go back to the version before."""
    for name in reversed(_COUNTS):
        op.drop_column("placement", name, schema="monitoring")
