"""Records as read from a topic, and rows on their way to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from placehub.contracts.codec import Codec
from placehub.contracts.headers import Attributes, Headers, read_headers
from placehub.errors import Misconfigured, Rejected


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Message:
    """A record as the broker gave it, before anyone has looked inside."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


def not_taken_in(batch: Iterable[Message], expected: int) -> list[Message]:
    """Return a partition's messages from the expected offset on, each once and in the log's order.

    What is read again may come while it is still on its way from the first reading: twice within one batch, and what
    was fetched before it sooner.
    """
    return [one for _, one in sorted({one.offset: one for one in batch if one.offset >= expected}.items())]


def is_from(message: Message, beginning: str) -> bool:
    """Tell whether a message says that its source begins so; what says no source does not."""
    return any(name == "ce_source" and (value or b"").startswith(beginning.encode()) for name, value in message.headers)


@dataclass(frozen=True, slots=True)
class Record:
    """A record with its CloudEvents attributes and, unless its topic is read raw, its event."""

    topic: str
    partition: int
    offset: int
    key: str
    attributes: Attributes
    event: Any
    value: bytes | None
    headers: Headers

    @property
    def position(self) -> str:
        """The record's place, `topic/partition/offset`."""
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Row:
    """One record to be published: committed in `drivers.outgoing` first."""

    topic: str
    key: str
    headers: Headers
    value: bytes | None


NOTHING_KNOWN: Final = Attributes(id=UUID(int=0), source="", type="", subject="", time=datetime(1970, 1, 1, tzinfo=UTC))


def read_raw(message: Message) -> Record:
    """Return the record without looking into it."""
    key = (message.key or b"").decode(errors="replace")
    return Record(
        message.topic, message.partition, message.offset, key, NOTHING_KNOWN, None, message.value, message.headers
    )


def read_event(codec: Codec, message: Message) -> Record:
    """Return the record of a stream with its event; Unavailable as the codec says.

    Misconfigured when it cannot be read: only the hub writes a stream, so a later version of it wrote this, or
    somebody with the hub's own rights. Nothing may be passed over: whoever reads it stops until it is upgraded.
    """
    try:
        return Record(
            message.topic,
            message.partition,
            message.offset,
            _key(message.key),
            read_headers(message.headers),
            codec.decode(message.value),
            message.value,
            message.headers,
        )
    except Rejected as why:
        place = f"{message.topic}/{message.partition}/{message.offset}"
        raise Misconfigured(
            f"This version of the hub cannot read the record at {place} ({why.field} {why.rule}). "
            "Upgrade this process to the version that wrote it; it stops here, and nothing is passed over."
        ) from why


def _key(key: bytes | None) -> str:
    try:
        return (key or b"").decode()
    except UnicodeDecodeError:
        raise Rejected("key", "must be UTF-8 text", "Use the id of the event's aggregate.") from None
