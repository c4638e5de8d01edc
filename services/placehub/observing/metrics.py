"""Every metric a process tells, under the names the field knows; `docs/metrics.md` is generated from here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, Literal

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name as Prometheus knows it, its kind, its labels, what it counts."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    says: str


METRICS: Final = (
    Metric(
        "placehub_events_processed_total",
        "counter",
        ("processor", "topic"),
        "Records taken in and committed, by topic; every outbox counts as outbox",
    ),
    Metric(
        "placehub_events_rejected_total",
        "counter",
        ("processor", "reason"),
        "Events set aside, by the rule they break",
    ),
    Metric("placehub_deadletters_total", "counter", ("processor",), "Dead letters written"),
    Metric(
        "placehub_records_published_total",
        "counter",
        ("processor", "topic"),
        "Records published, by topic; every inbox counts as inbox",
    ),
    Metric(
        "placehub_batch_seconds",
        "histogram",
        ("processor",),
        "Seconds for one batch of records: rules, transaction and publishing",
    ),
    Metric(
        "placehub_retries_total",
        "counter",
        ("server",),
        "Attempts that failed because a server was away, and were made again",
    ),
    Metric("placehub_keys_opened_total", "counter", ("caller",), "Keys given out, to the hub or to an organisation"),
    Metric("placehub_partitions_held", "gauge", ("processor", "topic"), "Partitions this process holds now"),
    Metric("placehub_paused", "gauge", ("processor",), "1 while an operator has paused the processor, else 0"),
    Metric(
        "placehub_outgoing_rows",
        "gauge",
        ("processor",),
        "Rows committed and still to be published; the same in every worker of a processor",
    ),
    Metric(
        "placehub_parked_events",
        "gauge",
        ("processor",),
        "Events that wait for something not known yet; the same in every worker of a processor",
    ),
    Metric(
        "kafka_consumergroup_lag",
        "gauge",
        ("group", "topic", "partition"),
        "Records still to be read, of the partitions this process holds",
    ),
    Metric(
        "kafka_consumergroup_current_offset",
        "gauge",
        ("group", "topic", "partition"),
        "The next offset to be read, as stored with the effect",
    ),
    Metric(
        "kafka_topic_partition_current_offset",
        "gauge",
        ("topic", "partition"),
        "Where a partition that is read here ends",
    ),
    Metric(
        "placehub_world_lag",
        "gauge",
        ("processor", "topic"),
        "Records still to be heard of a topic that is read whole, in this process",
    ),
    Metric("placehub_server_up", "gauge", ("server",), "1 when the server answered this process, else 0"),
    Metric("placehub_ready", "gauge", ("processor",), "1 when /ready is 200, else 0"),
    Metric("placehub_info", "gauge", ("processor", "version"), "Always 1"),
)
"""All of the hub's own; beside them stand prometheus-client's process_* and python_*."""

NAMED: Final = {one.name: one for one in METRICS}
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""The histogram's bounds."""
MOST_REASONS: Final = 100
"""Of further reasons one process counts all as `other`, so that no sender can make it tell ever more series."""


def _counter(name: str) -> Counter:
    return Counter(name, NAMED[name].says, NAMED[name].labels)


def _gauge(name: str) -> Gauge:
    return Gauge(name, NAMED[name].says, NAMED[name].labels)


PROCESSED: Final = _counter("placehub_events_processed_total")
REJECTED: Final = _counter("placehub_events_rejected_total")
DEADLETTERS: Final = _counter("placehub_deadletters_total")
PUBLISHED: Final = _counter("placehub_records_published_total")
RETRIES: Final = _counter("placehub_retries_total")
KEYS_OPENED: Final = _counter("placehub_keys_opened_total")
INFO: Final = _gauge("placehub_info")
BATCH: Final = Histogram(
    "placehub_batch_seconds", NAMED["placehub_batch_seconds"].says, ("processor",), buckets=SECONDS
)

_reasons: set[str] = set()


def begin(processor: str) -> None:
    """Let this process's counters begin at 0, so that the first happening is seen as an increase."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the series and nobody reads them
    INFO.labels(processor, version("placehub")).set(1)
    for server in ("broker", "database", "registry", "api"):
        RETRIES.labels(server)
    if processor == "api":
        for caller in ("hub", "organisation"):
            KEYS_OPENED.labels(caller)
        return
    DEADLETTERS.labels(processor)
    BATCH.labels(processor)


def gauges(name: str, values: Iterable[tuple[Sequence[str], float]]) -> GaugeMetricFamily:
    """Return a gauge with these values by its labels, for a collector."""
    family = GaugeMetricFamily(name, NAMED[name].says, labels=NAMED[name].labels)
    for labels, value in values:
        family.add_metric(labels, value)
    return family


def kind_of(topic: str) -> str:
    """Return the topic, or of a mailbox only which of the two it is: one series each, not one an organisation."""
    head, dot, _ = topic.partition(".")
    return head if dot else topic


def rejected(processor: str, reason: str) -> None:
    """Count one event that was set aside."""
    if reason not in _reasons and len(_reasons) >= MOST_REASONS:
        reason = "other"
    _reasons.add(reason)
    REJECTED.labels(processor, reason).inc()
    DEADLETTERS.labels(processor).inc()
