"""trust: answers both ways, feedback, fees changed after agreement, and when each provider was told"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022_trust"
down_revision = "0020_partnership"
branch_labels = None
depends_on = None

_TABLES = (
    "fee_said",
    "referral_feedback",
    "joined",
    "consultation_answer",
    "consultation",
    "offer_answer",
    "clarification",
    "invitation",
)


def _at(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.DateTime(timezone=True)) for name in names]


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text()) for name in names]


def _key(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Go to this version."""
    _answers()
    _agreements()
    _placements()


def _answers() -> None:
    op.create_table(
        "invitation",
        _key("referral_id", sa.Uuid()),
        _key("provider", sa.Text()),
        sa.Column("released_at", sa.DateTime(timezone=True), comment="of the first invitation in the case"),
        sa.Column(
            "of_changed_home",
            sa.Boolean(),
            comment="it follows from a home that opened or changed, not from a look at all",
        ),
        sa.Column("answer", sa.Text(), comment="the first; null: none yet"),
        *_at("answered_at", "closed_at", "changed_at"),
        sa.PrimaryKeyConstraint("referral_id", "provider", name=op.f("pk_invitation")),
        schema="monitoring",
        comment="One row per provider that was invited in a case",
    )
    op.create_index("ix_invitation_provider", "invitation", ["provider"], schema="monitoring")
    op.create_table(
        "clarification",
        _key("clarification_id", sa.Uuid()),
        sa.Column("referral_id", sa.Uuid()),
        sa.Column("provider", sa.Text(), comment="who asks; never shown to another provider"),
        *_at("asked_at", "answered_at", "changed_at"),
        sa.PrimaryKeyConstraint("clarification_id", name=op.f("pk_clarification")),
        schema="monitoring",
        comment="One row per question about a referral",
    )
    op.create_table(
        "offer_answer",
        _key("offer_id", sa.Uuid()),
        sa.Column("referral_id", sa.Uuid()),
        *_text("provider", "feedback"),
        *_at("made_at", "assessed_at", "decided_at", "not_selected_at", "withdrawn_at"),
        *_at("queried_at", "query_answered_at", "reconfirmation_asked_at", "reconfirmed_at", "changed_at"),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_offer_answer")),
        schema="monitoring",
        comment="One row per offer: what either side asked of the other, and when it was answered",
    )


def _agreements() -> None:
    op.create_table(
        "consultation",
        _key("consultation_id", sa.Uuid()),
        sa.Column("agreement_id", sa.Uuid()),
        *_text("lead"),
        sa.Column("opened_on", sa.Date()),
        *_at("opened_at", "changed_at"),
        sa.PrimaryKeyConstraint("consultation_id", name=op.f("pk_consultation")),
        schema="monitoring",
        comment="One row per consultation of the parties of an agreement",
    )
    op.create_table(
        "consultation_answer",
        _key("consultation_id", sa.Uuid()),
        _key("sender", sa.Text()),
        *_at("answered_at", "changed_at"),
        sa.PrimaryKeyConstraint("consultation_id", "sender", name=op.f("pk_consultation_answer")),
        schema="monitoring",
        comment="One row per party that answered a consultation",
    )
    op.create_table(
        "joined",
        _key("agreement_id", sa.Uuid()),
        _key("provider", sa.Text()),
        sa.Column("tier", sa.Integer(), comment="as it now stands; null: none"),
        *(sa.Column(name, sa.Date()) for name in ("joined_on", "left_on")),
        *_at("changed_at"),
        sa.PrimaryKeyConstraint("agreement_id", "provider", name=op.f("pk_joined")),
        schema="monitoring",
        comment="One row per provider that has joined an agreement, and may have left it",
    )


def _placements() -> None:
    op.create_table(
        "referral_feedback",
        _key("referral_id", sa.Uuid()),
        _key("provider", sa.Text()),
        _key("after_days", sa.Integer()),
        sa.Column("to_answer", postgresql.ARRAY(sa.Text()), comment="fields that were not as described"),
        sa.Column("answered", postgresql.ARRAY(sa.Text()), comment="... of which the authority answered"),
        *_at("given_at", "changed_at"),
        sa.PrimaryKeyConstraint("referral_id", "provider", "after_days", name=op.f("pk_referral_feedback")),
        schema="monitoring",
        comment="One row per feedback of a provider on a referral",
    )
    op.create_table(
        "fee_said",
        _key("source", sa.Text()),
        _key("ce_id", sa.Uuid()),
        sa.Column("placement_id", sa.Uuid()),
        *_text("event", "authority", "provider"),
        sa.Column("side", sa.Text(), comment="authority or provider: who says it"),
        sa.Column("holds_from", sa.Date(), comment="day from which a whole fee holds"),
        sa.Column("terms", sa.Text(), comment="fingerprint of a whole fee"),
        sa.Column(
            "weekly",
            sa.Numeric(),
            comment="all lines that run, in pounds a week; hours and single sums are left out",
        ),
        sa.Column("what", sa.Text(), comment="the support, in its own words"),
        *_text("reason", "by"),
        *_at("said_at", "corrected_at", "changed_at"),
        sa.PrimaryKeyConstraint("source", "ce_id", name=op.f("pk_fee_said")),
        schema="monitoring",
        comment="One row per statement of one side about what a placement costs; one that was corrected does not count",
    )
    op.create_index("ix_fee_said_placement_id", "fee_said", ["placement_id"], schema="monitoring")


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_index("ix_fee_said_placement_id", table_name="fee_said", schema="monitoring")
    op.drop_index("ix_invitation_provider", table_name="invitation", schema="monitoring")
    for name in _TABLES:
        op.drop_table(name, schema="monitoring")
