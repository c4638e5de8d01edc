"""Who was told which event of a case, when, and without which fields: read from the record of what was sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select

from placehub.delivery.tables import SENT
from placehub.mailboxes.events import DataUseEnded
from placehub.streams import full_name

_AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event put into one inbox, or kept back from it."""

    organisation: str
    source: str
    ce_id: UUID
    round: int
    """Counts how often the organisation was taken into the case: what it was told before, it may be told again."""
    type: str
    subject: str
    sent_at: datetime
    """When delivery decided it, by the hub's time; the inbox has it under the same time as `ce_toldtime`."""
    without: tuple[str, ...]
    withheld: str | None
    """Why it was kept back (`organisation disabled`, `no inbox`); None: it was put into the inbox."""


def told(connection: Connection, events: Collection[UUID], subjects: Collection[str]) -> list[Told]:
    """Return every sending of these events, and to the same organisations of others about these subjects.

    The others are those that stand in no stream (`DataUseEnded`). Ordered by time, organisation, source and id.
    """
    found = {_key(one): one for one in _sendings(connection, events)}
    organisations = {one.organisation for one in found.values()}
    rest = SENT.c.organisation.in_(organisations) & SENT.c.subject.in_(subjects)
    found |= {_key(one): one for one in _read(connection, rest)}
    return sorted(found.values(), key=lambda one: (one.sent_at, *_key(one)))


def _key(one: Told) -> tuple[str, str, UUID, int]:
    return one.organisation, one.source, one.ce_id, one.round


def _sendings(connection: Connection, events: Collection[UUID]) -> Iterator[Told]:
    ids = sorted(events)
    for start in range(0, len(ids), _AT_ONCE):
        yield from _read(connection, SENT.c.ce_id.in_(ids[start : start + _AT_ONCE]))


def _read(connection: Connection, which: ColumnElement[bool]) -> Iterator[Told]:
    names = ("organisation", "source", "ce_id", "round", "type", "subject", "sent_at", "without", "withheld")
    for row in connection.execute(select(*[SENT.c[name] for name in names]).where(which)).mappings():
        yield Told(**{**row, "without": tuple(row["without"])})


def ended_uses(connection: Connection) -> tuple[int, int]:
    """Return how often a provider was told that its use of the data ended, and how often that was kept back."""
    ended = SENT.c.type == full_name(DataUseEnded)
    counted = select(func.count().filter(SENT.c.withheld.is_(None)), func.count(SENT.c.withheld)).where(ended)
    sent, kept_back = connection.execute(counted).one()
    return sent, kept_back
