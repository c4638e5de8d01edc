"""The shell of the vacancies' single writer; placements are its world."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from placehub.drivers.aggregates import Aggregates
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Step
from placehub.placements.events import PlacementStarted
from placehub.vacancies.reserving import Vacancy, decide, moved_in
from placehub.vacancies.tables import VACANCY


class Vacancies:
    """Decides reservations: two cases lie in different partitions, one vacancy in one."""

    name = "vacancies"
    streams: tuple[str, ...] = ("vacancy",)
    raw: tuple[str, ...] = ()
    world: tuple[str, ...] = ("placement",)

    def __init__(self) -> None:
        self._vacancies: Aggregates[Vacancy] = Aggregates(Vacancy, VACANCY, lambda one: one.live)

    def learn(self, records: Sequence[Record], offsets: dict[str, list[int]]) -> None:
        """Nothing is kept of placements but what they change."""

    def take(self, connection: Connection, partition: Partition) -> None:
        """Load a partition's vacancies."""
        self._vacancies.take(connection, partition)

    def drop(self, partition: Partition) -> None:
        """Forget a partition's vacancies."""
        self._vacancies.drop(partition)

    def handle(self, step: Step, records: Sequence[Record]) -> None:
        """Fold the stream; answer requests for places in the order in which they stand there."""
        self._vacancies.begin(step)
        for record in records:
            if not hasattr(record.event, "vacancy_id"):
                continue
            key = record.event.vacancy_id
            vacancy, answers = decide(self._vacancies.get(key), record.event)
            if vacancy is not None:
                self._vacancies.put(key, vacancy)
            for answer in answers:
                step.emit(answer, because=record.attributes.id)
        self._vacancies.finish()

    def react(self, step: Step, records: Sequence[Record]) -> None:
        """Fill the places of children who have moved in."""
        self._vacancies.begin(step)
        for record in records:
            event = record.event
            vacancy = self._vacancies.held(event.vacancy_id) if isinstance(event, PlacementStarted) else None
            if vacancy is None:
                continue
            vacancy, answers = moved_in(vacancy, event)
            self._vacancies.put(vacancy.vacancy_id, vacancy)
            for answer in answers:
                step.emit(answer, because=record.attributes.id)
        self._vacancies.finish()

    def tick(self, step: Step) -> None:
        """Reservations have no timers yet: they end by what the parties post."""
