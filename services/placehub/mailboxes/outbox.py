"""Posting into the organisation's outbox: acknowledged by the broker, in order, nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kafka import KafkaProducer

from placehub.contracts.headers import Attributes, write_headers
from placehub.mailboxes.access import Access
from placehub.mailboxes.connection import broker_errors, login
from placehub.streams import outbox

_SEND_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Letter:
    """An encoded event with its attributes."""

    value: bytes
    attributes: Attributes


class Outbox:
    """Writes one organisation's outbox; connected at the first letter."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._producer: KafkaProducer | None = None

    def send(self, letters: Sequence[Letter]) -> None:
        """Send the letters in order and return once the broker has all of them."""
        if not letters:
            return
        with broker_errors(self._access.bootstrap, self._access.organisation):
            producer = self._open()
            topic = outbox(self._access.organisation)
            sent = [
                producer.send(topic, one.value, one.attributes.subject.encode(), write_headers(one.attributes))
                for one in letters
            ]
            producer.flush(_SEND_SECONDS)
            for each in sent:
                each.get(timeout=_SEND_SECONDS)

    def close(self) -> None:
        """Let go of the connection; harmless twice."""
        if self._producer is not None:
            self._producer.close(timeout=5)
            self._producer = None

    def _open(self) -> KafkaProducer:
        if self._producer is None:
            access = self._access
            self._producer = KafkaProducer(
                acks="all",
                enable_idempotence=True,
                allow_auto_create_topics=False,
                max_block_ms=_SEND_SECONDS * 1000,
                **login(access.bootstrap, access.organisation, access.kafka_password, access.tls_ca),
            )
        return self._producer
