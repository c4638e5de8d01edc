"""portal: what people have begun to type and go on with later"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031_drafts"
down_revision = "0028_retention"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "draft",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="notice, referral, revision or offer"),
        sa.Column("address", sa.Text(), nullable=False, comment="of the page it was typed on"),
        sa.Column("about", sa.Text(), nullable=False, comment="the case, where there is one already"),
        sa.Column("compartment", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False, comment="of the child's or household's key it is sealed under"),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False, comment="what was typed"),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_draft")),
        schema="portal",
        comment="What people have begun to type and go on with later, sealed; removed when sent, thrown away or run out",
    )
    op.create_index("ix_draft_person", "draft", ["organisation", "person_id"], schema="portal")
    op.create_index("ix_draft_about", "draft", ["organisation", "about"], schema="portal")
    op.create_index(op.f("ix_portal_draft_ends_at"), "draft", ["ends_at"], schema="portal")


def downgrade() -> None:
    """Go back."""
    op.drop_table("draft", schema="portal")
