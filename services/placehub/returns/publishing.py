"""Producing returns: the streams are read whole, and what is new is said on the `partnership` stream.

The operator runs it, after a period has ended and as often as it likes: no processor holds what a return is made of,
since placements, searches and profiles lie in different partitions, and four days a year are not worth a process of
their own. What has not changed is not said again; a fact that came late makes a new version. One run at a time: a
second one waits, and finds nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

from placehub.contracts.codec import Codec, Registry
from placehub.contracts.headers import Attributes, write_headers
from placehub.database import connect, database_errors, hold_names
from placehub.drivers.brokers import producer
from placehub.drivers.reading import read_streams
from placehub.drivers.step import HUB
from placehub.errors import NotFound
from placehub.mailboxes.connection import broker_errors
from placehub.returns.events import ReturnProduced
from placehub.returns.facts import READS, Facts
from placehub.returns.producing import produce, wanted
from placehub.returns.standing import Event, Partnership, follow
from placehub.settings import Settings
from placehub.streams import full_name

STREAM: Final = ReturnProduced.STREAM
SOURCE: Final = "/hub/returns"
"""`ce_source` of what is produced."""
_SEND_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Outcome:
    """One return after a run: its id and version, and whether that is new."""

    return_id: UUID
    agreement_id: UUID
    of_organisation: str
    kind: str
    starts_on: date
    ends_on: date
    version: int
    is_new: bool
    changed: int
    """Columns that say something else than in the version before."""


def partnerships(settings: Settings) -> dict[UUID, Partnership]:
    """Return what was said under each agreement of returns, meetings and figures."""
    found: dict[UUID, Partnership] = {}
    for record in read_streams(settings, (STREAM,))[STREAM]:
        if isinstance(record.event, Event):
            key = record.event.agreement_id
            found[key] = follow(found.get(key, Partnership()), record.event)
    return found


def facts_of(settings: Settings) -> Facts:
    """Return everything that returns are made of, as the streams tell it by now."""
    facts = Facts()
    streams = read_streams(settings, READS)
    for name in READS:
        for record in streams[name]:
            facts.take(record.event, record.attributes)
    return facts


def run(
    settings: Settings, now: datetime, agreement_id: UUID | None = None, within: date | None = None
) -> tuple[Outcome, ...]:
    """Produce the returns of every agreement, or of one, for the last period that is over or the one of a day.

    NotFound where there is none to produce, Unavailable when broker or database are away; it may be run again at any
    time.
    """
    url = settings.database.get_secret_value()
    with database_errors(url):
        engine = connect(url, pool_size=1)
        try:
            with engine.begin() as connection:
                hold_names(connection, [SOURCE])
                return _run(settings, now, agreement_id, within)
        finally:
            engine.dispose()


def _run(settings: Settings, now: datetime, agreement_id: UUID | None, within: date | None) -> tuple[Outcome, ...]:
    known, facts = partnerships(settings), facts_of(settings)
    outcomes, new = [], []
    for one in wanted(facts, now.date(), within):
        if agreement_id not in (None, one.agreement_id):
            continue
        standing = known.get(one.agreement_id, Partnership()).returns.get(one.return_id)
        made = produce(facts, one, standing)
        new += [made] if made else []
        latest = made or (standing.latest if standing else None)
        assert latest is not None, "what has no version yet is produced"
        told = (one.return_id, one.agreement_id, one.of_organisation, one.kind, one.period.first, one.period.last)
        changed = len(made.changed) if made else 0
        outcomes.append(Outcome(*told, latest.return_version, made is not None, changed))
    if not outcomes:
        raise NotFound("No return is to be produced: no agreement with parties was in force in a period that is over.")
    _publish(settings, known, new, now)
    return tuple(outcomes)


def _publish(
    settings: Settings, known: dict[UUID, Partnership], events: Sequence[ReturnProduced], now: datetime
) -> None:
    codec = Codec(Registry(settings.registry, register=True))
    said = {key: sum(len(each.versions) for each in one.returns.values()) for key, one in known.items()}
    with broker_errors(settings.bootstrap, settings.kafka_user):
        stream = producer(settings)
        try:
            sent = []
            for event in events:
                said[event.agreement_id] = said.get(event.agreement_id, 0) + 1
                about = write_headers(_about(event, said[event.agreement_id], now))
                sent.append(stream.send(STREAM, codec.encode(event), str(event.agreement_id).encode(), about))
            stream.flush()
            for each in sent:
                each.get(timeout=_SEND_SECONDS)
        finally:
            stream.close(timeout=5)


def _about(event: ReturnProduced, sequence: int, now: datetime) -> Attributes:
    """Return the attributes: what was said under an agreement before counts up, as every reader of a stream expects."""
    return Attributes(
        id=uuid5(HUB, f"{event.return_id}|{event.return_version}"),
        source=SOURCE,
        type=full_name(ReturnProduced),
        subject=str(event.agreement_id),
        time=now,
        recorded_at=now,
        sequence=sequence,
    )
