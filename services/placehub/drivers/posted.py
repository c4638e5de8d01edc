"""The driver of intake: a plain loop over every outbox, since outboxes appear while it runs."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from placehub.drivers.brokers import poll
from placehub.drivers.records import Partition
from placehub.drivers.worker import Worker
from placehub.errors import Fenced

LOG = structlog.get_logger()


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Notes what was assigned and revoked; the loop does the work outside the callback."""

    def __init__(self) -> None:
        self.new: list[Partition] = []
        self.gone: list[Partition] = []

    def on_partitions_assigned(self, assigned: Any) -> None:
        self.new = [Partition(one.topic, one.partition) for one in assigned]

    def on_partitions_revoked(self, revoked: Any) -> None:
        self.gone = [Partition(one.topic, one.partition) for one in revoked]


def run_posted(
    worker: Worker, outboxes: Callable[[], frozenset[str]], open_consumer: Callable[..., KafkaConsumer]
) -> None:
    """Take in outboxes until SIGTERM or SIGINT; the broker may come and go.

    `outboxes` names those of the organisations learned so far. They are subscribed to by name: a subscription by
    pattern was seen never to notice topics made while its first join was under way.
    """
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    worker.start()
    consumer = open_consumer(group_id="hub.intake", session_timeout_ms=6000, heartbeat_interval_ms=2000)
    rebalances = _Rebalances()
    subscribed: frozenset[str] = frozenset()
    try:
        while not stop.is_set():
            if outboxes() != subscribed:
                subscribed = outboxes()
                consumer.subscribe(topics=sorted(subscribed), listener=rebalances)
            if subscribed:
                _once(worker, consumer, rebalances)
            else:
                stop.wait(0.05)
    except Fenced:
        LOG.exception("an outbox has another owner; the process ends and is started again")
        os._exit(3)
    consumer.close(autocommit=False)


def _once(worker: Worker, consumer: KafkaConsumer, rebalances: _Rebalances) -> None:
    try:
        batches = poll(consumer, 50)
        _settle(worker, consumer, rebalances)
        if batches:
            worker.process(batches)
    except KafkaError as error:
        LOG.warning("intake waits for the broker", cause=type(error).__name__)
        time.sleep(0.5)


def _settle(worker: Worker, consumer: KafkaConsumer, rebalances: _Rebalances) -> None:
    """After a rebalance: take what is new and go to the position that stands in the database."""
    gone, rebalances.gone = rebalances.gone, []
    new, rebalances.new = rebalances.new, []
    worker.revoked(set(gone) - set(new))
    if not new:
        return
    with worker.shell.lock:
        known = {topic: list(ends) for topic, ends in worker.world.offsets.items()}
        for one in sorted(set(new)):
            next_offset, _ = worker.shell.take(one, known)
            consumer.seek(TopicPartition(*one), next_offset)
        # what was learned while nobody held them is known to them too
        worker.shell.act(sorted(set(new)), lambda step: None, known)
