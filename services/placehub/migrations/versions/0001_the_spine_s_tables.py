"""the spine's tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    _delivery_entitled()
    _delivery_party()
    _drivers_outgoing()
    _drivers_passed()
    _intake()
    _keys_credential()
    _monitoring_organisation()
    _monitoring_rejected()
    _monitoring_search()
    _monitoring_story()
    _organisations()
    _search()
    _vacancies()
    _keys_entitlement()


def _delivery_entitled() -> None:
    op.create_table(
        "entitled",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "key_id", "subject", name=op.f("pk_entitled")),
        schema="delivery",
        comment="Because of which case a key is open to an organisation; it closes with the last of them",
    )
    op.create_index("ix_entitled_subject", "entitled", ["subject"], unique=False, schema="delivery")
    op.create_table(
        "fact",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column(
            "body",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="stripped as for an invited provider; sealed parts stay sealed",
        ),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("subject", "slot", name=op.f("pk_fact")),
        schema="delivery",
        comment="What a provider that comes later is told first",
    )
    op.create_table(
        "offer",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("selected", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "offer_id", name=op.f("pk_offer")),
        schema="delivery",
        comment="Whose each offer is, and whether a selection of it stands",
    )


def _delivery_party() -> None:
    op.create_table(
        "party",
        sa.Column("subject", sa.Uuid(), nullable=False, comment="referral_id or agreement_id"),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False, comment="owner, member or provider"),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False, comment="was told that its use of the data ended"),
        sa.Column("round", sa.Integer(), nullable=False, comment="counts how often it was taken in after that"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject", "organisation", "role", name=op.f("pk_party")),
        schema="delivery",
        comment="Who belongs to a case or an agreement",
    )
    op.create_table(
        "sent",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ce_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False, comment="of the record that caused it"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("without", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "source", "ce_id", "round", name=op.f("pk_sent")),
        schema="delivery",
        comment="The record of what was sent to whom; nothing is sent twice",
    )
    op.create_index("ix_sent_event", "sent", ["ce_id", "source"], unique=False, schema="delivery")


def _drivers_outgoing() -> None:
    op.create_table(
        "outgoing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("from_topic", sa.Text(), nullable=False),
        sa.Column("from_partition", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
        schema="drivers",
        comment="Committed with the effect, published in order right after, then removed",
    )
    op.create_index(
        "ix_outgoing_from",
        "outgoing",
        ["processor", "from_topic", "from_partition", "id"],
        unique=False,
        schema="drivers",
    )
    op.create_table(
        "parked",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False, comment="the aggregate it waits for"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ce_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked")),
        sa.UniqueConstraint("processor", "source", "ce_id", name=op.f("uq_parked_processor")),
        schema="drivers",
        comment="Events of other streams about an aggregate that is not known yet; taken in once it is",
    )
    op.create_index("ix_parked_subject", "parked", ["processor", "subject", "id"], unique=False, schema="drivers")


def _drivers_passed() -> None:
    op.create_table(
        "passed",
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("processor", "topic", "source", "subject", name=op.f("pk_passed")),
        schema="drivers",
        comment="The last ce_sequence each processor has taken in; anything at or below it is a repeat",
    )
    op.create_table(
        "position",
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column(
            "world",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="topic -> next offsets the partition's state knows",
        ),
        sa.PrimaryKeyConstraint("processor", "topic", "partition", name=op.f("pk_position")),
        schema="drivers",
        comment="How far each processor has come; whoever takes a partition raises its epoch",
    )
    op.create_table(
        "sequence",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "source", "subject", name=op.f("pk_sequence")),
        schema="drivers",
        comment="The last ce_sequence given per topic, source and subject",
    )


def _intake() -> None:
    op.create_table(
        "aggregate",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="the first writer"),
        sa.Column("parties", sa.ARRAY(sa.Text()), nullable=False, comment="who else may post about it"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "subject", name=op.f("pk_aggregate")),
        schema="intake",
    )
    op.create_table(
        "seen",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("ce_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "ce_id", name=op.f("pk_seen")),
        schema="intake",
        comment="An id used again by its sender is the same event: dropped silently",
    )


def _keys_credential() -> None:
    op.create_table(
        "credential",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_credential")),
        schema="keys",
    )
    op.create_table(
        "subject_key",
        sa.Column("key_id", sa.Text(), nullable=False, comment="uuid"),
        sa.Column("owner", sa.Text(), nullable=False, comment="code of the organisation whose key wraps it"),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("compartment", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True, comment="null once destroyed"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("destroyed_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(subject_kind = 'child' AND compartment IN ('identity', 'need')) OR (subject_kind = 'household' AND compartment = 'household')",
            name=op.f("ck_subject_key_compartment_of_subject"),
        ),
        sa.CheckConstraint(
            "(wrapped IS NULL) = (destroyed_at IS NOT NULL) AND (destroyed_at IS NULL) = (destroyed_reason IS NULL)",
            name=op.f("ck_subject_key_destroyed_is_erased"),
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_subject_key")),
        sa.UniqueConstraint("owner", "subject_kind", "subject_id", "compartment", name=op.f("uq_subject_key_owner")),
        schema="keys",
    )


def _monitoring_organisation() -> None:
    op.create_table(
        "organisation",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("nation", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_organisation")),
        schema="monitoring",
        comment="What the organisations in the views are called",
    )
    op.create_table(
        "placement",
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("vacancy_id", sa.Uuid(), nullable=True),
        sa.Column("authority", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("authority_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("planned_end", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_placement")),
        schema="monitoring",
        comment="One row per child's placement",
    )
    op.create_index("ix_placement_referral", "placement", ["referral_id"], unique=False, schema="monitoring")


def _monitoring_rejected() -> None:
    op.create_table(
        "rejected",
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sender", "type", "reason", "field", name=op.f("pk_rejected")),
        schema="monitoring",
        comment="Dead letters, counted",
    )


def _monitoring_search() -> None:
    op.create_table(
        "search",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=True),
        sa.Column("agreement_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True, comment="postcode sector the search is centred on"),
        sa.Column("area", sa.Text(), nullable=True, comment="authority the sector is in"),
        sa.Column("children", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True, comment="follows from the other columns"),
        sa.Column("began_with", sa.Text(), nullable=True, comment="EarlyNoticeGiven or ReferralMade"),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("need_known_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("referral_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("search_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_interest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_offer_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("selected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_house_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_house_concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_house_found", sa.Boolean(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("invitations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("declines", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lapses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("offers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("selections_refused", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_search")),
        schema="monitoring",
        comment="One row per case",
    )


def _monitoring_story() -> None:
    op.create_table(
        "story",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ce_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("placement_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="offset in its stream's partition"),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True, comment="who said it; null: the hub"),
        sa.Column("sentence", sa.Text(), nullable=False, comment="no personal data"),
        sa.PrimaryKeyConstraint("source", "ce_id", name=op.f("pk_story")),
        schema="monitoring",
        comment="What happened in each case, a sentence an event",
    )
    op.create_index("ix_story_placement", "story", ["placement_id"], unique=False, schema="monitoring")
    op.create_index("ix_story_referral", "story", ["referral_id"], unique=False, schema="monitoring")
    op.create_table(
        "vacancy",
        sa.Column("vacancy_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True, comment="authority the sector is in"),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("places", sa.Integer(), nullable=True, comment="places free now or from available_from"),
        sa.Column("state", sa.Text(), nullable=True, comment="now, coming, ask carer, paused or closed"),
        sa.Column("said_state", sa.Text(), nullable=True, comment="what the provider last said, before any pause"),
        sa.Column("available_from", sa.Date(), nullable=True),
        sa.Column("willing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("vacancy_id", name=op.f("pk_vacancy")),
        schema="monitoring",
        comment="One row per vacancy",
    )


def _organisations() -> None:
    op.create_table(
        "organisation",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("nation", sa.Text(), nullable=False),
        sa.Column("agreement_reference", sa.Text(), nullable=False),
        sa.Column("agreement_signed_on", sa.Date(), nullable=False),
        sa.Column("agreement_ends_on", sa.Date(), nullable=True),
        sa.Column("data_role", sa.Text(), nullable=False),
        sa.Column("data_contact", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False, comment="registering until its events are on the stream"),
        sa.CheckConstraint(
            "(state = 'disabled') = (disabled_at IS NOT NULL)", name=op.f("ck_organisation_disabled_is_dated")
        ),
        sa.CheckConstraint("state IN ('registering', 'active', 'disabled')", name=op.f("ck_organisation_state_known")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_organisation")),
        schema="organisations",
        comment="Who takes part in the hub, under which data-sharing agreement",
    )
    op.create_index(
        "ix_organisation_code_any_case",
        "organisation",
        [sa.literal_column("lower(code)")],
        unique=True,
        schema="organisations",
    )


def _search() -> None:
    op.create_table(
        "case",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False, comment="loaded when its partition is taken"),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_case")),
        schema="search",
    )
    op.create_index("ix_case_partition", "case", ["partition", "live"], unique=False, schema="search")


def _vacancies() -> None:
    op.create_table(
        "vacancy",
        sa.Column("vacancy_id", sa.Uuid(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False, comment="loaded when its partition is taken"),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("vacancy_id", name=op.f("pk_vacancy")),
        schema="vacancies",
    )
    op.create_index("ix_vacancy_partition", "vacancy", ["partition", "live"], unique=False, schema="vacancies")


def _keys_entitlement() -> None:
    op.create_table(
        "entitlement",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("granted_because", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["key_id"], ["keys.subject_key.key_id"], name=op.f("fk_entitlement_key_id_subject_key")
        ),
        sa.PrimaryKeyConstraint("key_id", "organisation", name=op.f("pk_entitlement")),
        schema="keys",
    )
    op.create_table(
        "opening",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["keys.subject_key.key_id"], name=op.f("fk_opening_key_id_subject_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening")),
        schema="keys",
    )
    op.create_index(op.f("ix_keys_opening_key_id"), "opening", ["key_id"], unique=False, schema="keys")
    # ### end Alembic commands ###


def downgrade() -> None:
    """Go back to the version before."""
    # ### commands auto generated by Alembic - please adjust! ###
    op.drop_index(op.f("ix_keys_opening_key_id"), table_name="opening", schema="keys")
    op.drop_table("opening", schema="keys")
    op.drop_table("entitlement", schema="keys")
    op.drop_index("ix_vacancy_partition", table_name="vacancy", schema="vacancies")
    op.drop_table("vacancy", schema="vacancies")
    op.drop_index("ix_case_partition", table_name="case", schema="search")
    op.drop_table("case", schema="search")
    op.drop_index("ix_organisation_code_any_case", table_name="organisation", schema="organisations")
    op.drop_table("organisation", schema="organisations")
    op.drop_table("vacancy", schema="monitoring")
    op.drop_index("ix_story_referral", table_name="story", schema="monitoring")
    op.drop_index("ix_story_placement", table_name="story", schema="monitoring")
    op.drop_table("story", schema="monitoring")
    op.drop_table("search", schema="monitoring")
    op.drop_table("rejected", schema="monitoring")
    op.drop_index("ix_placement_referral", table_name="placement", schema="monitoring")
    op.drop_table("placement", schema="monitoring")
    op.drop_table("organisation", schema="monitoring")
    op.drop_table("subject_key", schema="keys")
    op.drop_table("credential", schema="keys")
    op.drop_table("seen", schema="intake")
    op.drop_table("aggregate", schema="intake")
    op.drop_table("sequence", schema="drivers")
    op.drop_table("position", schema="drivers")
    op.drop_table("passed", schema="drivers")
    op.drop_index("ix_parked_subject", table_name="parked", schema="drivers")
    op.drop_table("parked", schema="drivers")
    op.drop_index("ix_outgoing_from", table_name="outgoing", schema="drivers")
    op.drop_table("outgoing", schema="drivers")
    op.drop_index("ix_sent_event", table_name="sent", schema="delivery")
    op.drop_table("sent", schema="delivery")
    op.drop_table("party", schema="delivery")
    op.drop_table("offer", schema="delivery")
    op.drop_table("fact", schema="delivery")
    op.drop_index("ix_entitled_subject", table_name="entitled", schema="delivery")
    op.drop_table("entitled", schema="delivery")
    # ### end Alembic commands ###
