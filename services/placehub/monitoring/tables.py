"""Monitoring's own tables, in the PostgreSQL schema `monitoring`; others read the views."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Index, Integer, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from placehub.database import METADATA

SCHEMA: Final = "monitoring"


def at_column(name: str) -> Column[Any]:
    """Return a column for a moment."""
    return Column(name, DateTime(timezone=True))


def text_column(name: str) -> Column[Any]:
    """Return a column for words."""
    return Column(name, Text)


def _id(name: str) -> Column[Any]:
    return Column(name, Uuid)


def _day(name: str) -> Column[Any]:
    return Column(name, Date)


def _count(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default="0")


def _share(name: str) -> Column[Any]:
    return Column(name, Integer, comment="per cent of the minutes of partnership events; null: none agreed")


SEARCH: Final = Table(
    "search",
    METADATA,
    Column("referral_id", Uuid, primary_key=True),
    text_column("authority"),
    _id("agreement_id"),
    text_column("kind"),
    Column("sector", Text, comment="postcode sector the search is centred on"),
    Column("area", Text, comment="authority the sector is in"),
    Column("children", Integer),
    Column("state", Text, comment="follows from the other columns"),
    Column("began_with", Text, comment="EarlyNoticeGiven or ReferralMade"),
    text_column("outcome"),
    *map(at_column, ("need_known_at", "notice_at", "referral_at", "search_started_at", "first_invited_at")),
    *map(at_column, ("first_interest_at", "first_offer_at", "selected_at", "reserved_at", "placed_at", "closed_at")),
    *map(at_column, ("in_house_started_at", "in_house_concluded_at", "changed_at")),
    Column("in_house_found", Boolean),
    Column("age_bands", ARRAY(Text), comment="of its children, each once"),
    at_column("no_fit_at"),
    Column("lacking", Text, comment="the one relaxation that would have brought the most, when nothing fitted"),
    Column("continues", Uuid, comment="the older case of the same child"),
    _day("started_on"),
    *map(_count, ("invitations", "declines", "lapses", "offers", "selections_refused")),
    schema=SCHEMA,
    comment="One row per case",
)

WITHHELD: Final = Table(
    "withheld",
    METADATA,
    Column("referral_id", Uuid, primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("criterion", Text, comment="what kept its best home out when every home was last looked at"),
    Column("homes", Integer, comment="its open homes then"),
    at_column("invited_at"),
    at_column("changed_at"),
    Index("ix_withheld_provider", "provider"),
    schema=SCHEMA,
    comment="One row per search and provider under its agreement that was not invited, or not at once",
)

VACANCY: Final = Table(
    "vacancy",
    METADATA,
    Column("vacancy_id", Uuid, primary_key=True),
    *map(text_column, ("provider", "sector")),
    Column("area", Text, comment="authority the sector is in"),
    Column("kinds", ARRAY(Text)),
    Column("places", Integer, comment="places free now or from available_from"),
    Column("state", Text, comment="now, coming, ask carer, paused or closed"),
    Column("said_state", Text, comment="what the provider last said, before any pause"),
    _day("available_from"),
    *map(at_column, ("willing_until", "opened_at", "closed_at", "changed_at")),
    schema=SCHEMA,
    comment="One row per vacancy",
)

PLACEMENT: Final = Table(
    "placement",
    METADATA,
    Column("placement_id", Uuid, primary_key=True),
    *map(_id, ("referral_id", "vacancy_id")),
    *map(text_column, ("authority", "provider")),
    *map(at_column, ("authority_agreed_at", "provider_agreed_at", "started_at", "ended_at", "changed_at")),
    *map(_day, ("starts_on", "started_on", "ended_on")),
    Column("planned_end", Boolean),
    text_column("reason"),
    Column("distance_miles", Integer, comment="from home to placement, as the 903 return asks"),
    *(Column(f"{side}_terms", Text, comment="fingerprint of what it agreed to") for side in ("authority", "provider")),
    *map(_count, ("reviews", "took_part", "plans_changed", "actions", "missing", "away")),
    Index("ix_placement_referral", "referral_id"),
    schema=SCHEMA,
    comment="One row per child's placement",
)

QUALITY: Final = Table(
    "quality",
    METADATA,
    Column("referral_id", Uuid, primary_key=True),
    text_column("authority"),
    *map(at_column, ("made_at", "changed_at")),
    Column("first_completeness", Numeric(3, 2), comment="of version 1"),
    Column("completeness", Numeric(3, 2), comment="as it now stands"),
    *map(_count, ("contradictions", "asked", "described", "different", "not_told", "answered")),
    schema=SCHEMA,
    comment="One row per case: how good its referral is, and what providers found",
)

OFFER: Final = Table(
    "offer",
    METADATA,
    Column("offer_id", Uuid, primary_key=True),
    *map(_id, ("referral_id", "vacancy_id")),
    text_column("provider"),
    Column("state", Text, comment="as the case's own stream says; reserved stands in its own column"),
    Column("reserved", Boolean, comment="as the vacancy's stream says"),
    Column("band", Text, comment="null: its home does not fit now"),
    Column("need", Integer, comment="share of the need criteria met, 0 to 1000"),
    Column("distance_miles", Numeric),
    Column("elsewhere", Boolean, comment="offered in another case too"),
    Column("children", Integer),
    Column("base_weekly", Numeric, comment="the base fee in pounds a week"),
    Column("weekly", Numeric, comment="all lines that run, in pounds a week; hours and single sums are left out"),
    Column("support", ARRAY(Text), comment="the other lines as they are written"),
    Column("to_reconfirm", ARRAY(Text), comment="fields of the referral that were revised after it"),
    _day("available_from"),
    text_column("feedback"),
    *map(at_column, ("valid_until", "made_at", "assessed_at", "changed_at")),
    Index("ix_offer_referral", "referral_id"),
    schema=SCHEMA,
    comment="One row per offer; fees stand beside the fit and never order",
)

SUPPORT_REFUSED: Final = Table(
    "support_refused",
    METADATA,
    Column("referral_id", Uuid, primary_key=True),
    Column("offer_id", Uuid, primary_key=True),
    Column("what", Text, primary_key=True),
    *map(text_column, ("authority", "reason")),
    Column("by", Text, comment="role of who decided"),
    *map(at_column, ("refused_at", "changed_at")),
    schema=SCHEMA,
    comment="One row per support line that was refused before a placement",
)

SUPPORT_AGREED: Final = Table(
    "support_agreed",
    METADATA,
    Column("placement_id", Uuid, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("by", Text, comment="role of who decided"),
    *map(at_column, ("agreed_at", "changed_at")),
    schema=SCHEMA,
    comment="One row per support that was agreed in a placement",
)

ORGANISATION: Final = Table(
    "organisation",
    METADATA,
    Column("organisation", Text, primary_key=True),
    *map(text_column, ("name", "kind", "nation")),
    at_column("changed_at"),
    schema=SCHEMA,
    comment="What the organisations in the views are called",
)

AGREEMENT: Final = Table(
    "agreement",
    METADATA,
    Column("agreement_id", Uuid, primary_key=True),
    *map(text_column, ("lead", "name", "kind", "nation")),
    *map(_day, ("starts_on", "ends_on")),
    Column("authorities", ARRAY(Text), comment="named members"),
    Column("providers", ARRAY(Text), comment="that joined and have not left; never shown to one of them"),
    Column("manager", Text, comment="the post"),
    Column("deputies", ARRAY(Text), comment="the posts"),
    Column("decision", Text, comment="extension or termination, the last"),
    Column("late_days", Integer, comment="of the last decision"),
    Column("not_consulted", Boolean, comment="of the last decision"),
    *map(_share, ("least_commissioners", "least_providers")),
    at_column("changed_at"),
    schema=SCHEMA,
    comment="One row per agreement",
)

DISPUTE: Final = Table(
    "dispute",
    METADATA,
    Column("agreement_id", Uuid, primary_key=True),
    Column("dispute_id", Uuid, primary_key=True),
    *map(text_column, ("raised_by", "against", "about", "role", "routed_to", "because", "outcome")),
    *map(_day, ("raised_on", "answer_by", "resolve_by")),
    *map(_count, ("routings", "statements")),
    Column("accepted", Boolean, comment="by both sides; null: not said by both"),
    *map(at_column, ("raised_at", "resolved_at", "changed_at")),
    Column("state", JSONB, comment="as its stream tells it; no word of the sides"),
    schema=SCHEMA,
    comment="One row per dispute",
)

REMINDER: Final = Table(
    "reminder",
    METADATA,
    Column("subject_id", Uuid, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("due_on", Date, primary_key=True),
    Column("about", Text, comment="agreement, dispute, placement or vacancy"),
    Column("weeks_left", Integer, comment="when it was raised last; null: overdue"),
    Column("overdue", Boolean),
    *map(at_column, ("raised_at", "cleared_at", "changed_at")),
    Column("because", Text, comment="why it was cleared"),
    schema=SCHEMA,
    comment="One row per thing that somebody was reminded of",
)

TENDER_CLAUSE: Final = Table(
    "tender_clause",
    METADATA,
    Column("tender_id", Uuid, primary_key=True),
    Column("clause_id", Text, primary_key=True),
    _id("agreement_id"),
    *map(text_column, ("lead", "title", "about", "text")),
    Column("position", Integer, comment="in the tender"),
    Column("told", ARRAY(Text), comment="providers it was sent to; never shown to one of them"),
    *map(_day, ("opened_on", "closes_on")),
    *map(at_column, ("flagged_at", "answered_at", "changed_at")),
    *map(text_column, ("answer", "words")),
    schema=SCHEMA,
    comment="One row per clause of a tender",
)

DECLINED_CLAUSE: Final = Table(
    "declined_clause",
    METADATA,
    Column("tender_id", Uuid, primary_key=True),
    Column("clause_id", Text, primary_key=True),
    Column("provider", Text, primary_key=True, comment="never shown; only counted, in groups"),
    Column("declined_at", DateTime(timezone=True), comment="the hub's time of taking it in"),
    at_column("changed_at"),
    schema=SCHEMA,
    comment="One row per clause and provider that did not bid because of it",
)

RETURN: Final = Table(
    "return",
    METADATA,
    Column("return_id", Uuid, primary_key=True),
    _id("agreement_id"),
    *map(text_column, ("lead", "of_organisation", "kind", "template")),
    *map(_day, ("starts_on", "ends_on")),
    Column("version", Integer, comment="the latest that was produced"),
    Column("confirmed_by", ARRAY(Text), comment="sides that confirmed this version"),
    _count("queries"),
    *map(at_column, ("produced_at", "changed_at")),
    schema=SCHEMA,
    comment="One row per return, in all its versions",
)

MEETING: Final = Table(
    "meeting",
    METADATA,
    Column("meeting_id", Uuid, primary_key=True),
    _id("agreement_id"),
    *map(text_column, ("lead", "of_organisation")),
    _day("held_on"),
    _count("actions"),
    at_column("changed_at"),
    Index("ix_meeting_agreement_id", "agreement_id", "of_organisation"),
    schema=SCHEMA,
    comment="One row per 1-1 meeting",
)

PARTNERSHIP_EVENT: Final = Table(
    "partnership_event",
    METADATA,
    Column("agreement_id", Uuid, primary_key=True),
    Column("partnership_event_id", Uuid, primary_key=True),
    *map(text_column, ("kind", "title")),
    *map(_day, ("planned_for", "held_on")),
    *map(_count, ("planned_commissioners", "planned_providers", "held_commissioners", "held_providers")),
    Column("agenda", JSONB, comment="its items, and the minutes they took"),
    at_column("changed_at"),
    schema=SCHEMA,
    comment="One row per partnership event",
)

PROVIDER_CONTEXT: Final = Table(
    "provider_context",
    METADATA,
    Column("of_organisation", Text, primary_key=True),
    Column("figure", Text, primary_key=True),
    Column("words", Text, comment="the provider's own, of its own figure"),
    *map(at_column, ("added_at", "changed_at")),
    schema=SCHEMA,
    comment="One row per figure that a provider has said something of",
)

DEAD_LETTER: Final = Table(
    "dead_letter",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    *(Column(name, Text, nullable=False) for name in ("sender", "type", "reason", "field", "remedy")),
    Column("ce_id", Text, nullable=False, server_default="", comment="empty where it could not be read"),
    Column("state", Text, nullable=False, server_default="open", comment="open, retried or dropped"),
    at_column("rejected_at"),
    Index("ix_dead_letter_sender", "sender", "ce_id"),
    schema=SCHEMA,
    comment="One row per dead letter, by its place on the topic",
)

STORY: Final = Table(
    "story",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("ce_id", Uuid, primary_key=True),
    *map(_id, ("referral_id", "placement_id")),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("stream", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False, comment="offset in its stream's partition"),
    Column("event", Text, nullable=False),
    Column("organisation", Text, comment="who said it; null: the hub"),
    Column("sentence", Text, nullable=False, comment="no personal data"),
    Index("ix_story_referral", "referral_id"),
    Index("ix_story_placement", "placement_id"),
    schema=SCHEMA,
    comment="What happened in each case, a sentence an event",
)
