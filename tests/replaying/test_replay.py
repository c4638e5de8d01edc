"""Views made again from the streams of a running hub."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, MetaData, select, update

from placehub.database import connect
from placehub.drivers.brokers import partitions_of, reader
from placehub.mailboxes.connection import ends_of
from placehub.monitoring.tables import SEARCH
from placehub.monitoring.views import VIEWS
from placehub.replaying.planning import tables_of
from placehub.replaying.shadow import discard

from ..cli.conftest import Run, folder, placehub
from ..integration.story import Case, HubUnderTest, Town, desk

__all__ = ["folder", "placehub"]
pytestmark = pytest.mark.broker


@pytest.fixture
def case(hub: HubUnderTest) -> Iterator[Case]:
    """A case that has come as far as an offer, and nothing of an earlier replay."""
    town = Town(hub, desk(hub, "authority"), (desk(hub, "provider"),))
    town.begin()
    town.open_home(town.providers[0])
    hub.settle()
    made = Case(town, town.authority, (uuid4(),))
    made.refer()
    hub.settle()
    made.offer(town.providers[0], next(iter(town.homes)))
    hub.settle()
    yield made
    with database(hub) as connection:
        discard(connection)
        connection.commit()
    town.end()
    for one in (town.authority, *town.providers):
        one.mailbox.close()


def database(hub: HubUnderTest) -> Connection:
    """Open the hub's database."""
    return connect(hub.settings.database.get_secret_value()).connect()


def everything_sent(hub: HubUnderTest) -> dict[Any, int]:
    """Return where every topic of the broker ends."""
    with reader(hub.settings) as consumer:
        topics = tuple(sorted(consumer.topics()))
        return {
            (one.topic, one.partition): end for one, end in ends_of(consumer, partitions_of(consumer, topics)).items()
        }


def replay(placehub: Run, code: int, *words: str) -> dict[str, Any]:
    """Replay, expect an exit code, and return what is told."""
    ended = placehub("replay", *words, "--json")
    assert ended.code == code, ended.err
    told: dict[str, Any] = json.loads(ended.out)
    return told


def test_a_wrong_row_is_found_and_put_right(hub: HubUnderTest, case: Case, placehub: Run) -> None:
    """The plan does nothing; the shadow is the live views row for row, a row that is not is named, and live is mended.

    No topic of the broker has a record more afterwards.
    """
    before = everything_sent(hub)
    plan = replay(placehub, 0, "--all")
    assert plan["events"] >= 5
    assert plan["seconds"] > 0
    with database(hub) as connection:
        assert not discard(connection)
    told = replay(placehub, 0, "--all", "--execute")
    assert all(one["equal"] and one["live"] == one["shadow"] for one in told["tables"])
    assert {one["table"] for one in told["tables"]} == {table.name for table in tables_of(VIEWS)}
    mine = SEARCH.c.referral_id == case.id
    with database(hub) as connection:
        was = connection.execute(select(SEARCH).where(mine)).one()
        connection.execute(update(SEARCH).where(mine).values(offers=99))
        connection.commit()
    told = replay(placehub, 1, "--all", "--execute")
    wrong = [(one["table"], one["different"]) for one in told["tables"] if not one["equal"]]
    assert wrong == [("search", 1)]
    told = replay(placehub, 1, "--all", "--into", "live", "--execute")
    with database(hub) as connection:
        assert connection.execute(select(SEARCH).where(mine)).one() == was
        assert not discard(connection)
    assert everything_sent(hub) == before
    case.offer(case.town.providers[0], case.town.open_home(case.town.providers[0]))
    hub.settle()
    told = replay(placehub, 0, "--view", "searches", "--view", "offers", "--execute")
    assert all(one["equal"] for one in told["tables"])


@pytest.mark.usefixtures("case")
def test_two_processes_make_the_same(placehub: Run) -> None:
    """Shared out between two processes, the views come out as the live ones are, and what is told of it is whole."""
    told = replay(placehub, 0, "--all", "--processes", "2", "--execute")
    assert all(one["equal"] for one in told["tables"])
    assert told["events"] > 0
    other = placehub("replay", "--all", "--execute")
    assert other.code == 4


KILLED = """
import os, signal, sys
from placehub.app import replaying
from placehub.replaying import running
from placehub.replaying.planning import Wanted, wanted_views
from placehub.replaying.shadow import begin
from placehub.settings import Settings
running.AT_ONCE = 3
running.ROWS_AT_ONCE = 1
made = replaying(Settings.load(), Wanted(views=wanted_views((), True)))
begin(made.engine, made.plan.wanted)
steps = []
def killed(progress):
    if progress.done:  # a step may have met no record yet
        steps.append(progress)
    if len(steps) > 1:
        print(progress.done, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
made.run(killed)
"""


@pytest.mark.usefixtures("case")
def test_one_that_was_killed_goes_on(hub: HubUnderTest, placehub: Run) -> None:
    """Killed with -9 between its steps, it goes on where it was, comes out the same, and no other takes its place."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PLACEHUB_")}
    command = [sys.executable, "-c", KILLED]
    ended = subprocess.run(
        command, env={**own, **hub.settings.environment()}, capture_output=True, text=True, timeout=90, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    other = placehub("replay", "--view", "searches", "--execute")
    assert other.code == 4
    assert "--discard" in other.err
    done, plan = int(ended.stdout.split()[-1]), replay(placehub, 0, "--all")
    assert 0 < done < plan["events"]
    told = replay(placehub, 0, "--all", "--execute")
    assert all(one["equal"] for one in told["tables"])
    assert "taken away" in placehub("replay", "--discard").out
    assert "no shadow" in placehub("replay", "--discard").out


def test_a_part_of_the_events(hub: HubUnderTest, case: Case, placehub: Run) -> None:
    """Of one case its rows are made and compared; of a time what happened in it is made; neither comes to live."""
    told = replay(placehub, 0, "--all", "--case", str(case.id), "--execute")
    rows = {one["table"]: one["shadow"] for one in told["tables"]}
    assert rows["search"] == rows["offer"] == 1
    assert "vacancy" not in rows
    assert all(one["equal"] for one in told["tables"])
    placehub("replay", "--discard")
    moment = hub.pass_time(minutes=1)
    later = Case(case.town, case.authority, (uuid4(),))
    later.refer()
    hub.settle()
    told = replay(placehub, 0, "--view", "searches", "--to", moment.isoformat(), "--execute")
    assert told["tables"] == []
    shadow = SEARCH.to_metadata(MetaData(), schema="replay")
    with database(hub) as connection:
        made = set(connection.execute(select(shadow.c.referral_id)).scalars())
    assert {case.id, later.id} & made == {case.id}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--view NAME"),
        (("--all", "--view", "searches"), "not both"),
        (("--view", "search"), "There is no view search."),
        (("--all", "--from", "yesterday"), "RFC 3339"),
        (("--all", "--by-duration", "a month"), "ISO 8601"),
        (("--all", "--from", "2026-03-02", "--by-duration", "P1D"), "leave one of them out"),
        (("--all", "--from", "2026-03-02", "--to", "2026-03-01"), "later than --from"),
        (("--all", "--to", "2026-03-02", "--into", "live"), "every event"),
    ],
)
def test_what_cannot_be_asked(placehub: Run, words: tuple[str, ...], said: str) -> None:
    """Each wrong option is refused with the rule, and nothing is begun."""
    ended = placehub("replay", *words, "--execute")
    assert ended.code in {2, 3, 4}
    assert said in " ".join(ended.err.replace("│", " ").split())
    assert "no shadow" in placehub("replay", "--discard").out


def test_every_view_is_made_from_tables_that_are_folded() -> None:
    """Each view is read from tables that a replay makes."""
    assert all(tables_of((name,)) for name in VIEWS)
