"""Where a worker stands: what it holds, how far it has come, and what the servers say of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from placehub.drivers.brokers import partitions_of
from placehub.drivers.records import Partition
from placehub.drivers.tables import OUTGOING, PARKED, POSITION, WORKER
from placehub.drivers.worker import Worker
from placehub.drivers.world import CLOCK_TOPIC
from placehub.observing.health import Finding
from placehub.observing.metrics import gauges

BROKER_MS: Final = 8_000
"""How long the broker may take to say where topics end."""


class Standing:
    """One worker's standing as the probes last saw it; only what this process holds is told of partitions."""

    def __init__(self, worker: Worker, open_consumer: Callable[[], KafkaConsumer]) -> None:
        self._worker = worker
        self._processor = worker.shell.processor.name
        self._open = open_consumer
        self._consumer: KafkaConsumer | None = None
        self._next: dict[Partition, int] = {}
        self._ends: dict[Partition, int] = {}
        self._waiting: dict[str, int] = {}
        self._elsewhere = 0

    def held(self) -> Collection[Partition]:
        """Return the partitions this worker holds now."""
        return dict(self._worker.shell.held)

    def look_at_database(self, connection: Connection) -> None:
        """Read positions and what waits; every error of the database."""
        mine, held = POSITION.c.processor == self._processor, list(self.held())
        stored = select(POSITION.c.topic, POSITION.c.partition, POSITION.c.next_offset).where(mine)
        stored = stored.where(tuple_(POSITION.c.topic, POSITION.c.partition).in_(held))
        self._next = {Partition(row.topic, row.partition): row.next_offset for row in connection.execute(stored)}
        self._waiting = {
            "placehub_outgoing_rows": _count(connection, OUTGOING.c.processor == self._processor),
            "placehub_parked_events": _count(connection, PARKED.c.processor == self._processor),
        }
        others = select(func.count()).where((WORKER.c.processor == self._processor) & (WORKER.c.partitions != {}))
        self._elsewhere = connection.execute(others).scalar_one()

    def look_at_broker(self) -> None:
        """Ask where everything ends that is read here; every error of the broker."""
        self._consumer = self._consumer or self._open()
        held = [TopicPartition(*one) for one in self.held()]
        places = list(dict.fromkeys([*held, *self._of_world(self._consumer)]))
        if not places:  # still a question that only a broker which works can answer
            places = partitions_of(self._consumer, (CLOCK_TOPIC,))
        ends = self._consumer.end_offsets(places, timeout_ms=BROKER_MS)
        self._ends = {Partition(tp.topic, tp.partition): end for tp, end in ends.items()}

    def world(self) -> Finding:
        """Tell whether the world has been read up to the present."""
        known = self._worker.world.loaded
        return Finding("world", known, "" if known else "is still being read")

    def partitions(self) -> Finding:
        """Tell whether this worker holds its share."""
        held = len(self.held())
        if held or self._worker.gate.since or self._worker.shell.processor.streams == ("outbox.*",):
            return Finding("partitions", True, f"{held} held")
        cause = "none held: other workers hold them" if self._elsewhere else "none held yet"
        return Finding("partitions", bool(self._elsewhere), cause)

    def paused(self) -> Finding:
        """Tell whether an operator has paused the processor, which is no fault; by whom and why, `status` says."""
        since = self._worker.gate.since
        return Finding("paused", True, f"since {since.isoformat()}" if since else "no")

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield the metrics of what was seen last."""
        held, ends, following = self.held(), self._ends, self._next
        counts = Counter(one.topic for one in held)
        yield gauges("placehub_partitions_held", [((self._processor, topic), n) for topic, n in sorted(counts.items())])
        paused = self._worker.gate.since is not None
        yield gauges("placehub_paused", [((self._processor,), paused)])
        for name, count in self._waiting.items():
            yield gauges(name, [((self._processor,), count)])
        group = f"hub.{self._processor}"
        known = [one for one in sorted(following) if one in held and one in ends]
        lags = {(group, one.topic, str(one.number)): max(0, ends[one] - following[one]) for one in known}
        yield gauges("kafka_consumergroup_lag", lags.items())
        came = {(group, one.topic, str(one.number)): following[one] for one in known}
        yield gauges("kafka_consumergroup_current_offset", came.items())
        ended = {(one.topic, str(one.number)): ends[one] for one in sorted(ends)}
        yield gauges("kafka_topic_partition_current_offset", ended.items())
        yield gauges("placehub_world_lag", self._world_lags(ends).items())

    def _world_lags(self, ends: Mapping[Partition, int]) -> dict[tuple[str, ...], int]:
        known = self._worker.world.known()
        return {
            (self._processor, topic): sum(
                max(0, ends.get(Partition(topic, number), 0) - offset) for number, offset in enumerate(offsets)
            )
            for topic, offsets in sorted(known.items())
        }

    def _of_world(self, consumer: KafkaConsumer) -> list[TopicPartition]:
        known = self._worker.world.known()
        return [TopicPartition(topic, number) for topic, offsets in known.items() for number in range(len(offsets))]


def _count(connection: Connection, which: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).where(which)).scalar_one()
