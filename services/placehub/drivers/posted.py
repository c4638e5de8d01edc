"""The driver of intake: a plain loop over every outbox, since outboxes appear while it runs."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from placehub.drivers.brokers import poll
from placehub.drivers.pausing import REST_SECONDS
from placehub.drivers.records import Partition
from placehub.drivers.worker import Worker
from placehub.errors import Fenced
from placehub.observing.metrics import RETRIES

LOG = structlog.get_logger()


def run_posted(
    worker: Worker, outboxes: Callable[[], frozenset[str]], open_consumer: Callable[[], KafkaConsumer]
) -> None:
    """Take in outboxes until SIGTERM or SIGINT; the broker may come and go.

    `outboxes` names those of the organisations learned so far. They are assigned by hand, outside any group: the
    position and the owner's epoch stand in the database, and a group was seen to stay without its outboxes for
    good when they changed while its members were joining. A second intake takes all outboxes over; the first then
    finds itself fenced and ends.
    """
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    worker.start()
    posted = _Posted(worker, open_consumer())
    try:
        while not stop.is_set():
            if worker.gate.shut():
                worker.loop.beat()
                stop.wait(REST_SECONDS)
                continue
            worker.loop.rest()  # what follows is work of the shell, which may wait for a server
            posted.follow(outboxes())
            if not posted.once():
                stop.wait(0.05)
    except Fenced:
        LOG.exception("an outbox has another owner; the process ends and is started again")
        os._exit(3)
    posted.close()


class _Posted:
    """The outboxes that are read, and how far."""

    def __init__(self, worker: Worker, consumer: KafkaConsumer) -> None:
        self._worker = worker
        self._consumer = consumer
        self._next: dict[Partition, int] = {}

    def follow(self, outboxes: frozenset[str]) -> None:
        """Take the outboxes that are new and read on from where the database says."""
        new = sorted(Partition(topic, 0) for topic in outboxes if Partition(topic, 0) not in self._next)
        if not new:
            return
        with self._worker.shell.lock:
            known = self._worker.world.known()
            for one in new:
                self._next[one], _ = self._worker.shell.take(one, known)
            # what was learned while nobody held them is known to them too
            self._worker.shell.act(new, lambda step: None, known)
        self._consumer.assign([TopicPartition(*one) for one in self._next])
        for one, offset in self._next.items():
            self._consumer.seek(TopicPartition(*one), offset)

    def once(self) -> bool:
        """Take in what has come; return whether there is any outbox to read."""
        if not self._next:
            return False
        self._worker.loop.beat()
        try:
            batches = poll(self._consumer, 50)
        except KafkaError as error:
            RETRIES.labels("broker").inc()
            LOG.warning("intake waits for the broker", cause=type(error).__name__)
            time.sleep(0.5)
            return True
        self._worker.loop.rest()
        if batches:
            self._worker.process(batches)
            self._next |= {place: batch[-1].offset + 1 for place, batch in batches.items()}
        return True

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close(autocommit=False)
