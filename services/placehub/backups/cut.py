"""The one moment a backup is of: a snapshot of the database, and where every topic ended then.

Everything that reaches a stream stands in the table of outgoing rows first. While that table is locked nothing is added
to it and nothing removed; what its rows say may be sent, once or twice. So the snapshot knows all that stands in the
streams up to the ends read under the lock, and what may be missing there it still holds, to be sent again. The lock is
held for as long as the broker takes to say where topics end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import Connection, Engine, exists, select, text
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from placehub.drivers.brokers import partitions_of
from placehub.drivers.tables import OUTGOING
from placehub.errors import Unavailable
from placehub.mailboxes.connection import ends_of
from placehub.streams import TREEHEAD

_LOCK: Final = f"LOCK TABLE {OUTGOING.schema}.{OUTGOING.name} IN SHARE MODE"


class _HeadOnItsWay(Unavailable):
    """The log was signed, and the head is not in its stream yet: restored so, the log could not be verified."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The moment: a connection that goes on seeing the database as it was, and where each partition ended."""

    snapshot: Connection
    ends: dict[TopicPartition, int]


@contextmanager
def cut(engine: Engine, consumer: KafkaConsumer) -> Iterator[Cut]:
    """Give the moment; Unavailable when the evidence process has signed and does not publish."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as snapshot:
        ends = _taken(engine, snapshot, consumer)
        yield Cut(snapshot, ends)


@retry(retry=retry_if_exception_type(_HeadOnItsWay), stop=stop_after_attempt(20), wait=wait_fixed(0.5), reraise=True)
def _taken(engine: Engine, snapshot: Connection, consumer: KafkaConsumer) -> dict[TopicPartition, int]:
    snapshot.rollback()
    with engine.connect() as holding:
        holding.execute(text(_LOCK))
        # copying what was cut may take longer than a transaction may usually rest
        snapshot.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        if snapshot.scalar(select(exists().where(OUTGOING.c.topic == TREEHEAD))):
            raise _HeadOnItsWay("A signed tree head waits to be published. Is the evidence process running? Try again.")
        topics = tuple(sorted(one for one in consumer.topics() if not one.startswith("__")))
        ends = ends_of(consumer, partitions_of(consumer, topics))
        holding.rollback()
    return ends
