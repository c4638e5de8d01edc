"""What waits for an aggregate that is not known yet."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Engine

from placehub.contracts.codec import Codec, Folder
from placehub.contracts.headers import Attributes, write_headers
from placehub.drivers.parking import Parking, partition_of
from placehub.drivers.records import Message, Partition, Record, read_event
from placehub.drivers.step import Step
from placehub.vacancies.events import VacancyPaused

CODEC = Codec(Folder())
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def paused(number: int) -> Record:
    """Return one record of another stream."""
    subject = UUID(int=number)
    name = "vacancy.VacancyPaused"
    about = Attributes(id=subject, source="/organisations/P", type=name, subject=str(subject), time=NOW, sequence=1)
    event = VacancyPaused(vacancy_id=subject, provider="P")
    place = str(subject).encode()
    return read_event(CODEC, Message("vacancy", 2, number, place, CODEC.encode(event), write_headers(about)))


def test_what_waits_comes_back_once_and_in_order(engine: Engine) -> None:
    """Records are the same as they were; parked twice they wait once; taken, they wait no longer; others stay."""
    parking, subject, other = Parking(f"test-{uuid4()}", 6), uuid4(), uuid4()

    def step() -> Step:
        return Step(connection, processor="test", partition=Partition("referral", 0), now=NOW, codec=CODEC)

    with engine.begin() as connection:
        for record in (paused(3), paused(1), paused(3)):
            parking.park(step(), subject, record)
        parking.park(step(), other, paused(2))
    with engine.begin() as connection:
        assert parking.take(step(), subject) == [paused(3), paused(1)]
    with engine.begin() as connection:
        assert parking.take(step(), subject) == []
        assert parking.take(step(), other) == [paused(2)]


def test_a_step_that_fails_parks_nothing(engine: Engine) -> None:
    """Parking is part of the step: what does not commit does not wait."""
    parking, subject = Parking(f"test-{uuid4()}", 6), uuid4()
    with engine.connect() as connection:
        step = Step(connection, processor="test", partition=Partition("referral", 0), now=NOW, codec=CODEC)
        parking.park(step, subject, paused(1))
        connection.rollback()
    with engine.begin() as connection:
        step = Step(connection, processor="test", partition=Partition("referral", 0), now=NOW, codec=CODEC)
        assert parking.take(step, subject) == []


def test_the_partition_is_the_one_the_clients_choose() -> None:
    """Known values of Java's own hash, by its own tests, brought to six partitions; and just one holds each key."""
    known = {"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536}
    expected = {key: (value & 0x7FFFFFFF) % 6 for key, value in known.items()}
    assert {key: partition_of(key, 6) for key in known} == expected
