"""A dead letter and its settling as records say it; pure.

Both are records of the topic `deadletter` without a value. A dead letter is never removed: a settling record behind it
in the same partition says what became of it, and the first one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple, cast, get_args

from placehub.contracts.headers import Headers
from placehub.errors import Rejected

SETTLES: Final = "settles"
"""Header of a settling record: the position of the dead letter it settles."""
RETRIES: Final = "retries"
"""Header of a record that the hub put in an outbox again: the position of its dead letter. Nobody acts on it."""

How = Literal["retried", "dropped"]
State = Literal["open", "retried", "dropped"]


class Position(NamedTuple):
    """Where a record stands on the topic `deadletter`."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"


def read_position(text: str) -> Position:
    """Read `partition:offset`; Rejected when it is none."""
    partition, _, offset = text.partition(":")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in (partition, offset)):
        raise Rejected("POSITION", "must be partition:offset", "Write it as 'placehub deadletters list' shows it.")
    return Position(int(partition), int(offset))


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an operator did about a dead letter, why, and who."""

    settles: Position
    how: How
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record that was set aside. Empty text stands for what could not be read."""

    position: Position
    sender: str
    ce_id: str
    type: str
    topic: str
    """Topic, partition and offset are those of the record that was set aside."""
    partition: int
    offset: int
    field: str
    reason: str
    remedy: str
    sha256: str
    """Of the record's value, as hexadecimal."""
    rejected_at: datetime | None
    settlement: Settlement | None = None

    @property
    def state(self) -> State:
        """Tell whether somebody still has to look at it."""
        return self.settlement.how if self.settlement else "open"


def settling_headers(one: Settlement, sender: str) -> Headers:
    """Return the headers of the record that settles a dead letter."""
    texts = {
        SETTLES: str(one.settles),
        "sender": sender,
        "how": one.how,
        "reason": one.reason,
        "by": one.by,
        "settled_at": one.at.isoformat(),
    }
    return [(name, text.encode()) for name, text in texts.items()]


def read_letter(position: Position, headers: Headers) -> DeadLetter | Settlement | None:
    """Return what a record of the topic is; None for one that is neither, which only a fault can have put there."""
    texts = header_texts(headers)
    try:
        return _settlement(texts) if SETTLES in texts else _letter(position, texts)
    except (ValueError, Rejected):
        return None


def _letter(position: Position, texts: Mapping[str, str]) -> DeadLetter | None:
    if not texts.get("topic"):
        return None
    at = texts.get("rejected_at")
    return DeadLetter(
        position=position,
        sender=texts.get("sender", ""),
        ce_id=texts.get("ce_id", ""),
        type=texts.get("type", ""),
        topic=texts["topic"],
        partition=int(texts.get("partition", "")),
        offset=int(texts.get("offset", "")),
        field=texts.get("field", ""),
        reason=texts.get("reason", ""),
        remedy=texts.get("remedy", ""),
        sha256=texts.get("sha256", ""),
        rejected_at=datetime.fromisoformat(at) if at else None,
    )


def _settlement(texts: Mapping[str, str]) -> Settlement | None:
    how = texts.get("how", "")
    if how not in get_args(How):
        return None
    at = datetime.fromisoformat(texts.get("settled_at", ""))
    settles = read_position(texts[SETTLES])
    return Settlement(settles, cast(How, how), texts.get("reason", ""), texts.get("by", ""), at)


def with_settlements(records: Iterable[DeadLetter | Settlement | None]) -> list[DeadLetter]:
    """Return every dead letter in the order given, each with the first settlement that follows it."""
    letters: dict[Position, DeadLetter] = {}
    for one in records:
        if isinstance(one, DeadLetter):
            letters[one.position] = one
        elif isinstance(one, Settlement):
            known = letters.get(one.settles)
            if known is not None and known.settlement is None:
                letters[one.settles] = replace(known, settlement=one)
    return list(letters.values())


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which dead letters somebody wants to see; None: whatever it is."""

    sender: str | None = None
    type: str | None = None
    """A full name, or the name of the event alone."""
    since: datetime | None = None
    settled: bool = False
    """Also those that were retried or dropped."""

    def fits(self, one: DeadLetter) -> bool:
        """Tell whether this is one of them."""
        return (
            (self.settled or one.settlement is None)
            and self.sender in (None, one.sender)
            and self.type in (None, one.type, one.type.rpartition(".")[2])
            and (self.since is None or _later(one.rejected_at, self.since))
        )


class Cause(NamedTuple):
    """What dead letters have in common that were set aside for the same: one remedy serves them all."""

    type: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class OfCause:
    """All dead letters of one cause."""

    cause: Cause
    count: int
    senders: tuple[str, ...]
    """Codes, in their order, each once."""
    oldest: datetime | None
    latest: datetime | None
    example: Position
    """The latest of them, for a closer look."""


def by_cause(letters: Iterable[DeadLetter]) -> list[OfCause]:
    """Return the causes of dead letters given in their order, the most frequent first."""
    groups: dict[Cause, list[DeadLetter]] = {}
    for one in letters:
        groups.setdefault(Cause(one.type, one.field, one.reason), []).append(one)
    return sorted((_of_cause(*one) for one in groups.items()), key=lambda one: (-one.count, one.cause))


def _of_cause(cause: Cause, letters: list[DeadLetter]) -> OfCause:
    times = [one.rejected_at for one in letters if one.rejected_at is not None]
    return OfCause(
        cause,
        len(letters),
        tuple(sorted({one.sender for one in letters})),
        min(times, default=None),
        max(times, default=None),
        letters[-1].position,
    )


def _later(at: datetime | None, since: datetime) -> bool:
    return at is not None and at >= (since if since.tzinfo else since.replace(tzinfo=UTC))


def header_texts(headers: Headers) -> dict[str, str]:
    """Return the headers as text; what is not UTF-8 is shown as such."""
    return {name: (value or b"").decode(errors="replace") for name, value in headers}
