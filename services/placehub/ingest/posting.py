"""Posting into an organisation's own outbox, as it would itself: what the API is given goes no other way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from kafka import KafkaProducer

from placehub.contracts.codec import Codec
from placehub.contracts.headers import Attributes, write_headers
from placehub.contracts.limits import LARGEST_BYTES
from placehub.errors import Rejected
from placehub.mailboxes.connection import broker_errors
from placehub.streams import outbox

SEND_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """An encoded event with its attributes."""

    value: bytes
    attributes: Attributes


class Outboxes:
    """Writes every organisation's outbox with the hub's login; whose it is, the caller's credentials say.

    Connected at the first letter; may be shared between threads.
    """

    def __init__(self, codec: Codec, connect: Callable[[], KafkaProducer], bootstrap: str) -> None:
        self._codec = codec
        self._connect = connect
        self._bootstrap = bootstrap
        self._producer: KafkaProducer | None = None
        self._lock = Lock()

    def encode(self, event: Any, attributes: Attributes) -> Letter:
        """Return an event as it is posted; Rejected when it is too large."""
        value = self._codec.encode(event)
        if len(value) > LARGEST_BYTES:
            raise Rejected("data", "must be smaller than a megabyte", "Leave out long texts.")
        return Letter(value, attributes)

    def post(self, organisation: str, letters: Sequence[Letter]) -> None:
        """Post letters in order and return once the broker has all of them; Unavailable: post them again."""
        with broker_errors(self._bootstrap, organisation):
            producer = self._opened()
            topic = outbox(organisation)
            with self._lock:  # those of one call stand together
                sent = [
                    producer.send(topic, one.value, one.attributes.subject.encode(), write_headers(one.attributes))
                    for one in letters
                ]
            producer.flush(SEND_SECONDS)
            for each in sent:
                each.get(timeout=SEND_SECONDS)

    def close(self) -> None:
        """Let go of the connection; harmless twice."""
        if self._producer is not None:
            self._producer.close(timeout=5)
            self._producer = None

    def _opened(self) -> KafkaProducer:
        with self._lock:
            if self._producer is None:
                self._producer = self._connect()
            return self._producer
