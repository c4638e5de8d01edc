"""What a connector keeps is one organisation's: nobody else goes on with it, sends from it, or can read it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE
from uuid import uuid4

import pytest
from sqlalchemy import create_engine

from placehub.contracts.codec import to_json
from placehub.errors import Misconfigured
from placehub.mailboxes.access import Access
from placehub.search.events import ProviderInvited
from placehub_connectors.digest.memory import Memory
from placehub_connectors.dropping import Choices, Drop
from placehub_connectors.ledger import STATE, Ledger
from placehub_connectors.mapping.checking import check
from placehub_connectors.mapping.language import Mapping, Rule
from placehub_connectors.mapping.shipped import shipped_mapping
from placehub_connectors.outbox.relay import Relay
from placehub_connectors.outbox.table import OUTBOX, state_of, waiting, write
from placehub_connectors.results import write_whole
from placehub_connectors.subscriber import Provider
from placehub_connectors.subscriber.memory import Memory as SubscriberMemory
from placehub_connectors.vacancies import MAPPING
from placehub_connectors.webhook.sender import Webhook
from placehub_connectors.webhook.signing import new_secret

from .dropper import Fixed
from .test_dropping import Outbox
from .test_vacancies import ROWS, homes

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
SECRET = new_secret()


def access(organisation: str) -> Access:
    """Return credentials for a hub that is nowhere."""
    where = {"bootstrap": "127.0.0.1:9", "api": "http://127.0.0.1:9"}
    return Access(organisation=organisation, **where, kafka_password="x", api_token="x")


def ledger(folder: Path, organisation: str) -> None:
    """Open a folder's ledger."""
    Ledger(folder, organisation).close()


def webhook(folder: Path, organisation: str) -> None:
    """Open a webhook's memory."""
    Webhook(access(organisation), "https://receiver.example/", SECRET, folder / "hook.sqlite").close()


def subscriber(folder: Path, organisation: str) -> None:
    """Open a subscriber's memory."""
    Provider(access(organisation), folder / "office.sqlite", print).close()


def digest(folder: Path, organisation: str) -> None:
    """Open a digest's memory."""
    Memory(folder / "digest.sqlite", organisation).close()


@pytest.mark.parametrize("opened", [ledger, webhook, subscriber, digest])
def test_nobody_goes_on_with_anothers_files(tmp_path: Path, opened: Callable[[Path, str], None]) -> None:
    """Whoever began a ledger or a memory opens it again; another organisation is refused, and it stays as it was."""
    opened(tmp_path, "SC1")
    with pytest.raises(Misconfigured, match="belongs to SC1, not to SC2"):
        opened(tmp_path, "SC2")
    opened(tmp_path, "SC1")


@pytest.mark.parametrize("opened", [ledger, webhook, subscriber, digest])
def test_files_are_their_users_alone(tmp_path: Path, opened: Callable[[Path, str], None]) -> None:
    """Whatever is kept is readable by its user alone, and so is the folder it is kept in."""
    opened(tmp_path, "SC1")
    kept = list(tmp_path.rglob("*"))
    assert kept
    assert {(one.is_dir(), S_IMODE(one.stat().st_mode)) for one in kept} <= {(True, 0o700), (False, 0o600)}


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_results_are_no_more_open_than_the_file(tmp_path: Path, mode: int) -> None:
    """Who may read a file that was handed in may read what came of it, and nobody else; a return is its user's."""
    file = tmp_path / "homes.csv"
    file.write_bytes(homes(ROWS[0]))
    file.chmod(mode)
    (tmp_path / STATE).mkdir(mode=0o700)
    with Ledger(tmp_path, "SC1") as kept:
        (done,) = Drop(tmp_path, shipped_mapping(MAPPING), kept, Outbox(), Fixed(), Choices()).look()
    assert {S_IMODE(one.stat().st_mode) for one in (done.file, done.results)} == {mode}
    write_whole(tmp_path / "return.csv", "made up")
    assert S_IMODE((tmp_path / "return.csv").stat().st_mode) == 0o600


def naming() -> Mapping:
    """Return the mapping of the template, with a column for the provider's code."""
    known = shipped_mapping(MAPPING)
    rules = (*known.rules, Rule(column="Provider", to="provider"))
    mapping = Mapping.model_validate({**known.model_dump(), "rules": rules})
    check(mapping)
    return mapping


def test_a_row_that_names_another_is_set_aside(tmp_path: Path) -> None:
    """A row with another organisation's code is reported by its line and column and sends nothing; the others do."""
    head, first, second = homes(*ROWS).decode().splitlines()
    (tmp_path / "homes.csv").write_text(f"{head},Provider\n{first},SC1\n{second},SC2\n")
    outbox = Outbox()
    with Ledger(tmp_path, "SC1") as kept:
        (done,) = Drop(tmp_path, naming(), kept, outbox, Fixed(), Choices()).look()
    assert done.counts == {"new": 1, "set aside": 1}
    assert "set aside,homes.csv,3,Provider,,names another organisation" in done.results.read_text(encoding="utf-8")
    assert [one.document["provider"] for one in outbox.posted] == ["SC1"]


def test_a_relay_sends_its_own_organisations_events_alone(tmp_path: Path) -> None:
    """With another's credentials an outbox sends nothing: each event is set aside as it is, and can be put back."""
    engine = create_engine(f"sqlite:///{tmp_path / 'casework.sqlite'}")
    OUTBOX.metadata.create_all(engine)
    with engine.begin() as connection:
        write(connection, "InHouseSearchStarted", {"referral_id": str(uuid4()), "authority": "E1"}, time=NOW)
    relay = Relay(engine, access("E2"))
    assert relay.turn() == 1
    with engine.connect() as connection:
        state = state_of(connection)
        assert (state["sent"], waiting(connection, 10)) == (0, [])
        assert [(one["field"], one["rule"]) for one in state["set_aside"]] == [
            ("authority", "names another organisation")
        ]
        assert connection.execute(OUTBOX.select()).mappings().one()["document"]["authority"] == "E1"
    relay.close()


def test_a_subscribers_file_of_before_is_brought_up_to_date(tmp_path: Path) -> None:
    """A file that knew no rounds is opened, an invitation in it stands and can be answered; a later file is refused."""
    path, case = tmp_path / "office.sqlite", uuid4()
    invited = ProviderInvited(
        referral_id=case, provider="SC1", interest_only=False, band="fits", released_at=NOW, respond_by=NOW
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as before:
        before.execute("CREATE TABLE invited (referral_id TEXT PRIMARY KEY, type TEXT NOT NULL, body TEXT NOT NULL)")
        row = str(case), "referral.ProviderInvited", json.dumps(to_json(invited))
        before.execute("INSERT INTO invited VALUES (?, ?, ?)", row)
    for _ in range(2):
        with closing(SubscriberMemory(path, "SC1", NOW)) as memory:
            kept = memory.case(case)
            assert (kept.invited, kept.round) == (invited, case)
            memory.keep(case, kept, kept)
    with closing(sqlite3.connect(path, isolation_level=None)) as later:
        assert later.execute("PRAGMA user_version").fetchone() == (1,)
        later.execute("PRAGMA user_version = 2")
    with pytest.raises(Misconfigured, match="later version"):
        SubscriberMemory(path, "SC1", NOW)
