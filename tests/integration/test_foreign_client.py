"""A client that knows nothing of the hub reads its inbox, and is refused everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any, cast

import httpx
import pytest
from cloudevents.core.bindings import kafka as cloudevents_kafka
from cloudevents.core.formats.json import JSONFormat
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    DeserializingConsumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from kafka import KafkaConsumer, KafkaProducer
from kafka import TopicPartition as PlainPartition
from kafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from placehub.mailboxes.connection import login
from placehub.organisations.joining import Credentials
from placehub.streams import DEADLETTER, STREAMS, inbox, outbox

from .story import Case, Desk, HubUnderTest, Town, desk

pytestmark = pytest.mark.broker
HUBS = (*(one.name for one in STREAMS), DEADLETTER)
"""The hub's own topics."""
REFUSED = KafkaError.TOPIC_AUTHORIZATION_FAILED


@pytest.fixture(scope="module")
def three(hub: HubUnderTest) -> Iterator[tuple[Desk, Desk, Desk]]:
    """An authority and two providers."""
    desks = desk(hub, "authority"), desk(hub, "provider"), desk(hub, "provider")
    yield desks
    for one in desks:
        one.mailbox.close()


@pytest.fixture(scope="module")
def told(hub: HubUnderTest, three: tuple[Desk, Desk, Desk]) -> Iterator[Case]:
    """A case of which both sides have heard: notice, referral, invitation."""
    town = Town(hub, three[0], three[1:])
    town.begin()
    town.open_home(three[1])
    hub.settle()
    case = town.case()
    case.notice()
    case.refer()
    hub.settle()
    yield case
    town.end()


def access(hub: HubUnderTest, credentials: Credentials, **more: object) -> dict[str, Any]:
    """Return what a librdkafka client needs, from the organisation's letter of welcome alone."""
    return {
        "bootstrap.servers": hub.settings.bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": credentials.code,
        "sasl.password": credentials.kafka_password,
        "enable.auto.commit": False,
        **more,
    }


def registry(hub: HubUnderTest, credentials: Credentials) -> SchemaRegistryClient:
    """Return Confluent's registry client on the hub's API."""
    user = f"{credentials.code}:{credentials.api_token}"
    return SchemaRegistryClient({"url": f"{hub.settings.api}/registry", "basic.auth.user.info": user})


class Opaque(JSONFormat):
    """The value is Avro, read by the deserializer: the SDK hands it on."""

    def read_data(self, body: bytes, datacontenttype: str | None) -> Any:
        """Return the body as it is."""
        return body


def test_the_inbox_is_avro_and_cloudevents(hub: HubUnderTest, three: tuple[Desk, Desk, Desk], told: Case) -> None:
    """Confluent's deserializer reads every record of an inbox, and the CloudEvents SDK every header set."""
    provider = three[1]
    settings = access(hub, provider.credentials)
    settings |= {"group.id": f"{provider.code}.foreign", "auto.offset.reset": "earliest"}
    reader = AvroDeserializer(registry(hub, provider.credentials))
    consumer = DeserializingConsumer({**settings, "value.deserializer": reader})
    consumer.subscribe([inbox(provider.code)])
    expected = [one.attributes for one in provider.mailbox.read_to_end()]
    found = [consumer.poll(20) for _ in expected]
    consumer.commit(asynchronous=False)
    consumer.close()
    assert len(found) >= 4
    for message, about in zip(found, expected, strict=True):
        assert message is not None
        assert message.error() is None
        assert isinstance(message.value(), dict)
        event = cloudevents_kafka.from_binary_event(
            cloudevents_kafka.KafkaMessage(headers=headers_of(message), key=message.key(), value=b""), Opaque()
        )
        assert event.get_id() == str(about.id)
        assert (event.get_type(), event.get_source(), event.get_time()) == (about.type, about.source, about.time)
        assert event.get_specversion() == "1.0"
    values: list[Any] = [message.value() for message in found if message]
    assert str(told.id) in {str(value.get("referral_id")) for value in values}


def headers_of(message: Any) -> dict[str, bytes]:
    """Return the headers of a record; the client's own type leaves open what they are."""
    return dict(message.headers())


def error_of(message: Any) -> KafkaError | None:
    """Return the error a record stands for, as above."""
    return cast("KafkaError | None", message.error())


def every_topic(three: tuple[Desk, Desk, Desk]) -> list[str]:
    """Return every topic of the hub and of the three."""
    return [*HUBS, *(name(one.code) for one, name in product(three, (inbox, outbox)))]


@pytest.mark.parametrize("number", range(3), ids=["authority", "provider", "other provider"])
def test_librdkafka_reads_and_writes_its_own_only(
    hub: HubUnderTest, three: tuple[Desk, Desk, Desk], told: Case, number: int
) -> None:
    """Of all topics an organisation reads one and writes one; the broker refuses every other."""
    own = three[number]
    topics = every_topic(three)
    assert [topic for topic in topics if may_read(hub, own, topic)] == [inbox(own.code)]
    assert [topic for topic in topics if may_write(hub, own, topic)] == [outbox(own.code)]


def may_read(hub: HubUnderTest, own: Desk, topic: str) -> bool:
    """Tell whether records of the topic may be fetched; any other fault than a refusal is raised."""
    consumer = Consumer(access(hub, own.credentials, **{"group.id": f"{own.code}.matrix"}))
    known = consumer.list_topics(topic, timeout=20).topics[topic].error
    if known is not None and known.code() == REFUSED:  # not even its partitions are told
        consumer.close()
        return False
    consumer.assign([TopicPartition(topic, 0, 0)])
    message = consumer.poll(20)
    consumer.close()
    assert message is not None, f"{topic} neither gave a record nor refused"
    error = error_of(message)
    assert error is None or error.code() == REFUSED, error.name()
    return error is None


def may_write(hub: HubUnderTest, own: Desk, topic: str) -> bool:
    """As `may_read`, for a record that the hub will set aside."""
    errors: list[KafkaError | None] = []
    producer = Producer({name: value for name, value in access(hub, own.credentials).items() if "commit" not in name})
    producer.produce(topic, b"x", partition=0, on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(20) == 0
    (error,) = errors
    assert error is None or error.code() == REFUSED, error.name()
    return error is None


@pytest.mark.parametrize("number", range(3), ids=["authority", "provider", "other provider"])
def test_kafka_python_reads_and_writes_its_own_only(
    hub: HubUnderTest, three: tuple[Desk, Desk, Desk], told: Case, number: int
) -> None:
    """The same matrix by another client."""
    own = three[number]
    account = login(hub.settings.bootstrap, own.code, own.credentials.kafka_password, None)
    readable, writable = [], []
    with KafkaConsumer(group_id=None, auto_offset_reset="earliest", **account) as consumer:
        for topic in every_topic(three):
            place = PlainPartition(topic, 0)
            consumer.assign([place])
            if not _refused(partial(_fetch, consumer, place)):
                readable.append(topic)
    # an idempotent producer is of no more use after its first refusal
    with KafkaProducer(enable_idempotence=False, **account) as producer:
        for topic in every_topic(three):
            if not _refused(partial(_send, producer, topic)):
                writable.append(topic)
    assert (readable, writable) == ([inbox(own.code)], [outbox(own.code)])


def _fetch(consumer: KafkaConsumer, place: PlainPartition) -> None:
    consumer.end_offsets([place])
    consumer.poll(20_000)


def _send(producer: KafkaProducer, topic: str) -> None:
    producer.send(topic, b"x", partition=0).get(timeout=20)


def _refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except TopicAuthorizationFailedError:
        return True
    return False


def test_foreign_groups(hub: HubUnderTest, three: tuple[Desk, Desk, Desk]) -> None:
    """Nobody joins, or learns the offsets of, a group of another or of the hub."""
    own, _, other = three
    admin = AdminClient({name: value for name, value in access(hub, own.credentials).items() if "commit" not in name})
    for group in (f"{other.code}.inbox", own.code, f"{own.code}x", "hub.search", "hub.intake"):
        consumer = Consumer(access(hub, own.credentials, **{"group.id": group}))
        consumer.subscribe([inbox(own.code)])
        message = consumer.poll(20)
        consumer.close()
        assert message is not None
        error = error_of(message)
        assert error is not None
        assert error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED
        with pytest.raises(KafkaException, match="GROUP_AUTHORIZATION_FAILED"):
            admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(20)
        account = login(hub.settings.bootstrap, own.code, own.credentials.kafka_password, None)
        with (
            KafkaConsumer(inbox(own.code), group_id=group, **account) as plain,
            pytest.raises(GroupAuthorizationFailedError),
        ):
            plain.poll(20_000)


def test_no_topic_of_ones_own(hub: HubUnderTest, three: tuple[Desk, Desk, Desk]) -> None:
    """An organisation makes no topics, not even by writing to one that is not there, and sees only its own."""
    own = three[0]
    admin = AdminClient({name: value for name, value in access(hub, own.credentials).items() if "commit" not in name})
    for name in ("mine", f"{own.code}.mine", f"outbox.{own.code}.more"):
        with pytest.raises(KafkaException, match="AUTHORIZATION_FAILED"):
            admin.create_topics([NewTopic(name, 1, 1)])[name].result(20)
    assert not may_write(hub, own, "not.there")
    assert set(admin.list_topics(timeout=20).topics) == {inbox(own.code), outbox(own.code)}


def test_the_registry_is_read_only(hub: HubUnderTest, three: tuple[Desk, Desk, Desk]) -> None:
    """Schemas can be read with the organisation's own token, and neither registered, changed nor deleted."""
    own = three[1]
    client = registry(hub, own.credentials)
    latest = client.get_latest_version("referral.ReferralMade")
    with pytest.raises(SchemaRegistryError):
        client.register_schema("mine-value", latest.schema)
    with pytest.raises(SchemaRegistryError):
        client.delete_subject("referral.ReferralMade")
    with pytest.raises(SchemaRegistryError):
        client.set_compatibility("referral.ReferralMade", level="NONE")
    assert client.get_latest_version("referral.ReferralMade").version == latest.version
    assert httpx.get(f"{hub.settings.api}/registry/subjects", trust_env=False).status_code == 401
    wrong = httpx.get(f"{hub.settings.api}/registry/subjects", auth=(own.code, "wrong"), trust_env=False)
    assert wrong.status_code == 401
