"""The streams on the broker, read for audit: consumers outside any group, and no producer anywhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from placehub.contracts.codec import Codec
from placehub.drivers.brokers import message_of
from placehub.drivers.reading import read_partition
from placehub.drivers.records import Record, read_event
from placehub.mailboxes.connection import ends_of


class Streams:
    """The hub's streams up to where they ended when each was first asked for; a running hub is not held up."""

    def __init__(self, open_consumer: Callable[[], KafkaConsumer], codec: Codec) -> None:
        self._open = open_consumer
        self._codec = codec
        self._ends: dict[str, dict[int, int]] = {}

    def partitions(self, stream: str) -> int:
        """Return how many partitions a stream has; 0 when there is no such stream yet."""
        return len(self._ends_of(stream))

    def records(
        self, stream: str, partition: int, types: Collection[str] | None = None, about: Collection[str] | None = None
    ) -> Iterator[Record]:
        """Yield one partition's records in their order, repeats dropped; of these types and subjects, if given."""
        end = self._ends_of(stream).get(partition, 0)
        if not end:
            return
        place = TopicPartition(stream, partition)
        consumer = self._open()
        try:
            found = read_partition(consumer, place, 0, end)
            yield from self._first(one for one in found if _wanted(one, types, about))
        finally:
            consumer.close()

    def _first(self, found: Iterable[ConsumerRecord]) -> Iterator[Record]:
        passed: dict[tuple[str, str], int] = {}
        for one in found:
            record = read_event(self._codec, message_of(one))
            about = record.attributes.source, record.key
            if record.attributes.sequence > passed.get(about, 0):
                passed[about] = record.attributes.sequence
                yield record

    def _ends_of(self, stream: str) -> dict[int, int]:
        if stream not in self._ends:
            consumer = self._open()
            try:
                places = [TopicPartition(stream, one) for one in sorted(consumer.partitions_for_topic(stream) or ())]
                self._ends[stream] = {tp.partition: end for tp, end in ends_of(consumer, places).items()}
            finally:
                consumer.close()
        return self._ends[stream]


def _wanted(one: ConsumerRecord, types: Collection[str] | None, about: Collection[str] | None) -> bool:
    """Tell from key and headers alone, so that nothing is decoded in vain."""
    return (types is None or _type_of(one.headers) in types) and (
        about is None or (one.key or b"").decode(errors="replace") in about
    )


def _type_of(headers: list[tuple[str, bytes]]) -> str:
    return next((value.decode(errors="replace") for name, value in headers if name == "ce_type"), "")
