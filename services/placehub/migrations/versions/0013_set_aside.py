"""set aside"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013_set_aside"
down_revision = "0008_siblings"
branch_labels = None
depends_on = None

_SAID = "what parties said of a selection since: each event, and whether it selects"
_SELECTED = "when the hub last spoke of it"


def upgrade() -> None:
    """Go to this version."""
    said = sa.Column("said", JSONB(), server_default="[]", nullable=False, comment=_SAID)
    op.add_column("offer", said, schema="delivery")
    op.alter_column("offer", "selected", comment=_SELECTED, schema="delivery")


def downgrade() -> None:
    """Go back to the version before."""
    op.alter_column("offer", "selected", comment=None, existing_comment=_SELECTED, schema="delivery")
    op.drop_column("offer", "said", schema="delivery")
