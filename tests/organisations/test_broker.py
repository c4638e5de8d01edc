"""What the broker lets an organisation do: its own mailboxes, and nothing else of anybody's."""

from __future__ import annotations

from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import AuthorizationError, GroupAuthorizationFailedError, TopicAuthorizationFailedError

from placehub.drivers import brokers
from placehub.errors import Misconfigured
from placehub.mailboxes.connection import login
from placehub.organisations.broker import administer, ensure_streams
from placehub.streams import DEADLETTER, STREAMS, inbox, outbox

ANYTHING = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)


@pytest.fixture(scope="module")
def ours(hub: Any) -> Any:
    """The organisation that tries."""
    return hub.add("provider")


@pytest.fixture(scope="module")
def theirs(hub: Any) -> Any:
    """The organisation whose mailboxes it tries."""
    return hub.add("provider")


@pytest.fixture(scope="module")
def access(hub: Any, ours: Any) -> dict[str, Any]:
    """How the organisation logs in."""
    return login(hub.settings.bootstrap, ours.code, ours.kafka_password, None)


def test_own_mailboxes(access: dict[str, Any], ours: Any) -> None:
    """An organisation writes its outbox and reads its inbox, in a group of its own name."""
    with KafkaProducer(**access) as producer:
        assert producer.send(outbox(ours.code), b"x").get(timeout=20).topic == outbox(ours.code)
    with KafkaConsumer(inbox(ours.code), group_id=f"{ours.code}.inbox", **access) as consumer:
        consumer.poll(timeout_ms=200)
        assert consumer.topics() == {outbox(ours.code), inbox(ours.code)}


def test_what_it_may_not_write(access: dict[str, Any], ours: Any, theirs: Any) -> None:
    """It writes no other mailbox, not its own inbox, no stream, and no dead letter."""
    closed = [outbox(theirs.code), inbox(theirs.code), inbox(ours.code), DEADLETTER, *(one.name for one in STREAMS)]
    with KafkaProducer(**access) as producer:
        for topic in closed:
            with pytest.raises(TopicAuthorizationFailedError):
                producer.send(topic, b"x").get(timeout=20)


def test_what_it_may_not_read(access: dict[str, Any], ours: Any, theirs: Any) -> None:
    """It reads no other mailbox, not even its own outbox, no stream, and no dead letter."""
    closed = [inbox(theirs.code), outbox(theirs.code), outbox(ours.code), DEADLETTER, *(one.name for one in STREAMS)]
    with KafkaConsumer(group_id=None, auto_offset_reset="earliest", **access) as consumer:
        for topic in closed:
            place = TopicPartition(topic, 0)
            consumer.assign([place])
            with pytest.raises(TopicAuthorizationFailedError):
                # Writing implies describing: of its own outbox an organisation may learn the end, but no record.
                _ = consumer.end_offsets([place]), consumer.poll(timeout_ms=20_000)


def test_others_groups(access: dict[str, Any], ours: Any, theirs: Any) -> None:
    """It uses no group of another, nor one whose name only begins like its own."""
    for group in (f"{theirs.code}.inbox", ours.code, f"{ours.code}x.inbox", "hub.search"):
        with (
            KafkaConsumer(inbox(ours.code), group_id=group, **access) as consumer,
            pytest.raises(GroupAuthorizationFailedError),
        ):
            consumer.poll(timeout_ms=20_000)


def test_no_administration(access: dict[str, Any]) -> None:
    """It makes no topics and sees nobody's access rules."""
    with KafkaAdminClient(**access) as admin:
        with pytest.raises(AuthorizationError):
            admin.create_topics({"mine.now": {"num_partitions": 1}})
        with pytest.raises(AuthorizationError):
            admin.describe_acls(ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, ANYTHING))


def test_streams_again(hub: Any) -> None:
    """Ensuring the streams twice changes nothing, and they are kept for ever."""
    ensure_streams(hub.settings)
    with KafkaAdminClient(**brokers.access(hub.settings)) as admin:
        found = {one["name"]: len(one["partitions"]) for one in admin.describe_topics([one.name for one in STREAMS])}
    assert found == {one.name: 1 if one.single_partition else hub.settings.partitions for one in STREAMS}


def test_other_partitions(hub: Any) -> None:
    """A stream that exists with other partitions stops the hub with a plain sentence."""
    other = hub.settings.model_copy(update={"partitions": hub.settings.partitions + 1})
    with pytest.raises(Misconfigured, match="fixed when it is created"):
        ensure_streams(other)


def test_mailboxes_again(hub: Any, ours: Any) -> None:
    """Opening mailboxes that are open changes nothing."""
    with administer(hub.settings) as broker:
        broker.open_mailboxes([ours.code])
        broker.grant_mailboxes([ours.code])
        broker.await_in_force([ours.code])
