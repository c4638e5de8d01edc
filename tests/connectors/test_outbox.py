"""What a case system writes with its own data reaches the hub if and only if it commits, in order and once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from placehub.errors import Conflict, NotFound, Rejected
from placehub_connectors.cli import program
from placehub_connectors.outbox.bell import only_relay
from placehub_connectors.outbox.relay import Relay
from placehub_connectors.outbox.table import OUTBOX, put_back, set_aside, state_of, waiting, write

from ..integration.story import HubUnderTest, desk

EXAMPLE = Path(__file__).parents[2] / "examples" / "case_system.py"
NOW = datetime.fromisoformat("2026-03-02T09:00:00+00:00")


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


def sent_is_more_than(engine: Engine, count: int) -> None:
    """Wait until more than so many rows were sent."""
    for _ in range(1000):
        with engine.connect() as connection:
            if state_of(connection)["sent"] > count:
                return
        time.sleep(0.02)
    raise AssertionError("the relay does not come on")


@pytest.mark.broker
def test_how_soon(hub: HubUnderTest, casework: str) -> None:
    """From a commit to the broker's acknowledgement it takes milliseconds, not the second at which nothing rings."""
    authority = desk(hub, "authority")
    engine = create_engine(casework)
    OUTBOX.metadata.create_all(engine)
    relay, stop = Relay(create_engine(casework), authority.access), threading.Event()
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
