"""Connections of the hub's own user to the broker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from placehub.drivers import batches
from placehub.drivers.records import Message, Partition
from placehub.errors import Unavailable
from placehub.refreshing import keep_refreshing
from placehub.refusing import count_refusals
from placehub.settings import Settings

POLL_MS: Final = 200
"""How long one look for records waits."""
RECONNECT_MS: Final = 2_000
"""How long a client leaves a broker alone, at most, before it tries to reach it again.

kafka-python's own 30 seconds would be waited for once more after a broker that was away for as long is back.
"""

batches.install()
keep_refreshing()
count_refusals()


def access(settings: Settings) -> dict[str, Any]:
    """Return what every kafka-python client needs to log in as the hub."""
    return {
        "bootstrap_servers": settings.bootstrap.split(","),
        "reconnect_backoff_max_ms": RECONNECT_MS,
        "security_protocol": "SASL_SSL" if settings.kafka_tls_ca else "SASL_PLAINTEXT",
        "ssl_cafile": settings.kafka_tls_ca,
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": settings.kafka_user,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
    }


def producer(settings: Settings, **options: Any) -> KafkaProducer:
    """Return a producer that keeps order and acknowledges nothing that could be lost."""
    return KafkaProducer(acks="all", enable_idempotence=True, **access(settings), **options)


def reader(settings: Settings, **options: Any) -> KafkaConsumer:
    """Return a consumer outside any group; the caller assigns and seeks.

    What a transaction wrote that was given up is not read, whoever opened it.
    """
    plain = {"group_id": None, "enable_auto_commit": False, "auto_offset_reset": "earliest", "fetch_max_wait_ms": 500}
    plain["isolation_level"] = "read_committed"
    return KafkaConsumer(**{**access(settings), **plain, **options})


def partitions_of(consumer: KafkaConsumer, topics: tuple[str, ...]) -> list[TopicPartition]:
    """Return every partition of the topics, in order; Unavailable when the broker does not know one of them (yet)."""
    found: list[TopicPartition] = []
    for topic in topics:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise Unavailable(f"The broker does not know the topic {topic}. Run 'placehub up' once, or try again.")
        found += [TopicPartition(topic, number) for number in numbers]
    return sorted(found)


def message_of(record: Any) -> Message:
    """Return kafka-python's record as ours."""
    return Message(record.topic, record.partition, record.offset, record.key, record.value, list(record.headers or []))


def poll(consumer: KafkaConsumer, wait_ms: int, most: int = 500) -> dict[Partition, list[Message]]:
    """Return what has come, by partition; empty after `wait_ms` without anything."""
    found = consumer.poll(timeout_ms=wait_ms, max_records=most)
    return {Partition(tp.topic, tp.partition): [message_of(one) for one in batch] for tp, batch in found.items()}


def read_spans(consumer: KafkaConsumer, spans: Mapping[Partition, tuple[int, int]]) -> dict[Partition, list[Message]]:
    """Return what stands in spans of partitions: from the first offset of each up to, and without, the second.

    Offsets at which no record stands are passed over. The consumer is one of `reader`'s, and reads nothing else.
    """
    ends = {TopicPartition(one.topic, one.number): end for one, (begin, end) in spans.items() if begin < end}
    consumer.assign(list(ends))
    for place, (begin, end) in spans.items():
        if begin < end:
            consumer.seek(TopicPartition(place.topic, place.number), begin)
    found: dict[Partition, list[Message]] = {}
    while any(consumer.position(tp) < end for tp, end in ends.items()):
        for place, batch in poll(consumer, POLL_MS).items():
            found.setdefault(place, []).extend(one for one in batch if one.offset < spans[place][1])
    return found
