"""The world as it was at any decision's offsets: folded forward, and from the beginning again where one lies behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from placehub.agreements.events import ProviderJoined, SuspensionLifted
from placehub.audit.log import Log
from placehub.contracts.parts import Basis
from placehub.drivers.records import NOTHING_KNOWN, Record
from placehub.postcodes import Postcodes
from placehub.search.opened import Households
from placehub.search.processor import OFFERS
from placehub.search.surroundings import Surroundings
from placehub.vacancies.events import VacancyClosed

FOLDED: Final = ("organisation", "agreement", "vacancy")
"""The streams a decision's basis names offsets of."""


class Known(Surroundings):
    """The search's surroundings, in which for a while nobody may be invited."""

    nobody = False
    """Whether no provider counts as one that may be searched."""

    def eligible(self, authority: str, agreement_id: UUID | None, on: date) -> frozenset[str]:
        """Return the providers that may be searched."""
        return frozenset() if self.nobody else super().eligible(authority, agreement_id, on)


class Past:
    """What the hub knew of the world, at the offsets of one basis after the other.

    Memory holds one world, and beside it the last event that changed each vacancy. Decisions of one partition are met
    nearly always in the order of their offsets; for one that lies behind, the streams are read again.
    """

    def __init__(self, log: Log, postcodes: Postcodes, households: Households) -> None:
        self._log = log
        self._postcodes = postcodes
        self._households = households
        self.rewound = -1
        """How often the streams had to be read again from their beginning."""
        self._begin()

    def _begin(self) -> None:
        self.rewound += 1
        self.surroundings = Known(self._postcodes, households=self._households)
        self._changed: dict[UUID, Record] = {}
        self._joined: dict[UUID, Record] = {}
        self._offers: dict[UUID, Record] = {}
        self._heads = {
            (stream, number): _Head(self._log.records(stream, number))
            for stream in FOLDED
            for number in range(self._log.partitions(stream))
        }

    def go_to(self, basis: Basis) -> None:
        """Stand where a decision stood."""
        wanted = {
            "organisation": basis.organisation_offsets,
            "agreement": basis.agreement_offsets,
            "vacancy": basis.vacancy_offsets,
        }
        if any(at < self._heads[place].passed for place, at in _places(wanted) if place in self._heads):
            self._begin()
        for place, at in _places(wanted):
            if place in self._heads:
                for record in self._heads[place].before(at):
                    self._learn(record)
        self.surroundings.offsets = {stream: list(offsets) for stream, offsets in wanted.items()}
        self.surroundings.open()

    def go_on_to(self, at: datetime | None) -> None:
        """Stand where the hub stood at a time, which is not before where this stands; None: at the end."""
        for head in self._heads.values():
            for record in head.until(at):
                self._learn(record)
        self.surroundings.offsets = {
            stream: [self._heads[stream, one].passed for one in range(self._log.partitions(stream))]
            for stream in FOLDED
        }
        self.surroundings.open()

    def changed_at(self, vacancy_id: UUID) -> datetime:
        """Return when the hub took the event that last changed a vacancy."""
        return self._changed[vacancy_id].attributes.taken_at

    def of_change(self, because: UUID, changed: Sequence[UUID], provider: str) -> list[Record]:
        """Return the events that changed these vacancies, what a decision follows from last; a joining goes first.

        A worker that takes a partition over may be told of a change before it has learned it: of such a one nothing is
        known here but that it was, so something stands for it.
        """
        if because in self._offers:
            return [self._offers[because]]
        found = [self._changed.get(one) or _unlearned(because, one, provider) for one in changed]
        if because in self._joined:
            return [self._joined[because], *found]
        found.sort(key=lambda one: (one.attributes.id == because, one.partition, one.offset))
        return [*found[:-1], replace(found[-1], attributes=replace(found[-1].attributes, id=because))]

    def _learn(self, record: Record) -> None:
        self.surroundings.learn([record], {})
        event = record.event
        if isinstance(event, OFFERS):
            self._offers[record.attributes.id] = record
        vacancy_id = getattr(event, "vacancy_id", None) if record.topic == "vacancy" else None
        if vacancy_id is not None:
            row = self.surroundings.homes.row(vacancy_id)
            if row is None or row.changed == (record.partition, record.offset):
                self._changed[vacancy_id] = record
        elif isinstance(event, ProviderJoined | SuspensionLifted):
            self._joined[record.attributes.id] = record


class _Head:
    """One partition, read as far as it is wanted."""

    def __init__(self, records: Iterator[Record]) -> None:
        self._records = records
        self._next: Record | None = None
        self.passed = 0
        """The offset behind the last record that was handed out."""

    def before(self, offset: int) -> Iterator[Record]:
        """Hand out what stands before an offset."""
        return self._while(lambda record: record.offset < offset)

    def until(self, at: datetime | None) -> Iterator[Record]:
        """Hand out what the hub took until a time; None: everything."""
        return self._while(lambda record: at is None or record.attributes.taken_at <= at)

    def _while(self, holds: Callable[[Record], bool]) -> Iterator[Record]:
        while True:
            record = self._next or next(self._records, None)
            if record is None or not holds(record):
                self._next = record
                return
            self._next, self.passed = None, record.offset + 1
            yield record


def _unlearned(because: UUID, vacancy_id: UUID, provider: str) -> Record:
    event = VacancyClosed(vacancy_id=vacancy_id, provider=provider)
    return Record("vacancy", 0, 0, str(vacancy_id), replace(NOTHING_KNOWN, id=because), event, None, [])


def _places(wanted: Mapping[str, Sequence[int]]) -> Iterator[tuple[tuple[str, int], int]]:
    for stream, offsets in wanted.items():
        for number, at in enumerate(offsets):
            yield (stream, number), at
