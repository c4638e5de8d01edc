"""The shell of governance: what is due under agreements, in placements and of vacancies, and who is reminded of it.

Days are looked at when the hub's day changes, and at once for whatever an event has changed. What was raised stands in
the same tables as what it follows from, so nothing is forgotten or raised twice over a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from placehub.agreements import agreed
from placehub.agreements.events import ExtensionDecided, ProviderSuspended, SuspensionLifted, TerminationDecided
from placehub.codesign.events import ClauseAnswered
from placehub.codesign.tenders import Tenders
from placehub.contracts.codec import NONE_COUNTED
from placehub.drivers.aggregates import Aggregates
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Step, Turn, sender_of
from placehub.governance import agreements, balancing, clauses, disputing, placements, returns, vacancies
from placehub.governance.agreements import AgreementClock
from placehub.governance.flags import Flags
from placehub.governance.placements import PlacementClock
from placehub.governance.posts import Event as OfPosts
from placehub.governance.posts import Managing
from placehub.governance.reminding import Due
from placehub.governance.vacancies import VacancyClock
from placehub.governance.watching import Watch
from placehub.observing.following import followed
from placehub.partnership import agendas
from placehub.partnership.agendas import Agendas
from placehub.returns.events import ReturnProduced
from placehub.returns.standing import Event as OfPartnership
from placehub.returns.standing import Partnership
from placehub.returns.standing import follow as follow_partnership

SUSPENSIONS: Final = (ProviderSuspended, SuspensionLifted)


class Governance:
    """Watches one kind of subject on each of its streams.

    Its world: agreements, for who is suspended under them and who manages a placement, and what is said under each of
    returns, meetings and partnership events.
    """

    name = "governance"
    streams: tuple[str, ...] = ("agreement", "placement", "vacancy")
    raw: tuple[str, ...] = ()
    skips = ""
    counted: Mapping[type, tuple[str, ...]] = NONE_COUNTED
    world: tuple[str, ...] = ("agreement", "partnership")

    def __init__(
        self,
        of_agreements: Aggregates[AgreementClock],
        of_placements: Aggregates[PlacementClock],
        of_vacancies: Aggregates[VacancyClock],
        of_tenders: Aggregates[Tenders],
    ) -> None:
        self._flags = Flags(of_tenders)
        self._managing = Managing()
        self._agreed: dict[UUID, agreed.Agreement] = {}
        self._partnerships: dict[UUID, Partnership] = {}
        self._agendas: dict[UUID, Agendas] = {}
        self._looked: dict[Partition, date] = {}
        self._watches = {
            "agreement": Watch("agreement", "agreement_id", of_agreements, agreements.follow, self._under_agreement),
            "placement": Watch("placement", "placement_id", of_placements, placements.follow, self._in_placement),
            "vacancy": Watch("vacancy", "vacancy_id", of_vacancies, vacancies.follow, vacancies.dues),
        }

    def learn(self, records: Sequence[Record], offsets: dict[str, list[int]]) -> None:
        """Learn who is party to which agreement, who is suspended, and how its returns and partnership events stand."""
        for record in records:
            if isinstance(record.event, OfPosts):
                self._managing.learn(record.event)
            if isinstance(record.event, agreed.Event):
                key = record.event.agreement_id
                known = self._agreed.get(key, agreed.Agreement())
                self._agreed[key] = agreed.follow(known, record.event, record.attributes.taken_at)
            elif isinstance(record.event, OfPartnership):
                self._learn_partnership(record.event)
            elif isinstance(record.event, agendas.Event):
                key = record.event.agreement_id
                self._agendas[key] = agendas.follow(self._agendas.get(key, Agendas()), record.event)

    def _learn_partnership(self, event: OfPartnership) -> None:
        # what a return says is nothing to the clock, and years of lines would fill the memory
        said = replace(event, lines=(), changed=()) if isinstance(event, ReturnProduced) else event
        known = self._partnerships.get(event.agreement_id, Partnership())
        self._partnerships[event.agreement_id] = follow_partnership(known, said)

    def take(self, connection: Connection, partition: Partition) -> None:
        """Load what is watched in a partition."""
        self._looked.pop(partition, None)
        self._watches[partition.topic].clocks.take(connection, partition)
        if partition.topic == "agreement":
            self._flags.take(connection, partition)

    def drop(self, partition: Partition) -> None:
        """Forget what is watched in a partition."""
        self._looked.pop(partition, None)
        self._watches[partition.topic].clocks.drop(partition)
        if partition.topic == "agreement":
            self._flags.drop(partition)

    def handle(self, turns: Sequence[Turn]) -> None:
        """Fold each stream into its clocks, and tell at once what follows."""
        for step, records in turns:
            if step.partition.topic == "agreement":
                self._flags.fold(step, followed(records))
            self._fold(step, records)

    def _fold(self, step: Step, records: Sequence[Record]) -> None:
        watch = self._watches[step.partition.topic]
        watch.clocks.begin(step)
        watch.clocks.expect(getattr(record.event, watch.key) for record in records)
        touched: dict[UUID, None] = {}
        for record in followed(records):
            key = getattr(record.event, watch.key)
            before = watch.clocks.get(key)
            why = disputing.refused(before, record.event)
            if why is not None:
                step.reject(record, why, sender=sender_of(record))
                continue
            if isinstance(record.event, ExtensionDecided | TerminationDecided) and before is not None:
                found = agreements.assess(before, record.event, record.attributes.id)
                step.emit(found, because=record.attributes)
            clock = watch.follow(before, record.event)
            if clock is not None and (clock is not before or isinstance(record.event, ClauseAnswered)):
                watch.clocks.put(key, clock)
                touched[key] = None
        for key in touched:
            self._look(step, watch, key)
        watch.clocks.finish()

    def react(self, step: Step, records: Sequence[Record]) -> None:
        """Remind at once of what follows in the partition: from a suspension, from what a partnership says."""
        if step.partition.topic == "agreement":
            self._flags.begin(step)
            said = [record.event for record in records if isinstance(record.event, OfPartnership | agendas.Event)]
            spoken_of = {one.agreement_id for one in said}
            self._tell(step, lambda clock: clock.agreement_id in spoken_of)
            return
        providers = {record.event.provider for record in records if isinstance(record.event, SUSPENSIONS)}
        if not providers or step.partition.topic != "placement":
            return
        self._tell(step, lambda clock: clock.provider in providers)

    def tick(self, step: Step) -> None:
        """Look at every day of a partition once its day has changed."""
        today, partition = step.now.date(), step.partition
        if self._looked.get(partition) == today:
            return
        if partition.topic == "agreement":
            self._flags.tell(step)
        self._tell(step, lambda clock: True)
        step.after_commit(lambda: self._looked.update({partition: today}))

    def _tell(self, step: Step, concerns: Callable[[Any], bool]) -> None:
        """Tell what is due by now of the partition's subjects whose clock this concerns."""
        watch = self._watches[step.partition.topic]
        watch.clocks.begin(step)
        for key, clock in watch.clocks.every():
            if concerns(clock):
                self._look(step, watch, key)
        watch.clocks.finish()

    def _under_agreement(self, clock: AgreementClock, today: date) -> tuple[Due, ...]:
        known = self._partnerships.get(clock.agreement_id, Partnership())
        flagged = clauses.dues(clock, self._flags.of(clock.agreement_id), today)
        return (*agreements.dues(clock, today), *returns.dues(clock, known, today), *flagged)

    def _in_placement(self, clock: PlacementClock, today: date) -> tuple[Due, ...]:
        days = [
            one.suspended[clock.provider]
            for one in self._agreed.values()
            if clock.authority in (one.lead, *one.authorities) and one.is_suspended(clock.provider, today)
        ]
        posts = self._managing.of(clock.authority, clock.provider)
        return placements.dues(clock, today, min(days, default=None), posts)

    def _look(self, step: Step, watch: Watch, key: UUID) -> None:
        """Tell what follows of one subject by now: where its disputes go, whether agendas are balanced, what is due."""
        clock = watch.clocks.get(key)
        if isinstance(clock, AgreementClock):
            clock = disputing.look(step, clock) if clock.disputes else clock
            clock = balancing.look(step, clock, self._agendas[key]) if key in self._agendas else clock
        watch.tell(step, key, clock)
