"""Publishing of committed rows: in order, again and again until the broker has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from logging import DEBUG
from typing import Final

import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError
from sqlalchemy import Connection, Engine, bindparam, delete, func, select, text
from tenacity import retry, retry_if_exception_type, wait_exponential

from placehub.contracts.traces import trace_id_of
from placehub.database import among_those, these
from placehub.drivers.records import Partition, Row
from placehub.drivers.tables import OUTGOING
from placehub.observing.metrics import RETRIES
from placehub.observing.spans import publishing

LOG = structlog.get_logger()
AT_ONCE: Final = 64
_FROM: Final = (OUTGOING.c.from_topic, OUTGOING.c.from_partition)
_UNSENT: Final = (
    select(OUTGOING)
    .where((OUTGOING.c.processor == bindparam("of_processor")) & among_those(*_FROM))
    .order_by(OUTGOING.c.id)
)
# lost in a crash, they are published again, which their readers drop: so, as `unhurried`
_REMOVED: Final = delete(OUTGOING).where(
    select(func.set_config("synchronous_commit", "off", True)).scalar_subquery() == "off",
    among_those(OUTGOING.c.id),
)
_UNHURRIED: Final = text("SET LOCAL synchronous_commit = off")


def unhurried(connection: Connection) -> None:
    """Let this transaction's commit return before it is on disk: only where losing it changes nothing anyone saw."""
    connection.execute(_UNHURRIED)


def _waits(attempt: int) -> None:
    RETRIES.labels("broker").inc()
    LOG.warning("publishing waits for the broker", attempt=attempt)


def _tell(rows: Sequence[Row]) -> None:
    for row in rows:
        told = {name: value.decode() for name, value in row.headers if name in ("ce_type", "ce_id", "traceparent")}
        trace = {"trace_id": trace_id_of(told.pop("traceparent"))} if "traceparent" in told else {}
        LOG.debug("published", topic=row.topic, key=row.key, **told, **trace)


class Publisher:
    """Sends outgoing rows and removes them once every one is acknowledged."""

    def __init__(self, engine: Engine, producer: KafkaProducer) -> None:
        self._engine = engine
        self._producer = producer
        self._known: set[str] = set()

    def publish(self, rows: Sequence[tuple[int, Row]]) -> None:
        """Publish rows in order, then remove them; does not return before the broker has acknowledged all."""
        if not rows:
            return
        sent = [row for _, row in rows]
        with publishing(sent):
            self._send(sent)
        # its own transaction: one turn to the database, where to begin, to say and to commit would be four
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(_REMOVED, these([OUTGOING.c.id], [(number,) for number, _ in rows]))

    def publish_unsent(self, processor: str, partitions: Collection[Partition]) -> None:
        """Publish what was committed for these partitions but may not have been sent; nothing else may do so now."""
        mine = {"of_processor": processor, **these(_FROM, sorted(partitions))}
        with self._engine.begin() as connection:
            found = connection.execute(_UNSENT, mine).all()
        self.publish(
            [(row.id, Row(row.topic, row.key, [(n, v.encode()) for n, v in row.headers], row.value)) for row in found]
        )

    # a row sent twice is dropped by its readers (ce_sequence); a row not sent would be lost: so, for ever
    @retry(
        retry=retry_if_exception_type(KafkaError),
        wait=wait_exponential(multiplier=0.2, max=5),
        before_sleep=lambda state: _waits(state.attempt_number),
    )
    def _send(self, rows: Sequence[Row]) -> None:
        self._find({row.topic for row in rows} - self._known)
        sent = [self._producer.send(row.topic, row.value, row.key.encode(), row.headers) for row in rows]
        self._producer.flush()
        for one in sent:
            one.get(timeout=30)
        if LOG.is_enabled_for(DEBUG):
            _tell(rows)

    def _find(self, topics: set[str]) -> None:
        """Ask where new topics lie, all at once: one by one, each takes a tenth of a second."""
        if not topics:
            return
        with ThreadPoolExecutor(min(len(topics), AT_ONCE)) as pool:
            list(pool.map(self._producer.partitions_for, topics))
        self._known |= topics
