"""A hub with some cases, backed up while it is posted to, and made again in an empty folder; one for all tests here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from kafka import TopicPartition
from sqlalchemy import update

from placehub.backups.erased import write_erased
from placehub.cli.credentials import kept_at
from placehub.database import connect
from placehub.drivers.brokers import partitions_of, producer, reader
from placehub.drivers.reading import read_partition
from placehub.keys.erasing import DestroyedKey, destroyed_keys
from placehub.keys.tables import subject_key
from placehub.mailboxes.access import Access
from placehub.mailboxes.connection import ends_of
from placehub.organisations.broker import administer
from placehub.settings import Settings
from placehub.streams import inbox, outbox
from placehub.whole import start_embedded

from ..conftest import BEGIN, Hub
from ..embedded.conditions import eventually
from ..integration.story import Case, Town, desk, play

PACE_SECONDS = 0.1
"""Between two notices: enough that some are on their way at any moment, and few enough to be searched for here."""
Contents = dict[TopicPartition, list[tuple[Any, ...]]]
"""Partition -> its records as (offset, timestamp, key, headers, value)."""


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command as the operator, who has only the folder."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PLACEHUB_")}
    return subprocess.run(
        [sys.executable, "-m", "placehub", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=180,
        env={**bare, "NO_COLOR": "1"},
    )


def contents(settings: Settings) -> Contents:
    """Return every record of every topic but the broker's own."""
    with reader(settings) as consumer:
        topics = tuple(one for one in consumer.topics() if not one.startswith("__"))
        ends = ends_of(consumer, partitions_of(consumer, topics))
        begins = consumer.beginning_offsets(list(ends))
        return {
            place: [
                (one.offset, one.timestamp, one.key, tuple(one.headers), one.value)
                for one in (read_partition(consumer, place, begins[place], end) if begins[place] < end else ())
            ]
            for place, end in ends.items()
        }


@dataclass
class Moved:
    """What there was, what was written down, and the hub that was made of it."""

    backup: Path
    keys: Path
    folder: Path
    told: dict[str, Any]
    """What `restore --json` printed."""
    before: Contents
    after: Contents
    hub: Hub
    authority: Access
    provider: str
    case: Case
    erased: UUID
    """A child that was erased after the backup."""
    killed: list[str]
    """What was in the folder of a backup that was killed."""

    @property
    def manifest(self) -> dict[str, Any]:
        """The backup's manifest."""
        return json.loads((self.backup / "manifest.json").read_text())  # type: ignore[no-any-return]


def _trouble(settings: Settings, authority: str, provider: str) -> None:
    """Leave what a mailbox may hold in a long life: gaps of transactions, dead letters, a beginning that is dropped."""
    sending = producer(settings, transactional_id=f"{provider}.mine")
    sending.init_transactions()
    for words, end in (
        (1, sending.commit_transaction),
        (2, sending.abort_transaction),
        (1, sending.commit_transaction),
    ):
        sending.begin_transaction()
        for _ in range(words):
            sending.send(outbox(provider), b"no event", b"any")
        sending.flush()
        end()
    sending.close()
    with administer(settings) as broker:
        broker._admin.delete_records({TopicPartition(inbox(authority), 0): 2})


def _erase(settings: Settings, child: UUID) -> list[DestroyedKey]:
    """Destroy a child's keys, and return what a later backup would have in its list."""
    engine = connect(settings.database.get_secret_value())
    mine = subject_key.c.subject_id == str(child)
    with engine.begin() as connection:
        gone = {"wrapped": None, "destroyed_at": BEGIN, "destroyed_reason": "test"}
        connection.execute(update(subject_key).where(mine).values(gone))
        listed = destroyed_keys(connection)
    engine.dispose()
    return listed


def _killed(words: list[str | Path], into: Path) -> list[str]:
    """Begin a backup and kill it once it writes; return what there is."""
    process = subprocess.Popen([sys.executable, "-m", "placehub", *map(str, words)], stdout=subprocess.DEVNULL)
    assert eventually(lambda: (into / "database").is_dir(), 60)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return [one.name for one in into.iterdir()]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """A hub that was backed up, and restored and started in another folder."""
    base = tmp_path_factory.mktemp("backups")
    old, new, backup, keys = (base / name for name in ("old", "new", "backup", "keys"))
    running = start_embedded(old, "stream")
    try:
        running.tick(BEGIN)
        hub = Hub(running.settings, running)
        town = Town(hub, desk(hub, "authority"), (desk(hub, "provider"),))
        town.begin()
        hub.settle()
        case, _, _ = play(town)
        erased = town.case()
        erased.refer()
        authority, provider = town.authority, town.providers[0].code
        authority.access.save(kept_at(old, authority.code))
        authority.letters(object)
        _trouble(running.settings, authority.code, provider)
        hub.settle()
        words: list[str | Path] = ["backup", "--into", backup, "--keys-into", keys, "--dir", old, "--json"]
        killed = _killed(words, backup)
        made = _backed_up_while_posting(town, words)
        assert made.returncode == 0, made.stderr
        later = base / "erased.json"
        later.write_bytes(write_erased(_erase(running.settings, erased.children[0])))
        hub.settle()
        before = contents(running.settings)
        for one in (town.authority, *town.providers):
            one.mailbox.close()
    finally:
        running.stop()
    restored = run("restore", backup, "--keys", keys, "--dir", new, "--erased", later, "--json")
    assert restored.returncode == 0, restored.stderr
    again = start_embedded(new, "stream")
    try:
        again.tick(hub.now)
        access = Access.load(kept_at(new, authority.code))
        after = contents(again.settings)
        hub = Hub(again.settings, again, _now=hub.now)
        told = json.loads(restored.stdout)
        yield Moved(backup, keys, new, told, before, after, hub, access, provider, case, erased.children[0], killed)
    finally:
        again.stop()


def _backed_up_while_posting(town: Town, words: list[str | Path]) -> subprocess.CompletedProcess[str]:
    enough = threading.Event()

    def post() -> None:
        while not enough.wait(PACE_SECONDS):
            town.case().notice()

    poster = threading.Thread(target=post)
    poster.start()
    try:
        return run(*words)
    finally:
        enough.set()
        poster.join(60)
