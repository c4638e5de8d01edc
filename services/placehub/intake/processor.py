"""Intake's shell: one transaction per batch of outboxes; what passes is appended to its stream as it was posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from placehub.contracts.codec import Codec
from placehub.contracts.headers import Attributes, read_headers
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Step, sender_of
from placehub.errors import Rejected
from placehub.intake import rules
from placehub.intake.rules import Aggregate, Sender
from placehub.intake.tables import AGGREGATE, SEEN
from placehub.organisations.events import OrganisationDisabled, OrganisationRegistered
from placehub.streams import full_name, outbox, stream

Place = tuple[str, str]


class Intake:
    """Takes in every outbox, undecoded: what cannot be read must reach its sender.

    `organisation` is its world: who may post at all.
    """

    name = "intake"
    streams: tuple[str, ...] = ("outbox.*",)
    raw: tuple[str, ...] = ()
    world: tuple[str, ...] = ("organisation",)

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
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

    def handle(self, step: Step, records: Sequence[Record]) -> None:
        """Check one outbox's records in order; append or reject each."""
        sender = self._senders[sender_of(records[0])]
        read = [(record, *self._read(step, record, sender)) for record in records]
        readable = [(record, event, attributes) for record, event, attributes in read if attributes is not None]
        seen = _seen(step.connection, sender.code, [attributes.id for _, _, attributes in readable])
        known = _aggregates(step.connection, {_place(event) for _, event, _ in readable})
        changed: dict[Place, Aggregate] = {}
        for record, event, attributes in readable:
            if attributes.id in seen:
                continue
            try:
                rules.check_form(event, attributes, record.key, sender, step.now)
                changed[_place(event)] = rules.check_aggregate(event, {**known, **changed}.get(_place(event)), sender)
            except Rejected as why:
                step.reject(record, why, sender=sender.code, attributes=attributes)
                continue
            seen.add(attributes.id)
            _append(step, record, event, attributes, sender)
        _store(step.connection, sender.code, seen, changed)

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


def _append(step: Step, record: Record, event: Any, attributes: Attributes, sender: Sender) -> None:
    noted = replace(attributes, recorded_at=step.now, marks=rules.marks(event, attributes, step.now), sequence=0)
    assert record.value is not None  # decoded above
    step.append(_place(event)[0], noted, record.value)


def _place(event: Any) -> Place:
    name = full_name(type(event)).partition(".")[0]
    if name in ("mailbox", "clock"):
        raise Rejected("ce_type", "is an event that only the hub publishes", "Post an event of your own side.")
    return name, str(getattr(event, stream(name).key))


def _seen(connection: Connection, organisation: str, ids: Sequence[UUID]) -> set[UUID]:
    where = (SEEN.c.organisation == organisation) & SEEN.c.ce_id.in_(ids)
    return set(connection.execute(select(SEEN.c.ce_id).where(where)).scalars())


def _aggregates(connection: Connection, places: set[Place]) -> dict[Place, Aggregate]:
    if not places:
        return {}
    where = tuple_(AGGREGATE.c.stream, AGGREGATE.c.subject).in_(places)
    rows = connection.execute(select(AGGREGATE).where(where))
    return {(row.stream, row.subject): Aggregate(row.owner, tuple(row.parties), row.version) for row in rows}


def _store(connection: Connection, organisation: str, seen: set[UUID], changed: dict[Place, Aggregate]) -> None:
    if seen:
        values = [{"organisation": organisation, "ce_id": one} for one in seen]
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
