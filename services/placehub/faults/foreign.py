"""What stands on a hub's broker, read by another's client and decoder: none of the hub's own code takes part.

A fault of the hub's own reading cannot hide a fault of its writing.
"""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import fastavro
import httpx
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

READ_SECONDS: Final = 10
CLOCK: Final = "clock"


@dataclass(frozen=True)
class Seen:
    """One record as a foreign client sees it."""

    topic: str
    headers: dict[str, str]
    event: dict[str, Any] | None

    @property
    def name(self) -> str:
        """The event's name without its stream."""
        return self.headers.get("ce_type", "").rpartition(".")[2]

    @property
    def id(self) -> tuple[str, str]:
        """What is the same for the same event: CloudEvents' source and id."""
        return self.headers["ce_source"], self.headers["ce_id"]

    @property
    def by_organisation(self) -> bool:
        """Whether an organisation posted it, and not the hub."""
        return self.headers["ce_source"].startswith("/organisations/")


@dataclass
class Broker:
    """A foreign client's way into one hub, with the operator's credentials."""

    folder: Path
    schemas: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hub = json.loads((self.folder / "hub.json").read_text())

    def read(self) -> dict[str, list[Seen]]:
        """Return every record of every topic, each partition in its order."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.hub["bootstrap"],
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "SCRAM-SHA-256",
                "sasl.username": self.hub.get("kafka_user", "hub"),
                "sasl.password": self.hub["kafka_password"],
                "group.id": f"oracle-{uuid4()}",
                "enable.auto.commit": False,
                "enable.partition.eof": False,
            }
        )
        try:
            topics = consumer.list_topics(timeout=READ_SECONDS).topics
            wanted = [name for name in topics if not name.startswith("__") and name != CLOCK]
            return {name: self._topic(consumer, name, len(topics[name].partitions)) for name in sorted(wanted)}
        finally:
            consumer.close()

    def _topic(self, consumer: Consumer, name: str, partitions: int) -> list[Seen]:
        places = [TopicPartition(name, number, OFFSET_BEGINNING) for number in range(partitions)]
        left = {
            place.partition: end
            for place in places
            if (end := consumer.get_watermark_offsets(place, timeout=READ_SECONDS)[1])
        }
        if not left:
            return []
        consumer.assign(places)
        found: list[Seen] = []
        while left:
            record: Any = consumer.poll(READ_SECONDS)
            if record is None or record.error() is not None:
                raise EOFError(f"{name} ends before its end")
            headers = {key: (value or b"").decode() for key, value in record.headers() or []}
            found.append(Seen(name, headers, self._event(record.value())))
            if record.offset() + 1 >= left.get(record.partition(), 0):
                left.pop(record.partition(), None)
        consumer.unassign()
        return found

    def _event(self, value: bytes | None) -> dict[str, Any] | None:
        if not value:
            return None
        _, number = struct.unpack(">bI", value[:5])
        if number not in self.schemas:
            answer = httpx.get(f"{self.hub['registry']}/schemas/ids/{number}", timeout=READ_SECONDS)
            answer.raise_for_status()
            self.schemas[number] = fastavro.parse_schema(json.loads(answer.json()["schema"]))
        event = fastavro.schemaless_reader(io.BytesIO(value[5:]), self.schemas[number], None)
        return event if isinstance(event, dict) else None
