"""Streams read once, outside of any group, with the hub's own credentials: whole, or one partition as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from placehub.contracts.codec import Codec, Registry
from placehub.drivers.brokers import message_of, partitions_of, reader
from placehub.drivers.records import Record, read_event
from placehub.mailboxes.connection import ends_of
from placehub.settings import Settings

WAIT_MS: Final = 500
SOON_MS: Final = 200
AT_ONCE: Final = 500
"""Records of one partition that are asked for at once."""


def read_streams(settings: Settings, topics: tuple[str, ...]) -> dict[str, list[Record]]:
    """Return every record of the topics, decoded, each partition in its order."""
    codec = Codec(Registry(settings.registry))
    consumer = reader(settings)
    found: dict[str, list[Record]] = {topic: [] for topic in topics}
    try:
        places = partitions_of(consumer, topics)
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = ends_of(consumer, places)
        while any(consumer.position(place) < end for place, end in ends.items()):
            for place, batch in consumer.poll(timeout_ms=WAIT_MS, max_records=5000).items():
                found[place.topic] += [read_event(codec, message_of(one)) for one in batch]
    finally:
        consumer.close(autocommit=False)
    return {topic: sorted(records, key=lambda one: (one.partition, one.offset)) for topic, records in found.items()}


def read_partition(consumer: KafkaConsumer, place: TopicPartition, begin: int, end: int) -> Iterator[ConsumerRecord]:
    """Yield one partition's records as the broker gives them, from offset `begin` up to `end`, which is left out.

    The consumer is the caller's: it is assigned this partition alone, and not closed.
    """
    consumer.assign([place])
    consumer.seek(place, begin)
    while consumer.position(place) < end:
        for batch in consumer.poll(timeout_ms=SOON_MS, max_records=AT_ONCE).values():
            yield from (one for one in batch if one.offset < end)
