"""What posts into outboxes and watches inboxes while a benchmark runs, and the bare hop beside it.

It posts and reads as the hub's own user, through one producer and one consumer for all organisations: what is measured
is the hub, not dozens of clients on the same machine. The bare hop goes through the same two, over a topic of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from placehub.contracts.codec import Codec, Registry
from placehub.contracts.headers import Attributes, Headers, write_headers
from placehub.drivers.brokers import access, producer, reader
from placehub.drivers.patience import patiently
from placehub.mailboxes.connection import ends_of
from placehub.mailboxes.mailbox import subject_of
from placehub.settings import Settings
from placehub.streams import full_name, inbox, outbox

BARE: Final = "bench"
"""The topic of the bare hop."""
_POLL_MS: Final = 100
_POLL_RECORDS: Final = 2000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record that has come to an inbox."""

    at: float
    topic: str
    type: str
    subject: str
    value: bytes | None
    key: bytes | None = None
    headers: Headers = field(default_factory=list)


@dataclass(slots=True)
class Watcher:
    """Reads inboxes on a thread of its own, and notes when each record came."""

    arrivals: list[Arrival] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def watch(self, consumer: KafkaConsumer) -> None:
        """Read until told to stop."""
        while not self._stopped.is_set():
            for batch in consumer.poll(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS).values():
                now = time.perf_counter()
                self.arrivals += [_arrival(now, one) for one in batch]

    def stop(self) -> None:
        """End the reading."""
        self._stopped.set()


def _arrival(now: float, record: Any) -> Arrival:
    headers = {name: value.decode() for name, value in record.headers or () if name in ("ce_type", "ce_subject")}
    kind, subject = headers.get("ce_type", ""), headers.get("ce_subject", "")
    subject = subject or (record.key or b"").decode()
    return Arrival(now, record.topic, kind, subject, record.value, record.key, record.headers)


@dataclass(frozen=True, slots=True)
class Wire:
    """One producer into all outboxes, and one reader of all inboxes."""

    codec: Codec
    watcher: Watcher
    _producer: KafkaProducer

    def post(self, sender: str, event: object, at: datetime) -> float:
        """Post an event as its sender would; return the moment at which it was handed to the producer."""
        about = Attributes(
            id=uuid4(),
            source=f"/organisations/{sender}",
            type=full_name(type(event)),
            subject=subject_of(event),
            time=at,
        )
        value, headers = self.codec.encode(event), write_headers(about)
        now = time.perf_counter()
        self._producer.send(outbox(sender), value, about.subject.encode(), headers)
        return now

    def post_bare(self, value: bytes = b"bare") -> tuple[str, float]:
        """Send a record over the bare topic; return its key and when it was handed to the producer."""
        key, now = str(uuid4()), time.perf_counter()
        self._producer.send(BARE, value, key.encode())
        return key, now

    def put(self, topic: str, value: bytes | None, key: bytes | None, headers: Headers) -> None:
        """Send a record as it is to any topic."""
        self._producer.send(topic, value, key, list(headers))

    def flush(self) -> None:
        """Return once everything posted is with the broker."""
        self._producer.flush()


@contextmanager
def wire(settings: Settings, organisations: Iterable[str]) -> Iterator[Wire]:
    """Yield a wire to these organisations' mailboxes; what came before is not read."""
    admin = KafkaAdminClient(**access(settings))
    admin.create_topics({BARE: {"num_partitions": 1, "replication_factor": settings.replication}}, raise_errors=False)
    watcher = Watcher()
    with reader(settings, fetch_max_wait_ms=500) as consumer, producer(settings) as sending:
        places = [TopicPartition(topic, 0) for topic in (*map(inbox, organisations), BARE)]
        consumer.assign(places)
        for place, end in patiently(lambda: ends_of(consumer, places)).items():  # many were made just now
            consumer.seek(place, end)
        thread = threading.Thread(target=watcher.watch, args=(consumer,), daemon=True)
        thread.start()
        try:
            yield Wire(Codec(Registry(settings.registry)), watcher, sending)
        finally:
            watcher.stop()
            thread.join()
            admin.delete_topics([BARE])
            admin.close()


def paced(acts: Sequence[Callable[[], object]], a_second: float) -> None:
    """Do one act after the other at a steady pace; one that is late is done at once."""
    began = time.perf_counter()
    for number, act in enumerate(acts):
        wait = began + number / a_second - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        act()


def until(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Wait until something holds, for so long at most; tell whether it does."""
    deadline = time.perf_counter() + seconds
    while not holds():
        if time.perf_counter() > deadline:
            return False
        time.sleep(0.02)
    return True


def bare_hops(arrivals: Iterable[Arrival], sent: dict[str, float]) -> list[float]:
    """Return how long each bare record was on its way."""
    return [one.at - sent[one.subject] for one in arrivals if one.topic == BARE and one.subject in sent]
