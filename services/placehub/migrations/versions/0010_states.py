"""states at intake"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_states"
down_revision = "0009_quality"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    # of what was taken before this version the state is not known: it is held against nobody
    state = sa.Column(
        "state", sa.Text(), nullable=True, comment="by the lifecycle table; null: another's to say, or not known"
    )
    op.add_column("aggregate", state, schema="intake")
    terms = sa.Column(
        "terms",
        postgresql.JSONB(),
        nullable=False,
        server_default="{}",
        comment="digest of the terms each party has posted",
    )
    op.add_column("aggregate", terms, schema="intake")
    op.alter_column("aggregate", "terms", schema="intake", server_default=None)


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_column("aggregate", "terms", schema="intake")
    op.drop_column("aggregate", "state", schema="intake")
