"""keys: PostgreSQL keeps no statistics of the wrapped keys, which would be copies that outlive their erasure"""

from __future__ import annotations

from alembic import op

revision = "0036_no_statistics_of_keys"
down_revision = "0034_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.execute("ALTER TABLE keys.subject_key ALTER COLUMN wrapped SET STATISTICS 0")
    # Setting the type, though it is the same, forgets the statistics there are.
    op.execute("ALTER TABLE keys.subject_key ALTER COLUMN wrapped TYPE bytea")


def downgrade() -> None:
    """Go back to the version before."""
    op.execute("ALTER TABLE keys.subject_key ALTER COLUMN wrapped SET STATISTICS -1")
