"""Decides again, with the search's own rules and shell, what the hub has decided: case by case, in the hub's order.

No rule is written a second time: the search runs in memory, on the events of its case and on the world as it was at
the offsets of each decision's basis, at the time it was decided. What it says must be what stands in the stream.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from placehub import codes
from placehub.audit.comparing import Difference, Outcome, differences
from placehub.audit.world import Past
from placehub.contracts.headers import Attributes
from placehub.contracts.parts import Basis
from placehub.drivers.memory import KeptAggregates, KeptParking, KeptStep, Said
from placehub.drivers.parking import partition_of
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import HUB
from placehub.referrals.child import Child, ChildNeed
from placehub.search.case import Case, Facts
from placehub.search.matching import RULES_VERSION
from placehub.search.processor import Search
from placehub.search.view import Needs, Sight


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of the hub's about one case: its events, all from one cause at one moment."""

    referral_id: UUID
    because: UUID | None
    at: datetime
    records: tuple[Record, ...]

    @property
    def basis(self) -> Basis | None:
        """What the hub knew, as the first of the events that say so has it."""
        return next((one for one in (getattr(record.event, "basis", None) for record in self.records) if one), None)

    @property
    def offset(self) -> int:
        """Where its first event stands in its partition."""
        return self.records[0].offset

    @property
    def said(self) -> list[tuple[object, Attributes]]:
        """Its events and their attributes."""
        return [(one.event, one.attributes) for one in self.records]


@dataclass(frozen=True, slots=True)
class Compared:
    """One decision, and what came of making it again."""

    decision: Decision
    outcome: Outcome
    differences: tuple[Difference, ...] = ()


class Cases(KeptAggregates[Case]):
    """Cases, of which the search sees one at a time."""

    def __init__(self) -> None:
        super().__init__(lambda case: case.live)
        self.only: UUID | None = None

    def get(self, key: UUID) -> Case | None:
        """Return the one case; any other is not known."""
        return super().get(key) if key == self.only else None

    def every(self) -> Iterator[tuple[UUID, Case]]:
        """Yield the one case, if it is live."""
        if self.only is not None and (known := self.held(self.only)) is not None:
            yield self.only, known

    def held(self, key: UUID) -> Case | None:
        """Return the one case if it is live; any other is not known."""
        return super().held(key) if key == self.only else None

    def news(self) -> set[UUID]:
        """Return the one case: whichever search asks, it has heard of no other."""
        return set() if self.only is None else {self.only}

    def known(self, referral_id: UUID) -> Case | None:
        """Return a case between two decisions."""
        for kept in self._kept.values():
            if referral_id in kept:
                return kept[referral_id]
        return self._done.get(referral_id)

    def restore(self, case: Case, step: KeptStep) -> None:
        """Have a case as it was."""
        self.begin(step)
        self.put(case.referral_id, case)
        self.finish()


class WatchedNeeds:
    """Opens needs, and notes whether one could not be opened: its key is destroyed."""

    def __init__(self, needs: Needs) -> None:
        self._needs = needs
        self.missed = False

    def of(self, facts: Facts) -> Mapping[UUID, ChildNeed]:
        """Return the needs that could be opened."""
        found = self._needs.of(facts)
        sealed = {one.child_id for one in facts.children if isinstance(one, Child) and one.need is not None}
        self.missed = self.missed or bool(sealed - found.keys())
        return found


@dataclass(slots=True)
class Replay:
    """One partition of the referral stream, decided again."""

    past: Past
    needs: Needs
    partitions: int
    number: int
    answers: InitVar[Iterable[Record]]
    """Events of other streams that tell one case something."""
    cases: Cases = field(default_factory=Cases)
    _told: dict[UUID, list[Record]] = field(default_factory=lambda: defaultdict(list))
    _erased: set[UUID] = field(default_factory=set)
    _waiting: dict[UUID, list[Record]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self, answers: Iterable[Record]) -> None:
        """Sort the answers by their cases."""
        for record in sorted(answers, key=lambda one: one.attributes.taken_at):
            if partition_of(str(record.event.referral_id), self.partitions) == self.number:
                self._told[record.event.referral_id].append(record)

    def run(self, records: Iterator[Record], only: Collection[UUID] | None = None) -> Iterator[Compared]:
        """Yield every decision of these cases (of all, when none are named), decided again and compared."""
        for one in decisions(records, self._waiting, only):
            yield self.decide(one)

    def decide(self, one: Decision) -> Compared:
        """Make one decision again, after whatever its case had been told before, and compare."""
        watched = WatchedNeeds(self.needs)
        if one.basis is not None:
            self.past.go_to(one.basis)
        search = Search(self.past.surroundings, watched, cases=self.cases, parking=KeptParking(self.partitions))
        self.cases.only = one.referral_id
        # what the hub answered with nothing, or without a basis, found nobody to invite: where it looked, is not told
        self.past.surroundings.nobody = True
        extra = self._take_in(one, search)
        self.past.surroundings.nobody = one.basis is None
        said = [*extra, *self._again(one, search)]
        found = differences(one.said, [(event, about) for event, about in said if about.type.startswith("referral.")])
        if watched.missed or self._missed_a_household(one):
            self._erased.add(one.referral_id)
        self.past.surroundings.nobody = False
        return Compared(one, _outcome(one, bool(found), one.referral_id in self._erased, self.past), found)

    def _missed_a_household(self, one: Decision) -> bool:
        """Tell whether the case could reach a home whose sealed household cannot be opened any more."""
        around, case = self.past.surroundings, self.cases.known(one.referral_id)
        if case is None or not around.unopened:
            return False
        homes = sorted(around.unopened)
        spots = around.homes.spots((around.homes.provider(home) or "", home) for home in homes)
        return bool(Sight(around, self.needs, one.at).within_reach(case, spots))

    def _take_in(self, one: Decision, search: Search) -> list[Said]:
        """Let the case take in what it had been told before this decision, and return what the hub would say to it."""
        until, waiting, said = self._case_offset(one), self._waiting[one.referral_id], list[Said]()
        for record in list(waiting):
            if record.attributes.id == one.because or record.offset >= one.offset:
                break
            if (until is None or record.offset > until) and self._waits(record, search, known_to=until):
                break
            waiting.remove(record)
            self._take_in_answers(one, search, record.attributes.taken_at)
            said += self._handle(record, search, record.attributes.taken_at)
        self._take_in_answers(one, search, one.at)
        return said

    def _take_in_answers(self, one: Decision, search: Search, until: datetime) -> None:
        """Let the case take in what other streams had told it, and of which nothing followed but that it knows it."""
        for record in list(self._told.get(one.referral_id, ())):
            if record.attributes.taken_at > until:
                return
            known = self.cases.known(one.referral_id)
            if record.attributes.id == one.because or known is None:
                continue
            step = self._new_step(record.attributes.taken_at)
            search.react(step, [record])
            if step.said:  # there is a decision of its own that follows from it
                self.cases.restore(known, step)
            elif self.cases.known(one.referral_id) != known:  # else what it answers was not taken in yet
                self._told[one.referral_id].remove(record)

    def _waits(self, record: Record, search: Search, known_to: int | None) -> bool:
        """Tell whether an event beyond what the case is known to have read was read later.

        One that is set aside has a decision of its own. One that is refused in a case nobody knows leaves no mark, so
        that nothing says when it was read.
        """
        known = self.cases.known(record.event.referral_id)
        step = self._new_step(record.attributes.taken_at)
        search.handle([(step, [record])])
        if known is not None:
            self.cases.restore(known, step)
        return bool(step.refused and step.said) or (known_to is not None and not step.refused)

    def _case_offset(self, one: Decision) -> int | None:
        if one.basis is not None:
            return one.basis.case_offset
        known = self.cases.known(one.referral_id)
        offsets = [known.offset if known else 0, *(record.offset for record in self._waiting[one.referral_id])]
        return next((at for at in offsets if due_id(one.referral_id, at, one.at) == one.because), None)

    def _again(self, one: Decision, search: Search) -> list[Said]:
        waiting = self._waiting[one.referral_id]
        told = next((record for record in waiting if record.attributes.id == one.because), None)
        if told is not None:
            waiting.remove(told)
            return self._handle(told, search, one.at)
        step, world = self._new_step(one.at), self._of_world(one)
        if world:
            search.react(step, world)
        else:
            search.tick(step)
        return step.said

    def _of_world(self, one: Decision) -> Sequence[Record]:
        if one.because is None:
            return ()
        answer = next(
            (record for record in self._told.get(one.referral_id, ()) if record.attributes.id == one.because), None
        )
        if answer is not None:
            self._told[one.referral_id].remove(answer)
            return (answer,)
        event = next((record.event for record in one.records if _has_basis(record)), None)
        if event is None or not event.basis.changed:
            return ()
        return self.past.of_change(one.because, event.basis.changed, getattr(event, "provider", ""))

    def _handle(self, record: Record, search: Search, now: datetime) -> list[Said]:
        step = self._new_step(now)
        search.handle([(step, [record])])
        return step.said

    def _new_step(self, now: datetime) -> KeptStep:
        return KeptStep(processor=Search.name, partition=Partition("referral", self.number), now=now)


def decisions(
    records: Iterator[Record], waiting: Mapping[UUID, list[Record]], only: Collection[UUID] | None = None
) -> Iterator[Decision]:
    """Yield one partition's decisions in their order; what parties say meanwhile is put to what waits for its case."""
    current: list[Record] = []
    for record in records:
        referral_id = record.event.referral_id
        if only is not None and referral_id not in only:
            continue
        if record.attributes.source.startswith("/organisations/"):
            waiting[referral_id].append(record)
        elif record.attributes.source.startswith(f"/hub/{Search.name}/"):
            if current and _place(current[0]) != _place(record):
                yield _decision(current)
                current = []
            current.append(record)
    if current:
        yield _decision(current)


def due_id(referral_id: UUID, case_offset: int, at: datetime) -> UUID:
    """Return the id of what follows from a case's timers going off."""
    return uuid5(HUB, f"due|{referral_id}|{case_offset}|{at.isoformat()}")


def _place(record: Record) -> tuple[UUID, UUID | None, datetime]:
    return record.event.referral_id, record.attributes.because, record.attributes.time


def _decision(records: Sequence[Record]) -> Decision:
    referral_id, because, at = _place(records[0])
    return Decision(referral_id, because, at, tuple(records))


def _has_basis(record: Record) -> bool:
    return getattr(record.event, "basis", None) is not None


def _outcome(one: Decision, differs: bool, erased: bool, past: Past) -> Outcome:
    if not differs:
        return "equal"
    versions = (RULES_VERSION, codes.version(), past.surroundings.postcodes.version)
    if one.basis is not None and (one.basis.rules, one.basis.codes, one.basis.postcodes) != versions:
        return "other version"
    return "erased" if erased else "different"
