"""intake: from which outbox the last event about an aggregate came, for several intakes to keep its order"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044_outbox_of_aggregate"
down_revision = "0047_households_erased"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version; of what was taken in before, by one intake alone, it is not told."""
    column = sa.Column("outbox", sa.Text(), nullable=True, comment="where the last event about it came from")
    op.add_column("aggregate", column, schema="intake")


def downgrade() -> None:
    """Go back to the version before, in which one intake runs."""
    op.drop_column("aggregate", "outbox", schema="intake")
