"""A repair of Faust: what it lost on the way to us is read again.

While partitions are given anew, faust-streaming 0.15.3 drops what it has fetched and trusts in reading on from the
group's committed offset. A partition that has none yet is not set back (`seek_to_committed` leaves it alone), so what
was fetched of it and dropped would not come again until its next owner; and where a later record comes first, all that
lies between would be passed over for good. Positions stand in the database, so:

- before records are taken in, what is missing before or among them is read from the broker, past Faust;
- when nothing is on its way and the consumer is ahead of the positions, it is set back to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import structlog
from kafka import KafkaConsumer
from kafka.errors import KafkaError
from tenacity import retry, retry_if_exception_type, wait_exponential

from placehub.drivers.brokers import read_spans
from placehub.drivers.records import Message, Partition, not_taken_in
from placehub.observing.metrics import RETRIES

LOG = structlog.get_logger()
LOOK_SECONDS: Final = 3.0
"""How often it is looked whether anything was lost, and how long nothing must have come before."""


class Rereading:
    """Remembers what was read again, so that a gap that holds no records is not read for ever."""

    def __init__(self) -> None:
        self._again: dict[Partition, tuple[int, int]] = {}

    def lost(self, positions: Mapping[Partition, int], reads: Mapping[Partition, int]) -> dict[Partition, int]:
        """Return where to read again, by partition.

        `positions`: the next offset to take in; `reads`: the next one the consumer will fetch. Nothing may be on its
        way between the two. A gap is named once: records of a transaction that was given up never come.
        """
        ahead = {one: (at, reads[one]) for one, at in positions.items() if reads.get(one, 0) > at}
        found = {one: gap[0] for one, gap in ahead.items() if self._again.get(one) != gap}
        self._again = ahead
        return found


class Mending:
    """Makes batches whole: reads what is missing before or among their records from the broker itself."""

    def __init__(self, open_consumer: Callable[[], KafkaConsumer]) -> None:
        self._open = open_consumer
        self._consumer: KafkaConsumer | None = None

    def whole(
        self, batches: Mapping[Partition, Sequence[Message]], expected: Mapping[Partition, int]
    ) -> dict[Partition, list[Message]]:
        """Return the batches with every record from the `expected` offset of their partition on, each once, in order.

        Asks the broker only where an offset is missing, and again until it answers. An offset at which no record
        stands (a transaction's mark, or what it gave up) stays missing.
        """
        return {place: list(self._whole(place, batch, expected[place])) for place, batch in batches.items()}

    def _whole(self, place: Partition, batch: Iterable[Message], at: int) -> Iterator[Message]:
        for one in not_taken_in(batch, at):
            if one.offset > at:
                found = self._between(place, at, one.offset)
                LOG.warning("read past Faust", topic=place.topic, partition=place.number, offset=at, records=len(found))
                yield from found
            yield one
            at = one.offset + 1

    @retry(
        retry=retry_if_exception_type(KafkaError),
        wait=wait_exponential(multiplier=0.2, max=5),
        before_sleep=lambda state: RETRIES.labels("broker").inc(),
    )
    def _between(self, place: Partition, begin: int, end: int) -> list[Message]:
        self._consumer = consumer = self._consumer or self._open()
        return read_spans(consumer, {place: (begin, end)}).get(place, [])
