"""The shell around a processor, on a real database and a real broker: nothing lost, nothing kept twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from sqlalchemy import Engine, func, select

from placehub.clock import TickedClock
from placehub.contracts.codec import Codec, Folder
from placehub.contracts.headers import Attributes, read_headers, write_headers
from placehub.drivers.aggregates import Aggregates
from placehub.drivers.brokers import access, producer, reader
from placehub.drivers.parking import Parking
from placehub.drivers.publisher import Publisher
from placehub.drivers.quiet import Quiet
from placehub.drivers.records import Message, Partition
from placehub.drivers.shell import Shell
from placehub.drivers.step import Step, Turn, store_outgoing
from placehub.drivers.tables import OUTGOING, POSITION
from placehub.errors import Fenced, Overtaken, Unavailable
from placehub.settings import Settings
from placehub.vacancies.events import Home, VacancyClosed, VacancyOpened
from placehub.vacancies.processor import Vacancies
from placehub.vacancies.reserving import Vacancy
from placehub.vacancies.tables import VACANCY

pytestmark = pytest.mark.broker
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CODEC = Codec(Folder())


class Copying(Vacancies):
    """The vacancies' processor, which also says again what it has read, in a topic of the test's own."""

    def __init__(self, name: str, says_in: str) -> None:
        super().__init__(Aggregates(Vacancy, VACANCY, lambda one: one.live), Parking(self.name, 6))
        self.name = name
        self.says_in = says_in
        self.handled: list[int] = []
        self.fails = 0

    def handle(self, turns: Sequence[Turn]) -> None:
        """Fold, and say it again; fail as often as asked, after everything else was done."""
        super().handle(turns)
        for step, record in [(step, record) for step, records in turns for record in records]:
            self.handled.append(record.attributes.sequence)
            assert record.value is not None
            step.append(self.says_in, replace(record.attributes, source="/copied", sequence=0), record.value)
        if self.fails:
            self.fails -= 1
            raise Unavailable("a server went away in the midst of it")

    def held(self, step: Step, key: UUID) -> Vacancy | None:
        """Return what memory holds."""
        self._vacancies.begin(step)
        return self._vacancies.held(key)


@pytest.fixture(scope="module")
def says_in(hub: Any) -> str:
    """A topic of one partition that no service reads."""
    name = f"copied-{uuid4().hex}"
    with KafkaAdminClient(**access(hub.settings)) as admin:
        admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1}})
        admin.wait_for_topics([name])
    return name


@pytest.fixture(scope="module")
def sender(hub: Any) -> Iterator[KafkaProducer]:
    """The hub's own producer."""
    made = producer(hub.settings)
    yield made
    made.close(timeout=5)


@pytest.fixture
def owner(engine: Engine, sender: KafkaProducer, says_in: str) -> Callable[..., Shell]:
    """Make a worker of a processor whose name no other test has; each call is another process."""
    name = f"test-{uuid4().hex}"

    def made(name: str = name) -> Shell:
        clock = TickedClock()
        clock.tick(NOW)
        return Shell(Copying(name, says_in), engine, CODEC, Publisher(engine, sender), clock)

    return made


@pytest.fixture
def partition() -> Partition:
    """A partition of the vacancies' stream, as the messages below name it."""
    return Partition("vacancy", 0)


def opened(vacancy_id: UUID, places: int = 2) -> VacancyOpened:
    """Return a vacancy."""
    home = Home(
        postcode_sector="LS6 2",
        places=places,
        kinds=("short term",),
        min_age=0,
        max_age=17,
        sex="any",
        state="now",
        available_from=date(2026, 3, 2),
        willing_until=NOW + timedelta(days=30),
    )
    return VacancyOpened(vacancy_id=vacancy_id, provider="P1", household_ref=UUID(int=1), home=home)


def message(offset: int, vacancy_id: UUID, *, sequence: int | None = None, event: object = None) -> Message:
    """Return one record of the partition."""
    about = Attributes(
        id=uuid4(),
        source="/organisations/P1",
        type="vacancy.VacancyOpened",
        subject=str(vacancy_id),
        time=NOW,
        sequence=sequence or offset + 1,
    )
    value = CODEC.encode(event or opened(vacancy_id))
    return Message("vacancy", 0, offset, str(vacancy_id).encode(), value, write_headers(about))


def said(settings: Settings, topic: str, subject: UUID) -> list[Attributes]:
    """Return what stands in the topic about a vacancy."""
    place = TopicPartition(topic, 0)
    found = []
    with reader(settings) as consumer:
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        end = consumer.end_offsets([place])[place]
        while consumer.position(place) < end:
            found += [read_headers(list(one.headers)) for one in consumer.poll(500).get(place, ())]
    return [one for one in found if one.subject == str(subject)]


def stored(engine: Engine, vacancy_id: UUID) -> int:
    """Return how many rows the effect left."""
    with engine.connect() as connection:
        where = VACANCY.c.vacancy_id == vacancy_id
        return int(connection.execute(select(func.count()).select_from(VACANCY).where(where)).scalar_one())


def next_offset(engine: Engine, shell: Shell) -> int:
    """Return where the processor goes on."""
    with engine.connect() as connection:
        where = POSITION.c.processor == shell.processor.name
        return int(connection.execute(select(POSITION.c.next_offset).where(where)).scalar_one())


def unsent(engine: Engine, shell: Shell) -> int:
    """Return how many rows wait to be published."""
    with engine.connect() as connection:
        where = OUTGOING.c.processor == shell.processor.name
        return int(connection.execute(select(func.count()).select_from(OUTGOING).where(where)).scalar_one())


def test_effect_position_and_rows_together(
    hub: Any, engine: Engine, owner: Callable[..., Shell], partition: Partition, says_in: str
) -> None:
    """A batch leaves its effect, its next offset and its published rows, numbered in order."""
    shell, home = owner(), uuid4()
    shell.take(partition, {})
    shell.process({partition: [message(0, home), message(1, home)]})
    assert (stored(engine, home), next_offset(engine, shell), unsent(engine, shell)) == (1, 2, 0)
    assert [one.sequence for one in said(hub.settings, says_in, home)] == [1, 2]


def test_what_is_skipped(engine: Engine, owner: Callable[..., Shell], partition: Partition) -> None:
    """Events of a source that a processor skips are passed, whatever their bytes; it is told of the others."""
    shell, home = owner(), uuid4()
    shell.processor.skips = "/hub/"
    shell.take(partition, {})
    told = message(0, home)
    of_hub = [(name, b"/hub/search/vacancy/0" if name == "ce_source" else value) for name, value in told.headers]
    skipped = replace(told, value=b"of a later version", headers=of_hub)
    shell.process({partition: [skipped, message(1, home, sequence=7)]})
    assert (stored(engine, home), next_offset(engine, shell)) == (1, 2)
    assert isinstance(shell.processor, Copying)
    assert shell.processor.handled == [7]


def test_an_old_owner_is_fenced(
    hub: Any, engine: Engine, owner: Callable[..., Shell], partition: Partition, says_in: str
) -> None:
    """Once another worker has taken the partition, the old one's transaction is refused and nothing is kept."""
    old, new, home = owner(), owner(), uuid4()
    old.take(partition, {})
    new.take(partition, {})
    with pytest.raises(Fenced):
        old.process({partition: [message(0, home)]})
    with pytest.raises(Fenced):
        old.act([partition], lambda step: None, {"vacancy": [9]})
    assert (stored(engine, home), next_offset(engine, new), unsent(engine, old)) == (0, 0, 0)
    assert said(hub.settings, says_in, home) == []
    new.process({partition: [message(0, home)]})
    assert stored(engine, home) == 1


def test_who_never_took_it(owner: Callable[..., Shell], partition: Partition) -> None:
    """A partition nobody has taken is processed by nobody."""
    with pytest.raises(Fenced):
        owner().process({partition: [message(0, uuid4())]})


def test_repeats(hub: Any, engine: Engine, owner: Callable[..., Shell], partition: Partition, says_in: str) -> None:
    """A record delivered again by offset, or published again under its old number, has no second effect."""
    shell, home = owner(), uuid4()
    shell.take(partition, {})
    first = message(0, home, sequence=1)
    shell.process({partition: [first]})
    shell.process({partition: [first]})
    shell.process({partition: [first, replace(first, offset=1), message(2, home, sequence=2)]})
    assert isinstance(shell.processor, Copying)
    assert shell.processor.handled == [1, 2]
    assert [one.sequence for one in said(hub.settings, says_in, home)] == [1, 2]
    assert next_offset(engine, shell) == 3


def test_a_server_that_goes_away(
    hub: Any, engine: Engine, owner: Callable[..., Shell], partition: Partition, says_in: str
) -> None:
    """A transaction broken off leaves memory, table and topic as they were; tried again, it counts once."""
    shell, home = owner(), uuid4()
    shell.take(partition, {})
    assert isinstance(shell.processor, Copying)
    shell.processor.fails = 2
    shell.process({partition: [message(0, home)]})
    assert shell.processor.handled == [1, 1, 1]
    assert [one.sequence for one in said(hub.settings, says_in, home)] == [1]
    assert (stored(engine, home), next_offset(engine, shell)) == (1, 1)


def test_a_rollback_leaves_memory_as_it_was(engine: Engine, owner: Callable[..., Shell], partition: Partition) -> None:
    """What a step changed is in memory only once it has committed; until then the last state stands."""
    shell, home = owner(), uuid4()
    shell.take(partition, {})
    shell.process({partition: [message(0, home)]})
    processor = shell.processor
    assert isinstance(processor, Copying)
    closing = message(1, home, event=VacancyClosed(vacancy_id=home, provider="P1"))
    processor.fails = 10**6
    with pytest.raises(Unavailable), engine.begin() as connection:
        processor.handle(shell._turns(connection, {partition: [closing]}))
    processor.fails = 0
    with engine.begin() as connection:
        held = processor.held(shell.step(connection, partition), home)
    assert held is not None
    assert held.state == "open"
    shell.process({partition: [closing]})
    with engine.begin() as connection:
        assert processor.held(shell.step(connection, partition), home) is None


def test_a_crash_between_commit_and_publish(
    hub: Any, engine: Engine, owner: Callable[..., Shell], partition: Partition, says_in: str
) -> None:
    """Rows committed and not sent are published by whoever takes the partition next, before anything newer."""
    crashed, home = owner(), uuid4()
    crashed.take(partition, {})
    with engine.begin() as connection:  # as `process` does, up to the moment of the crash
        came = {partition: [message(0, home), message(1, home)]}
        turns = crashed._turns(connection, came)
        crashed.processor.handle(turns)
        crashed._note(connection, {partition: 2})
        store_outgoing(connection, crashed.processor.name, [step for step, _ in turns])
    assert unsent(engine, crashed) == 2
    assert said(hub.settings, says_in, home) == []
    heir = owner()
    assert heir.take(partition, {})[0] == 2
    assert unsent(engine, heir) == 0
    heir.process({partition: [message(2, home)]})
    assert [one.sequence for one in said(hub.settings, says_in, home)] == [1, 2, 3]


def test_a_commit_of_which_nobody_heard(
    hub: Any,
    engine: Engine,
    owner: Callable[..., Shell],
    partition: Partition,
    says_in: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The database goes away while it commits: tried again, the rows go out before anything newer, memory follows."""
    shell, home = owner(), uuid4()
    shell.take(partition, {})
    commit, lost = engine.dialect.do_commit, list[str]()

    def do_commit(connection: Any) -> None:
        commit(connection)
        if not lost:
            lost.append("once")
            raise psycopg.OperationalError("the connection was lost")

    monkeypatch.setattr(engine.dialect, "do_commit", do_commit)
    shell.process({partition: [message(0, home)]})
    assert lost
    assert unsent(engine, shell) == 0
    processor = shell.processor
    assert isinstance(processor, Copying)
    with engine.begin() as connection:
        assert processor.held(shell.step(connection, partition), home) is not None
    shell.process({partition: [message(1, home)]})
    assert [one.sequence for one in said(hub.settings, says_in, home)] == [1, 2]


def test_rows_that_came_back_are_swept(
    hub: Any, engine: Engine, owner: Callable[..., Shell], partition: Partition, says_in: str
) -> None:
    """A row whose removal was lost is published once more, which its readers drop, and removed."""
    shell, home = owner(), uuid4()
    shell.take(partition, {})
    shell.process({partition: [message(0, home)]})
    shell.sweep()
    assert [one.sequence for one in said(hub.settings, says_in, home)] == [1]
    with engine.begin() as connection:
        step = shell.step(connection, partition)
        step.append(says_in, replace(read_headers(message(1, home).headers), source="/copied", sequence=0), b"")
        store_outgoing(connection, shell.processor.name, [step])
    shell.sweep()
    assert unsent(engine, shell) == 0
    assert [one.sequence for one in said(hub.settings, says_in, home)] == [1, 2]


def test_two_writers_leave_no_gap(engine: Engine, owner: Callable[..., Shell], says_in: str, hub: Any) -> None:
    """Two workers that write under one source and subject, every third transaction broken off: no gap, no repeat."""
    home, faults = uuid4(), list[BaseException]()

    def write(shell: Shell, mine: Partition) -> None:
        try:
            shell.take(mine, {})
            for number in range(12):
                about = Attributes(id=uuid4(), source="/both", type="t", subject=str(home), time=NOW)
                with engine.connect() as connection, connection.begin() as transaction:
                    step = shell.step(connection, mine)
                    step.append(says_in, about, b"x")
                    rows = store_outgoing(connection, shell.processor.name, [step])
                    if number % 3 == 0:
                        transaction.rollback()
                        continue
                shell.publisher.publish(rows)
        except BaseException as fault:
            faults.append(fault)

    writers = [threading.Thread(target=write, args=(owner(), Partition("vacancy", number))) for number in (1, 2)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(60)
    assert not faults
    numbers = [one.sequence for one in said(hub.settings, says_in, home)]
    assert sorted(numbers) == list(range(1, 17))


class Following(Copying):
    """Says what it has read only once what another worker has committed about it is published, as intake does."""

    def __init__(self, name: str, says_in: str, theirs: str) -> None:
        super().__init__(name, says_in)
        self._theirs = theirs

    def handle(self, turns: Sequence[Turn]) -> None:
        """Fold, and say it again, unless there is something to be published before."""
        super().handle(turns)
        mine = (OUTGOING.c.processor == self.name) & (OUTGOING.c.from_topic == self._theirs)
        if turns[0][0].connection.execute(select(OUTGOING.c.id).where(mine)).first():
            raise Overtaken(frozenset({self._theirs}))


def test_what_another_committed_goes_first(
    hub: Any, engine: Engine, sender: KafkaProducer, says_in: str, partition: Partition
) -> None:
    """Where a batch follows from what another worker committed and has not sent yet, that is sent before it, once kept.

    When the other sends it after all its reader drops it, by its sequence.
    """
    name, home, theirs = f"test-{uuid4().hex}", uuid4(), Partition(f"outbox.{uuid4().hex}", 0)

    def made(processor: Copying) -> Shell:
        clock = TickedClock()
        clock.tick(NOW)
        return Shell(processor, engine, CODEC, Publisher(engine, sender), clock)

    other, shell = made(Copying(name, says_in)), made(Following(name, says_in, theirs.topic))
    other.take(theirs, {})
    about = Attributes(id=uuid4(), source="/other", type="t", subject=str(home), time=NOW)
    with engine.begin() as connection:
        step = other.step(connection, theirs)
        step.append(says_in, about, b"x")
        rows = store_outgoing(connection, name, [step])
    shell.take(partition, {})
    shell.process({partition: [message(0, home)]})
    other.publisher.publish(rows)
    heard = [(one.source, one.sequence) for one in said(hub.settings, says_in, home)]
    assert heard == [("/other", 1), ("/copied", 1), ("/other", 1)]
    assert (unsent(engine, shell), next_offset_of(engine, name, partition)) == (0, 1)


def next_offset_of(engine: Engine, processor: str, place: Partition) -> int:
    """Return where a processor goes on in one partition."""
    with engine.connect() as connection:
        where = (POSITION.c.processor == processor) & (POSITION.c.topic == place.topic)
        return int(connection.execute(select(POSITION.c.next_offset).where(where)).scalar_one())


def test_quiet(hub: Any, engine: Engine, owner: Callable[..., Shell], says_in: str) -> None:
    """A processor lags by what it has not taken in, and by rows not yet published; then there is quiet."""
    shell, place = owner(), Partition(says_in, 0)
    shell.take(place, {})
    quiet = Quiet(engine, reader(hub.settings), {shell.processor.name: ((says_in,), ())}, lambda connection: ())
    (end,) = quiet.ends((says_in,))
    assert quiet.lags() == {shell.processor.name: end, "outgoing": 0}
    with pytest.raises(Unavailable, match=str(end)):
        quiet.wait(0.1)
    with engine.begin() as connection:
        where = POSITION.c.processor == shell.processor.name
        connection.execute(POSITION.update().where(where).values(next_offset=end))
    quiet.wait(5)


def test_what_stood_there_is_passed(
    hub: Any, engine: Engine, owner: Callable[..., Shell], sender: KafkaProducer, says_in: str
) -> None:
    """A processor that is always one record behind never comes to rest, but has passed what stood there."""
    shell, enough = owner(), threading.Event()
    shell.take(Partition(says_in, 0), {})
    quiet = Quiet(engine, reader(hub.settings), {shell.processor.name: ((says_in,), ())}, lambda connection: ())
    mine = POSITION.update().where(POSITION.c.processor == shell.processor.name)
    sender.send(says_in, b"x").get(timeout=10)

    def work() -> None:
        while not enough.is_set():
            last = sender.send(says_in, b"x").get(timeout=10).offset
            with engine.begin() as connection:
                connection.execute(mine.values(next_offset=last))

    with pytest.raises(Unavailable, match="still to do"):
        quiet.wait_passed(0.1)
    worker = threading.Thread(target=work)
    worker.start()
    try:
        quiet.wait_passed(30)
        with pytest.raises(Unavailable):
            quiet.wait(0.5)
    finally:
        enough.set()
        worker.join()
        quiet.close()
