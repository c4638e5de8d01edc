"""A hub that was backed up while it was posted to, and came back in another folder."""

from __future__ import annotations

import re
import shutil
from collections import Counter, defaultdict
from pathlib import Path
from uuid import UUID

import pytest
from kafka import TopicPartition
from sqlalchemy import select

from placehub.app import sealed_past, signing_key
from placehub.backups.hubfolder import begin_folder
from placehub.backups.manifest import Damaged, Filling, Keys, apart, check_pair, check_signature
from placehub.contracts.headers import read_headers
from placehub.database import connect
from placehub.errors import Conflict, Misconfigured, NotFound
from placehub.evidence.verifying import verify
from placehub.keys.tables import subject_key
from placehub.mailboxes.mailbox import Mailbox
from placehub.organisations.register import rotate
from placehub.search.events import ProviderInvited, SearchStarted
from placehub.streams import STREAMS, inbox
from placehub.whole import start_embedded

from ..integration.story import Desk, Town
from .conftest import Contents, Moved, run

pytestmark = pytest.mark.broker


def test_every_record_is_where_it_was(moved: Moved) -> None:
    """Each record has its offset, time, key, headers and value; a dropped beginning and gaps are as they were."""
    spans = {
        TopicPartition(topic, int(number)): span
        for topic, numbers in moved.manifest["topics"].items()
        for number, span in numbers.items()
    }
    for place, span in spans.items():
        mine = [one for one in moved.before[place] if one[0] < span["end"]]
        assert [one for one in moved.after[place] if one[0] < span["end"]] == mine
        assert len(mine) == span["records"]
    assert spans[TopicPartition(inbox(moved.authority.organisation), 0)]["begin"] == 2
    gaps = [one["end"] - one["begin"] - one["records"] for place, one in spans.items() if "outbox" in place.topic]
    assert sum(gaps) == 5  # two kept and one given up, which had two records


def test_the_evidence_verifies(moved: Moved) -> None:
    """The log that was restored verifies before anything starts, and again once the hub has gone on."""
    size = moved.manifest["log"]["size"]
    assert size > 0
    assert (moved.told["checked_to"], moved.told["findings"], moved.told["manifest_signed"]) == (size, [], True)
    settings = moved.hub.settings
    engine = connect(settings.database.get_secret_value())
    with engine.connect() as connection:
        found = verify(connection, sealed_past(settings), None, again=True, tell=lambda line: None)
    engine.dispose()
    assert (found.findings, found.end > size) == ((), True)


def numbered(found: Contents) -> dict[tuple[str, str, str], dict[int, UUID]]:
    """Return the ids of each count of each topic; one number has one id, and the count has no gap."""
    counts: dict[tuple[str, str, str], dict[int, UUID]] = defaultdict(dict)
    for place, records in found.items():
        for _, _, _, headers, _ in records:
            if not any(name == "ce_sequence" for name, _ in headers):
                continue
            about = read_headers(list(headers))
            if about.sequence:
                known = counts[place.topic, about.source, about.subject].setdefault(about.sequence, about.id)
                assert known == about.id, "one number was given to two events"
    return counts


def test_nothing_is_lost_and_nothing_happens_twice(moved: Moved) -> None:
    """Counts go on without a gap, no number stands for two events, and each case was searched for once."""
    streams = {one.name for one in STREAMS} | {inbox(moved.provider)}
    counts = {place: ids for place, ids in numbered(moved.after).items() if place[0] in streams}
    for place, ids in counts.items():
        assert sorted(ids) == list(range(1, len(ids) + 1)), f"{place} has a gap"
    events: dict[str, set[tuple[str, UUID]]] = defaultdict(set)
    for record in (one for place, some in moved.after.items() if place.topic == "referral" for one in some):
        about = read_headers(list(record[3]))
        events[about.subject].add((about.type, about.id))
    noticed = [one for one in events.values() if any(kind == "referral.EarlyNoticeGiven" for kind, _ in one)]
    assert len(noticed) > 1
    for case in noticed:
        kinds = Counter(kind for kind, _ in case)
        assert (kinds["referral.SearchStarted"], kinds["referral.EarlyNoticeGiven"]) == (1, 1)


def test_whoever_comes_back_goes_on(moved: Moved) -> None:
    """Kept credentials still let in, others are named and given new ones; a new case finds its home."""
    assert moved.told["rotate"] == [moved.provider]
    hub = moved.hub
    renewed = rotate(hub.settings, moved.provider, hub.now)
    authority = Desk(hub, moved.case.authority.credentials, _mailbox(moved))
    town = Town(hub, authority, (Desk(hub, renewed, hub.mailbox(renewed)),))
    town.agreement_id = moved.case.town.agreement_id
    try:
        town.open_home(town.providers[0])
        case = town.case()
        case.refer()
        hub.settle()
        assert len(authority.got(SearchStarted, case.id)) == 1
        assert [one.provider for one in town.providers[0].got(ProviderInvited, case.id)] == [moved.provider]
        assert len(town.providers[0].got(ProviderInvited, moved.case.id)) == 1
    finally:
        town.end()
        authority.mailbox.close()
        town.providers[0].mailbox.close()


def _mailbox(moved: Moved) -> Mailbox:
    one = moved.authority
    return Mailbox(
        one.organisation,
        bootstrap=one.bootstrap,
        kafka_password=one.kafka_password,
        api=one.api,
        api_token=one.api_token,
    )


def test_what_is_broken_off_is_no_backup(moved: Moved) -> None:
    """A backup that was killed has no manifest, and the next one into the same folder began anew."""
    assert "manifest.json" not in moved.killed
    assert not (moved.backup / "unfinished").exists()
    with pytest.raises(Conflict, match="holds a whole backup already"):
        Filling(moved.backup)


def test_keys_lie_apart(moved: Moved) -> None:
    """No key is in the backup; keys that would lie in it are refused."""
    master = moved.hub.settings.master_key
    assert master is not None
    assert master.get_secret_value() in (moved.keys / "secrets.json").read_text()
    assert not [one for one in moved.backup.rglob("*") if "keys." in one.name]
    for inside in (moved.backup, moved.backup / "keys", moved.backup.parent):
        with pytest.raises(Misconfigured, match="Keys must lie apart"):
            apart(moved.backup, inside)


def test_what_was_erased_since_is_erased_again(moved: Moved) -> None:
    """Keys that a later list names as destroyed do not come back, though the backup holds them; others do."""
    assert moved.told["erased_again"] == 2
    engine = connect(moved.hub.settings.database.get_secret_value())
    with engine.connect() as connection:
        gone = connection.scalars(select(subject_key.c.subject_id).where(subject_key.c.wrapped.is_(None))).all()
    engine.dispose()
    assert set(gone) == {str(moved.erased)}


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_changed_byte_is_named(moved: Moved, tmp_path: Path) -> None:
    """One bit changed in a stream, the database or the keys: exit 1, the file named, nothing restored."""
    backup, keys, target = tmp_path / "backup", tmp_path / "keys", tmp_path / "new"
    shutil.copytree(moved.backup, backup)
    shutil.copytree(moved.keys, keys)
    stream = max((backup / "topics" / "referral").iterdir(), key=lambda one: one.stat().st_size)
    for path in (backup / "database" / "evidence.leaf.copy.gz", keys / "secrets.json", keys / "manifest.json"):
        flip(path)
        with pytest.raises(Damaged, match=re.escape(str(path))):
            check_pair(backup, keys)
        flip(path)
    flip(stream)
    ended = run("restore", backup, "--keys", keys, "--dir", target)
    assert (ended.returncode, str(stream) in ended.stderr, target.exists()) == (1, True, False), ended.stderr


def test_a_manifest_written_anew_is_no_manifest(moved: Moved, tmp_path: Path) -> None:
    """Who changes a file and its hash in the manifest has not the key that signed it."""
    for name in ("manifest.json", "manifest.signature"):
        shutil.copy(moved.backup / name, tmp_path / name)
    key = signing_key(moved.hub.settings).public
    assert check_signature(tmp_path, key)
    text = (tmp_path / "manifest.json").read_text()
    (tmp_path / "manifest.json").write_text(text.replace(text.partition('"sha256": "')[2][:8], "0" * 8, 1))
    with pytest.raises(Damaged, match="is not what was signed"):
        check_signature(tmp_path, key)


def test_where_nothing_is_restored(moved: Moved, tmp_path: Path) -> None:
    """A folder that is not empty, one without a manifest and keys of another backup are refused, each with its code."""
    full, other = tmp_path / "full", tmp_path / "keys"
    full.mkdir(mode=0o700)
    (full / "mine").touch()
    with pytest.raises(Conflict, match="is not empty"):
        begin_folder(full, moved.keys)
    with pytest.raises(NotFound, match="holds no whole backup"):
        check_pair(full, moved.keys)
    other.mkdir()
    Filling(other).finish(Keys(backup_id="another", files={}))
    with pytest.raises(Misconfigured, match="keys of another backup"):
        check_pair(moved.backup, other)


def test_a_hub_that_was_not_restored_to_the_end(tmp_path: Path) -> None:
    """A hub does not start where a restore was broken off; the same restore begins anew there."""
    (tmp_path / "restoring").touch()
    with pytest.raises(Conflict, match="was not restored to the end"):
        start_embedded(tmp_path, "stream")
