"""The search's shell: cases by partition, homes in memory, every pair decided in one process and one order."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from sqlalchemy import Connection

from placehub.agreements.events import ProviderJoined
from placehub.drivers.aggregates import Aggregates
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import HUB, Step, sender_of
from placehub.errors import Rejected
from placehub.placements.events import PlacementStarted
from placehub.search import answering, inviting
from placehub.search.case import Case, Decided
from placehub.search.deciding import decide, due
from placehub.search.policy import Policy
from placehub.search.surroundings import WORLD, Surroundings
from placehub.search.tables import CASE
from placehub.search.view import Needs, Sight
from placehub.vacancies import events as vacancies

_CHANGES = (
    vacancies.VacancyOpened,
    vacancies.VacancyRevised,
    vacancies.VacancyConfirmed,
    vacancies.VacancyPaused,
    vacancies.VacancyClosed,
    vacancies.VacancyReserved,
    vacancies.VacancyReleased,
    vacancies.VacancyFilled,
)
"""Events after which a vacancy is matched against every search that is going on."""


class Search:
    """Folds cases and decides who is invited."""

    name = "search"
    streams: tuple[str, ...] = ("referral",)
    raw: tuple[str, ...] = ()
    world: tuple[str, ...] = WORLD

    def __init__(self, surroundings: Surroundings, needs: Needs, policy: Policy) -> None:
        self._around = surroundings
        self._needs = needs
        self._policy = policy
        self._cases: Aggregates[Case] = Aggregates(Case, CASE, lambda case: case.live)

    def learn(self, records: Sequence[Record], offsets: dict[str, list[int]]) -> None:
        """Fold the world into memory."""
        self._around.learn(records, offsets)

    def take(self, connection: Connection, partition: Partition) -> None:
        """Load a partition's open cases."""
        self._cases.take(connection, partition)

    def drop(self, partition: Partition) -> None:
        """Forget a partition's cases."""
        self._cases.drop(partition)

    def handle(self, step: Step, records: Sequence[Record]) -> None:
        """Fold organisations' events into their cases; what the hub itself wrote is already in them."""
        self._cases.begin(step)
        view = self._view(step)
        for record in records:
            if record.attributes.source.startswith("/hub/"):
                continue
            referral_id = record.event.referral_id
            try:
                decided = decide(self._cases.get(referral_id), record.event, view)
            except Rejected as why:
                step.reject(record, why, sender=sender_of(record))
                continue
            self._keep(step, decided, record.attributes.id)
        self._cases.finish()

    def react(self, step: Step, records: Sequence[Record]) -> None:
        """Let open cases react on vacancies, reservations, memberships and placements."""
        self._cases.begin(step)
        view = self._view(step)
        for record in records:
            self._answer(step, record, view)
        for provider, (because, changed) in self._changed(records).items():
            for _, case in self._cases.every():
                if case.searching:
                    self._keep(step, inviting.homes_changed(case, view, provider, sorted(changed)), because)
        self._cases.finish()

    def tick(self, step: Step) -> None:
        """Let windows that have closed close."""
        self._cases.begin(step)
        view = self._view(step)
        for referral_id, case in self._cases.every():
            decided = due(case, view)
            if decided.events:
                because = uuid5(HUB, f"due|{referral_id}|{case.sequence}|{step.now.isoformat()}")
                self._keep(step, decided, because)
        self._cases.finish()

    def _answer(self, step: Step, record: Record, view: Sight) -> None:
        event = record.event
        referral_id = getattr(event, "referral_id", None)
        case = self._cases.held(referral_id) if isinstance(referral_id, UUID) else None
        if case is None:
            return
        if isinstance(event, vacancies.VacancyReserved):
            self._keep(step, answering.reserved(case, event), record.attributes.id)
        elif isinstance(event, vacancies.ReservationRefused):
            self._keep(step, answering.refused(case, event, view), record.attributes.id)
        elif isinstance(event, PlacementStarted):
            self._keep(step, answering.started(case, event, view), record.attributes.id)

    def _changed(self, records: Sequence[Record]) -> dict[str, tuple[UUID, set[UUID]]]:
        """Return, by provider, the last event that changed its homes, and which of them changed."""
        changed: dict[str, tuple[UUID, set[UUID]]] = {}
        for record in records:
            event = record.event
            if isinstance(event, _CHANGES):
                homes = {event.vacancy_id}
            elif isinstance(event, ProviderJoined):
                homes = set(self._around.vacancies_of(event.provider))
            else:
                continue
            _, before = changed.get(event.provider, (None, set()))
            changed[event.provider] = (record.attributes.id, before | homes)
        return changed

    def _keep(self, step: Step, decided: Decided, because: UUID, nth: object = 0) -> None:
        for number, event in enumerate(decided.events):
            about = getattr(event, "provider", "") if hasattr(event, "provider") else ""
            step.emit(event, because=because, nth=f"{nth}|{about}|{number}", marks=decided.marks)
        self._cases.put(decided.case.referral_id, decided.case)

    def _view(self, step: Step) -> Sight:
        return Sight(self._around, self._needs, self._policy, step.now)
