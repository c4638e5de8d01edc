"""Topics copied record by record, and filled so that each record has the offset it had.

Offsets must be the same: decisions name them as what they rest on, and the evidence log as where a record stands. Where
a topic no longer begins at 0, because a mailbox drops what is old, what was dropped is made up by empty records that
are deleted at once. Where an organisation's transaction left a gap, a transaction leaves it again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Final

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from placehub.backups.manifest import Span
from placehub.backups.records import Kept, write_records
from placehub.drivers.reading import read_partition
from placehub.errors import Unavailable

ON_THE_WAY: Final = 5_000
"""Records that are sent before the first is asked for."""
SEND_SECONDS: Final = 60


def copy_partition(consumer: KafkaConsumer, place: TopicPartition, end: int, path: Path) -> Span:
    """Write a partition's records, up to `end`, into a new file; say what is in it."""
    begin = consumer.beginning_offsets([place])[place]
    records = read_partition(consumer, place, begin, end) if begin < end else iter(())
    kept = (Kept(one.offset, one.timestamp, one.key, tuple(one.headers), one.value) for one in records)
    first, count = write_records(path, kept)
    return Span(begin=end if first is None else first, end=end, records=count)


class Filling:
    """Fills partitions that are empty. What must be deleted again afterwards is in `drop`."""

    def __init__(self, producer: KafkaProducer, transactions: KafkaProducer) -> None:
        """`transactions`: a second producer, with an id for transactions."""
        self._producer, self._transactions = producer, transactions
        self._sent: deque[tuple[Any, int]] = deque()
        self._begun = False
        self.drop: dict[TopicPartition, int] = {}

    def fill(self, place: TopicPartition, span: Span, records: Iterator[Kept]) -> None:
        """Fill one partition up to the span's end; Unavailable when the broker gives a record another offset."""
        if span.begin:
            for at in range(span.begin):
                self._send(self._producer, place, _nothing(at, 0))
            self.drop[place] = span.begin
        for record, following in _with_following(records, span.end):
            gap = following - record.offset - 1
            if gap == 1:  # the mark of a transaction that was kept
                self._in_transaction(place, [record], self._transactions_kept)
            else:
                self._send(self._producer, place, record)
            if gap > 1:  # records of one that was given up, and its mark
                lost = [_nothing(at, record.timestamp) for at in range(record.offset + 1, following - 1)]
                self._in_transaction(place, lost, self._transactions_given_up)
        self._await(0)

    def _send(self, producer: KafkaProducer, place: TopicPartition, one: Kept) -> None:
        # this client sends nothing without both; such a record is no event, with an empty value no more than without
        value = b"" if one.key is None and one.value is None else one.value
        sent = producer.send(place.topic, value, one.key, list(one.headers), place.partition, one.timestamp)
        self._sent.append((sent, one.offset))
        self._await(ON_THE_WAY)

    def _await(self, most: int) -> None:
        """Return once no more than so many records are on their way."""
        if most == 0:
            self._producer.flush(SEND_SECONDS)
        while len(self._sent) > most:
            sent, offset = self._sent.popleft()
            told = sent.get(timeout=SEND_SECONDS)
            if told.offset != offset:
                raise Unavailable(
                    f"{told.topic}/{told.partition} took record {offset} as {told.offset}: somebody else writes there. "
                    "Restore into servers that nobody uses."
                )

    def _in_transaction(self, place: TopicPartition, records: list[Kept], end: Callable[[], None]) -> None:
        self._await(0)
        if not self._begun:
            self._transactions.init_transactions()
            self._begun = True
        self._transactions.begin_transaction()
        for one in records:
            self._send(self._transactions, place, one)
        self._transactions.flush(SEND_SECONDS)
        self._await(0)
        end()

    def _transactions_kept(self) -> None:
        self._transactions.commit_transaction()

    def _transactions_given_up(self) -> None:
        self._transactions.abort_transaction()


def _with_following(records: Iterator[Kept], end: int) -> Iterator[tuple[Kept, int]]:
    """Yield each record with the offset of the next one; after the last one that is the end."""
    for one, after in pairwise(chain(records, [None])):
        assert one is not None
        yield one, end if after is None else after.offset


def _nothing(offset: int, timestamp: int) -> Kept:
    return Kept(offset, timestamp, None, (), None)
