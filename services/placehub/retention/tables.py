"""Retention's own tables, in the PostgreSQL schema `retention`; no other service reads them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from placehub.database import METADATA

SCHEMA: Final = "retention"
_OWNER: Final = "the authority whose child, or provider whose household, it is"

CASE: Final = Table(
    "case",
    METADATA,
    Column("referral_id", Uuid, primary_key=True),
    Column("authority", Text, nullable=False),
    Column("children", ARRAY(Uuid), nullable=False),
    Column("referred", Boolean, nullable=False, comment="a formal referral was made of it"),
    Column("closed_at", DateTime(timezone=True)),
    Column("reopened_at", DateTime(timezone=True)),
    Column("last_event_at", DateTime(timezone=True), nullable=False),
    Column("ran_out_at", DateTime(timezone=True), comment="when a notice that came to nothing was erased"),
    Index("ix_case_children", "children", postgresql_using="gin"),
    Index("ix_case_notice", "closed_at", postgresql_where=text("NOT referred AND ran_out_at IS NULL")),
    schema=SCHEMA,
    comment="Which children each case is about, and since when it is over",
)

STAY: Final = Table(
    "stay",
    METADATA,
    Column("placement_id", Uuid, primary_key=True),
    Column("referral_id", Uuid, index=True),
    Column("child_id", Uuid),
    Column("authority", Text, comment="which says of which case and child it is"),
    Column("vacancy_id", Uuid, index=True),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("last_event_at", DateTime(timezone=True), nullable=False),
    schema=SCHEMA,
    comment="Which case each placement followed from, and whether the child lives there",
)

HOME: Final = Table(
    "home",
    METADATA,
    Column("vacancy_id", Uuid, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("household_ref", Uuid, nullable=False, index=True),
    Column("offered_at", DateTime(timezone=True), nullable=False, comment="opened, or revised last"),
    Column("closed_at", DateTime(timezone=True)),
    schema=SCHEMA,
    comment="Whose household each vacancy is of, and whether it is offered",
)

HOLD: Final = Table(
    "hold",
    METADATA,
    Column("hold_id", Uuid, primary_key=True),
    Column("owner", Text, nullable=False, comment=_OWNER),
    Column("subject_kind", Text, nullable=False, server_default="child", comment="child or household"),
    Column("subject_id", Uuid, nullable=False, index=True),
    Column("ground", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("lifted_by", Text),
    Column("lifted_at", DateTime(timezone=True)),
    Column("told", Integer, nullable=False, server_default="0", comment="how many of its events stand in the stream"),
    schema=SCHEMA,
    comment="What stops an erasure",
)

DISPUTE: Final = Table(
    "dispute",
    METADATA,
    Column("agreement_id", Uuid, primary_key=True),
    Column("dispute_id", Uuid, primary_key=True),
    Column("placement_id", Uuid, nullable=False, index=True),
    Column("opened_at", DateTime(timezone=True), nullable=False, comment="raised, or routed anew"),
    Column("routed_to", Text, comment="the organisation whose word resolves it"),
    Column("routed_at", DateTime(timezone=True)),
    Column("resolved_at", DateTime(timezone=True)),
    schema=SCHEMA,
    comment="Disputes about a placement: while one is open nothing of the children of its case is erased",
)

ERASURE: Final = Table(
    "erasure",
    METADATA,
    Column("erasure_id", Uuid, primary_key=True),
    Column("owner", Text, nullable=False, comment=_OWNER),
    Column("subject_kind", Text, nullable=False, server_default="child", comment="child or household"),
    Column("subject_id", Uuid, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, comment="null: the hub's own timer"),
    Column("asked_for", Text, comment="the organisation the person spoke for; null: the hub's operator"),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_by", Text),
    Column("confirmed_by", Text),
    Column("erased_at", DateTime(timezone=True)),
    Column("keys_destroyed", Integer),
    Column("cases", ARRAY(Uuid), nullable=False, server_default="{}"),
    Column("to", ARRAY(Text), nullable=False, server_default="{}", comment="who else could open one of the keys"),
    Column("told", Boolean, nullable=False, server_default="false", comment="stands in the evidence stream"),
    Index("ix_erasure_not_told", "erasure_id", postgresql_where=text("erased_at IS NOT NULL AND NOT told")),
    schema=SCHEMA,
    comment="Erasures asked for, and those done; nothing of what was erased",
)
