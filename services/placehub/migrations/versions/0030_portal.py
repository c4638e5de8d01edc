"""portal: people and their sessions, what their organisations were told, who posted and opened what"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030_portal"
down_revision = "0027_access"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this version."""
    op.execute("CREATE SCHEMA IF NOT EXISTS portal")
    _people()
    _told()
    _done()


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="lower case"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False, comment="argon2id"),
        sa.Column("totp_key", sa.Text(), nullable=False, comment="base32; of the second step at sign-in"),
        sa.Column(
            "totp_used", sa.BigInteger(), nullable=False, comment="step of the last code taken: none is taken twice"
        ),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        schema="portal",
        comment="One person with a local account",
    )
    op.create_table(
        "member",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False, comment="of code list officer_role"),
        sa.Column("administrator", sa.Boolean(), nullable=False, comment="may invite and remove others"),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("organisation", "person_id", name=op.f("pk_member")),
        schema="portal",
        comment="Who acts for which organisation, as what",
    )
    op.create_table(
        "invitation",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False, comment="the link's own secret is not kept"),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("administrator", sa.Boolean(), nullable=False),
        sa.Column("totp_key", sa.Text(), nullable=False, comment="the person's, once the invitation is accepted"),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_invitation")),
        schema="portal",
        comment="Links that were given out and not used yet; used ones are removed",
    )
    op.create_index("ix_invitation_organisation", "invitation", ["organisation"], schema="portal")
    op.create_table(
        "session",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False, comment="the one the person acts for now"),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_session")),
        schema="portal",
        comment="Who is signed in; the cookie's own secret is not kept",
    )
    op.create_index(op.f("ix_portal_session_person_id"), "session", ["person_id"], schema="portal")
    op.create_table(
        "attempt",
        sa.Column("of", sa.Text(), nullable=False, comment="SHA-256 of the e-mail address that was tried"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("of", name=op.f("pk_attempt")),
        schema="portal",
        comment="Sign-ins that failed, counted by address until one succeeds or the time is over",
    )


def _told() -> None:
    op.create_table(
        "told",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False, comment="the case where it is about one, else the subject"),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("ce_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("happened_at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False, comment="as it came: sealed parts stay sealed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told")),
        schema="portal",
        comment="What came to the inboxes of organisations that have people here; removed when the use of it ends",
    )
    op.create_index("ix_told_about", "told", ["organisation", "about", "id"], schema="portal")
    op.create_index("ix_told_stream", "told", ["organisation", "stream", "id"], schema="portal")
    op.create_index("ix_told_ce_id", "told", ["organisation", "ce_id"], schema="portal")
    op.create_table(
        "passed",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "source", "subject", name=op.f("pk_passed")),
        schema="portal",
        comment="The last sequence of each sender and subject in an inbox: what comes again is dropped",
    )
    op.create_table(
        "place",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_place")),
        schema="portal",
        comment="How far each inbox was read",
    )


def _done() -> None:
    op.create_table(
        "posted",
        sa.Column("ce_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("posted_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("ce_id", name=op.f("pk_posted")),
        schema="portal",
        comment="Who posted which event in an organisation's outbox",
    )
    op.create_index("ix_posted_about", "posted", ["organisation", "about"], schema="portal")
    op.create_table(
        "opened",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opened")),
        schema="portal",
        comment="Who opened the sealed parts of which case, kept before anything is shown",
    )
    op.create_index("ix_opened_about", "opened", ["organisation", "about"], schema="portal")


def downgrade() -> None:
    """Go back to the version before: accounts are lost; what organisations were told still stands in their inboxes."""
    op.execute("DROP SCHEMA portal CASCADE")
