"""Monitoring's tables of what the two sectors owe each other: answers, feedback, kept fees, the same moment for all."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ARRAY, Boolean, Column, Date, DateTime, Index, Integer, Numeric, Table, Text, Uuid

from placehub.database import METADATA
from placehub.monitoring.tables import SCHEMA


def _at(*names: str) -> list[Column[Any]]:
    return [Column(name, DateTime(timezone=True)) for name in names]


def _text(*names: str) -> list[Column[Any]]:
    return [Column(name, Text) for name in names]


INVITATION: Final = Table(
    "invitation",
    METADATA,
    Column("referral_id", Uuid, primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("released_at", DateTime(timezone=True), comment="of the first invitation in the case"),
    Column("of_changed_home", Boolean, comment="it follows from a home that opened or changed, not from a look at all"),
    Column("answer", Text, comment="the first; null: none yet"),
    *_at("answered_at", "closed_at", "changed_at"),
    Index("ix_invitation_provider", "provider"),
    schema=SCHEMA,
    comment="One row per provider that was invited in a case",
)

CLARIFICATION: Final = Table(
    "clarification",
    METADATA,
    Column("clarification_id", Uuid, primary_key=True),
    Column("referral_id", Uuid),
    Column("provider", Text, comment="who asks; never shown to another provider"),
    *_at("asked_at", "answered_at", "changed_at"),
    schema=SCHEMA,
    comment="One row per question about a referral",
)

OFFER_ANSWER: Final = Table(
    "offer_answer",
    METADATA,
    Column("offer_id", Uuid, primary_key=True),
    Column("referral_id", Uuid),
    *_text("provider", "feedback"),
    *_at("made_at", "assessed_at", "decided_at", "not_selected_at", "withdrawn_at"),
    *_at("queried_at", "query_answered_at", "reconfirmation_asked_at", "reconfirmed_at", "changed_at"),
    schema=SCHEMA,
    comment="One row per offer: what either side asked of the other, and when it was answered",
)

CONSULTATION: Final = Table(
    "consultation",
    METADATA,
    Column("consultation_id", Uuid, primary_key=True),
    Column("agreement_id", Uuid),
    *_text("lead"),
    Column("opened_on", Date),
    *_at("opened_at", "changed_at"),
    schema=SCHEMA,
    comment="One row per consultation of the parties of an agreement",
)

CONSULTATION_ANSWER: Final = Table(
    "consultation_answer",
    METADATA,
    Column("consultation_id", Uuid, primary_key=True),
    Column("sender", Text, primary_key=True),
    *_at("answered_at", "changed_at"),
    schema=SCHEMA,
    comment="One row per party that answered a consultation",
)

JOINED: Final = Table(
    "joined",
    METADATA,
    Column("agreement_id", Uuid, primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("tier", Integer, comment="as it now stands; null: none"),
    *(Column(name, Date) for name in ("joined_on", "left_on")),
    *_at("changed_at"),
    schema=SCHEMA,
    comment="One row per provider that has joined an agreement, and may have left it",
)

REFERRAL_FEEDBACK: Final = Table(
    "referral_feedback",
    METADATA,
    Column("referral_id", Uuid, primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("after_days", Integer, primary_key=True, autoincrement=False),
    Column("to_answer", ARRAY(Text), comment="fields that were not as described"),
    Column("answered", ARRAY(Text), comment="... of which the authority answered"),
    *_at("given_at", "changed_at"),
    schema=SCHEMA,
    comment="One row per feedback of a provider on a referral",
)

FEE_SAID: Final = Table(
    "fee_said",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("ce_id", Uuid, primary_key=True),
    Column("placement_id", Uuid),
    *_text("event", "authority", "provider"),
    Column("side", Text, comment="authority or provider: who says it"),
    Column("holds_from", Date, comment="day from which a whole fee holds"),
    Column("terms", Text, comment="fingerprint of a whole fee"),
    Column("weekly", Numeric, comment="all lines that run, in pounds a week; hours and single sums are left out"),
    Column("what", Text, comment="the support, in its own words"),
    *_text("reason", "by"),
    *_at("said_at", "corrected_at", "changed_at"),
    Index("ix_fee_said_placement_id", "placement_id"),
    schema=SCHEMA,
    comment="One row per statement of one side about what a placement costs; one that was corrected does not count",
)
