"""History decided again under another policy: the search's own rules, on the world as it was, in memory.

The world is history's: homes open, are reserved and filled as they were, whatever the shadow decides. What parties said
is history's too. An authority says it when it did. A provider's answer comes as long after its invitation as it did; it
is not given before what the authority had said by then. Who is invited in the shadow and was not in history has no
answer: it is **not known**, and counted. An answer to an invitation the shadow does not make is left out, and counted.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from placehub.audit.log import Log
from placehub.audit.whatif.history import Invited, Story
from placehub.audit.whatif.outcomes import Outcome
from placehub.audit.whatif.starts import SearchAt
from placehub.contracts.parts import Basis
from placehub.drivers.memory import KeptAggregates, KeptParking, KeptStep
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Step
from placehub.placements.events import PlacementStarted
from placehub.postcodes import Postcodes
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade
from placehub.search.case import Case
from placehub.search.events import ProviderInvited, ReferralAssessed
from placehub.search.opened import Households
from placehub.search.policy import Policy
from placehub.search.processor import Search
from placehub.search.surroundings import WORLD, Surroundings
from placehub.search.view import Needs, Sight
from placehub.vacancies.events import VacancyOpened, VacancyRevised

LOOK_EVERY: Final = timedelta(minutes=15)
"""How often timers are looked at: the live hub does it every second, which would be in vain nearly always."""
_PLACE: Final = Partition("referral", 0)


@dataclass(slots=True)
class Shadowed:
    """What came of one case in the shadow, and what nobody can know of it."""

    outcome: Outcome = field(default_factory=Outcome)
    not_known: set[str] = field(default_factory=set)
    """Providers that are invited here and were not in history: what they would have said is not known."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Providers that were invited in history and are not here -> the rule that keeps them out when they were."""
    unused: int = 0
    """Answers that were given to an invitation which is not made here."""
    refused: int = 0
    """Events of the authority that have no place here: a selection of an offer nobody makes, say."""


class _Around(Surroundings):
    """The world, in which one policy is in force everywhere."""

    def policy_for(self, authority: str, agreement_id: UUID | None, at: datetime) -> Policy:
        """Return the policy that is tried."""
        return self.default


class _Glance(Sight):
    """What the search sees, without how good a referral is: that changes no decision, and takes a third of the time."""

    def assessed(self, case: Case) -> ReferralAssessed:
        """Return an assessment that says nothing."""
        return ReferralAssessed(
            referral_id=case.referral_id, version=case.version, completeness=Decimal(0), questions=()
        )


class _Deciding(Search):
    """The search, which does not assess."""

    def _view(self, step: Step) -> Sight:
        self._around.open()
        return _Glance(self._around, self._needs, step.now)


class _Open(KeptAggregates[Case]):
    """The cases of the shadow."""

    def __init__(self) -> None:
        super().__init__(lambda case: case.live)

    def known(self, referral_id: UUID) -> Case | None:
        """Return a case between two steps."""
        return self._kept.get(_PLACE.number, {}).get(referral_id) or self._done.get(referral_id)

    @property
    def any_live(self) -> bool:
        """Whether a timer could go off."""
        return bool(self._kept.get(_PLACE.number))


class _Head:
    """One partition of the world, its next record at hand."""

    def __init__(self, records: Iterator[Record]) -> None:
        self._records = records
        self.next = next(records, None)

    def take(self) -> Record:
        """Return the next record and go on."""
        taken = self.next
        assert taken is not None
        self.next = next(self._records, None)
        return taken


class Shadow:
    """One run through history; nothing it says leaves it."""

    def __init__(
        self,
        log: Log,
        postcodes: Postcodes,
        needs: Needs,
        households: Households,
        policy: Policy,
        known: Mapping[UUID, Story],
    ) -> None:
        self._known = known
        self._around = _Around(postcodes, policy, households=households)
        self._needs = needs
        self._cases = _Open()
        self._search = _Deciding(self._around, needs, cases=self._cases, parking=KeptParking(1))
        counts = {stream: log.partitions(stream) for stream in WORLD}
        self._heads = {
            (stream, number): _Head(log.records(stream, number))
            for stream, count in counts.items()
            for number in range(count)
        }
        self._offsets = {stream: [0] * count for stream, count in counts.items()}
        self._moments: list[tuple[datetime, int, int, str, Callable[[datetime], None], Basis | None]] = []
        self._looked: datetime | None = None
        self.found = {referral_id: Shadowed() for referral_id in known}
        self.fees: dict[UUID, Decimal | None] = {}
        """The standard weekly fee of each vacancy, as it was told last."""

    def run(self, at: SearchAt, after_hours: int, tell: Callable[[str], None] = lambda line: None) -> None:
        """Live through all of it."""
        for story in self._known.values():
            self._plan(story, at, after_hours)
        done = 0
        while (until := self._next_at()) is not None:
            if self._look(until):
                continue  # what a timer brought about may be answered before that moment
            if not self._moments:
                self._world_once()
                continue
            now, _, _, _, act, basis = heapq.heappop(self._moments)
            self._world_until(now, basis)
            act(now)
            done += 1
            if done % 10_000 == 0:
                tell(f"{done} moments, {now:%Y-%m-%d}")
        for referral_id, story in self._known.items():
            one = self.found[referral_id]
            one.unused = sum(len(said) for who, said in story.answers.items() if who not in one.outcome.invited)

    def _plan(self, story: Story, at: SearchAt, after_hours: int) -> None:
        """Put what the authority said in its time; before a search may begin, it waits until then."""
        begin = _begins_at(story, at, after_hours)
        for record in story.said:
            if begin is not None and isinstance(record.event, EarlyNoticeGiven) and _first(record):
                continue
            when = max(record.attributes.taken_at, begin or record.attributes.taken_at)
            basis = story.bases.get(record.attributes.id) if when == record.attributes.taken_at else None
            self._later(when, record, self._says(record), basis)
        for one in story.invitations:
            heapq.heappush(self._moments, (one.at, 1, one.offset, str(one.id), self._probe(one), one.basis))

    def _later(self, at: datetime, record: Record, act: Callable[[datetime], None], basis: Basis | None) -> None:
        heapq.heappush(self._moments, (at, 0, record.offset, str(record.attributes.id), act, basis))

    def _says(self, record: Record) -> Callable[[datetime], None]:
        def say(now: datetime) -> None:
            step = self._step(now)
            self._search.handle([(step, [record])])
            referral_id = record.event.referral_id
            one, story = self.found[referral_id], self._known[referral_id]
            if step.refused:
                one.refused += record in story.said and record.attributes.id not in story.set_aside
            else:
                one.outcome.take(record.event, now)
            self._heard(step)

        return say

    def _probe(self, event: Invited) -> Callable[[datetime], None]:
        """Ask, when history invited a provider, what keeps it out here."""

        def ask(now: datetime) -> None:
            one, case = self.found[event.referral_id], self._cases.known(event.referral_id)
            if case is None or event.provider in case.invitations or event.provider in one.outcome.invited:
                return
            self._around.open()
            why = Sight(self._around, self._needs, now).removed_by(case, [event.provider])
            one.left_out.setdefault(event.provider, why[event.provider][0])

        return ask

    def _heard(self, step: KeptStep) -> None:
        """Take in what the search has said, and let who is invited answer as it did."""
        for event, about in step.said:
            referral_id = getattr(event, "referral_id", None)
            if referral_id not in self.found or not about.type.startswith("referral."):
                continue
            one = self.found[referral_id]
            if isinstance(event, ProviderInvited) and event.provider not in one.outcome.invited:
                self._answers(self._known[referral_id], one, event.provider, step.now)
            one.outcome.take(event, step.now)

    def _answers(self, story: Story, one: Shadowed, provider: str, now: datetime) -> None:
        told = story.outcome.invited.get(provider)
        if told is None:
            one.not_known.add(provider)
            return
        shift = now - told
        shift = timedelta() if abs(shift) <= LOOK_EVERY else shift
        for record in story.answers.get(provider, ()):
            at = record.attributes.taken_at
            when = max(now, story.followed(record), at + shift) if shift else max(now, at)
            self._later(when, record, self._says(record), story.bases.get(record.attributes.id) if when == at else None)

    def _next_at(self) -> datetime | None:
        """Return when the next thing that was said takes place, or else the world's next record; None: all is over."""
        if self._moments:
            return self._moments[0][0]
        head = self._earliest()
        return head.next.attributes.taken_at if head and head.next else None

    def _look(self, until: datetime) -> bool:
        """Let timers go off once, the world going on meanwhile; tell whether it was time to, before that moment."""
        if self._looked is None or not self._cases.any_live:
            self._looked = until
        if self._looked + LOOK_EVERY > until:
            return False
        self._looked += LOOK_EVERY
        self._world_until(self._looked, None)
        if self._cases.any_live:
            step = self._step(self._looked)
            self._search.tick(step)
            self._heard(step)
        else:
            self._looked = until
        return True

    def _world_once(self) -> None:
        head = self._earliest()
        if head is not None:
            self._world(head.take())

    def _world_until(self, now: datetime, basis: Basis | None) -> None:
        """Let the world go on up to a time; of that moment itself, as far as a decision of history knew it.

        What the world answers to a party follows it, though where time is simulated both are of one moment.
        """
        while (head := self._earliest()) and head.next and head.next.attributes.taken_at < now:
            self._world(head.take())
        if basis is None:
            return
        known = {
            "vacancy": basis.vacancy_offsets,
            "agreement": basis.agreement_offsets,
            "organisation": basis.organisation_offsets,
        }
        for stream in ("organisation", "agreement", "vacancy"):
            for number, end in enumerate(known[stream]):
                head = self._heads.get((stream, number))
                while head and head.next and head.next.offset < end:
                    self._world(head.take())

    def _earliest(self) -> _Head | None:
        open_heads = [one for one in self._heads.values() if one.next is not None]
        return min(open_heads, key=_when, default=None)

    def _world(self, record: Record) -> None:
        self._offsets[record.topic][record.partition] = record.offset + 1
        event = record.event
        if isinstance(event, VacancyOpened | VacancyRevised):
            self.fees[event.vacancy_id] = event.home.weekly_fee
        self._search.learn([record], self._offsets)
        if isinstance(event, PlacementStarted) and event.referral_id in self.found:
            self.found[event.referral_id].outcome.take(event, record.attributes.taken_at)
        step = self._step(record.attributes.taken_at)
        self._search.react(step, [record])
        self._heard(step)

    def _step(self, now: datetime) -> KeptStep:
        return KeptStep(processor=Search.name, partition=_PLACE, now=now)


def _when(head: _Head) -> tuple[datetime, str, int]:
    record = head.next
    assert record is not None
    return record.attributes.taken_at, record.topic, record.partition


def _first(notice: Record) -> bool:
    """Tell whether a notice begins its case, and not a search after a placement."""
    return notice.event.previous_placement is None


def _begins_at(story: Story, at: SearchAt, after_hours: int) -> datetime | None:
    """Return when the search may begin; None: as in history, also where there never was a referral."""
    if at is SearchAt.notice:
        return None
    referred = next((one.attributes.taken_at for one in story.said if isinstance(one.event, ReferralMade)), None)
    return None if referred is None else referred + timedelta(hours=after_hours)
