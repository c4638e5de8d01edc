"""Intake's shell: one transaction per batch of outboxes; what passes is appended to its stream as it was posted."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from placehub.contracts.codec import NONE_COUNTED, Codec
from placehub.contracts.headers import Attributes, read_headers
from placehub.contracts.limits import LARGEST_BYTES
from placehub.database import among_those, insertion, rows_of, these
from placehub.disputes.events import DisputeRaised
from placehub.drivers.batches import MOST_BYTES, UNREADABLE
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Step, Turn, sender_of
from placehub.errors import Rejected
from placehub.intake import rules
from placehub.intake.aggregates import (
    PROCESSOR,
    Place,
    check_published,
    hold_aggregates,
    store_aggregates,
)
from placehub.intake.disputes import check_against, check_placement
from placehub.intake.flood import Recent
from placehub.intake.returned import Produced, check_return, produced
from placehub.intake.rules import Aggregate, Sender
from placehub.intake.tables import PAUSED, SEEN
from placehub.mailboxes.events import OutboxPaused
from placehub.observing.following import followed
from placehub.organisations.events import OrganisationDisabled, OrganisationRegistered
from placehub.postcodes import Postcodes
from placehub.returns.events import ReturnProduced
from placehub.saying import said
from placehub.streams import OUTBOX, full_name, outbox, stream

LOG = structlog.get_logger()
_NAME: Final = (SEEN.c.organisation, SEEN.c.ce_id)
_SEEN: Final = select(SEEN).where(among_those(*_NAME))
_STORED: Final = insertion(SEEN).on_conflict_do_nothing()
Name = tuple[str, UUID]
"""Sender and id of an event: what makes it the same event when it comes again."""


@dataclass(frozen=True, slots=True)
class _Posted:
    """One record that could be read, on its way in."""

    step: Step
    record: Record
    sender: Sender
    event: Any
    attributes: Attributes

    @property
    def name(self) -> Name:
        return self.sender.code, self.attributes.id

    @property
    def corrected(self) -> Name | None:
        """The event it corrects, if it is a correction."""
        corrects = getattr(self.event, "corrects", None)
        return (self.sender.code, corrects) if corrects else None


class Intake:
    """Takes in every outbox, undecoded: what cannot be read must reach its sender.

    Its world: who may post at all, and which returns have been produced.
    """

    name = PROCESSOR
    streams: tuple[str, ...] = ("outbox.*",)
    raw: tuple[str, ...] = ()
    skips = ""
    counted: Mapping[type, tuple[str, ...]] = NONE_COUNTED
    world: tuple[str, ...] = ("organisation", "partnership")

    def __init__(self, codec: Codec, postcodes: Postcodes, rest_seconds: int) -> None:
        """`rest_seconds`: how long an outbox is left alone of which most is rejected."""
        self._codec = codec
        self._postcodes = postcodes
        self._rest_seconds = rest_seconds
        self._senders: dict[str, Sender] = {}
        self._outboxes: frozenset[str] = frozenset()
        self._held: set[str] = set()
        self._returns: dict[UUID, Produced] = {}
        self._recent: dict[Partition, Recent] = {}
        self._flooded: set[Partition] = set()

    def outboxes(self) -> frozenset[str]:
        """Return the outboxes of every organisation learned so far; the same object until there are others."""
        return self._outboxes

    def learn(self, records: Sequence[Record], offsets: dict[str, list[int]]) -> None:
        """Learn who takes part, and what returns there are."""
        for record in records:
            event = record.event
            if isinstance(event, OrganisationRegistered):
                self._senders[event.organisation] = Sender(event.organisation, event.kind, event.nation, True)
            elif isinstance(event, OrganisationDisabled) and event.organisation in self._senders:
                self._senders[event.organisation] = replace(self._senders[event.organisation], active=False)
            elif isinstance(event, ReturnProduced):
                self._returns[event.return_id] = produced(event)
        if len(self._senders) > len(self._outboxes):
            self._outboxes = frozenset(map(outbox, self._senders))

    def take(self, connection: Connection, partition: Partition) -> None:
        """Nothing to load: of an outbox only what became of its last records is kept, and that begins anew."""
        self._held.add(partition.topic)

    def drop(self, partition: Partition) -> None:
        """Forget what became of an outbox's last records."""
        self._held.discard(partition.topic)
        self._recent.pop(partition, None)
        self._flooded.discard(partition)

    def react(self, step: Step, records: Sequence[Record]) -> None:
        """Nothing follows for an outbox from what others do."""

    def tick(self, step: Step) -> None:
        """Intake has no timers."""

    def handle(self, turns: Sequence[Turn]) -> None:
        """Check each outbox's records in order; append or reject each.

        Overtaken when another intake has taken in an event about the same aggregate that is not in its stream yet, or
        that the aggregate began with.
        """
        connection = turns[0][0].connection
        outcomes: dict[Step, list[bool]] = {step: [] for step, _ in turns}
        came = [posted for step, records in turns for posted in self._readable(step, records, outcomes[step])]
        seen = _seen(connection, {one.name for one in came} | {one.corrected for one in came if one.corrected})
        known, outboxes = hold_aggregates(connection, {place for one in came for place in _looked_at(one.event)})
        check_published(connection, outboxes - self._held, {place[1] for place in known})
        taken: dict[Name, str] = {}
        changed: dict[Place, Aggregate] = {}
        last: dict[Place, str] = {}
        now_known = ChainMap(changed, known)
        for one in followed(came):
            if one.name in seen or one.name in taken:
                continue
            place = _held_under(one.event)
            try:
                rules.check_form(one.event, one.attributes, one.record.key, one.sender, one.step.now, self._exists)
                if one.corrected:
                    rules.check_corrected(one.event, taken.get(one.corrected, seen.get(one.corrected)))
                check_against(one.event, one.sender.kind, self._kind_of(getattr(one.event, "against", None)))
                before = now_known.get(place)
                after = rules.check_aggregate(one.event, before, one.sender, one.step.now)
                check_return(one.event, self._return_of(one.event))
                check_placement(one.event, one.sender.kind, _parties(_looked_at(one.event)[1:], now_known))
            except Rejected as why:
                _reject(one.step, one.record, why, one.sender, one.attributes)
                outcomes[one.step].append(True)
                continue
            outcomes[one.step].append(False)
            changed[place] = after
            last[place] = one.step.partition.topic
            taken[one.name] = place[1]
            _append(one, before)
        _store_seen(connection, taken)
        store_aggregates(connection, changed, last, known)
        for step, ended in outcomes.items():
            self._guard(step, ended)

    def flooded(self) -> frozenset[Partition]:
        """Return the outboxes that are to rest from now on; each is told of once."""
        found, self._flooded = frozenset(self._flooded), set()
        return found

    def resume(self, step: Step) -> None:
        """Note that an outbox is read again."""
        mine = PAUSED.c.organisation == step.partition.topic.removeprefix(OUTBOX)
        step.connection.execute(update(PAUSED).where(mine).values(resumed_at=step.now))

    def _guard(self, step: Step, outcomes: Sequence[bool]) -> None:
        """Let an outbox rest of which most is rejected, and say so to its sender and to the operator."""
        recent = self._recent.get(step.partition, Recent()).after(outcomes)
        if recent.flooded:
            _pause(step, recent, self._rest_seconds)
            step.after_commit(lambda: self._flooded.add(step.partition))
        step.after_commit(lambda: self._recent.update({step.partition: Recent() if recent.flooded else recent}))

    def _kind_of(self, organisation: str | None) -> str | None:
        found = self._senders.get(organisation) if organisation else None
        return found.kind if found else None

    def _exists(self, sector: str) -> bool:
        return self._postcodes.sector(sector) is not None

    def _return_of(self, event: Any) -> Produced | None:
        return_id = getattr(event, "return_id", None)
        return self._returns.get(return_id) if return_id else None

    def _readable(self, step: Step, records: Sequence[Record], outcomes: list[bool]) -> Iterator[_Posted]:
        sender = self._senders[sender_of(records[0])]
        for record in records:
            event, attributes = self._read(step, record, sender)
            if attributes is not None:
                yield _Posted(step, record, sender, event, attributes)
            else:
                outcomes.append(True)

    def _read(self, step: Step, record: Record, sender: Sender) -> tuple[Any, Attributes | None]:
        attributes: Attributes | None = None
        try:
            if record.headers and record.headers[0][0] == UNREADABLE:
                raise Rejected(
                    "batch", said("must unpack to at most {most} bytes", most=MOST_BYTES), "Send smaller batches."
                )
            attributes = replace(read_headers(record.headers), source=f"/organisations/{sender.code}")
            _check_size(record)
            event = self._codec.decode(record.value)
            _place(event)
        except Rejected as why:
            _reject(step, record, why, sender, attributes)
            return None, None
        return event, attributes


def _check_size(record: Record) -> None:
    # the broker weighs a batch as it was packed; what is larger unpacked could be taken in and never published
    if record.value is not None and len(record.value) > LARGEST_BYTES:
        raise Rejected("value", "must be smaller than a megabyte, unpacked", "Leave out long texts.")


def _reject(step: Step, record: Record, why: Rejected, sender: Sender, attributes: Attributes | None) -> None:
    # whoever was shut out reads its inbox no more: the dead letter is all there is
    step.reject(record, why, sender=sender.code, attributes=attributes, told=sender.active)


def _pause(step: Step, recent: Recent, seconds: int) -> None:
    code, of = step.partition.topic.removeprefix(OUTBOX), len(recent.rejected)
    row = {"organisation": code, "paused_at": step.now, "resumed_at": None, "rejected": recent.count, "of": of}
    new = insert(PAUSED).values(row | {"times": 1})
    kept = {name: new.excluded[name] for name in row}
    again = new.on_conflict_do_update(index_elements=["organisation"], set_=kept | {"times": PAUSED.c.times + 1})
    times = step.connection.execute(again.returning(PAUSED.c.times)).scalar_one()
    remedy = "Correct what your system sends; the rejections before this say what is wrong."
    told = OutboxPaused(organisation=code, rejected=recent.count, of=of, seconds=seconds, remedy=remedy)
    step.notify(code, told, nth=times)
    LOG.warning(
        "an outbox rests: most of it is rejected", organisation=code, rejected=recent.count, of=of, seconds=seconds
    )


def _append(one: _Posted, before: Aggregate | None) -> None:
    now = one.step.now
    marks = rules.marks(one.event, one.attributes, before, now)
    # what a sender puts into the headers beside its event goes no further, but for a trace that is one
    noted = replace(
        one.attributes, recorded_at=now, told_at=None, marks=marks, because=None, sequence=0, dataschema=None
    )
    assert one.record.value is not None  # decoded above
    one.step.append(_place(one.event)[0], noted, one.record.value)


def _place(event: Any) -> Place:
    name = full_name(type(event)).partition(".")[0]
    if name in ("mailbox", "clock"):
        raise Rejected("ce_type", "is an event that only the hub publishes", "Post an event of your own side.")
    return name, str(getattr(event, stream(name).key))


def _held_under(event: Any) -> Place:
    """Return the aggregate that an event is held against: of a partnership the agreement, which says who is party."""
    name, subject = _place(event)
    return ("agreement" if name == "partnership" else name), subject


def _looked_at(event: Any) -> tuple[Place, ...]:
    """Return the aggregate that an event is held against, and the placement where it is a dispute about one."""
    about = event.placement_id if isinstance(event, DisputeRaised) else None
    return (_held_under(event), *([("placement", str(about))] if about else []))


def _parties(places: Sequence[Place], known: Mapping[Place, Aggregate]) -> frozenset[str]:
    return frozenset(one for place in places if place in known for one in known[place].parties)


def _seen(connection: Connection, names: set[Name]) -> dict[Name, str]:
    """Return what each of these events that was taken was about."""
    if not names:
        return {}
    rows = connection.execute(_SEEN, these(_NAME, names))
    return {(row.organisation, row.ce_id): row.subject for row in rows}


def _store_seen(connection: Connection, taken: dict[Name, str]) -> None:
    if taken:
        values = [
            {"organisation": organisation, "ce_id": ce_id, "subject": subject}
            for (organisation, ce_id), subject in taken.items()
        ]
        connection.execute(_STORED, rows_of(SEEN, values))
