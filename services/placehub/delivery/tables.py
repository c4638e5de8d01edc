"""Delivery's own tables, in the PostgreSQL schema `delivery`; no other service reads them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from placehub.database import METADATA

SCHEMA: Final = "delivery"

PARTY: Final = Table(
    "party",
    METADATA,
    Column("subject", Uuid, primary_key=True, comment="referral_id or agreement_id"),
    Column("organisation", Text, primary_key=True),
    Column("role", Text, primary_key=True, comment="owner, member, provider, or told of a tender"),
    Column("open", Boolean, nullable=False),
    Column("ended", Boolean, nullable=False, comment="was told that its use of the data ended"),
    Column("round", Integer, nullable=False, comment="counts how often it was taken in after that"),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True)),
    schema=SCHEMA,
    comment="Who belongs to a case or an agreement",
)

OFFER: Final = Table(
    "offer",
    METADATA,
    Column("subject", Uuid, primary_key=True),
    Column("offer_id", Uuid, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("selected", Boolean, nullable=False, comment="when the hub last spoke of it"),
    Column(
        "said",
        JSONB,
        nullable=False,
        server_default="[]",
        comment="what parties said of a selection since: each event, and whether it selects",
    ),
    schema=SCHEMA,
    comment="Whose each offer is, and whether a selection of it stands",
)

FACT: Final = Table(
    "fact",
    METADATA,
    Column("subject", Uuid, primary_key=True),
    Column("slot", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("body", JSONB, nullable=False, comment="stripped as for an invited provider; sealed parts stay sealed"),
    Column("attributes", JSONB, nullable=False),
    Column("keys", ARRAY(Text), nullable=False),
    schema=SCHEMA,
    comment="What a provider that comes later is told first",
)

ENTITLED: Final = Table(
    "entitled",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("subject", Uuid, primary_key=True),
    Index("ix_entitled_subject", "subject"),
    schema=SCHEMA,
    comment="Because of which case a key is open to an organisation; it closes with the last of them",
)

SENT: Final = Table(
    "sent",
    METADATA,
    Column("organisation", Text, primary_key=True),
    # An organisation chooses its own ids, so an id alone could be another's and hold its event back.
    Column("source", Text, primary_key=True),
    Column("ce_id", Uuid, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False, comment="of the record that caused it"),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("without", ARRAY(Text), nullable=False),
    Column("withheld", Text, comment="why it was not sent after all; null: it was sent"),
    Index("ix_sent_event", "ce_id", "source"),
    schema=SCHEMA,
    comment="The record of what was sent to whom; nothing is sent twice",
)

DISPUTE: Final = Table(
    "dispute",
    METADATA,
    Column("subject", Uuid, primary_key=True, comment="agreement_id"),
    Column("dispute_id", Uuid, primary_key=True),
    Column("state", JSONB, nullable=False, comment="as its stream tells it"),
    schema=SCHEMA,
    comment="Between whom each dispute is, and who it is routed to",
)

TERMS: Final = Table(
    "terms",
    METADATA,
    Column("placement_id", Uuid, primary_key=True),
    Column("side", Text, primary_key=True, comment="the organisation that posted them"),
    Column("terms", JSONB, nullable=False),
    schema=SCHEMA,
    comment="What each side of a placement last said was agreed",
)

CHILD: Final = Table(
    "child",
    METADATA,
    Column("authority", Text, primary_key=True, comment="a pseudonym is its authority's own"),
    Column("child_id", Uuid, primary_key=True),
    Column("referral_id", Uuid, primary_key=True),
    Index("ix_child_referral_id", "referral_id"),
    schema=SCHEMA,
    comment="In which live cases each child is",
)

SHUT: Final = Table(
    "shut",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
    schema=SCHEMA,
    comment="Organisations that were disabled: nothing goes into their inboxes any more",
)
