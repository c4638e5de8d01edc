"""feedback: the day of each answer, so that what was told of a week stays as it was"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025_feedback_answers"
down_revision = "0026_evidence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    days = sa.Column("answered_on", postgresql.JSONB(), comment="the day of the first answer to each")
    op.add_column("referral_feedback", days, schema="monitoring")


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_column("referral_feedback", "answered_on", schema="monitoring")
