"""What an organisation's clients may try at the broker, the same with two of them: each act says whether it was let."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka import admin as librdkafka_admin
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka import TopicPartition as PlainPartition
from kafka import admin as plain
from kafka.errors import (
    AuthorizationError,
    KafkaConnectionError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)
from kafka.structs import OffsetAndMetadata

rd: Any = librdkafka_admin
"""Typed as anything: it does not export its names to type checkers."""
LET, REFUSED, NO_LOGIN = "let", "refused", "no login"
SECONDS = 20


class Client(Protocol):
    """One organisation's client: acts on a topic and on a group, each by name."""

    topic: dict[str, Callable[[str], object]]
    group: dict[str, Callable[[str], object]]
    listed: dict[str, Callable[[], set[str]]]
    """What the broker lists for it when it names nothing: topics and groups."""

    def verdict(self, act: Callable[[str], object], name: str) -> str:
        """Return LET, REFUSED or NO_LOGIN; any other fault is raised."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class Plain:
    """kafka-python."""

    def __init__(self, account: dict[str, Any], code: str, inbox: str) -> None:
        self._account = account
        self._inbox = inbox
        self._consumer = KafkaConsumer(group_id=None, auto_offset_reset="earliest", **account)
        self._producer = KafkaProducer(enable_idempotence=False, max_block_ms=SECONDS * 1000, **account)
        self._admin = KafkaAdminClient(**account)
        self.topic: dict[str, Callable[[str], object]] = {
            "read": self._read,
            "write": lambda topic: self._producer.send(topic, b"x", partition=0).get(timeout=SECONDS),
            "offsets": lambda topic: self._consumer.end_offsets([PlainPartition(topic, 0)]),
            "describe": lambda topic: self._admin.describe_topics([topic]),
            "settings": self._settings,
            "change": lambda topic: self._admin.alter_configs(
                [self._resource(topic, {"retention.ms": "1"})], raise_on_unknown=False
            ),
            "grow": lambda topic: self._admin.create_partitions({topic: 9}),
            "empty": lambda topic: self._admin.delete_records({PlainPartition(topic, 0): -1}),
            "delete": lambda topic: self._admin.delete_topics([topic]),
        }
        self.group: dict[str, Callable[[str], object]] = {
            "join": self._join,
            "describe": lambda group: list(self._admin.describe_groups([group]).values()),
            "offsets": lambda group: self._admin.list_group_offsets({group: [PlainPartition(inbox, 0)]}),
            "commit": self._commit,
            "delete": lambda group: self._admin.delete_groups([group]),
        }
        self.listed: dict[str, Callable[[], set[str]]] = {
            "topics": lambda: set(self._admin.list_topics()),
            "groups": lambda: {one["group_id"] for one in self._admin.list_groups()},
        }

    @staticmethod
    def _resource(topic: str, configs: dict[str, str] | None = None) -> Any:
        return plain.ConfigResource(plain.ConfigResourceType.TOPIC, topic, configs)

    def _settings(self, topic: str) -> None:
        found = self._admin.describe_configs([self._resource(topic)], config_filter="all")
        if "retention.ms" not in repr(found):  # this client keeps the refusal to itself
            raise AuthorizationError(topic)

    def _read(self, topic: str) -> None:
        place = PlainPartition(topic, 0)
        self._consumer.assign([place])
        self._consumer.end_offsets([place])  # here it learns of a refusal, which a fetch alone keeps to itself
        self._consumer.seek(place, 0)
        assert self._consumer.poll(SECONDS * 1000), "neither a record nor a refusal came"

    def _join(self, group: str) -> None:
        with KafkaConsumer(self._inbox, group_id=group, **self._account) as consumer:
            consumer.poll(3_000)

    def _commit(self, group: str) -> None:
        with KafkaConsumer(group_id=group, **self._account) as consumer:
            place = PlainPartition(self._inbox, 0)
            consumer.assign([place])
            consumer.commit({place: OffsetAndMetadata(0, "", -1)})

    def verdict(self, act: Callable[[str], object], name: str) -> str:
        """Return what became of it."""
        try:
            _raise_within(act(name))
        except (AuthorizationError, UnknownTopicOrPartitionError):  # the second: it is not even told that there is one
            return REFUSED
        except (SaslAuthenticationFailedError, KafkaTimeoutError, KafkaConnectionError):
            return NO_LOGIN
        return LET

    def close(self) -> None:
        """Let go."""
        for one in (self._consumer, self._producer, self._admin):
            one.close()


def _raise_within(found: Any) -> None:
    """Raise the first error that an answer holds: this client hands some on as data."""
    if isinstance(found, dict):
        code = found.get("error_code")
        if isinstance(code, int) and code:
            raise for_code(code)
        for part in found.values():
            _raise_within(part)
    elif isinstance(found, list | tuple):
        for part in found:
            _raise_within(part)
    elif isinstance(found, BaseException) or (isinstance(found, type) and issubclass(found, AuthorizationError)):
        raise found
    elif isinstance(found, str) and "authorization" in found.casefold():
        raise AuthorizationError(found)


class Librdkafka:
    """confluent-kafka."""

    def __init__(self, account: dict[str, Any], code: str, inbox: str) -> None:
        self._account = account
        self._inbox = inbox
        self._consumer = Consumer({**account, "group.id": f"{code}.matrix", "enable.auto.commit": False})
        self._producer = Producer({**account, "message.timeout.ms": SECONDS * 1000})
        self._admin = rd.AdminClient(account)
        admin = self._admin
        self.topic: dict[str, Callable[[str], object]] = {
            "read": self._read,
            "write": self._write,
            "offsets": lambda topic: _all(admin.list_offsets({TopicPartition(topic, 0): rd.OffsetSpec.latest()})),
            "describe": lambda topic: _all(admin.describe_topics(TopicCollection([topic]))),
            "settings": lambda topic: _all(admin.describe_configs([_topic(topic)])),
            "change": lambda topic: _all(admin.alter_configs([_topic(topic, {"retention.ms": "1"})])),
            "grow": lambda topic: _all(admin.create_partitions([rd.NewPartitions(topic, 9)])),
            "empty": lambda topic: _all(admin.delete_records([TopicPartition(topic, 0, 0)])),
            "delete": lambda topic: _all(admin.delete_topics([topic])),
        }
        here = [TopicPartition(inbox, 0, 0)]
        self.group: dict[str, Callable[[str], object]] = {
            "join": self._join,
            "describe": lambda group: _all(admin.describe_consumer_groups([group])),
            "offsets": lambda group: _all(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])),
            "commit": lambda group: _all(
                admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, here)])
            ),
            "delete": lambda group: _all(admin.delete_consumer_groups([group])),
        }
        self.listed: dict[str, Callable[[], set[str]]] = {
            "topics": lambda: set(admin.list_topics(timeout=SECONDS).topics),
            "groups": lambda: {one.group_id for one in admin.list_consumer_groups().result(SECONDS).valid},
        }

    def _read(self, topic: str) -> None:
        known = self._consumer.list_topics(topic, timeout=SECONDS).topics[topic].error
        if known is not None:  # not even its partitions are told
            raise KafkaException(known)
        self._consumer.assign([TopicPartition(topic, 0, 0)])
        self._raise(self._consumer.poll(SECONDS))

    def _write(self, topic: str) -> None:
        errors: list[Any] = []
        self._producer.produce(topic, b"x", partition=0, on_delivery=lambda error, _: errors.append(error))
        self._producer.flush(SECONDS)
        if errors[0] is not None:
            raise KafkaException(errors[0])

    def _join(self, group: str) -> None:
        consumer = Consumer({**self._account, "group.id": group, "auto.offset.reset": "earliest"})
        consumer.subscribe([self._inbox])
        try:
            self._raise(consumer.poll(SECONDS))
        finally:
            consumer.close()

    @staticmethod
    def _raise(message: Any) -> None:
        assert message is not None, "neither a record nor a refusal came"
        if message.error() is not None:
            raise KafkaException(message.error())

    def verdict(self, act: Callable[[str], object], name: str) -> str:
        """Return what became of it."""
        try:
            act(name)
        except KafkaException as error:
            code = error.args[0].code()
            if code in _REFUSALS:
                return REFUSED
            if code in _NO_LOGIN:
                return NO_LOGIN
            raise
        return LET

    def close(self) -> None:
        """Let go."""
        self._consumer.close()


_REFUSALS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError._NOENT,  # what this client makes of a topic that it is not told of
}
_NO_LOGIN = {
    KafkaError._AUTHENTICATION,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
    KafkaError._MSG_TIMED_OUT,
    KafkaError.SASL_AUTHENTICATION_FAILED,
}


def _all(futures: Any) -> None:
    for one in futures.values():
        one.result(SECONDS)


def _topic(name: str, configs: dict[str, str] | None = None) -> Any:
    return rd.ConfigResource(rd.ConfigResource.Type.TOPIC, name, set_config=configs)
