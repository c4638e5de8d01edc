"""The world: whole streams that every worker reads beside its own partitions, and the ticks of the clock."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import structlog
from kafka import KafkaConsumer
from kafka.errors import KafkaError

from placehub.clock import TickedClock
from placehub.contracts.codec import Codec
from placehub.contracts.ticks import ClockTicked
from placehub.drivers.brokers import POLL_MS, partitions_of, poll, read_spans
from placehub.drivers.pausing import REST_SECONDS
from placehub.drivers.records import Message, Partition, Record, read_event
from placehub.errors import Misconfigured
from placehub.mailboxes.connection import ends_of
from placehub.observing.metrics import RETRIES
from placehub.observing.pulse import Pulse

LOG = structlog.get_logger()
CLOCK_TOPIC = "clock"

Offsets = dict[str, list[int]]
Heard = Callable[[Sequence[Record], Offsets], None]


class World(threading.Thread):
    """Reads whole topics from their beginning, outside any group, and hands on what comes, in order.

    `load()` first reads up to the present and calls `learned`; the running thread then calls `heard` for every
    batch. `offsets` is what has been handed on. Any fault that is not the broker's ends the process: a worker whose
    world stands still must not decide.
    """

    def __init__(
        self,
        open_consumer: Callable[[], KafkaConsumer],
        codec: Codec,
        topics: tuple[str, ...],
        clock: TickedClock | None,
    ) -> None:
        super().__init__(name="world", daemon=True)
        self._open = open_consumer
        self._codec = codec
        self._topics = topics + ((CLOCK_TOPIC,) if clock else ())
        self._clock = clock
        self._consumer = open_consumer()
        self._heard: Heard | None = None
        self._idle: Callable[[], None] | None = None
        self._resting: Callable[[], bool] = lambda: False
        self._lock: AbstractContextManager[object] = nullcontext()
        self.offsets: Offsets = {}
        self.loaded = False
        """Whether it has been read up to where it ended at the start."""
        self.pulse = Pulse("world reader")
        self._passed: dict[tuple[str, str, str], int] = {}

    def known(self) -> Offsets:
        """Return a copy of `offsets`: what has been handed on."""
        return {topic: list(ends) for topic, ends in self.offsets.items()}

    def load(self, learned: Heard) -> None:
        """Read every topic up to where it ends now."""
        if self._topics:
            self._load(learned)
        self.loaded = True

    def _load(self, learned: Heard) -> None:
        places = partitions_of(self._consumer, self._topics)
        self._consumer.assign(places)
        self._consumer.seek_to_beginning(*places)
        ends = ends_of(self._consumer, places)
        for tp in places:
            self.offsets.setdefault(tp.topic, []).append(0)
        while any(self.offsets[tp.topic][tp.partition] < end for tp, end in ends.items()):
            self._hand_on(poll(self._consumer, POLL_MS), learned)

    def start_hearing(
        self, heard: Heard, idle: Callable[[], None], resting: Callable[[], bool], lock: AbstractContextManager[object]
    ) -> None:
        """Start the thread: `heard` gets what comes, `idle` is called about once a second in any case.

        While `resting` says so neither is called, and nothing is read. Under `lock` nobody sees anything as known that
        `heard` has not been given: noted as known by a partition, it would never come to it again.
        """
        self._lock = lock
        self._heard, self._idle, self._resting = heard, idle, resting
        self.start()

    def run(self) -> None:
        """Hand on what comes, for ever."""
        try:
            self._listen()
        except Misconfigured as error:
            LOG.error(str(error))
            os._exit(Misconfigured.exit_code)
        except BaseException:
            LOG.exception("the world reader failed; the process ends and is started again")
            os._exit(3)

    def _listen(self) -> None:
        last_idle = time.monotonic()
        while True:
            self.pulse.rest()  # asking the database may take as long as it likes
            if self._resting():
                time.sleep(REST_SECONDS)
                continue
            self.pulse.beat()
            try:
                batches = poll(self._consumer, POLL_MS) if self._topics else self._nap()
            except KafkaError as error:
                RETRIES.labels("broker").inc()
                LOG.warning("the world waits for the broker", cause=type(error).__name__)
                time.sleep(0.5)
                continue
            self.pulse.rest()  # what follows is work of the shell, which may wait for a server
            if batches and self._heard:
                self._hand_on(batches, self._heard)
            if self._idle and time.monotonic() - last_idle >= 1:
                last_idle = time.monotonic()
                self._idle()

    @staticmethod
    def _nap() -> dict[Partition, list[Message]]:
        time.sleep(0.5)
        return {}

    def _hand_on(self, batches: Mapping[Partition, Sequence[Message]], hear: Heard) -> None:
        if not batches:
            return
        records = self.read(batches)
        with self._lock:
            for place, batch in batches.items():
                self.offsets[place.topic][place.number] = batch[-1].offset + 1
            for record in records:
                if self._clock and isinstance(record.event, ClockTicked):
                    self._clock.tick(record.event.now)
            hear(records, self.known())

    def read(self, batches: Mapping[Partition, Sequence[Message]]) -> list[Record]:
        """Decode batches, repeats dropped; ticks last, so that a timer sees what came with it."""
        records = [read_event(self._codec, one) for place in sorted(batches) for one in batches[place]]
        fresh = [one for one in records if self._is_fresh(one)]
        return sorted(fresh, key=lambda one: one.topic == CLOCK_TOPIC)

    def _is_fresh(self, record: Record) -> bool:
        place = (record.topic, record.attributes.source, record.key)
        if record.attributes.sequence <= self._passed.get(place, 0):
            return False
        self._passed[place] = record.attributes.sequence
        return True

    def between(self, known: Mapping[str, list[int]]) -> list[Record]:
        """Read again what came after `known` and up to what has been handed on; for a partition newly taken."""
        spans = {
            Partition(topic, number): (known.get(topic, [0] * len(ends))[number], end)
            for topic, ends in self.offsets.items()
            if topic != CLOCK_TOPIC
            for number, end in enumerate(ends)
            if known.get(topic, [0] * len(ends))[number] < end
        }
        if not spans:
            return []
        consumer = self._open()
        found = read_spans(consumer, spans)
        consumer.close()
        return [read_event(self._codec, one) for place in sorted(found) for one in found[place]]
