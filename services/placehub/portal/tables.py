"""The portal's own tables: its people and their sessions, what their organisations were told, what they posted."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Index, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from placehub.database import METADATA

SCHEMA: Final = "portal"

PERSON: Final = Table(
    "person",
    METADATA,
    Column("person_id", Uuid, primary_key=True),
    Column("email", Text, nullable=False, unique=True, comment="lower case"),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False, comment="argon2id"),
    Column("totp_key", Text, nullable=False, comment="base32; of the second step at sign-in"),
    Column("totp_used", BigInteger, nullable=False, comment="step of the last code taken: none is taken twice"),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("mail", Text, nullable=False, server_default="at once", comment="at once, daily or none"),
    Column("language", Text, nullable=True, comment="the one they chose last; null: none yet"),
    schema=SCHEMA,
    comment="One person with a local account",
)

MAIL: Final = Table(
    "mail",
    METADATA,
    Column("mail_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="what waits; never about which case"),
    Column("noted_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("rests_until", DateTime(timezone=True), comment="it is being handed in, or was not taken"),
    Column("handed_in_at", DateTime(timezone=True)),
    Index("ix_mail_due", "handed_in_at", "due_at"),
    schema=SCHEMA,
    comment="Mails that wait or were handed in lately; times are the machine's",
)

MEMBER: Final = Table(
    "member",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("role", Text, nullable=False, comment="of code list officer_role"),
    Column("administrator", Boolean, nullable=False, comment="may invite and remove others"),
    Column("since", DateTime(timezone=True), nullable=False),
    schema=SCHEMA,
    comment="Who acts for which organisation, as what",
)

INVITATION: Final = Table(
    "invitation",
    METADATA,
    Column("token_sha256", LargeBinary, primary_key=True, comment="the link's own secret is not kept"),
    Column("organisation", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("administrator", Boolean, nullable=False),
    Column("totp_key", Text, nullable=False, comment="the person's, once the invitation is accepted"),
    Column("invited_by", Text, nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Index("ix_invitation_organisation", "organisation"),
    schema=SCHEMA,
    comment="Links that were given out and not used yet; used ones are removed",
)

SESSION: Final = Table(
    "session",
    METADATA,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("person_id", Uuid, nullable=False, index=True),
    Column("organisation", Text, nullable=False, comment="the one the person acts for now"),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("issuer", Text, nullable=True, comment="the provider that proved who it is; null: a password"),
    schema=SCHEMA,
    comment="Who is signed in; the cookie's own secret is not kept",
)

IDENTITY: Final = Table(
    "identity",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True, comment="the issuer's own name for the person"),
    Column("person_id", Uuid, nullable=False),
    schema=SCHEMA,
    comment="Who somebody is to their organisation's provider, kept at the first sign-in by it",
)

ATTEMPT: Final = Table(
    "attempt",
    METADATA,
    Column("of", Text, primary_key=True, comment="SHA-256 of the e-mail address that was tried"),
    Column("count", Integer, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    schema=SCHEMA,
    comment="Sign-ins that failed, counted by address until one succeeds or the time is over",
)

TOLD: Final = Table(
    "told",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("about", Text, nullable=False, comment="the case where it is about one, else the subject"),
    Column("stream", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("ce_id", Uuid, nullable=False),
    Column("source", Text, nullable=False),
    Column("happened_at", DateTime(timezone=True), nullable=False),
    Column("told_at", DateTime(timezone=True), nullable=False),
    Column("body", JSONB, nullable=False, comment="as it came: sealed parts stay sealed"),
    Index("ix_told_about", "organisation", "about", "id"),
    Index("ix_told_stream", "organisation", "stream", "id"),
    Index("ix_told_ce_id", "organisation", "ce_id"),
    schema=SCHEMA,
    comment="What came to the inboxes of organisations that have people here; removed when the use of it ends",
)

PASSED: Final = Table(
    "passed",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    schema=SCHEMA,
    comment="The last sequence of each sender and subject in an inbox: what comes again is dropped",
)

PLACE: Final = Table(
    "place",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    schema=SCHEMA,
    comment="How far each inbox was read",
)

POSTED: Final = Table(
    "posted",
    METADATA,
    Column("ce_id", Uuid, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("about", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    Index("ix_posted_about", "organisation", "about"),
    schema=SCHEMA,
    comment="Who posted which event in an organisation's outbox",
)

REFERENCE: Final = Table(
    "reference",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("kind", Text, primary_key=True, comment="vacancy or household"),
    Column("of", LargeBinary, primary_key=True, comment="SHA-256 of the provider's own reference"),
    Column("id", Uuid, nullable=False, comment="drawn, so that nobody guesses the reference from it"),
    schema=SCHEMA,
    comment="Under which id a home of a provider's own list is known to the hub: told again it is the same home",
)

DRAFT: Final = Table(
    "draft",
    METADATA,
    Column("draft_id", Uuid, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False, comment="notice, referral, revision or offer"),
    Column("address", Text, nullable=False, comment="of the page it was typed on"),
    Column("about", Text, nullable=False, comment="the case, where there is one already"),
    Column("compartment", Text, nullable=False),
    Column("key_id", Text, nullable=False, comment="of the child's or household's key it is sealed under"),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False, comment="what was typed"),
    Column(
        "own_subject",
        Uuid,
        comment="pseudonym of a key that seals this draft and nothing else; null: sealed under a case's or home's key",
    ),
    Column("saved_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False, index=True),
    Index("ix_draft_person", "organisation", "person_id"),
    Index("ix_draft_about", "organisation", "about"),
    schema=SCHEMA,
    comment="What people have begun to type and go on with later, sealed; removed when sent, thrown away or run out",
)

OPENED: Final = Table(
    "opened",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("about", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Index("ix_opened_about", "organisation", "about"),
    schema=SCHEMA,
    comment="Who opened the sealed parts of which case, kept before anything is shown",
)

ROTA: Final = Table(
    "rota",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("entry_id", Uuid, nullable=False, unique=True),
    Column("organisation", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False, comment="cover, away or deputy"),
    Column("person_id", Uuid, nullable=False),
    Column("facts", JSONB, nullable=False, comment="days and hours"),
    Column("set_by", Text, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
    schema=SCHEMA,
    comment="Who of a provider's people is told, at which hours, that a home is needed today",
)

OPERATED: Final = Table(
    "operated",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("act", Text, nullable=False),
    Column("about", Text, nullable=False, comment="processor, view, organisation, dead letter or topic"),
    Column("person_id", Uuid, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False, comment="empty where none is asked for"),
    Column("at", DateTime(timezone=True), nullable=False),
    schema=SCHEMA,
    comment="What operators did in the portal, who and why",
)
