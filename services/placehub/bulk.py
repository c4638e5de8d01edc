"""The bulk shell: the same rules as the live processors run, over streams in memory, one event after the other.

It is the second composition root. Nothing is sealed by, stored in or sent through a server: what is posted is checked
by intake's rules, appended to its stream, and decided and delivered before the call returns. It makes worlds that are
too large to live through mailboxes; a test holds its verdicts against those of a hub that runs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from placehub.contracts.headers import Attributes
from placehub.delivery.circle import Circle, Letter, Place, turn
from placehub.drivers.memory import KeptAggregates, KeptParking, KeptStep
from placehub.drivers.parking import partition_of
from placehub.drivers.records import Partition, Record
from placehub.errors import Rejected
from placehub.intake import rules
from placehub.intake.rules import Aggregate, Sender
from placehub.organisations.events import OrganisationRegistered
from placehub.organisations.joining import Organisation
from placehub.organisations.register import announced
from placehub.postcodes import Postcodes
from placehub.search.case import Case
from placehub.search.events import SearchClosed
from placehub.search.opened import Households
from placehub.search.processor import Search
from placehub.search.surroundings import WORLD, Surroundings
from placehub.search.view import Needs
from placehub.streams import full_name, stream
from placehub.vacancies.processor import Vacancies
from placehub.vacancies.reserving import Vacancy

_CASES: Final = {"referral": "referral_id", "agreement": "agreement_id"}
Sink = Callable[[Record], None]
"""Takes each record as it is appended to its stream."""


@dataclass(slots=True)
class _Stream:
    """One stream as it stands: how long each partition is, and what has not been reacted on yet."""

    partitions: int
    ends: list[int]
    fresh: list[Record] = field(default_factory=list)


class BulkHub:
    """One hub in memory. Calls return once everything that follows has happened."""

    def __init__(
        self, postcodes: Postcodes, needs: Needs, households: Households, sink: Sink, partitions: int = 6
    ) -> None:
        self.letters: dict[str, list[Letter]] = defaultdict(list)
        """What has come to each organisation; whoever reads it takes it away."""
        self.refused: list[tuple[str, Rejected]] = []
        """Who had an event refused, and why."""
        self._postcodes = postcodes
        self._sink = sink
        self._now = datetime.min.replace(tzinfo=UTC)
        self._partitions = partitions
        self._streams: dict[str, _Stream] = {}
        self._sequences: Counter[tuple[str, str, str]] = Counter()
        self._senders: dict[str, Sender] = {}
        self._aggregates: dict[tuple[str, str], Aggregate] = {}
        self._surroundings = Surroundings(postcodes, households=households)
        cases: KeptAggregates[Case] = KeptAggregates(attrgetter("live"))
        self._search = Search(self._surroundings, needs, cases=cases, parking=KeptParking(partitions))
        vacancies: KeptAggregates[Vacancy] = KeptAggregates(attrgetter("live"))
        self._vacancies = Vacancies(vacancies, KeptParking(partitions))
        self._circles: dict[UUID, Circle] = {}
        self._sent: dict[UUID, set[int]] = defaultdict(set)
        self._open: dict[tuple[str, str], set[UUID]] = defaultdict(set)

    def register(self, organisations: Sequence[Organisation], now: datetime) -> None:
        """Let organisations join."""
        self._now = now
        for one in organisations:
            for event, about in announced(one, now):
                self._append(event, about)
        self._settle()

    def tick(self, now: datetime) -> None:
        """Move the clock on, and let what is due happen."""
        self._now = now
        for number in range(self._partitions):
            self._act("search", "referral", number, self._search.tick)
        self._settle()

    def post(self, sender: str, event: Any, id: UUID, time: datetime) -> None:
        """Take one event in by intake's rules; what they refuse is in `refused`."""
        name = full_name(type(event))
        place = name.partition(".")[0], str(getattr(event, stream(name.partition(".")[0]).key))
        about = Attributes(id=id, source=f"/organisations/{sender}", type=name, subject=place[1], time=time)
        try:
            rules.check_form(event, about, place[1], self._senders[sender], self._now, self._exists)
            before = self._aggregates.get(place)
            known = rules.check_aggregate(event, before, self._senders[sender], self._now)
        except Rejected as why:
            self._refuse(sender, why)
            return
        self._aggregates[place] = known
        marks = rules.marks(event, about, before, self._now)
        self._append(event, replace(about, recorded_at=self._now, marks=marks))

    def settle(self) -> None:
        """Let everything happen that follows from what was posted."""
        self._settle()

    def may_open(self, organisation: str, key_id: str) -> bool:
        """Tell whether a need's key is open to an organisation now."""
        return bool(self._open.get((organisation, key_id)))

    def _exists(self, sector: str) -> bool:
        return self._postcodes.sector(sector) is not None

    def _append(self, event: Any, about: Attributes) -> None:
        topic = stream(about.type.partition(".")[0])
        count = 1 if topic.single_partition else self._partitions
        at = self._streams.setdefault(topic.name, _Stream(count, [0] * count))
        number = partition_of(about.subject, count)
        place = topic.name, about.source, about.subject
        self._sequences[place] += 1
        about = replace(about, sequence=self._sequences[place])
        record = Record(topic.name, number, at.ends[number], about.subject, about, event, None, [])
        at.ends[number] += 1
        at.fresh.append(record)
        self._sink(record)

    def _settle(self) -> None:
        while fresh := {name: at.fresh for name, at in self._streams.items() if at.fresh}:
            for name in fresh:
                self._streams[name].fresh = []
            self._learn(fresh.get("organisation", []))
            for record in (one for some in fresh.values() for one in some):
                self._deliver(record)
            world = [one for name in WORLD for one in fresh.get(name, [])]
            if world:
                ends = {str(name): list(self._streams[name].ends) for name in WORLD if name in self._streams}
                self._search.learn(world, ends)
            for number, some in _by_partition(fresh.get("vacancy", [])):
                self._handle(self._vacancies, "vacancy", number, some)
            for number, some in _by_partition(fresh.get("referral", [])):
                self._handle(self._search, "referral", number, some)
            for number in range(self._partitions):
                if world:
                    self._act("search", "referral", number, lambda step, world=world: self._search.react(step, world))  # type: ignore[misc]  # a default of its own
                if placements := fresh.get("placement"):
                    self._act(
                        "vacancies",
                        "vacancy",
                        number,
                        lambda step, some=placements: self._vacancies.react(step, some),  # type: ignore[misc]  # as above
                    )

    def _learn(self, records: Sequence[Record]) -> None:
        for record in records:
            event = record.event
            if isinstance(event, OrganisationRegistered):
                self._senders[event.organisation] = Sender(event.organisation, event.kind, event.nation, True)

    def _handle(self, processor: Search | Vacancies, topic: str, number: int, records: Sequence[Record]) -> None:
        self._act(processor.name, topic, number, lambda step: processor.handle([(step, records)]))

    def _act(self, processor: str, topic: str, number: int, do: Callable[[KeptStep], None]) -> None:
        step = KeptStep(processor=processor, partition=Partition(topic, number), now=self._now)
        do(step)
        for record, why in step.refused:
            self._refuse(record.attributes.source.rpartition("/")[2], why)
        for event, about in step.said:
            self._append(event, about)

    def _refuse(self, sender: str, why: Rejected) -> None:
        self.refused.append((sender, why.with_traceback(None)))  # which would keep all that was in hand

    def _deliver(self, record: Record) -> None:
        field_of = _CASES.get(record.topic)
        subject = getattr(record.event, field_of) if field_of else None
        before = self._circles.get(subject, Circle()) if subject else Circle()
        place = Place(position=record.offset, now=self._now, source=f"/hub/delivery/{record.topic}/{record.partition}")
        after, letters = turn(before, record.event, record.attributes, place)
        sent = self._sent[subject] if subject else set[int]()
        for letter in letters:
            name = _name(letter)
            if name not in sent:
                sent.add(name)
                self.letters[letter.organisation].append(letter)
        if subject:
            self._circles[subject] = after
            self._entitle(subject, before, after)
            if isinstance(record.event, SearchClosed):  # nobody comes anew to a case that is over
                self._sent.pop(subject, None)

    def _entitle(self, subject: UUID, before: Circle, after: Circle) -> None:
        if before.parties.seats is after.parties.seats and before.facts is after.facts:
            return
        old, new = before.entitled(), after.entitled()
        for pair in new - old:
            self._open[pair].add(subject)
        for pair in old - new:
            self._open[pair].discard(subject)


def _name(letter: Letter) -> int:
    """Return a letter's name, short and the same in every process."""
    words = f"{letter.organisation} {letter.attributes.source} {letter.attributes.id} {letter.round}"
    return int.from_bytes(blake2b(words.encode(), digest_size=8).digest())


def _by_partition(records: Sequence[Record]) -> Iterator[tuple[int, list[Record]]]:
    found: dict[int, list[Record]] = defaultdict(list)
    for one in records:
        found[one.partition].append(one)
    yield from sorted(found.items())
