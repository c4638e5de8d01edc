"""An organisation posts, seals, reads and opens with its own credentials alone."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from kafka import TopicPartition

from placehub.contracts.codec import Codec, Registry
from placehub.contracts.headers import Attributes, write_headers
from placehub.contracts.limits import LARGEST_BYTES
from placehub.database import connect
from placehub.drivers.brokers import message_of, producer, reader
from placehub.drivers.records import Record, read_event
from placehub.errors import Misconfigured, NotFound, Rejected, Unavailable
from placehub.keys.store import grant
from placehub.mailboxes.access import Access
from placehub.mailboxes.inbox import Mark, Received
from placehub.mailboxes.mailbox import Mailbox
from placehub.referrals.events import InHouseSearchStarted, ReferralMade
from placehub.streams import inbox, outbox

from .examples import CANARY, NOW, changed, question, referral

DELIVERED = "/hub/tests"
"""Source of what a test delivers: the running hub may deliver other things to the same inbox."""


def access_of(hub: Any, credentials: Any) -> Access:
    """Return what an organisation was given when it was registered."""
    return Access(
        organisation=credentials.code,
        bootstrap=hub.settings.bootstrap,
        kafka_password=credentials.kafka_password,
        api=hub.settings.api,
        api_token=credentials.api_token,
    )


@pytest.fixture(scope="module")
def authority_access(hub: Any) -> Access:
    """Credentials of an authority."""
    return access_of(hub, hub.add("authority"))


@pytest.fixture
def authority(authority_access: Access) -> Iterator[Mailbox]:
    """The mailbox of an authority."""
    with Mailbox.of(authority_access) as mailbox:
        yield mailbox


@pytest.fixture
def provider_access(hub: Any) -> Access:
    """Credentials of a provider whose inbox is empty."""
    return access_of(hub, hub.add("provider"))


@pytest.fixture
def provider(provider_access: Access) -> Iterator[Mailbox]:
    """The mailbox of a provider whose inbox is empty."""
    with Mailbox.of(provider_access) as mailbox:
        yield mailbox


def posted(hub: Any, organisation: str, id: UUID) -> Record:
    """Return what lies in an outbox under that id, as the hub reads it."""
    place = TopicPartition(outbox(organisation), 0)
    codec = Codec(Registry(hub.settings.registry))
    with reader(hub.settings) as consumer:
        consumer.assign([place])
        end = consumer.end_offsets([place])[place]
        while consumer.position(place) < end:
            for one in consumer.poll(500).get(place, ()):
                record = read_event(codec, message_of(one))
                if record.attributes.id == id:
                    return record
    raise AssertionError("nothing was posted under that id")


def deliver(hub: Any, organisation: str, value: bytes, sequences: range, type: str = "referral.ReferralMade") -> None:
    """Put a value into an inbox, as delivery does, once for each sequence number."""
    sender = producer(hub.settings)
    for sequence in sequences:
        about = Attributes(id=uuid4(), source=DELIVERED, type=type, subject="one", time=NOW, sequence=sequence)
        sender.send(inbox(organisation), value, b"one", write_headers(about)).get(timeout=20)
    sender.close()


def invited(hub: Any, authority: Mailbox, provider: Mailbox) -> ReferralMade:
    """Give a provider a referral in its inbox, and the need of its child, as an invitation does."""
    record = posted(
        hub,
        authority.organisation,
        authority.post_document("ReferralMade", referral(authority.organisation), time=NOW),
    )
    made: ReferralMade = record.event
    need = made.children[0].need
    assert need is not None
    assert record.value is not None
    engine = connect(hub.settings.database.get_secret_value(), pool_size=1)
    with engine.begin() as connection:
        owner = authority.organisation
        grant(connection, [(provider.organisation, need.key_id)], "test", NOW, owner=owner, compartment="need")
    engine.dispose()
    deliver(hub, provider.organisation, record.value, range(1, 2))
    return made


def test_posting(hub: Any, authority: Mailbox) -> None:
    """An event lies in the outbox with its key and CloudEvents attributes."""
    event = InHouseSearchStarted(referral_id=uuid4(), authority=authority.organisation)
    id = authority.post(event, time=NOW)
    record = posted(hub, authority.organisation, id)
    about = record.attributes
    assert (record.event, record.key) == (event, str(event.referral_id))
    assert (about.type, about.subject, about.time) == ("referral.InHouseSearchStarted", record.key, NOW)
    assert about.source == f"/organisations/{authority.organisation}"


def test_the_schema_is_named(hub: Any, authority_access: Access, authority: Mailbox) -> None:
    """`ce_dataschema` leads an organisation to the schema of the value."""
    id = authority.post(InHouseSearchStarted(referral_id=uuid4(), authority=authority.organisation), time=NOW)
    address = posted(hub, authority.organisation, id).attributes.dataschema
    answer = httpx.get(str(address), auth=(authority_access.organisation, authority_access.api_token))
    assert "InHouseSearchStarted" in answer.json()["schema"]


def test_nothing_open_is_sent(hub: Any, authority: Mailbox) -> None:
    """What was given open lies in the outbox sealed, and its owner opens it."""
    id = authority.post_document("ReferralMade", referral(authority.organisation), time=NOW)
    record = posted(hub, authority.organisation, id)
    assert CANARY.encode() not in (record.value or b"")
    (child,) = record.event.children
    need, identity = authority.open_need(child), authority.open_identity(child)
    assert need is not None
    assert identity is not None
    assert (need.why_now, need.risks[0].trigger, identity.name) == (CANARY, CANARY, CANARY)


def test_all_or_none(hub: Any, authority: Mailbox) -> None:
    """When one of many events is wrong, none is sent."""
    right = InHouseSearchStarted(referral_id=uuid4(), authority=authority.organisation)
    wrong = replace(right, referral_id=cast(UUID, "not an id"))
    id = uuid4()
    with pytest.raises(Rejected):
        authority.post_many([(right, NOW, id), (wrong, NOW, None)])
    with pytest.raises(AssertionError):
        posted(hub, authority.organisation, id)


def test_too_large(authority: Mailbox) -> None:
    """An event above a megabyte is refused before it is sent."""
    document = changed(referral(authority.organisation), "children.0.need.why_now", "x" * LARGEST_BYTES)
    with pytest.raises(Rejected, match="megabyte"):
        authority.post_document("ReferralMade", document, time=NOW)


@pytest.mark.parametrize("wrong", [{"kafka_password": "wrong"}, {"api_token": "wrong"}, {"organisation": "NOBODY"}])
def test_wrong_credentials(authority_access: Access, wrong: dict[str, str]) -> None:
    """Wrong credentials are said to be wrong."""
    with (
        Mailbox.of(replace(authority_access, **wrong)) as mailbox,
        pytest.raises(Misconfigured, match=r"Correct them|Check"),
    ):
        mailbox.post_document("ReferralMade", referral(mailbox.organisation), time=NOW)


def test_broker_away(authority_access: Access) -> None:
    """A broker that is away is not taken for a wrong password."""
    event = InHouseSearchStarted(referral_id=uuid4(), authority=authority_access.organisation)
    with Mailbox.of(replace(authority_access, bootstrap="127.0.0.1:9")) as mailbox, pytest.raises(Unavailable):
        mailbox.post(event, time=NOW)


def test_a_broker_that_is_just_starting(authority_access: Access) -> None:
    """One that takes a connection and says nothing yet has refused nobody: it may be tried again."""
    event = InHouseSearchStarted(referral_id=uuid4(), authority=authority_access.organisation)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        access = replace(authority_access, bootstrap=f"127.0.0.1:{silent.getsockname()[1]}")
        with Mailbox.of(access) as mailbox, pytest.raises(Unavailable):
            mailbox.post(event, time=NOW)


def test_what_an_invited_provider_opens(hub: Any, authority: Mailbox, provider: Mailbox) -> None:
    """An invited provider opens the need it is entitled to, and no identity."""
    invited(hub, authority, provider)
    (received,) = (one for one in provider.read_to_end() if one.attributes.source == DELIVERED)
    (child,) = received.event.children
    need = provider.open_need(child)
    assert need is not None
    assert need.why_now == CANARY
    with pytest.raises(NotFound):
        provider.open_identity(child)


def test_a_providers_words(hub: Any, authority: Mailbox, provider: Mailbox) -> None:
    """What a provider writes about a child is sealed under the authority's key, who reads it."""
    child = str(invited(hub, authority, provider).children[0].child_id)
    asked = question(provider.organisation, child, CANARY)
    record = posted(hub, provider.organisation, provider.post_document("ClarificationAsked", asked, time=NOW))
    assert CANARY.encode() not in (record.value or b"")
    assert authority.open_words(record.event.question) == CANARY


def test_words_without_a_key(provider: Mailbox) -> None:
    """Words about a child whose need never came are refused, not sealed where nobody can open them."""
    asked = question(provider.organisation, str(uuid4()), CANARY)
    with pytest.raises(Rejected) as refused:
        provider.post_document("ClarificationAsked", asked, time=NOW)
    assert refused.value.field == "question"


def test_reading(hub: Any, authority: Mailbox, provider: Mailbox) -> None:
    """What comes is read once, in order, and not again when it was delivered twice."""
    invited(hub, authority, provider)
    value = posted_value(hub, authority)
    deliver(hub, provider.organisation, value, range(1, 4))
    deliver(hub, provider.organisation, value, range(3, 5))
    assert delivered(provider.read_to_end()) == [1, 2, 3, 4]
    assert delivered(provider.read_to_end()) == []
    deliver(hub, provider.organisation, value, range(5, 6))
    assert delivered(provider.read_to_end()) == [5]


def test_going_on_where_one_was(hub: Any, authority: Mailbox, provider_access: Access) -> None:
    """A reader of its own goes on after its mark; where that event does not stand any more, from the start."""
    value = posted_value(hub, authority)
    deliver(hub, provider_access.organisation, value, range(1, 4))
    with Mailbox.of(provider_access) as first:
        marks = [one.mark for one in first.read_to_end() if one.attributes.source == DELIVERED]
    gone = Mark(marks[1].offset + 1000, marks[1].id)
    other = Mark(marks[1].offset, uuid4())
    for mark, expected in ((marks[1], [3]), (marks[2], []), (gone, [1, 2, 3]), (other, [1, 2, 3])):
        with Mailbox.of(provider_access) as again:
            assert delivered(again.read_to_end(mark)) == expected
    deliver(hub, provider_access.organisation, value, range(4, 5))
    with Mailbox.of(provider_access) as last:
        assert delivered(last.read_to_end(marks[2])) == [4]
        deliver(hub, provider_access.organisation, value, range(5, 6))
        assert delivered(last.read_to_end(marks[2])) == [5]


def posted_value(hub: Any, authority: Mailbox) -> bytes:
    """Return the bytes of an event a provider may receive."""
    event = InHouseSearchStarted(referral_id=uuid4(), authority=authority.organisation)
    return posted(hub, authority.organisation, authority.post(event, time=NOW)).value or b""


def delivered(received: list[Received]) -> list[int]:
    """Return the numbers of what a test delivered."""
    return [one.attributes.sequence for one in received if one.attributes.source == DELIVERED]


def read_all(mailbox: Mailbox, count: int) -> list[int]:
    """Read until so many events have come."""
    found: list[int] = []
    for _ in range(60):
        found += delivered(mailbox.read(timeout_s=1))
        if len(found) >= count:
            break
    return found


def test_reading_in_the_group(hub: Any, authority: Mailbox, provider_access: Access) -> None:
    """A second process goes on where the first has confirmed; what it had not confirmed comes again."""
    value = posted_value(hub, authority)
    deliver(hub, provider_access.organisation, value, range(1, 3))
    with Mailbox.of(provider_access) as first:
        assert read_all(first, 2) == [1, 2]
    with Mailbox.of(provider_access) as second:
        assert read_all(second, 2) == [1, 2]
        second.read(timeout_s=0.1)
    deliver(hub, provider_access.organisation, value, range(3, 4))
    with Mailbox.of(provider_access) as third:
        assert read_all(third, 1) == [3]


def test_a_later_versions_event(hub: Any, authority: Mailbox, provider: Mailbox) -> None:
    """An event of a type this version does not know is skipped and counted."""
    schema = '{"type":"record","name":"Unheard","namespace":"referral","fields":[]}'
    answer = httpx.post(f"{hub.settings.registry}/subjects/referral.Unheard/versions", json={"schema": schema})
    deliver(hub, provider.organisation, struct.pack(">bI", 0, answer.json()["id"]), range(1, 2), "referral.Unheard")
    deliver(hub, provider.organisation, posted_value(hub, authority), range(2, 3))
    assert delivered(provider.read_to_end()) == [2]
    assert provider.skipped == 1
