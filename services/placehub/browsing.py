"""Reading topics for a person: the last records, sealed parts masked, then those that come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kafka import KafkaConsumer

from placehub.contracts.codec import Codec, Registry, to_json
from placehub.contracts.headers import read_headers
from placehub.drivers.brokers import partitions_of, reader
from placehub.errors import NotFound, Rejected
from placehub.mailboxes.connection import broker_errors, login

if TYPE_CHECKING:
    from placehub.mailboxes.access import Access
    from placehub.settings import Settings

_SEALED = {"key_id", "nonce", "ciphertext"}


class Topic:
    """One topic, read outside of any group."""

    def __init__(self, consumer: KafkaConsumer, name: str, codec: Codec, bootstrap: str, user: str) -> None:
        self._consumer = consumer
        self._codec = codec
        self._where = (bootstrap, user)
        with broker_errors(*self._where):
            if not consumer.partitions_for_topic(name):
                raise NotFound(f"There is no topic {name} on this broker.")
            self._places = partitions_of(consumer, (name,))
            consumer.assign(self._places)

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close(autocommit=False)

    def last(self, count: int) -> list[dict[str, Any]]:
        """Return the last records of the whole topic, oldest first, and stand behind them."""
        with broker_errors(*self._where):
            starts = self._consumer.beginning_offsets(self._places)
            ends = self._consumer.end_offsets(self._places)
            for place in self._places:
                self._consumer.seek(place, max(starts[place], ends[place] - count))
            found: list[Any] = []
            while any(self._consumer.position(place) < ends[place] for place in self._places):
                found += [one for batch in self._consumer.poll(500).values() for one in batch]
        found.sort(key=lambda one: (one.timestamp, one.partition, one.offset))
        return [self._shown(one) for one in found[len(found) - min(count, len(found)) :]]

    def coming(self) -> Iterator[dict[str, Any]]:
        """Yield records as they come, for ever."""
        while True:
            with broker_errors(*self._where):
                found = self._consumer.poll(1000)
            yield from (self._shown(one) for batch in found.values() for one in batch)

    def _shown(self, record: Any) -> dict[str, Any]:
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        try:
            about = read_headers(list(record.headers))
            data = masked(to_json(self._codec.decode(record.value)))
        except Rejected:  # the dead letters have headers of their own, and a bad record is worth seeing too
            return {**place, "headers": {name: value.decode(errors="replace") for name, value in record.headers}}
        return {
            **place,
            "time": about.time.isoformat(),
            "type": about.type,
            "subject": about.subject,
            "source": about.source,
            "id": str(about.id),
            "trace": about.trace_id,
            "sequence": about.sequence,
            "marks": list(about.marks),
            "data": data,
        }


def hub_topic(settings: Settings, name: str) -> Topic:
    """Return a topic read by the hub."""
    with broker_errors(settings.bootstrap, settings.kafka_user):
        consumer = reader(settings, bootstrap_timeout_ms=10_000)
    return Topic(consumer, name, Codec(Registry(settings.registry)), settings.bootstrap, settings.kafka_user)


def own_topic(access: Access, name: str) -> Topic:
    """Return a topic read by an organisation with its own credentials."""
    user = access.organisation
    with broker_errors(access.bootstrap, user):
        consumer = KafkaConsumer(
            group_id=None,
            enable_auto_commit=False,
            **login(access.bootstrap, user, access.kafka_password, access.tls_ca),
        )
    registry = Registry(f"{access.api}/registry", user=user, password=access.api_token)
    return Topic(consumer, name, Codec(registry), access.bootstrap, user)


def last_tick(settings: Settings) -> datetime | None:
    """Return the time of the last tick on the clock stream; None when there is none yet."""
    topic = hub_topic(settings, "clock")
    try:
        ticks: Sequence[dict[str, Any]] = topic.last(1)
    finally:
        topic.close()
    return datetime.fromisoformat(ticks[-1]["data"]["now"]) if ticks else None


def masked(value: Any) -> Any:
    """Return a JSON value with each sealed part as the word `sealed`."""
    if isinstance(value, dict):
        return "sealed" if set(value) == _SEALED else {name: masked(one) for name, one in value.items()}
    return [masked(one) for one in value] if isinstance(value, list) else value
