"""portal: drafts that have a key of their own"""

from __future__ import annotations

from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic import op

revision = "0041_keys_of_drafts"
down_revision = "0038_stamps_to_tell"
branch_labels = None
depends_on = None

_ACTS = UUID("0d2b5a5e-6f6e-49f7-9a4b-2f7f0c8f6a10")
_SAVED = sa.text(
    "SELECT draft_id, subject_id FROM portal.draft JOIN keys.subject_key USING (key_id) WHERE subject_kind = 'child'"
)
_IS_OWN = sa.text("UPDATE portal.draft SET own_subject = :own WHERE draft_id = :draft")


def upgrade() -> None:
    """Go to this version; of drafts that stand already, what their own keys are named by follows from their ids."""
    comment = "pseudonym of a key that seals this draft and nothing else; null: sealed under a case's or home's key"
    op.add_column("draft", sa.Column("own_subject", sa.Uuid(), nullable=True, comment=comment), schema="portal")
    connection = op.get_bind()
    for row in connection.execute(_SAVED).all():
        own = uuid5(uuid5(_ACTS, str(row.draft_id)), "child 0")
        if row.subject_id == str(own):
            connection.execute(_IS_OWN, {"own": own, "draft": row.draft_id})


def downgrade() -> None:
    """Go back to the version before: the keys of drafts then outlive them."""
    op.drop_column("draft", "own_subject", schema="portal")
