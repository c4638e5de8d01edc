"""The driver of intake: a plain loop over every outbox, since outboxes appear while it runs."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from placehub.drivers.brokers import POLL_MS, poll
from placehub.drivers.pausing import REST_SECONDS
from placehub.drivers.records import Partition
from placehub.drivers.shares import LOOK_SECONDS, Shares, share_of
from placehub.drivers.step import Step
from placehub.drivers.worker import Worker
from placehub.errors import Fenced
from placehub.observing.metrics import RETRIES

LOG = structlog.get_logger()
MOST_OUTBOXES: Final = 500
"""How many outboxes one intake should read at most: with more of them each takes longer."""


class Guard(Protocol):
    """Who says which outboxes are to be left alone for a while."""

    def flooded(self) -> frozenset[Partition]:
        """Return the outboxes that are to rest from now on; each is told of once."""
        ...

    def resume(self, step: Step) -> None:
        """Note, in the step's transaction, that its outbox is read again."""
        ...


def run_posted(
    worker: Worker,
    outboxes: Callable[[], frozenset[str]],
    open_consumer: Callable[[], KafkaConsumer],
    shares: Shares,
    guard: Guard,
    rest_seconds: float,
) -> None:
    """Take in outboxes until SIGTERM or SIGINT; the broker may come and go.

    `outboxes` names those of the organisations learned so far, of which those in this process's `shares` are read.
    They are assigned by hand, outside any group: the position and the owner's epoch stand in the database, and a group
    was seen to stay without its outboxes for good when they changed while its members were joining. Whoever finds an
    outbox taken by another although it holds its share ends, and begins anew. An outbox the guard names is left
    alone for `rest_seconds`, or until another takes it; what it holds waits there.
    """
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    worker.start()
    posted = _Posted(worker, open_consumer(), shares, guard, rest_seconds)
    try:
        while not stop.is_set():
            worker.loop.rest()  # what follows may wait for a server
            if worker.gate.shut():
                stop.wait(REST_SECONDS)
                continue
            posted.follow(outboxes())
            posted.resume()
            if not posted.once():
                stop.wait(0.05)
    except Fenced:
        LOG.exception("an outbox has another owner; the process ends and is started again")
        os._exit(3)
    posted.close()


class _Posted:
    """The outboxes that are read, and how far."""

    def __init__(
        self, worker: Worker, consumer: KafkaConsumer, shares: Shares, guard: Guard, rest_seconds: float
    ) -> None:
        self._worker = worker
        self._consumer = consumer
        self._shares = shares
        self._guard = guard
        self._rest_seconds = rest_seconds
        self._next: dict[Partition, int] = {}
        self._resting: dict[Partition, float] = {}
        self._followed: tuple[frozenset[str], frozenset[int]] = frozenset(), frozenset()
        self._looked = self._shared = 0.0

    def follow(self, outboxes: frozenset[str]) -> None:
        """Take the outboxes that are new here and read on from where the database says."""
        if time.monotonic() - self._shared >= LOOK_SECONDS:
            self._shared = time.monotonic()
            self._shares.look(self._let_go)
        held = self._shares.held
        if self._followed[0] is outboxes and self._followed[1] == held:
            return
        mine = (Partition(topic, 0) for topic in outboxes if share_of(topic) in held)
        new = sorted(one for one in mine if one not in self._next)
        if new:
            self._take(new)
        self._followed = outboxes, held

    def _take(self, new: list[Partition]) -> None:
        with self._worker.shell.lock:
            known = self._worker.world.known()
            taken = self._worker.shell.take_all(new, known)
            # what was learned while nobody held them is known to them too; and whatever rested is read again
            self._worker.shell.act(new, self._guard.resume, known)
        if len(self._next) <= MOST_OUTBOXES < len(self._next) + len(new):
            LOG.warning("more outboxes than one intake should read: let another run", most=MOST_OUTBOXES)
        self._next |= {one: offset for one, (offset, _) in taken.items()}
        self._assign()

    def _let_go(self, shares: frozenset[int]) -> None:
        """Leave the outboxes of these shares to another: what was taken in of them is published by now."""
        gone = [one for one in self._next if share_of(one.topic) in shares]
        self._worker.revoked(gone)
        for one in gone:
            del self._next[one]
            self._resting.pop(one, None)
        self._assign()
        LOG.info("outboxes are left to another intake", outboxes=len(gone), shares=len(shares))

    def resume(self) -> None:
        """Read those outboxes again that have rested long enough."""
        rested = sorted(one for one, until in self._resting.items() if until <= time.monotonic())
        if not rested:
            return
        with self._worker.shell.lock:
            self._worker.shell.act(rested, self._guard.resume, None)
        for one in rested:
            del self._resting[one]
            LOG.info("an outbox that rested is read again", outbox=one.topic)
        self._assign()

    def _assign(self) -> None:
        """Read every outbox that does not rest, each from where it goes on.

        They are not paused: what this client has fetched of a paused partition it may never hand out again.
        """
        read = {TopicPartition(*one): offset for one, offset in self._next.items() if one not in self._resting}
        self._consumer.assign(list(read))
        for one, offset in read.items():
            self._consumer.seek(one, offset)

    def once(self) -> bool:
        """Take in what has come; return whether there is any outbox to read."""
        if len(self._resting) == len(self._next):
            return False
        self._worker.loop.beat()
        try:
            batches = poll(self._consumer, POLL_MS)
        except KafkaError as error:
            RETRIES.labels("broker").inc()
            LOG.warning("intake waits for the broker", cause=type(error).__name__)
            time.sleep(0.5)
            return True
        self._worker.loop.rest()
        if batches and self._worker.gate.shut():
            self._assign()  # paused meanwhile: what came is read again once it goes on
        elif batches:
            self._worker.process(batches)
            self._next |= {place: batch[-1].offset + 1 for place, batch in batches.items()}
            self._rest()
        elif time.monotonic() - self._looked >= 1:
            self._looked = time.monotonic()
            self._pass_unseen()
        return True

    def _rest(self) -> None:
        flooded = self._guard.flooded()
        if flooded:
            self._resting |= dict.fromkeys(flooded, time.monotonic() + self._rest_seconds)
            self._assign()

    def _pass_unseen(self) -> None:
        """Note that marks of transactions, which a client never sees, and what one gave up were passed."""
        read = set(self._next) - set(self._resting)
        # asked of each, a position takes the client as long as there are outboxes
        longer = [one for one in read if (self._consumer.highwater(TopicPartition(*one)) or 0) > self._next[one]]
        try:
            positions = {one: self._consumer.position(TopicPartition(*one), timeout_ms=1000) for one in longer}
        except KafkaError:
            return  # the broker is away: there is nothing to pass
        passed = {one: position for one, position in positions.items() if (position or 0) > self._next[one]}
        if passed:
            with self._worker.shell.lock:
                self._worker.shell.pass_over(passed)
            self._next |= passed

    def close(self) -> None:
        """Let go of the connections, and with them of the outboxes."""
        self._consumer.close(autocommit=False)
        self._shares.close()
