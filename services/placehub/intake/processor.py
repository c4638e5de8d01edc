"""Intake's shell: one transaction per batch of outboxes; what passes is appended to its stream as it was posted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from placehub.contracts.codec import Codec
from placehub.contracts.headers import Attributes, read_headers
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Step, Turn, sender_of
from placehub.errors import Rejected
from placehub.intake import rules
from placehub.intake.rules import Aggregate, Sender
from placehub.intake.tables import AGGREGATE, SEEN
from placehub.observing.following import followed
from placehub.organisations.events import OrganisationDisabled, OrganisationRegistered
from placehub.postcodes import Postcodes
from placehub.streams import full_name, outbox, stream

Place = tuple[str, str]
"""Stream and subject of an aggregate."""
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


class Intake:
    """Takes in every outbox, undecoded: what cannot be read must reach its sender.

    `organisation` is its world: who may post at all.
    """

    name = "intake"
    streams: tuple[str, ...] = ("outbox.*",)
    raw: tuple[str, ...] = ()
    world: tuple[str, ...] = ("organisation",)

    def __init__(self, codec: Codec, postcodes: Postcodes) -> None:
        self._codec = codec
        self._postcodes = postcodes
        self._senders: dict[str, Sender] = {}

    def outboxes(self) -> frozenset[str]:
        """Return the outboxes of every organisation learned so far."""
        return frozenset(map(outbox, list(self._senders)))

    def learn(self, records: Sequence[Record], offsets: dict[str, list[int]]) -> None:
        """Learn who takes part."""
        for record in records:
            event = record.event
            if isinstance(event, OrganisationRegistered):
                self._senders[event.organisation] = Sender(event.organisation, event.kind, event.nation, True)
            elif isinstance(event, OrganisationDisabled) and event.organisation in self._senders:
                self._senders[event.organisation] = replace(self._senders[event.organisation], active=False)

    def take(self, connection: Connection, partition: Partition) -> None:
        """Nothing to load: intake keeps no state in memory for an outbox."""

    def drop(self, partition: Partition) -> None:
        """Nothing to forget."""

    def react(self, step: Step, records: Sequence[Record]) -> None:
        """Nothing follows for an outbox from what others do."""

    def tick(self, step: Step) -> None:
        """Intake has no timers."""

    def handle(self, turns: Sequence[Turn]) -> None:
        """Check each outbox's records in order; append or reject each."""
        connection = turns[0][0].connection
        came = [posted for step, records in turns for posted in self._readable(step, records)]
        seen = _seen(connection, {one.name for one in came})
        known = _aggregates(connection, {_place(one.event) for one in came})
        taken: set[Name] = set()
        changed: dict[Place, Aggregate] = {}
        for one in followed(came):
            if one.name in seen | taken:
                continue
            place = _place(one.event)
            try:
                rules.check_form(one.event, one.attributes, one.record.key, one.sender, one.step.now, self._exists)
                changed[place] = rules.check_aggregate(one.event, changed.get(place, known.get(place)), one.sender)
            except Rejected as why:
                one.step.reject(one.record, why, sender=one.sender.code, attributes=one.attributes)
                continue
            taken.add(one.name)
            _append(one)
        _store(connection, taken, changed)

    def _exists(self, sector: str) -> bool:
        return self._postcodes.sector(sector) is not None

    def _readable(self, step: Step, records: Sequence[Record]) -> Iterator[_Posted]:
        sender = self._senders[sender_of(records[0])]
        for record in records:
            event, attributes = self._read(step, record, sender)
            if attributes is not None:
                yield _Posted(step, record, sender, event, attributes)

    def _read(self, step: Step, record: Record, sender: Sender) -> tuple[Any, Attributes | None]:
        attributes: Attributes | None = None
        try:
            attributes = replace(read_headers(record.headers), source=f"/organisations/{sender.code}")
            event = self._codec.decode(record.value)
            _place(event)
        except Rejected as why:
            step.reject(record, why, sender=sender.code, attributes=attributes)
            return None, None
        return event, attributes


def _append(one: _Posted) -> None:
    now = one.step.now
    noted = replace(one.attributes, recorded_at=now, marks=rules.marks(one.event, one.attributes, now), sequence=0)
    assert one.record.value is not None  # decoded above
    one.step.append(_place(one.event)[0], noted, one.record.value)


def _place(event: Any) -> Place:
    name = full_name(type(event)).partition(".")[0]
    if name in ("mailbox", "clock"):
        raise Rejected("ce_type", "is an event that only the hub publishes", "Post an event of your own side.")
    return name, str(getattr(event, stream(name).key))


def _seen(connection: Connection, names: set[Name]) -> set[Name]:
    if not names:
        return set()
    where = tuple_(SEEN.c.organisation, SEEN.c.ce_id).in_(names)
    rows = connection.execute(select(SEEN.c.organisation, SEEN.c.ce_id).where(where))
    return {(row.organisation, row.ce_id) for row in rows}


def _aggregates(connection: Connection, places: set[Place]) -> dict[Place, Aggregate]:
    if not places:
        return {}
    where = tuple_(AGGREGATE.c.stream, AGGREGATE.c.subject).in_(places)
    rows = connection.execute(select(AGGREGATE).where(where))
    return {(row.stream, row.subject): Aggregate(row.owner, tuple(row.parties), row.version) for row in rows}


def _store(connection: Connection, taken: set[Name], changed: dict[Place, Aggregate]) -> None:
    if taken:
        values = [{"organisation": organisation, "ce_id": ce_id} for organisation, ce_id in taken]
        connection.execute(insert(SEEN).on_conflict_do_nothing(), values)
    if changed:
        rows = [
            {
                "stream": name,
                "subject": subject,
                "owner": one.owner,
                "parties": list(one.parties),
                "version": one.version,
            }
            for (name, subject), one in changed.items()
        ]
        new = insert(AGGREGATE)
        known = new.on_conflict_do_update(index_elements=["stream", "subject"], set_={"version": new.excluded.version})
        connection.execute(known, rows)
