"""What a replay would read and make: asked first, then done; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Table, literal
from sqlalchemy.sql import visitors

from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Turn
from placehub.errors import Conflict, NotFound
from placehub.monitoring.processor import ALL, Monitoring
from placehub.monitoring.views import VIEWS

Ends = Mapping[Partition, int]
"""Partition -> the offset a replay reads up to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which views are made again, and from which events; with neither time nor case, from all there are."""

    views: tuple[str, ...]
    """Names of views, sorted."""
    since: datetime | None = None
    """Only what happened at this time (`ce_time`) or later."""
    until: datetime | None = None
    """Only what happened before this time."""
    case: UUID | None = None
    """Only what names this referral, or a placement that came of it."""

    @property
    def whole(self) -> bool:
        """Tell whether every event is taken in, so that the tables must come out as the live ones are."""
        return self.since is None and self.until is None and self.case is None

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        times = {"from": self.since, "to": self.until}
        told = {name: at.isoformat() if at else None for name, at in times.items()}
        return {"views": list(self.views), **told, "case": str(self.case) if self.case else None}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read, and which tables come of it."""

    wanted: Wanted
    tables: tuple[Table, ...]
    ends: Ends

    @property
    def events(self) -> int:
        """How many records are read at most."""
        return sum(self.ends.values())

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that are read."""
        return tuple(sorted({one.topic for one in self.ends}))


def wanted_views(names: Sequence[str], every: bool) -> tuple[str, ...]:
    """Return the names of the views asked for; NotFound for one there is not. Conflict: nothing or both is asked."""
    if every == bool(names):
        raise Conflict("Say which views are made again: --view NAME, once for each, or --all, not both.")
    for name in names:
        if name not in VIEWS:
            raise NotFound(f"There is no view {name}. See 'placehub views list'.")
    return tuple(sorted(VIEWS if every else set(names)))


def view_names() -> tuple[str, ...]:
    """Return the names of all views there are, sorted."""
    return tuple(sorted(VIEWS))


def tables_of(views: Iterable[str]) -> tuple[Table, ...]:
    """Return the tables these views are read from, in the order of `ALL`."""
    now = literal(None, DateTime(timezone=True))
    read = {one for name in views for one in visitors.iterate(VIEWS[name].select(now)) if isinstance(one, Table)}
    return tuple(table for table in ALL if table in read)


def plan(wanted: Wanted, stands: Ends) -> Plan:
    """Return the plan of a replay up to where the live views stand."""
    tables = tables_of(wanted.views)
    streams = Monitoring.streams_of(tables)
    # who sent a dead letter, and about which case, stands in no event that could be narrowed down
    left_out = () if wanted.whole else Monitoring.raw
    ends = {one: end for one, end in stands.items() if one.topic in streams and one.topic not in left_out and end}
    return Plan(wanted, tables, dict(sorted(ends.items())))


class Narrowed:
    """The monitoring processor, given a part of the records."""

    name = Monitoring.name
    streams = Monitoring.streams
    raw = Monitoring.raw

    def __init__(self, views: Monitoring, wanted: Wanted, placements: frozenset[UUID]) -> None:
        """`placements`: those that came of the case."""
        self._views = views
        self._wanted = wanted
        self._placements = placements

    def handle(self, turns: Sequence[Turn]) -> None:
        """Hand on what is wanted of the records."""
        kept = [(step, [one for one in records if self._wants(one)]) for step, records in turns]
        some = [(step, records) for step, records in kept if records]
        if some:
            self._views.handle(some)

    def _wants(self, record: Record) -> bool:
        wanted, at = self._wanted, record.attributes.time
        if (wanted.since and at < wanted.since) or (wanted.until and at >= wanted.until):
            return False
        event = record.event
        about = getattr(event, "referral_id", None), getattr(event, "placement_id", None)
        return wanted.case is None or about[0] == wanted.case or about[1] in self._placements
