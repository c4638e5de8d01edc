"""co-design: who speaks for each sector of an agreement, and what was agreed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019_codesign"
down_revision = "0017_governance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    comment = "of an agreement: its documents and who speaks for each sector"
    op.add_column("aggregate", sa.Column("codesign", postgresql.JSONB(), comment=comment), schema="intake")


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_column("aggregate", "codesign", schema="intake")
