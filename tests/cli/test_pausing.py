"""`placehub pause` and `resume`: a processor rests, keeps what is its, and goes on."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from placehub.app import READS
from placehub.database import connect
from placehub.drivers.pausing import paused, resume
from placehub.drivers.tables import POSITION
from placehub.search.events import ProviderInvited
from placehub.streams import outbox

from ..integration.story import Desk, Town, desk
from ..waiting import until
from .conftest import Run


@pytest.fixture(scope="module")
def town(hub: Any) -> Iterator[Town]:
    """An authority, a provider and their agreement."""
    made = Town(hub, desk(hub, "authority"), (desk(hub, "provider"),))
    made.begin()
    made.open_home(made.providers[0])
    hub.settle()
    yield made
    made.end()
    for one in (made.authority, *made.providers):
        one.mailbox.close()


@pytest.fixture
def rested(hub: Any) -> Iterator[None]:
    """Whatever a test paused goes on at its end."""
    yield
    engine = connect(hub.settings.database.get_secret_value())
    with engine.begin() as connection:
        for name in paused(connection):
            resume(connection, name)
    engine.dispose()


def pauses_noticed(hub: Any, processor: str) -> int:
    """Count how often a process of this processor has noticed that it is paused."""
    file: Path = hub.running.stack.folder / "logs" / f"{processor}.log"
    return file.read_text().count('"event": "paused"')


def pause(hub: Any, placehub: Run, processor: str) -> None:
    """Pause a processor and wait until its process knows."""
    before = pauses_noticed(hub, processor)
    ended = placehub("pause", processor, "--reason", "the disk is full", "--by", "night shift")
    assert ended.code == 0, ended.err
    until(lambda: pauses_noticed(hub, processor) > before)


def behind(placehub: Run, processor: str) -> int:
    """Return how many records a processor has still to read."""
    return int(json.loads(placehub("lag", "--json").out)["processors"][processor]["behind"])


def epochs(hub: Any, processor: str) -> dict[tuple[str, int], int]:
    """Return how often each of its partitions has been taken."""
    engine = connect(hub.settings.database.get_secret_value())
    with engine.connect() as connection:
        rows = connection.execute(select(POSITION).where(POSITION.c.processor == processor)).all()
    engine.dispose()
    return {(row.topic, row.partition): row.epoch for row in rows}


def invited(provider: Desk, referral_id: UUID) -> list[ProviderInvited]:
    """Return the provider's invitations to a case."""
    return provider.got(ProviderInvited, referral_id)


@pytest.mark.usefixtures("rested")
def test_a_paused_processor_takes_in_nothing_and_goes_on(hub: Any, placehub: Run, town: Town) -> None:
    """While search is paused a notice waits; its partitions stay its own, also over a kill; resumed, it invites."""
    (provider,) = town.providers
    pause(hub, placehub, "search")
    held = epochs(hub, "search")
    case = town.case()
    case.notice()
    hub.running.wait_quiet(only=hub.running.unpaused())
    assert behind(placehub, "search") > 0
    assert epochs(hub, "search") == held

    shown = json.loads(placehub("status", "--json").out)["paused"]
    assert [(one["processor"], one["by"], one["reason"]) for one in shown] == [
        ("search", "night shift", "the disk is full")
    ]
    assert "by night shift: the disk is full" in placehub("status").out
    again = placehub("pause", "search", "--reason", "another")
    assert again.code == 4
    assert "is paused since" in again.err

    noticed = pauses_noticed(hub, "search")
    os.kill(hub.running.supervisor.services["search"].pid, signal.SIGKILL)

    def started_again() -> bool:
        hub.running.supervisor.look()
        return pauses_noticed(hub, "search") > noticed

    until(started_again)
    assert invited(provider, case.id) == []

    assert placehub("resume", "search").code == 0
    hub.settle()
    assert len(invited(provider, case.id)) == 1
    assert placehub("resume", "search").code == 4


@pytest.mark.usefixtures("rested")
def test_intake_paused(hub: Any, placehub: Run, town: Town) -> None:
    """While intake is paused what is posted waits in its outbox; resumed, it is taken in, once."""
    (provider,) = town.providers
    pause(hub, placehub, "intake")
    case = town.case()
    case.notice()
    found = json.loads(placehub("lag", "--json").out)
    waiting = [one for one in found["partitions"] if one["topic"] == outbox(town.authority.code)]
    assert [(one["processor"], one["behind"]) for one in waiting] == [("intake", 1)]
    assert placehub("resume", "intake").code == 0
    hub.settle()
    assert len(invited(provider, case.id)) == 1


@pytest.mark.usefixtures("rested")
def test_who_waits_says_why(hub: Any, placehub: Run, town: Town, capfd: pytest.CaptureFixture[str]) -> None:
    """Whoever waits for a hub of which a part is paused says so, and is done once it is resumed."""
    pause(hub, placehub, "delivery")
    town.case().notice()
    waiting = threading.Thread(target=hub.settle, daemon=True)
    waiting.start()
    said: list[str] = []

    def hear() -> bool:
        said.append(capfd.readouterr().err)
        return "waiting: delivery is paused since" in "".join(said)

    until(hear)
    assert "the disk is full" in "".join(said)
    assert placehub("resume", "delivery").code == 0
    waiting.join(timeout=60)
    assert not waiting.is_alive()


@pytest.mark.parametrize("words", [("pause", "api", "--reason", "none"), ("resume", "nosuch")])
def test_no_such_processor(placehub: Run, words: tuple[str, ...]) -> None:
    """What is no processor is not found, and those that are are named."""
    ended = placehub(*words)
    assert ended.code == 3
    assert all(name in ended.err for name in READS)


def test_a_pause_needs_a_reason(placehub: Run) -> None:
    """Nothing is paused without a reason."""
    assert placehub("pause", "monitoring").code == 2
    assert placehub("pause", "monitoring", "--reason", " ").code == 2
    assert json.loads(placehub("status", "--json").out)["paused"] == []
