"""The streams as the evidence log has them: bytes as they stand, read by consumers outside any group, no producer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from placehub.contracts.codec import Codec, Schemas
from placehub.drivers.brokers import message_of
from placehub.drivers.reading import SOON_MS, read_partition
from placehub.drivers.records import read_event, read_raw
from placehub.errors import NotFound
from placehub.evidence.events import TreeHeadSigned, TreeHeadStamped
from placehub.evidence.leaves import Leaf, Sealed
from placehub.evidence.processor import sealed
from placehub.mailboxes.connection import ends_of
from placehub.streams import TREEHEAD


class SealedStreams:
    """The streams, each partition up to where it ended when it was asked for."""

    def __init__(self, open_consumer: Callable[[], KafkaConsumer], schemas: Schemas) -> None:
        self._open = open_consumer
        self._schemas = schemas
        self._codec = Codec(schemas)

    def read(self, topic: str, partition: int, begin: int) -> Iterator[Sealed]:
        """Yield the records of one partition from an offset on, sealed as they are."""
        for record in self._records(topic, partition, begin):
            yield sealed(read_raw(message_of(record)))

    def heads(self) -> list[TreeHeadSigned]:
        """Return every signed tree head, in order, repeats dropped."""
        return self.heads_and_stamps()[0]

    def stamps(self) -> list[TreeHeadStamped]:
        """Return every time stamp of a tree head, in order, repeats dropped."""
        return self.heads_and_stamps()[1]

    def heads_and_stamps(self) -> tuple[list[TreeHeadSigned], list[TreeHeadStamped]]:
        """Return both, of one reading of their stream: each stamp is of a head that is there."""
        found = [read_event(self._codec, message_of(one)) for one in self._records(TREEHEAD, 0, 0)]
        told = {one.attributes.id: one.event for one in found}.values()
        heads = [one for one in told if isinstance(one, TreeHeadSigned)]
        return heads, [one for one in told if isinstance(one, TreeHeadStamped)]

    def decoded(self, record: Sealed) -> Any:
        """Return the event of a record, its sealed parts sealed; Rejected when it is none."""
        return self._codec.decode(record.value)

    def schema(self, schema_id: int) -> dict[str, Any]:
        """Return a schema; NotFound when the registry has none of that id."""
        found = self._schemas.schema_of(schema_id)
        if found is None:
            raise NotFound(f"The registry has no schema {schema_id}. Restore it from a copy.")
        return found

    def fetch(self, leaves: Iterable[Leaf]) -> Iterator[Sealed]:
        """Yield the record of each leaf; NotFound when one is not in its stream any more."""
        consumer = self._open()
        try:
            for leaf in leaves:
                yield _one(consumer, leaf)
        finally:
            consumer.close()

    def _records(self, topic: str, partition: int, begin: int) -> Iterator[Any]:
        place, consumer = TopicPartition(topic, partition), self._open()
        try:
            yield from read_partition(consumer, place, begin, ends_of(consumer, [place])[place])
        finally:
            consumer.close()


def _one(consumer: KafkaConsumer, leaf: Leaf) -> Sealed:
    place = TopicPartition(leaf.topic, leaf.partition)
    gone = NotFound(f"Record {leaf.position} is not in its stream any more. See 'placehub audit verify'.")
    if leaf.offset >= ends_of(consumer, [place])[place]:
        raise gone
    consumer.assign([place])
    consumer.seek(place, leaf.offset)
    while not (found := consumer.poll(timeout_ms=SOON_MS, max_records=1).get(place)):
        pass
    if found[0].offset != leaf.offset:
        raise gone
    return sealed(read_raw(message_of(found[0])))
