"""CloudEvents in Kafka headers (binary mode), as every reader of a topic sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote
from uuid import UUID

from placehub.contracts.traces import is_traceparent, trace_id_of, traceparent
from placehub.errors import Rejected
from placehub.saying import said

Headers = list[tuple[str, bytes]]
CONTENT_TYPE = "application/avro"
LONGEST = 500
"""Characters of one attribute at most: it becomes part of keys, indexes and log lines."""
_TOO_MANY_DIGITS = 19  # a number of nineteen digits may not fit 64 bits
_NAMES = frozenset(
    {
        *("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"),
        *("ce_dataschema", "ce_sequence", "ce_recordedtime", "ce_toldtime", "ce_marks", "ce_because"),
        "traceparent",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """The CloudEvents attributes of one event.

    `source` and `sequence` count without a gap per (source, subject) in a stream or an inbox; a posted event has
    sequence 0 until the hub has taken it. `recorded_at` is when the hub took it, `marks` what it noted then
    (`recorded_late`, `out_of_policy`); `told_at` is when the hub told the owner of an inbox, and stands there alone.
    `because` is the id of what an event of the hub's own follows from: of another
    event, or one derived from a timer; it stands in streams alone. `traceparent` is W3C's; it always has one. `extra`
    are further headers to write; they are never read, so that what a sender puts beside its event goes no further.
    """

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int = 0
    recorded_at: datetime | None = None
    told_at: datetime | None = None
    marks: tuple[str, ...] = ()
    because: UUID | None = None
    dataschema: str | None = None
    traceparent: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let an event that is in no trace, or in one that cannot be, begin its own."""
        if not is_traceparent(self.traceparent):
            object.__setattr__(self, "traceparent", traceparent(self.id))

    @property
    def taken_at(self) -> datetime:
        """When the hub took it; its own time as long as it has not."""
        return self.recorded_at or self.time

    @property
    def trace_id(self) -> str:
        """The trace it is in, 32 hexadecimal digits."""
        return trace_id_of(self.traceparent)


def write_headers(of: Attributes) -> Headers:
    """Return the Kafka headers for these attributes."""
    values = {
        "ce_specversion": "1.0",
        "ce_id": str(of.id),
        "ce_source": of.source,
        "ce_type": of.type,
        "ce_subject": of.subject,
        "ce_time": of.time.isoformat(),
        "ce_dataschema": of.dataschema,
        "ce_sequence": str(of.sequence) if of.sequence else None,
        "ce_recordedtime": of.recorded_at.isoformat() if of.recorded_at else None,
        "ce_toldtime": of.told_at.isoformat() if of.told_at else None,
        "ce_marks": ",".join(of.marks) or None,
        "ce_because": str(of.because) if of.because else None,
        "content-type": CONTENT_TYPE,
        "traceparent": of.traceparent,
        **of.extra,
    }
    return [(name, value.encode()) for name, value in values.items() if value is not None]


def read_headers(headers: Headers) -> Attributes:
    """Read the attributes; Rejected names the header that is missing or unreadable.

    Headers of any other name are let be: what they are called is their sender's choice, so it is never repeated.
    """
    texts = _known(headers)
    if texts.get("ce_specversion") != "1.0":
        raise Rejected("ce_specversion", "must be 1.0", "Send the CloudEvents 1.0 headers in binary mode.")
    return Attributes(
        id=_uuid("ce_id", _need(texts, "ce_id")),
        source=_need(texts, "ce_source"),
        type=_need(texts, "ce_type"),
        subject=_need(texts, "ce_subject"),
        time=_time("ce_time", _need(texts, "ce_time")),
        sequence=_number(texts.get("ce_sequence", "0")),
        recorded_at=_time("ce_recordedtime", texts["ce_recordedtime"]) if "ce_recordedtime" in texts else None,
        told_at=_time("ce_toldtime", texts["ce_toldtime"]) if "ce_toldtime" in texts else None,
        marks=tuple(mark for mark in texts.get("ce_marks", "").split(",") if mark),
        because=_uuid("ce_because", texts["ce_because"]) if "ce_because" in texts else None,
        dataschema=texts.get("ce_dataschema"),
        traceparent=texts.get("traceparent", ""),
    )


def _known(headers: Headers) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in headers:
        if name not in _NAMES:
            continue
        if name in texts:
            raise Rejected(name, "must be sent once", "Send each CloudEvents header once.")
        texts[name] = _text(name, value)
    return texts


def _text(name: str, value: bytes | None) -> str:
    try:
        # Some libraries percent-encode as they would for HTTP; nothing the hub writes holds a percent sign.
        text = unquote((value or b"").decode(), errors="strict")
    except UnicodeDecodeError:
        raise Rejected(name, "must be UTF-8 text", "Encode the header as UTF-8.") from None
    if len(text) > LONGEST or not text.isprintable():
        rule = said("must be one line of at most {most} characters, none of them a control character", most=LONGEST)
        raise Rejected(name, rule, "Send the attribute as CloudEvents words it.")
    return text


def _need(texts: dict[str, str], name: str) -> str:
    if not texts.get(name):
        raise Rejected(name, "is required", "Send every CloudEvents header: id, source, type, subject, time.")
    return texts[name]


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Rejected(name, "must be a UUID", "Give each event a UUID of its own.") from None


def _time(name: str, text: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
        if parsed.tzinfo is not None:
            return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Rejected(name, "must be an RFC 3339 time", "Write it as 2026-03-02T09:30:00+00:00.") from None
    raise Rejected(name, "must carry a time zone", "Write it as 2026-03-02T09:30:00+00:00.")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < _TOO_MANY_DIGITS):
        raise Rejected("ce_sequence", "must be a whole number", "Leave it out: the hub numbers events.")
    return int(text)
