"""The evidence log on the real broker: told to everyone, checked, killed, changed, and bundled for a court."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kafka import TopicPartition
from sqlalchemy import Engine, select, update

from placehub.app import sealed_past, signing_key
from placehub.database import connect
from placehub.drivers.brokers import reader
from placehub.errors import NotFound
from placehub.evidence.bundle_checking import check_bundle
from placehub.evidence.bundles import read_part
from placehub.evidence.bundling import Bundle, bundle_case
from placehub.evidence.events import TreeHeadSigned, TreeHeadStamped
from placehub.evidence.stamping import Authority, Stamping, roots_in
from placehub.evidence.store import read_log
from placehub.evidence.tables import LEAF, TILE
from placehub.evidence.verifying import Verified
from placehub.evidence.verifying import verify as verify_log
from placehub.mailboxes.connection import ends_of
from placehub.settings import Settings
from placehub.streams import LOGGED

from ..evidence.authority import make_authority, serving
from .story import Town, play

pytestmark = pytest.mark.broker


def verified(engine: Engine, settings: Settings, *, again: bool = True) -> Verified:
    """Check the log as `audit verify` does."""
    with engine.connect() as connection:
        return verify_log(connection, sealed_past(settings), None, again=again, tell=lambda line: None)


def bundled(engine: Engine, settings: Settings, case: Any, size: int | None = None) -> Bundle:
    """Make a case's bundle as `case bundle` does."""
    with engine.connect() as connection:
        return bundle_case(read_log(connection), sealed_past(settings), signing_key(settings), case.id, size)


def leaves(engine: Engine) -> int:
    """Return how many leaves the log has."""
    with engine.connect() as connection:
        return read_log(connection).size


def records(settings: Settings) -> int:
    """Return how many records the logged streams have."""
    consumer = reader(settings)
    try:
        places = [
            TopicPartition(topic, number)
            for topic in LOGGED
            for number in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        return sum(ends_of(consumer, places).values())
    finally:
        consumer.close()


def placehub(*words: str, folder: Path, settings: Settings | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command as the operator of that hub; without settings where no hub is known."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PLACEHUB_")}
    command = [sys.executable, "-m", "placehub", *words]
    environment = {**bare, "PLACEHUB_DIR": str(folder), **(settings.environment() if settings else {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=90, env=environment, check=False)


def changed(engine: Engine, column: Any, where: Any) -> bytes:
    """Change one byte of a cell; return what it was."""
    with engine.begin() as connection:
        was = bytes(connection.execute(select(column).where(where)).scalar_one())
        now = was[:5] + bytes([was[5] ^ 1]) + was[6:]
        connection.execute(update(column.table).where(where).values({column.name: now}))
    return was


def restored(engine: Engine, column: Any, where: Any, was: bytes) -> None:
    """Put a cell back."""
    with engine.begin() as connection:
        connection.execute(update(column.table).where(where).values({column.name: was}))


def test_the_log_from_the_first_event_to_the_court(town: Town, tmp_path: Path) -> None:
    """Every record is a leaf over a kill -9, every inbox gets the same signed heads, and each follows on the last.

    A changed byte of the log or the tree is named, and the check then goes on where it was. A case's bundle holds with
    the public key alone, has the sealed parts sealed, comes out the same again, and names what was changed in it.
    """
    hub: Any = town.hub
    settings: Settings = hub.settings
    engine = connect(settings.database.get_secret_value())
    case, home, offer = play(town)
    os.kill(hub.running.supervisor.services["evidence"].pid, signal.SIGKILL)
    case.agree(offer, home, town.providers[0])
    hub.settle()
    assert leaves(engine) == records(settings)
    hub.pass_time(days=31)
    everybody = [town.authority, *town.providers]
    told = [one.got(TreeHeadSigned)[-1] for one in everybody]
    assert len(set(told)) == 1, "nobody is shown another log"
    assert told[0].to == (), "who else takes part is not told"

    found = verified(engine, settings)
    assert found.findings == ()
    assert found.end == leaves(engine)
    case.start(offer, home, town.providers[0])
    hub.settle()
    goes_on = verified(engine, settings, again=False)
    assert (goes_on.findings, goes_on.begin) == ((), found.end)
    for column, where, name in (
        (LEAF.c.value, LEAF.c.number == 7, ("leaf 7", "value")),
        (TILE.c.hashes, (TILE.c.level == 0) & (TILE.c.number == 0), ("tile 0/0", "hash 0")),
    ):
        was = changed(engine, column, where)
        assert {(one.where, one.field) for one in verified(engine, settings).findings} == {name}
        restored(engine, column, where, was)
    assert verified(engine, settings).findings == ()

    made = bundled(engine, settings, case)
    assert bundled(engine, settings, case).data == made.data == bundled(engine, settings, case, made.tree_size).data
    assert made.not_yet_signed >= 1
    checked = check_bundle(made.data, signing_key(settings).public)
    assert (checked.findings, checked.records) == ((), made.records)
    parts = [read_part(one) or {} for one in made.data.split(b"\n")]
    assert {one["topic"] for one in parts if one.get("kind") == "record"} == {"referral", "placement"}
    assert b"made up" not in made.data, "the identity stays sealed"
    file, key = tmp_path / "case.jsonl", tmp_path / "key.pem"
    key.write_text(placehub("audit", "key", folder=tmp_path, settings=settings).stdout)
    words = ("case", "bundle", str(case.id), "--for", "court", "--write", str(file))
    written = placehub(*words, folder=tmp_path, settings=settings)
    assert (written.returncode, file.read_bytes()) == (0, made.data), written.stderr
    assert file.stat().st_mode & 0o077 == 0
    live = placehub("audit", "verify", "--key", str(key), "--json", folder=tmp_path, settings=settings)
    assert (live.returncode, json.loads(live.stdout)["findings"]) == (0, []), live.stderr
    whole = placehub("audit", "verify", "--bundle", str(file), "--key", str(key), folder=tmp_path)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    at = made.data.index(b'"kind":"record"') + 40
    file.write_bytes(made.data[:at] + bytes([made.data[at] ^ 1]) + made.data[at + 1 :])
    broken = placehub("audit", "verify", "--bundle", str(file), "--key", str(key), folder=tmp_path)
    assert broken.returncode == 1
    assert "record referral/" in broken.stdout
    with pytest.raises(NotFound):
        bundled(engine, settings, town.case())


def test_a_head_is_stamped_by_somebody_outside(town: Town, tmp_path: Path) -> None:
    """Each head is stamped once and everybody gets the stamp; it is checked with the log, and beside a bundle."""
    hub: Any = town.hub
    settings: Settings = hub.settings
    engine = connect(settings.database.get_secret_value())
    case, _, _ = play(town)
    hub.pass_time(days=31)
    roots = make_authority(tmp_path, "Stamps")
    with serving(tmp_path) as address:
        stamping = Stamping(engine, signing_key(settings), Authority(address, roots_in(roots)))
        assert stamping.once()
        assert not stamping.once(), "this head is stamped"
    hub.pass_time(seconds=1)
    everybody = [town.authority, *town.providers]
    (stamped,) = {one.got(TreeHeadStamped)[-1] for one in everybody}
    assert (stamped.authority, stamped.to) == ("127.0.0.1", ())
    head = next(one for one in town.authority.got(TreeHeadSigned) if one.tree_size == stamped.tree_size)

    words = ("audit", "verify", "--roots", str(roots), "--json")
    live = placehub(*words, folder=tmp_path, settings=settings)
    assert live.returncode == 0, live.stdout + live.stderr
    assert json.loads(live.stdout)["time_stamps"] >= 1
    again = [bundled(engine, settings, case, head.tree_size) for _ in range(2)]
    assert again[0] == again[1]
    assert again[0].stamped_at == stamped.stamped_at
    file, key, stamp = tmp_path / "case.jsonl", tmp_path / "key.pem", tmp_path / "stamp.tsr"
    file.write_bytes(again[0].data)
    key.write_text(signing_key(settings).public.pem)
    written = placehub("audit", "stamp", "--write", str(stamp), "--json", folder=tmp_path, settings=settings)
    assert json.loads(written.stdout)["tree_size"] == head.tree_size, written.stderr
    own = ("audit", "verify", "--bundle", str(file), "--key", str(key))
    by_itself = placehub(*own, "--roots", str(roots), "--json", folder=tmp_path)
    told = json.loads(by_itself.stdout)
    assert (told["time_stamp"], told["stamped_at"]) == ("holds", stamped.stamped_at.isoformat()), by_itself.stderr
    unchecked = placehub(*own, folder=tmp_path)
    assert (unchecked.returncode, "not checked" in unchecked.stdout) == (0, True), unchecked.stderr
    offline = (*own, "--stamp", str(stamp))
    whole = placehub(*offline, "--roots", str(roots), folder=tmp_path)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert str(stamped.stamped_at.year) in whole.stdout
    (tmp_path / "others").mkdir()
    others = make_authority(tmp_path / "others", "Others")
    refused = placehub(*offline, "--roots", str(others), folder=tmp_path)
    assert refused.returncode == 1
    assert f"time stamp of tree head {head.tree_size}" in refused.stdout
    unknown = placehub(*offline, folder=tmp_path)
    assert unknown.returncode == 2
    assert "name both" in unknown.stderr
