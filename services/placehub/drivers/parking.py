"""Events that name an aggregate nobody knows yet: streams have no order among each other, so they wait for it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from kafka.partitioner.default import murmur2
from sqlalchemy import bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from placehub.drivers.records import Message, Record, read_event
from placehub.drivers.step import Step
from placehub.drivers.tables import PARKED

_TAKEN: Final = (
    delete(PARKED)
    .where(PARKED.c.processor == bindparam("of_processor"), PARKED.c.subject == bindparam("of_subject"))
    .returning(PARKED)
)


class Parking:
    """What waits for the aggregates of one processor; all of it in the step's own transaction.

    `partitions` is how many the stream of these aggregates has: every worker hears the world, and only the one that
    holds the aggregate's partition parks.
    """

    def __init__(self, processor: str, partitions: int) -> None:
        self._processor = processor
        self._partitions = partitions

    def is_for(self, step: Step, subject: UUID) -> bool:
        """Tell whether an aggregate, known or not, belongs to this step's partition."""
        return partition_of(str(subject), self._partitions) == step.partition.number

    def park(self, step: Step, subject: UUID, record: Record) -> None:
        """Keep a record until somebody asks for what waits for this aggregate; harmless twice."""
        row = {
            "processor": self._processor,
            "subject": subject,
            "source": record.attributes.source,
            "ce_id": record.attributes.id,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": record.key,
            "headers": [[name, value.decode()] for name, value in record.headers],
            "value": record.value,
        }
        step.connection.execute(insert(PARKED).on_conflict_do_nothing(), [row])

    def take(self, step: Step, subject: UUID) -> list[Record]:
        """Return what has waited for an aggregate, in the order in which it came; it waits no longer."""
        rows = step.connection.execute(_TAKEN, {"of_processor": self._processor, "of_subject": subject}).all()
        return [
            read_event(
                step.codec,
                Message(
                    row.topic,
                    row.partition,
                    row.offset,
                    row.key.encode(),
                    row.value,
                    [(name, value.encode()) for name, value in row.headers],
                ),
            )
            for row in sorted(rows, key=lambda row: row.id)
        ]


def partition_of(key: str, partitions: int) -> int:
    """Return the partition the broker's clients choose for a key: Kafka's own rule, which all of them share."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions
