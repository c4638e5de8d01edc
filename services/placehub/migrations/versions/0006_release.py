"""release"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_release"
down_revision = "0005_wrong_input"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    documents: sa.Column[list[str]] = sa.Column(
        "documents",
        sa.ARRAY(sa.Text()),
        nullable=False,
        server_default="{}",
        comment="versions of documents proposed under an agreement",
    )
    op.add_column("aggregate", documents, schema="intake")


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_column("aggregate", "documents", schema="intake")
