"""sufficiency: how far from home each placement is"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025_sufficiency"
down_revision = "0021_partnership_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    miles = sa.Column("distance_miles", sa.Integer(), comment="from home to placement, as the 903 return asks")
    op.add_column("placement", miles, schema="monitoring")


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_column("placement", "distance_miles", schema="monitoring")
