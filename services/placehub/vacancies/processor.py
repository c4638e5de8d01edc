"""The shell of the vacancies' single writer; placements are its world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from placehub.contracts.codec import NONE_COUNTED
from placehub.drivers.aggregates import Aggregates
from placehub.drivers.parking import Parking
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Step, Turn
from placehub.observing.following import followed
from placehub.placements.events import PlacementStarted
from placehub.vacancies.events import VacancyReserved
from placehub.vacancies.reserving import Vacancy, decide, moved_in


class Vacancies:
    """Decides reservations: two cases lie in different partitions, one vacancy in one."""

    name = "vacancies"
    streams: tuple[str, ...] = ("vacancy",)
    raw: tuple[str, ...] = ()
    skips = ""
    counted: Mapping[type, tuple[str, ...]] = NONE_COUNTED
    world: tuple[str, ...] = ("placement",)

    def __init__(self, vacancies: Aggregates[Vacancy], parking: Parking) -> None:
        self._vacancies = vacancies
        self._parking = parking

    def learn(self, records: Sequence[Record], offsets: dict[str, list[int]]) -> None:
        """Nothing is kept of placements but what they change."""

    def take(self, connection: Connection, partition: Partition) -> None:
        """Load a partition's vacancies."""
        self._vacancies.take(connection, partition)

    def drop(self, partition: Partition) -> None:
        """Forget a partition's vacancies."""
        self._vacancies.drop(partition)

    def handle(self, turns: Sequence[Turn]) -> None:
        """Fold the stream; answer requests for places in the order in which they stand there."""
        for step, records in turns:
            self._fold(step, records)

    def _fold(self, step: Step, records: Sequence[Record]) -> None:
        self._vacancies.begin(step)
        of_vacancies = [record for record in records if hasattr(record.event, "vacancy_id")]
        self._vacancies.expect(record.event.vacancy_id for record in of_vacancies)
        for record in followed(of_vacancies):
            key = record.event.vacancy_id
            vacancy, answers = decide(self._vacancies.get(key), record.event)
            if vacancy is not None:
                self._vacancies.put(key, vacancy)
            for answer in answers:
                step.emit(answer, because=record.attributes, marks=record.attributes.marks)
            if any(isinstance(answer, VacancyReserved) for answer in answers):
                for waited in self._parking.take(step, key):
                    self._move_in(step, waited)
        self._vacancies.finish()

    def react(self, step: Step, records: Sequence[Record]) -> None:
        """Fill the places of children who have moved in."""
        self._vacancies.begin(step)
        for record in followed(records):
            if isinstance(record.event, PlacementStarted) and self._parking.is_for(step, record.event.vacancy_id):
                self._move_in(step, record)
        self._vacancies.finish()

    def _move_in(self, step: Step, record: Record) -> None:
        """Fill the child's place; a move that was agreed by word waits for the reservation that follows on paper."""
        event = record.event
        vacancy = self._vacancies.get(event.vacancy_id)
        if vacancy is None or not vacancy.expects(event.child_id):
            self._parking.park(step, event.vacancy_id, record)
            return
        vacancy, answers = moved_in(vacancy, event)
        self._vacancies.put(vacancy.vacancy_id, vacancy)
        for answer in answers:
            step.emit(answer, because=record.attributes)

    def tick(self, step: Step) -> None:
        """Reservations have no timers yet: they end by what the parties post."""
