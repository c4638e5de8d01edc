"""Everything a client without our SDK may get wrong ends as one dead letter and one answer; everything else goes on."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from kafka import KafkaProducer
from sqlalchemy import select

from placehub.agreements.events import ProviderJoined
from placehub.contracts.schema import avro_schema
from placehub.database import connect
from placehub.delivery.tables import SENT
from placehub.drivers.batches import MOST_BYTES
from placehub.drivers.brokers import access as hub_access
from placehub.drivers.brokers import partitions_of, reader
from placehub.intake.flood import RECENT
from placehub.intake.tables import PAUSED, resting_outboxes
from placehub.mailboxes.connection import login
from placehub.mailboxes.events import EventRejected, OutboxPaused
from placehub.organisations.events import OrganisationDisabled
from placehub.organisations.register import disable
from placehub.referrals.events import EarlyNoticeGiven, InHouseSearchStarted
from placehub.search.events import SearchStarted
from placehub.streams import DEADLETTER, outbox

from ..waiting import until
from .story import Desk, HubUnderTest, Town, desk, registered
from .wrong import CANARY, KINDS, NOTICE, Foreign, Schemas, Sender, Wire

pytestmark = pytest.mark.broker


@dataclass
class Quarter:
    """Two organisations with their foreign clients, and another authority with a case of its own."""

    hub: Any
    town: Town
    other: Desk
    senders: dict[str, Sender]
    clients: dict[str, Foreign]
    desks: dict[str, Desk]
    posted: dict[str, tuple[str, Wire]] = field(default_factory=dict)

    def post(self, name: str, wire: Wire, kind: str) -> None:
        """Post a record under a name."""
        self.posted[name] = kind, wire
        self.clients[kind].post(wire)

    def offset(self, name: str) -> int:
        """Return at which offset of its outbox a record stands."""
        kind, wire = self.posted[name]
        return next(offset for offset, one in self.clients[kind].at.items() if one is wire)

    def goes_on(self) -> None:
        """Check that another authority's next event has its effect."""
        case = self.town.case(authority=self.other)
        case.notice()
        self.hub.settle()
        assert len(self.other.got(SearchStarted, case.id)) == 1


def librdkafka(hub: HubUnderTest, own: Desk) -> dict[str, Any]:
    """Return what a librdkafka producer needs."""
    return {
        "bootstrap.servers": hub.settings.bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": own.code,
        "sasl.password": own.credentials.kafka_password,
    }


def of_a_later_version(hub: HubUnderTest) -> tuple[str, bytes]:
    """Register, as a later hub would, the schema of an event that this version does not know; return name and bytes."""
    schema = avro_schema(InHouseSearchStarted) | {"name": "HomeVisited"}
    client = SchemaRegistryClient({"url": hub.settings.registry})
    client.register_schema("referral.HomeVisited", Schema(json.dumps(schema), "AVRO"))
    name = "referral.HomeVisited"
    return name, Schemas(client).encode(name, {"referral_id": uuid4(), "authority": "anybody"})


def made_up(seed: int) -> random.Random:
    """Return chance that is the same each time."""
    return random.Random(seed)  # noqa: S311 - no secret is made of it


def quarter_of(hub: Any, seed: int = 1) -> Quarter:
    """Register the organisations, and let the authorities have a case each."""
    authority, other, provider = (desk(hub, kind) for kind in ("authority", "authority", "provider"))
    town = Town(hub, authority, ())
    town.begin()
    own, others = town.case(), town.case(authority=other)
    own.refer()
    others.notice()
    hub.settle()
    schemas = Schemas(
        SchemaRegistryClient(
            {
                "url": f"{hub.settings.api}/registry",
                "basic.auth.user.info": f"{authority.code}:{authority.credentials.api_token}",
            }
        )
    )
    chance, later = made_up(seed), of_a_later_version(hub)
    desks = {"authority": authority, "provider": provider}
    senders = {
        kind: Sender(one.code, kind, schemas, hub.now, chance, other.code, others.id, own.id, later)
        for kind, one in desks.items()
    }
    clients = {kind: Foreign(librdkafka(hub, one), outbox(one.code)) for kind, one in desks.items()}
    return Quarter(hub, town, other, senders, clients, desks)


@pytest.fixture(scope="module")
def quarter(hub: Any) -> Iterator[Quarter]:
    """Every wrong record there is, posted and dealt with."""
    made = quarter_of(hub)
    for name, (kind, make) in KINDS.items():
        made.post(name, make(made.senders[kind]), kind)
    for one in made.clients.values():
        one.flush()
    hub.settle()
    yield made
    for each in (*made.desks.values(), made.other):
        each.mailbox.close()


@pytest.fixture(scope="module")
def letters(quarter: Quarter) -> list[dict[str, str]]:
    """Every dead letter."""
    return dead_letters(quarter.hub)


def dead_letters(hub: HubUnderTest) -> list[dict[str, str]]:
    """Return every dead letter: its headers, and its value."""
    found = []
    with reader(hub.settings) as consumer:
        places = partitions_of(consumer, (DEADLETTER,))
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(place) < end for place, end in ends.items()):
            found += [one for batch in consumer.poll(500).values() for one in batch]
    return [{name: value.decode() for name, value in one.headers} | {"value": repr(one.value)} for one in found]


def told_of(own: Desk, wire: Wire, offset: int) -> list[EventRejected]:
    """Return what a sender was told of a record, known by its place in the outbox or its id."""
    ids = [value for name, value in wire.headers if name == "ce_id"]
    return [
        one
        for one in own.got(EventRejected)
        if one.position == f"{outbox(own.code)}/0/{offset}" or str(one.rejected_id).encode() in ids
    ]


def dead(letters: list[dict[str, str]], own: Desk, wire: Wire, offset: int) -> list[dict[str, str]]:
    """Return the dead letters of a record, known in the same way."""
    ids = [value.decode() for name, value in wire.headers if name == "ce_id" and isinstance(value, bytes)]
    return [
        one
        for one in letters
        if (one.get("topic"), one.get("offset")) == (outbox(own.code), str(offset)) or one.get("ce_id") in ids
    ]


@pytest.mark.parametrize("name", KINDS)
def test_each_wrong_record_once(quarter: Quarter, letters: list[dict[str, str]], name: str) -> None:
    """One dead letter and one answer: its field, a rule, a remedy, and nothing of what stood in the record."""
    kind, wire = quarter.posted[name]
    own, offset = quarter.desks[kind], quarter.offset(name)
    (why,) = told_of(own, wire, offset)
    (letter,) = dead(letters, own, wire, offset)
    assert why.field == letter["field"] == wire.field
    assert why.rule
    assert why.remedy
    assert (letter["sender"], letter["reason"], letter["value"]) == (own.code, why.rule, "None")
    said = repr((why.field, why.rule, why.remedy, letter))
    assert not [word for word in (CANARY, CANARY.lower(), "ZZ9 9", "Rex") if word in said]


def test_afterwards_everything_goes_on(quarter: Quarter) -> None:
    """No process ended for any of it, and what others post has its effect."""
    assert not [
        name for name, child in quarter.hub.running.supervisor.services.items() if "process ends" in logged(child)
    ]
    quarter.goes_on()


def logged(child: Any) -> str:
    """Return what a process has logged."""
    return str(child.log.read_text(errors="replace")) if child.log.exists() else ""


def notice(by: Sender) -> Wire:
    """Return a notice in order."""
    return by.wire(NOTICE, by.notice())


def taken(quarter: Quarter, wire: Wire) -> list[Any]:
    """Return the sender's receipts of a notice."""
    assert wire.key is not None
    return quarter.desks["authority"].letters(EarlyNoticeGiven, UUID(wire.key.decode()))


@pytest.mark.parametrize("packing", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_packing_is_taken(quarter: Quarter, packing: str) -> None:
    """Whatever a client packs its batches with, its events are taken in."""
    authority, by = quarter.desks["authority"], quarter.senders["authority"]
    client = Foreign(
        librdkafka(quarter.hub, authority), outbox(authority.code), **{"compression.type": packing, "linger.ms": 200}
    )
    sent = [notice(by) for _ in range(20)]
    for one in sent:
        client.post(one)
    client.flush()
    quarter.hub.settle()
    assert [len(taken(quarter, one)) for one in sent] == [1] * 20


@pytest.mark.parametrize("packing", ["gzip", "lz4", "zstd"])
def test_a_batch_that_would_fill_the_memory(quarter: Quarter, packing: str) -> None:
    """A batch of a few kilobytes that unpacks to far more is set aside whole, its sender told; the next goes on."""
    authority, by = quarter.desks["authority"], quarter.senders["authority"]
    before = len([one for one in authority.got(EventRejected) if one.field == "batch"])
    account = login(quarter.hub.settings.bootstrap, authority.code, authority.credentials.kafka_password, None)
    size = MOST_BYTES * 3
    with KafkaProducer(compression_type=packing, max_request_size=size * 2, **account) as one:
        one.send(outbox(authority.code), bytes(size), b"any").get(timeout=60)
    right = notice(by)
    quarter.clients["authority"].post(right)
    quarter.clients["authority"].flush()
    quarter.hub.settle()
    assert len([one for one in authority.got(EventRejected) if one.field == "batch"]) == before + 1
    assert len(taken(quarter, right)) == 1


def test_a_packed_event_of_more_than_a_megabyte(quarter: Quarter) -> None:
    """An event that the broker takes because it is packed, and that is too large unpacked, is set aside like any."""
    provider, by = quarter.desks["provider"], quarter.senders["provider"]
    sealed = {"key_id": "k", "nonce": bytes(12), "ciphertext": b"\xff" * 2_000_000}
    asked = by.asked(referral_id=by.anothers_case, question=sealed)
    wire = by.wire("referral.ClarificationAsked", asked, "value")
    more = {"compression.type": "gzip", "message.max.bytes": 5_000_000}
    client = Foreign(librdkafka(quarter.hub, provider), outbox(provider.code), **more)
    client.post(wire)
    client.flush()
    quarter.hub.settle()
    (offset,) = client.at
    assert [one.field for one in told_of(provider, wire, offset)] == ["value"]
    assert [one["field"] for one in dead(dead_letters(quarter.hub), provider, wire, offset)] == ["value"]
    quarter.goes_on()


class NoText(str):
    """The name of a header, as a client writes it that does not know that names are UTF-8."""

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return bytes that are not."""
        return b"\xff\xfeX"


def test_hostile_names_of_headers(quarter: Quarter) -> None:
    """Headers that are not ours, whatever they are called and however often, change nothing; nor do they travel on."""
    authority, by = quarter.desks["authority"], quarter.senders["authority"]
    right = notice(by)
    more = [
        (NoText("x"), b"\xff"),
        ("x\x00" + CANARY, b"1"),
        ("x", b"1"),
        ("", b""),
        ("ce_" + CANARY, b""),
    ]
    account = login(quarter.hub.settings.bootstrap, authority.code, authority.credentials.kafka_password, None)
    with KafkaProducer(**account) as one:
        one.send(outbox(authority.code), right.value, right.key, [*more, *right.headers]).get(timeout=20)
    quarter.hub.settle()
    (letter,) = taken(quarter, right)
    assert letter.attributes.dataschema is None
    assert CANARY not in repr(letter)


def test_what_a_sender_claims_beside_its_event(quarter: Quarter) -> None:
    """Sequence, marks, time of recording and source are the hub's to say; a trace goes on only if it is one."""
    by = quarter.senders["authority"]
    claimed = {
        "ce_source": b"/hub/search/referral/0",
        "ce_sequence": b"999",
        "ce_marks": CANARY.encode(),
        "ce_recordedtime": b"2020-01-01T00:00:00+00:00",
        "ce_toldtime": b"2020-01-01T00:00:00+00:00",
        "ce_dataschema": CANARY.encode(),
        "traceparent": CANARY.encode(),
    }
    trace = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    claims = by.wire(NOTICE, by.notice(), header=claimed)
    traced = by.wire(NOTICE, by.notice(), header={"traceparent": trace})
    for one in (claims, traced):
        quarter.clients["authority"].post(one)
    quarter.clients["authority"].flush()
    quarter.hub.settle()
    (letter,), (followed,) = taken(quarter, claims), taken(quarter, traced)
    about = letter.attributes
    assert (about.source, about.recorded_at, about.marks) == (f"/organisations/{by.code}", quarter.hub.now, ())
    assert (about.told_at, about.sequence < 999) == (quarter.hub.now, True)
    assert CANARY not in repr(letter)
    assert followed.attributes.traceparent == trace.decode()


def test_the_same_event_twice(quarter: Quarter) -> None:
    """The same id again is the same event: one receipt, no answer."""
    by = quarter.senders["authority"]
    right = notice(by)
    for _ in range(3):
        quarter.clients["authority"].post(right)
    quarter.clients["authority"].flush()
    quarter.hub.settle()
    assert len(taken(quarter, right)) == 1
    assert not told_of(quarter.desks["authority"], right, -1)


def test_an_event_too_large_for_the_broker(quarter: Quarter) -> None:
    """More than a megabyte does not even come in, whatever the client allows itself."""
    authority, by = quarter.desks["authority"], quarter.senders["authority"]
    failed: list[Any] = []
    producer = Producer({**librdkafka(quarter.hub, authority), "message.max.bytes": 5_000_000})
    producer.produce(
        outbox(authority.code),
        by.chance.randbytes(1_500_000),
        b"any",
        on_delivery=lambda error, _: failed.append(error),
    )
    assert producer.flush(30) == 0
    assert [one.code() for one in failed] == [KafkaError.MSG_SIZE_TOO_LARGE]
    quarter.goes_on()


def test_what_happened_late(quarter: Quarter) -> None:
    """What happened three weeks ago is taken, and marked as recorded late."""
    by = quarter.senders["authority"]
    late = by.wire(NOTICE, by.notice(), header={"ce_time": (quarter.hub.now - timedelta(days=21)).isoformat().encode()})
    quarter.clients["authority"].post(late)
    quarter.clients["authority"].flush()
    quarter.hub.settle()
    (letter,) = taken(quarter, late)
    assert letter.attributes.marks == ("recorded_late",)


def test_a_correction_of_ones_own_event(quarter: Quarter) -> None:
    """One's own event can be corrected, under its own aggregate alone."""
    by, own = quarter.senders["authority"], quarter.desks["authority"]
    first = notice(by)
    (wrong,) = [value.decode() for name, value in first.headers if name == "ce_id" and isinstance(value, bytes)]
    assert first.key is not None

    def correction(case: str) -> Wire:
        document = {"referral_id": UUID(case), "sender": by.code, "corrects": UUID(wrong)}
        return by.wire("referral.EventCorrected", {**document, "reason": "typing error", "by": "team manager"})

    right, elsewhere = correction(first.key.decode()), correction(str(by.own_case))
    for one in (first, right, elsewhere):
        quarter.clients["authority"].post(one)
    quarter.clients["authority"].flush()
    quarter.hub.settle()
    assert not told_of(own, right, -1)
    assert [one.field for one in told_of(own, elsewhere, -1)] == ["corrects"]


def test_an_organisation_opens_no_transactions(quarter: Quarter) -> None:
    """Only the hub's own rights reach transactions: an organisation's client is refused at the door."""
    authority = quarter.desks["authority"]
    producer = Producer({**librdkafka(quarter.hub, authority), "transactional.id": f"{authority.code}.mine"})
    with pytest.raises(KafkaException) as refused:
        producer.init_transactions(20)
    assert refused.value.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


def test_a_transaction_that_is_given_up(quarter: Quarter) -> None:
    """What a transaction wrote that was given up is not taken; its marks in the log hold nobody up."""
    by, settings = quarter.senders["authority"], quarter.hub.settings
    given_up, kept = notice(by), notice(by)
    account = hub_access(settings)
    with KafkaProducer(transactional_id=f"test-{uuid4()}", **account) as producer:
        producer.init_transactions()
        for wire, end in ((given_up, producer.abort_transaction), (kept, producer.commit_transaction)):
            producer.begin_transaction()
            producer.send(outbox(by.code), wire.value, wire.key, wire.headers).get(timeout=20)
            end()
        producer.begin_transaction()
        producer.send(outbox(by.code), given_up.value, given_up.key, given_up.headers).get(timeout=20)
        producer.abort_transaction()
    quarter.hub.settle()
    assert (len(taken(quarter, given_up)), len(taken(quarter, kept))) == (0, 1)


def test_an_outbox_of_which_most_is_wrong_rests(hub: Any) -> None:
    """It is left alone for a while, its sender and the operator are told, the others go on, and nothing is lost."""
    flooded = quarter_of(hub, seed=2)
    by, client = flooded.senders["authority"], flooded.clients["authority"]
    begun = [notice(by), *(KINDS["not Avro"][1](by) for _ in range(3 * RECENT)), notice(by)]
    for one in begun:
        client.post(one)
    client.flush()
    engine = connect(hub.settings.database.get_secret_value())

    def resting() -> list[str]:
        with engine.connect() as connection:
            return [row["organisation"] for row in resting_outboxes(connection)]

    until(lambda: by.code in resting())
    flooded.goes_on()
    hub.settle()
    until(lambda: by.code not in resting())
    with engine.connect() as connection:
        times = connection.execute(select(PAUSED.c.times).where(PAUSED.c.organisation == by.code)).scalar_one()
    engine.dispose()
    paused = flooded.desks["authority"].got(OutboxPaused)
    assert len(paused) == times
    assert 1 <= times <= 6
    assert {(one.seconds, one.organisation) for one in paused} == {(hub.settings.rest_seconds, by.code)}
    assert len([one for one in flooded.desks["authority"].got(EventRejected) if one.field == "value"]) == 3 * RECENT
    assert [len(taken(flooded, one)) for one in (begun[0], begun[-1])] == [1, 1]
    assert "most of it is rejected" in logged(hub.running.supervisor.services["intake"])


def test_nothing_goes_to_who_was_shut_out(hub: Any) -> None:
    """Delivery stops writing into the inbox of a disabled organisation, and its record says that it kept back what."""
    shut = quarter_of(hub, seed=3)
    by, own = shut.senders["authority"], shut.desks["authority"]
    before = own.mailbox.read_to_end()
    own.mailbox.close()
    shut.clients["authority"].post(notice(by))
    shut.clients["authority"].flush()
    hub.settle()
    # what it had posted before it was shut out, and is only read afterwards, is set aside without an answer
    disable(hub.settings, own.code, "contract ended", hub.now)
    hub.settle()
    end = inbox_end(hub, own.code)
    with KafkaProducer(**hub_access(hub.settings)) as producer:
        late = notice(replace(by, chance=made_up(9)))
        producer.send(outbox(own.code), late.value, late.key, late.headers).get(timeout=20)
    hub.settle()
    assert inbox_end(hub, own.code) == end > len(before)
    (ours,) = [one for one in dead_letters(hub) if one.get("sender") == own.code]
    assert ours["field"] == "ce_source"
    engine = connect(hub.settings.database.get_secret_value())
    with engine.connect() as connection:
        mine = select(SENT.c.type, SENT.c.withheld).where(SENT.c.organisation == own.code, SENT.c.withheld.is_not(None))
        withheld = [tuple(row) for row in connection.execute(mine)]
    engine.dispose()
    assert withheld == [(f"organisation.{OrganisationDisabled.__name__}", "organisation disabled")]


def test_who_never_joined_holds_nobody_up(hub: Any) -> None:
    """An event that names an organisation without an inbox is taken; what comes after it reaches its receivers."""
    lead = desk(hub, "authority")
    agreement_id = uuid4()
    lead.post(registered(lead.code, lead.code, "E99999999", agreement_id=agreement_id))
    joined = ProviderJoined(
        agreement_id=agreement_id, lead=lead.code, provider="NEVER-JOINED", joined_on=date(2026, 1, 1)
    )
    posted = lead.post(joined)
    hub.settle()
    assert posted in {one.attributes.id for one in lead.mailbox.read_to_end()}


def inbox_end(hub: HubUnderTest, code: str) -> int:
    """Return where an inbox ends."""
    with reader(hub.settings) as consumer:
        (end,) = consumer.end_offsets(partitions_of(consumer, (f"inbox.{code}",))).values()
    return int(end)
