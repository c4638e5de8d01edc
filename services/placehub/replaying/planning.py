"""What a replay would read and make: asked first, then done; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import DateTime, Table, literal
from sqlalchemy.sql import visitors

from placehub.drivers.parking import partition_of
from placehub.drivers.records import Partition, Record
from placehub.errors import Conflict, NotFound
from placehub.monitoring.processor import ALL, Monitoring
from placehub.monitoring.tables import STORY
from placehub.monitoring.views import VIEWS
from placehub.saying import said

REFERRAL: Final = "referral"
_SECOND: Final = 2 / 3
"""Of the cases, as measured: the first of two processes makes what is not kept by case, and is as long about it."""
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
    processes: int = 1
    """How many processes make them, 1 or 2."""

    @property
    def whole(self) -> bool:
        """Tell whether every event is taken in, so that the tables must come out as the live ones are."""
        return self.since is None and self.until is None and self.case is None

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        times = {"from": self.since, "to": self.until}
        told = {name: at.isoformat() if at else None for name, at in times.items()}
        case = str(self.case) if self.case else None
        return {"views": list(self.views), **told, "case": case, "processes": self.processes}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read, and which tables come of it."""

    wanted: Wanted
    tables: tuple[Table, ...]
    ends: Ends
    partitions: int
    """Of the stream `referral`."""

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
            raise NotFound(said("There is no view {name}. See 'placehub views list'.", name=name))
    return tuple(sorted(VIEWS if every else set(names)))


def view_titles() -> dict[str, str]:
    """Return the title of every view there is by its name, sorted by the titles."""
    titles = {name: view.bare_title for name, view in VIEWS.items()}
    return dict(sorted(titles.items(), key=lambda one: one[1]))


def tables_of(views: Iterable[str]) -> tuple[Table, ...]:
    """Return the tables these views are read from, in the order of `ALL`."""
    now = literal(None, DateTime(timezone=True))
    read = {one for name in views for one in visitors.iterate(VIEWS[name].select(now)) if isinstance(one, Table)}
    return tuple(table for table in ALL if table in read)


def plan(wanted: Wanted, stands: Ends, partitions: int) -> Plan:
    """Return the plan of a replay up to where the live views stand; `partitions`: of `referral`, full or not."""
    tables = tables_of(wanted.views)
    streams = Monitoring.streams_of(tables)
    # who sent a dead letter, and about which case, stands in no event that could be narrowed down
    left_out = () if wanted.whole else Monitoring.raw
    ends = {one: end for one, end in stands.items() if one.topic in streams and one.topic not in left_out and end}
    return Plan(wanted, tables, dict(sorted(ends.items())), partitions)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the tables; with `cases`, of tables that are kept by case only the rows of these cases."""

    tables: tuple[Table, ...]
    cases: frozenset[int] | None
    """Partitions of `referral` whose cases they are; None: nothing is left out."""
    partitions: int
    """Of the stream `referral`."""

    def may_want(self, topic: str, number: int) -> bool:
        """Tell whether a partition of a topic holds anything of these cases, as far as its place says."""
        return self.cases is None or topic != REFERRAL or number in self.cases

    def wants(self, record: Record) -> bool:
        """Tell whether a record is of one of these cases; what names no case goes with the first partition's."""
        if self.cases is None or record.topic == REFERRAL:
            return self.may_want(record.topic, record.partition)
        case = getattr(record.event, "referral_id", None)
        return (partition_of(str(case), self.partitions) if case else 0) in self.cases


@dataclass(frozen=True, slots=True)
class Share:
    """What one process of a replay makes."""

    name: str
    """Under which its positions are kept."""
    parts: tuple[Part, ...]
    ends: Ends


def shares(of: Plan) -> tuple[Share, ...]:
    """Return how a plan is shared out over its processes: no two write the same row, so none waits for another.

    What is kept by case is shared out by the partition its case stands in, and both read only what they need for it.
    """
    if of.wanted.processes == 1:
        return (Share(Monitoring.name, (Part(of.tables, None, of.partitions),), of.ends),)
    first = of.partitions - max(1, round(of.partitions * _SECOND))
    by_case = tuple(one for one in of.tables if _is_by_case(one))
    rest = tuple(one for one in of.tables if one not in by_case)
    groups = (
        ((rest, None), (by_case, frozenset(range(first)))),
        ((by_case, frozenset(range(first, of.partitions))),),
    )
    made = [
        tuple(Part(tables, cases, of.partitions) for tables, cases in group if tables and cases != frozenset())
        for group in groups
    ]
    return tuple(
        Share(f"{Monitoring.name} {number}", parts, _read_for(of.ends, parts))
        for number, parts in enumerate(made, 1)
        if parts
    )


def _is_by_case(table: Table) -> bool:
    """Tell whether each row belongs to one case, which all that changes the row names, or is of one event alone."""
    return table is STORY or "referral_id" in table.primary_key.columns


def _read_for(ends: Ends, parts: Sequence[Part]) -> Ends:
    return {
        one: end
        for one, end in ends.items()
        if any(one.topic in Monitoring.streams_of(part.tables) and part.may_want(*one) for part in parts)
    }


def wants(wanted: Wanted, placements: frozenset[UUID]) -> Callable[[Record], bool]:
    """Return which records are taken in; `placements` are those that came of the case."""
    return (lambda record: True) if wanted.whole else partial(_wants, wanted, placements)


def _wants(wanted: Wanted, placements: frozenset[UUID], record: Record) -> bool:
    at, event = record.attributes.time, record.event
    if (wanted.since and at < wanted.since) or (wanted.until and at >= wanted.until):
        return False
    about = getattr(event, "referral_id", None), getattr(event, "placement_id", None)
    return wanted.case is None or about[0] == wanted.case or about[1] in placements
