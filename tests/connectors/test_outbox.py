"""What a case system writes with its own data reaches the hub if and only if it commits, in order and once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from runpy import run_path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from placehub.drivers.brokers import partitions_of, reader
from placehub.errors import Conflict, NotFound, Rejected
from placehub.mailboxes.access import Access
from placehub.mailboxes.events import EventRejected
from placehub_connectors.cli import program
from placehub_connectors.outbox.bell import only_relay
from placehub_connectors.outbox.relay import Relay
from placehub_connectors.outbox.table import OUTBOX, put_back, set_aside, state_of, waiting, write

from ..integration.story import HubUnderTest, desk

EXAMPLE = Path(__file__).parents[2] / "examples" / "case_system.py"
NOW = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
LOAD = 40


@pytest.fixture
def sqlite(tmp_path: Path) -> Engine:
    """A case system's SQLite database with an outbox."""
    made = create_engine(f"sqlite:///{tmp_path / 'casework.sqlite'}")
    OUTBOX.metadata.create_all(made)
    return made


@pytest.fixture
def casework(engine: Engine) -> Iterator[str]:
    """The address of a case system's own schema in a PostgreSQL server in which the hub keeps nothing."""
    schema = f"casework_{uuid4().hex[:8]}"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield engine.url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


def search_started() -> dict[str, Any]:
    """Return an event that is in order."""
    return {"referral_id": str(uuid4()), "authority": "E08000035"}


def test_with_the_transaction_or_not_at_all(sqlite: Engine) -> None:
    """What is rolled back was never written; what is committed waits in order, once for each id."""
    with Session(sqlite) as session:
        write(session, "InHouseSearchStarted", search_started(), time=NOW)
        session.rollback()
    document = search_started()
    with sqlite.begin() as connection:
        ids = [write(connection, "InHouseSearchStarted", document, time=NOW) for _ in range(3)]
        write(connection, "InHouseSearchStarted", document, time=NOW, id=ids[1])
        assert [row["id"] for row in waiting(connection, 10)] == [str(one) for one in ids]


def test_what_is_wrong_is_refused_when_it_is_written(sqlite: Engine) -> None:
    """A wrong event raises before anything is written, names the field and repeats no value."""
    with sqlite.begin() as connection:
        with pytest.raises(Rejected) as refused:
            write(connection, "InHouseSearchStarted", {**search_started(), "referral_id": "Made Up"}, time=NOW)
        assert state_of(connection)["waiting"] == 0
    assert refused.value.field == "referral_id"
    assert "Made Up" not in str(refused.value)


def test_set_aside_and_put_back(sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was set aside is told with its reason by exit code 1, and waits again when it is put back."""
    with sqlite.begin() as connection:
        first, second = (write(connection, "InHouseSearchStarted", search_started(), time=NOW) for _ in range(2))
        set_aside(connection, str(first), Rejected("referral_id", "is in use", "Choose another."))
        assert [row["id"] for row in waiting(connection, 10)] == [str(second)]
    monkeypatch.setenv("PLACEHUB_OUTBOX_DATABASE", str(sqlite.url))
    shown = CliRunner().invoke(program(), ["outbox", "status", "--json"])
    told = json.loads(shown.output)
    assert (shown.exit_code, told["waiting"], told["set_aside"][0]["rule"]) == (1, 1, "is in use")
    assert CliRunner().invoke(program(), ["outbox", "retry", str(first)]).exit_code == 0
    with sqlite.begin() as connection:
        assert [row["id"] for row in waiting(connection, 10)] == [str(first), str(second)]
        with pytest.raises(NotFound):
            put_back(connection, second)


def test_one_relay(sqlite: Engine, casework: str) -> None:
    """A second relay of the same outbox is refused, on either database."""
    for first, second in ((sqlite, sqlite), (create_engine(casework), create_engine(casework))):
        with only_relay(first), pytest.raises(Conflict), only_relay(second):
            pass
        with only_relay(second):
            pass
        first.dispose()
        second.dispose()


def test_nothing_is_passed_over(casework: str) -> None:
    """A row of a transaction that still runs is not overtaken by a later one, and PostgreSQL rings when it commits."""
    engine = create_engine(casework)
    OUTBOX.metadata.create_all(engine)
    with only_relay(engine) as wait, engine.connect() as slow, engine.connect() as reading:
        first = write(slow, "InHouseSearchStarted", search_started(), time=NOW)
        with engine.begin() as quick:
            second = write(quick, "InHouseSearchStarted", search_started(), time=NOW)
        wait(5)
        assert waiting(reading, 10) == []
        reading.rollback()
        threading.Timer(0.2, slow.commit).start()
        began = time.monotonic()
        wait(5)
        assert time.monotonic() - began < 2
        assert [row["id"] for row in waiting(reading, 10)] == [str(first), str(second)]
    engine.dispose()


RELAY = """
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from sqlalchemy import create_engine
from placehub.mailboxes.access import Access
from placehub_connectors.outbox.relay import Relay

database, access, now = sys.argv[1:]
for _ in sys.stdin:  # a child of this process for each line: what it imports was loaded once
    child = os.fork()
    if child == 0:
        Relay(create_engine(database), Access.load(Path(access)), now=lambda: datetime.fromisoformat(now)).run(bool)
    print(child, flush=True)
"""


@contextmanager
def relays(database: str, access: Path, now: datetime) -> Iterator[Callable[[], int]]:
    """Yield what starts a relay in a process of its own and returns its id."""
    arguments = [sys.executable, "-c", RELAY, database, str(access), now.isoformat()]
    with subprocess.Popen(arguments, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        asked, told = parent.stdin, parent.stdout

        def start() -> int:
            print(file=asked, flush=True)
            return int(told.readline())

        yield start
        asked.close()


@pytest.mark.broker
def test_killed_twenty_times(hub: HubUnderTest, casework: str, tmp_path: Path) -> None:
    """A relay killed with -9 twenty times while the example's case system works loses nothing and doubles nothing."""
    authority, example = desk(hub, "authority"), run_path(str(EXAMPLE))
    access = Access(
        organisation=authority.code,
        bootstrap=hub.settings.bootstrap,
        kafka_password=authority.credentials.kafka_password,
        api=hub.settings.api,
        api_token=authority.credentials.api_token,
    ).save(tmp_path / "access.json")
    engine = create_engine(casework)
    example["Base"].metadata.create_all(engine)
    with relays(casework, access, hub.now) as start:
        for kill in range(20):
            child = start()
            for _ in range(LOAD // 20):
                with Session(engine) as session, session.begin():
                    example["refer"](session, authority.code, "Made Up", hub.now)
                with Session(engine) as session:  # and one that is given up
                    example["refer"](session, authority.code, "Made Up", hub.now)
            sent_is_more_than(engine, kill)
            os.kill(child, signal.SIGKILL)
        last = start()
        sent_is_more_than(engine, 2 * LOAD - 1)
        os.kill(last, signal.SIGKILL)
    hub.settle()
    with engine.connect() as connection:
        rows = connection.execute(select(OUTBOX).order_by(OUTBOX.c.number)).mappings().all()
    engine.dispose()
    assert [row["document"] for row in rows] == [None] * 2 * LOAD, "what was sent is blanked"
    expected = [UUID(row["id"]) for row in rows]
    assert authority.got(EventRejected) == []
    assert in_order(hub, f"outbox.{authority.code}", set(expected)) == expected
    assert sorted(ids_of(hub, "referral", set(expected))) == sorted(expected), "the hub took each once"
    authority.mailbox.close()


def sent_is_more_than(engine: Engine, count: int) -> None:
    """Wait until more than so many rows were sent."""
    for _ in range(1000):
        with engine.connect() as connection:
            if state_of(connection)["sent"] > count:
                return
        time.sleep(0.02)
    raise AssertionError("the relay does not come on")


def in_order(hub: HubUnderTest, topic: str, wanted: set[UUID]) -> list[UUID]:
    """Return the ids in the order in which they first stand in a topic."""
    return list(dict.fromkeys(ids_of(hub, topic, wanted)))


def ids_of(hub: HubUnderTest, topic: str, wanted: set[UUID]) -> list[UUID]:
    """Return those of the ids that stand in a topic, as often as they stand there."""
    found = []
    with reader(hub.settings) as consumer:
        places = partitions_of(consumer, (topic,))
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(place) < end for place, end in ends.items()):
            for batch in consumer.poll(500).values():
                ids = (dict(one.headers).get("ce_id", b"").decode() for one in batch)
                found += [UUID(id) for id in ids if id and UUID(id) in wanted]
    return found


@pytest.mark.broker
def test_how_soon(hub: HubUnderTest, casework: str) -> None:
    """From a commit to the broker's acknowledgement it takes milliseconds, not the second at which nothing rings."""
    authority = desk(hub, "authority")
    access = Access(
        organisation=authority.code,
        bootstrap=hub.settings.bootstrap,
        kafka_password=authority.credentials.kafka_password,
        api=hub.settings.api,
        api_token=authority.credentials.api_token,
    )
    engine = create_engine(casework)
    OUTBOX.metadata.create_all(engine)
    relay, stop = Relay(create_engine(casework), access), threading.Event()
    running = threading.Thread(target=relay.run, args=(stop.is_set,))
    running.start()
    took = []
    for number in range(21):
        with engine.begin() as connection:
            write(connection, "InHouseSearchStarted", {**search_started(), "authority": authority.code}, time=hub.now)
        began = time.monotonic()
        sent_is_more_than(engine, number)
        took.append(time.monotonic() - began)
    stop.set()
    running.join()
    relay.close()
    engine.dispose()
    authority.mailbox.close()
    print(f"median {sorted(took)[10] * 1000:.0f} ms")
    assert sorted(took)[10] < 0.5
