"""One transaction of one processor for one partition: what it may emit, deliver and reject."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Connection
from sqlalchemy.sql.dml import ReturningInsert

from placehub.contracts.codec import Codec, event_class
from placehub.contracts.headers import Attributes, write_headers
from placehub.contracts.traces import traceparent
from placehub.database import insertion, rows_of
from placehub.drivers.records import Partition, Record, Row
from placehub.drivers.tables import OUTGOING, SEQUENCE
from placehub.errors import Rejected
from placehub.mailboxes.events import EventRejected
from placehub.saying import facts_of, form_of
from placehub.streams import DEADLETTER, OUTBOX, full_name, inbox, stream

HUB: Final = UUID("6f1d9a52-5c0b-5d8e-9d0e-0d6a3f2b7c11")
"""The namespace of every id the hub derives."""


Cause = Attributes | UUID
"""What an event follows from: another event, or an id derived from a timer that went off, which begins a trace."""


@dataclass(slots=True)
class _Pending:
    topic: str
    key: str
    attributes: Attributes | None
    extra: dict[str, str]
    value: bytes | None


class Step:
    """What a processor may do with one batch of one partition; all of it commits together or not at all."""

    def __init__(
        self, connection: Connection, *, processor: str, partition: Partition, now: datetime, codec: Codec
    ) -> None:
        self.connection = connection
        self.partition = partition
        self.now = now
        self.rejected: list[dict[str, str]] = []
        """What was set aside: sender, position, field, rule, trace."""
        self._processor = processor
        self.codec = codec
        self._pending: list[_Pending] = []
        self._committed: list[Callable[[], None]] = []
        self._encoded: dict[int, tuple[object, bytes]] = {}

    @property
    def source(self) -> str:
        """The hub's own `ce_source` here: one per partition, so that its sequence has one writer."""
        return f"/hub/{self._processor}/{self.partition.topic}/{self.partition.number}"

    def emit(self, event: object, *, because: Cause, nth: object = 0, marks: tuple[str, ...] = ()) -> UUID:
        """Append an event of the hub's own to its stream; the same cause gives the same id, and its trace goes on."""
        about = self.attributes_of(event, because=because, nth=nth, marks=marks)
        topic = stream(about.type.partition(".")[0]).name
        self._pending.append(_Pending(topic, about.subject, about, {}, self.codec.encode(event)))
        return about.id

    def attributes_of(self, event: object, *, because: Cause, nth: object, marks: tuple[str, ...]) -> Attributes:
        """Return the attributes of an event of the hub's own; its sequence is given when it is stored."""
        cause, trace_id = (because, because.hex) if isinstance(because, UUID) else (because.id, because.trace_id)
        name = full_name(type(event))
        subject = str(getattr(event, stream(name.partition(".")[0]).key))
        ce_id = uuid5(HUB, f"{cause}|{name}|{subject}|{nth}")
        return Attributes(
            id=ce_id,
            source=self.source,
            type=name,
            subject=subject,
            time=self.now,
            recorded_at=self.now,
            marks=marks,
            because=cause,
            traceparent=traceparent(ce_id, trace_id),
        )

    def append(self, topic: str, attributes: Attributes, value: bytes) -> None:
        """Append an organisation's own event, as posted, to a stream."""
        self._pending.append(_Pending(topic, attributes.subject, attributes, {}, value))

    def deliver(self, organisation: str, event: object, attributes: Attributes, value: bytes | None = None) -> None:
        """Put an event into an organisation's inbox under the attributes it has in its stream.

        What it follows from is left out: that may be another organisation's. When it was told is added. `value` is the
        event's bytes, where they are known.
        """
        about = replace(attributes, because=None, told_at=self.now)
        written = self._bytes_of(event) if value is None else value
        self._pending.append(_Pending(inbox(organisation), attributes.subject, about, {}, written))

    def _bytes_of(self, event: object) -> bytes:
        kept = self._encoded.get(id(event))
        if kept is None:  # the event is kept with its bytes, or its id could be another's
            kept = self._encoded[id(event)] = event, self.codec.encode(event)
        return kept[1]

    def reject(
        self, record: Record, why: Rejected, *, sender: str, attributes: Attributes | None = None, told: bool = True
    ) -> None:
        """Set a record aside: a dead letter for the operator and, if it is told, EventRejected in the sender's inbox.

        A dead letter holds no value, only its hash, and no word of the sender's own choice: it may be a child's data.
        """
        known = attributes or record.attributes
        named = bool(known.source)
        self._log_of(record, why, known if named else None, sender)
        self._dead(record, why, known if named else None, sender)
        if told:
            self._tell(record, why, known if named else None, sender)

    def _log_of(self, record: Record, why: Rejected, known: Attributes | None, sender: str) -> None:
        said = {"sender": sender, "position": record.position, "field": why.field, "rule": why.rule}
        self.rejected.append(said | ({"trace_id": known.trace_id, "ce_id": str(known.id)} if known else {}))

    def _dead(self, record: Record, why: Rejected, known: Attributes | None, sender: str) -> None:
        headers = {
            "sender": sender,
            "ce_id": str(known.id) if known else "",
            "type": known.type if known and event_class(known.type) else "",
            "topic": record.topic,
            "partition": str(record.partition),
            "offset": str(record.offset),
            "field": why.field,
            "reason": why.rule,
            "remedy": why.remedy,
            "sha256": hashlib.sha256(record.value or b"").hexdigest(),
            "rejected_at": self.now.isoformat(),
        }
        self._pending.append(_Pending(DEADLETTER, sender, None, headers, None))

    def _tell(self, record: Record, why: Rejected, known: Attributes | None, sender: str) -> None:
        told = EventRejected(
            organisation=sender,
            rejected_id=known.id if known else None,
            rejected_type=known.type if known else None,
            subject=known.subject if known else None,
            position=record.position,
            field=why.field,
            rule=why.rule,
            remedy=why.remedy,
            rule_form=_form(why.rule),
            remedy_form=_form(why.remedy),
            facts={**facts_of(why.rule), **facts_of(why.remedy)} or None,
        )
        self.notify(sender, told, nth=f"{record.position}|{why.field}", trace_id=known.trace_id if known else "")

    def notify(self, organisation: str, event: object, *, nth: object, trace_id: str = "") -> None:
        """Put an event of the hub's own into one inbox; it stands in no stream. The same `nth` gives the same id."""
        name = full_name(type(event))
        ce_id = uuid5(HUB, f"{name}|{organisation}|{nth}")
        trace = traceparent(ce_id, trace_id)
        about = Attributes(
            id=ce_id,
            source=self.source,
            type=name,
            subject=organisation,
            time=self.now,
            told_at=self.now,
            traceparent=trace,
        )
        self._pending.append(_Pending(inbox(organisation), organisation, about, {}, self.codec.encode(event)))

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do this once the transaction has committed: the only way to change what is kept in memory."""
        self._committed.append(act)

    def committed(self) -> None:
        """Tell the step that its transaction has committed."""
        for act in self._committed:
            act()

    def take_pending(self) -> list[_Pending]:
        """Hand over what is to be published, in order."""
        pending, self._pending = self._pending, []
        return pending


Turn = tuple[Step, Sequence[Record]]
"""One partition's turn: what it may do, and what has come there."""


def _form(text: str) -> str:
    """Return a text's form, where that is another text."""
    form = form_of(text)
    return form if form != text else ""


def sender_of(record: Record) -> str:
    """The organisation that posted this record: by its outbox, or by the source the hub gave it in a stream."""
    if record.topic.startswith(OUTBOX):
        return record.topic.removeprefix(OUTBOX)
    return record.attributes.source.rpartition("/")[2]


def _advanced() -> ReturningInsert[Any]:
    new = insertion(SEQUENCE)
    return new.on_conflict_do_update(
        index_elements=["topic", "source", "subject"], set_={"last": SEQUENCE.c.last + new.excluded.last}
    ).returning(SEQUENCE.c.topic, SEQUENCE.c.source, SEQUENCE.c.subject, SEQUENCE.c.last)


_ADVANCED: Final = _advanced()
_STORED: Final = insertion(OUTGOING, *(one.name for one in OUTGOING.c if one.name != "id")).returning(OUTGOING.c.id)


def store_outgoing(connection: Connection, processor: str, steps: Iterable[Step]) -> list[tuple[int, Row]]:
    """Number and store what the steps want published; return the rows with their ids, in order."""
    planned = [(step.partition, one) for step in steps for one in step.take_pending()]
    if not planned:
        return []
    rows = _numbered(connection, [one for _, one in planned])
    values: list[dict[str, Any]] = [
        {
            "processor": processor,
            "from_topic": partition.topic,
            "from_partition": partition.number,
            "topic": row.topic,
            "key": row.key,
            "headers": [[name, value.decode()] for name, value in row.headers],
            "value": row.value,
        }
        for (partition, _), row in zip(planned, rows, strict=True)
    ]
    ids = connection.execute(_STORED, rows_of(OUTGOING, values)).scalars()
    return list(zip(sorted(ids), rows, strict=True))  # numbered in their order


def _numbered(connection: Connection, pending: Sequence[_Pending]) -> list[Row]:
    counts = Counter((one.topic, one.attributes.source, one.key) for one in pending if one.attributes)
    given = _advance(connection, counts)
    rows = []
    for one in pending:
        headers = [(name, value.encode()) for name, value in one.extra.items()]
        if one.attributes is not None:
            place = (one.topic, one.attributes.source, one.key)
            given[place] += 1
            headers = write_headers(replace(one.attributes, sequence=given[place])) + headers
        rows.append(Row(one.topic, one.key, headers, one.value))
    return rows


def _advance(connection: Connection, counts: Counter[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    """Reserve the next numbers of each sequence; return the last one given before."""
    if not counts:
        return {}
    # sorted, so that two transactions that share sequences take their locks in the same order
    values = [
        {"topic": topic, "source": source, "subject": subject, "last": counts[topic, source, subject]}
        for topic, source, subject in sorted(counts)
    ]
    return {
        (row.topic, row.source, row.subject): row.last - counts[row.topic, row.source, row.subject]
        for row in connection.execute(_ADVANCED, rows_of(SEQUENCE, values))
    }
