"""evidence: the log of all records, its tree, and how far it has been checked"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026_evidence"
down_revision = "0025_sufficiency"
branch_labels = None
depends_on = None

_TABLES = ("checked", "tile", "leaf", "log")


def upgrade() -> None:
    """Go to this version."""
    op.execute("CREATE SCHEMA IF NOT EXISTS evidence")
    op.create_table(
        "log",
        sa.Column("log_id", sa.Uuid(), nullable=False, comment="follows from its public key"),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="how many leaves it has"),
        sa.Column("head_size", sa.BigInteger(), nullable=False, comment="at which size it was signed last; 0: never"),
        sa.Column("head_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_log")),
        schema="evidence",
        comment="The log as it stands; whoever adds to it locks its row",
    )
    op.create_table(
        "leaf",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("headers", sa.LargeBinary(), nullable=False, comment="SHA-256 of the record's headers"),
        sa.Column("value", sa.LargeBinary(), nullable=False, comment="SHA-256 of the record's value, sealed as it is"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_leaf")),
        sa.UniqueConstraint("topic", "partition", "offset", name=op.f("uq_leaf_topic")),
        schema="evidence",
        comment="Which record each leaf stands for; nothing of what it says",
    )
    op.create_index("ix_leaf_key", "leaf", ["topic", "key"], schema="evidence")
    op.create_table(
        "tile",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False, comment="up to 256, 32 bytes each"),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_tile")),
        schema="evidence",
        comment="The Merkle tree, RFC 9162, in tiles of 256 hashes; each level is the roots of the one below",
    )
    op.create_table(
        "checked",
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_checked")),
        schema="evidence",
        comment="How far the log has been held against the streams, so that the next check goes on there",
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_index("ix_leaf_key", table_name="leaf", schema="evidence")
    for name in _TABLES:
        op.drop_table(name, schema="evidence")
    op.execute("DROP SCHEMA IF EXISTS evidence")
