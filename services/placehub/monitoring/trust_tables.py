"""Monitoring's tables of what the two sectors owe each other: answers, feedback, kept fees, the same moment for all."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ARRAY, Boolean, Column, Date, DateTime, Index, Integer, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from placehub.database import METADATA
from placehub.monitoring.tables import SCHEMA, at_column, text_column

INVITATION: Final = Table(
    "invitation",
    METADATA,
    Column("referral_id", Uuid, primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("released_at", DateTime(timezone=True), comment="of the first invitation in the case"),
    Column("of_changed_home", Boolean, comment="it follows from a home that opened or changed, not from a look at all"),
    Column("answer", Text, comment="the first; null: none yet"),
    *map(at_column, ("answered_at", "closed_at", "changed_at")),
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
    *map(at_column, ("asked_at", "answered_at", "changed_at")),
    schema=SCHEMA,
    comment="One row per question about a referral",
)

OFFER_ANSWER: Final = Table(
    "offer_answer",
    METADATA,
    Column("offer_id", Uuid, primary_key=True),
    Column("referral_id", Uuid),
    *map(text_column, ("provider", "feedback")),
    *map(at_column, ("made_at", "assessed_at", "decided_at", "not_selected_at", "withdrawn_at")),
    *map(at_column, ("queried_at", "query_answered_at", "reconfirmation_asked_at", "reconfirmed_at", "changed_at")),
    schema=SCHEMA,
    comment="One row per offer: what either side asked of the other, and when it was answered",
)

CONSULTATION: Final = Table(
    "consultation",
    METADATA,
    Column("consultation_id", Uuid, primary_key=True),
    Column("agreement_id", Uuid),
    text_column("lead"),
    Column("opened_on", Date),
    *map(at_column, ("opened_at", "changed_at")),
    schema=SCHEMA,
    comment="One row per consultation of the parties of an agreement",
)

CONSULTATION_ANSWER: Final = Table(
    "consultation_answer",
    METADATA,
    Column("consultation_id", Uuid, primary_key=True),
    Column("sender", Text, primary_key=True),
    *map(at_column, ("answered_at", "changed_at")),
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
    at_column("changed_at"),
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
    Column("answered_on", JSONB, comment="the day of the first answer to each"),
    *map(at_column, ("given_at", "changed_at")),
    schema=SCHEMA,
    comment="One row per feedback of a provider on a referral",
)

FEE_SAID: Final = Table(
    "fee_said",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("ce_id", Uuid, primary_key=True),
    Column("placement_id", Uuid),
    *map(text_column, ("event", "authority", "provider")),
    Column("side", Text, comment="authority or provider: who says it"),
    Column("holds_from", Date, comment="day from which a whole fee holds"),
    Column("terms", Text, comment="fingerprint of a whole fee"),
    Column("weekly", Numeric, comment="all lines that run, in pounds a week; hours and single sums are left out"),
    Column("what", Text, comment="the support, in its own words"),
    *map(text_column, ("reason", "by")),
    *map(at_column, ("said_at", "corrected_at", "changed_at")),
    Index("ix_fee_said_placement_id", "placement_id"),
    schema=SCHEMA,
    comment="One row per statement of one side about what a placement costs; one that was corrected does not count",
)
