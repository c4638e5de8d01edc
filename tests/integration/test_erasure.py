"""After an erasure nobody opens what was sealed, no copy of the key is left, and the log still verifies."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select, text

from placehub.database import connect
from placehub.embedded.identity import IDENTITY_FILE, Identity
from placehub.errors import Conflict, NotFound
from placehub.keys.client import KeyClient
from placehub.keys.sealed import Sealed
from placehub.keys.store import open_keys
from placehub.keys.tables import subject_key
from placehub.keys.wiping import waiting_to_be_wiped
from placehub.referrals.disclosing import disclosure
from placehub.referrals.events import ReferralMade, ReferralWithdrawn
from placehub.retention.events import HoldLifted, HoldPlaced, SubjectErased
from placehub.vacancies.events import VacancyOpened

from .story import Case, Desk, Town
from .test_canary import holding, hub_folder
from .test_evidence import placehub

pytestmark = pytest.mark.broker


@dataclass(frozen=True)
class Erased:
    """A case whose child was erased, and what was kept of it before."""

    town: Town
    case: Case
    provider: Desk
    engine: Engine
    folder: Path
    canaries: dict[str, str]
    sealed: dict[str, Sealed]
    copies: dict[str, bytes]
    """What the table of keys held, by key: as anybody who read the database before might have it."""
    bundle: bytes
    said: dict[str, Any]
    household_ref: UUID


def command(town: Town, folder: Path, *words: str, code: int = 0) -> str:
    """Run a command as the hub's operator; it must end with that code."""
    ended = placehub(*words, folder=folder, settings=town.hub.settings)
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def database_folder(town: Town) -> Path:
    """Return where the embedded hub's database has its files, the write-ahead log among them."""
    folder = hub_folder(town.hub)
    elsewhere = Identity.model_validate_json((folder / IDENTITY_FILE).read_text()).database_elsewhere
    return (Path(elsewhere) if elsewhere else folder / "postgresql") / "data"


def files_with(folder: Path, parts: dict[str, bytes]) -> set[tuple[str, str]]:
    """Return (file, name) for every file below the folder in which one of the parts stands, byte for byte."""
    found = set()
    for path in sorted(folder.rglob("*")):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:  # a file of the log that has just gone
            continue
        found |= {(str(path.relative_to(folder)), name) for name, part in parts.items() if part in content}
    return found


def analysed(engine: Engine) -> None:
    """Have PostgreSQL look at its tables for the planner's sake, as it does by itself now and then."""
    with engine.begin() as connection:
        connection.execute(text("ANALYZE keys.subject_key"))


def written(engine: Engine) -> None:
    """Have PostgreSQL write its tables; until then a copy stands in its log alone, where two pages may share it."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))


def opened(desk: Desk, sealed: Sealed) -> bytes:
    """Open a key as the organisation, in a program that has just started."""
    client = KeyClient(desk.hub.settings.api, desk.code, desk.credentials.api_token)
    try:
        return client.open(sealed.key_id, "read it")
    finally:
        client.close()


def a_bundle(town: Town, case: Case, folder: Path) -> bytes:
    """Return the case as signed evidence, as of the last head."""
    file = folder / f"{uuid4()}.jsonl"
    command(town, folder, "case", "bundle", str(case.id), "--for", "court", "--write", str(file))
    return file.read_bytes()


def a_case(town: Town, canaries: dict[str, str]) -> Case:
    """Return a case that a provider was invited to and told the identity of, and that is over."""
    household = {"carers": canaries["household"], "notes": canaries["household"]}
    home, case = town.open_home(town.providers[0], household=household), town.case()
    town.hub.settle()
    case.refer(
        need={"age_years": 9, "why_now": canaries["need"]},
        identity={"name": canaries["identity"], "notes": canaries["identity"]},
    )
    town.hub.settle()
    case.offer(town.providers[0], home)
    town.hub.settle()
    received = town.authority.got(ReferralMade, case.id)
    town.authority.post(disclosure(received, case.id, town.providers[0].code, "introductions", "team manager"))
    town.hub.settle()
    return case


@pytest.fixture(scope="module")
def erased(
    hub: Any, authorities: tuple[Desk, Desk], providers: tuple[Desk, ...], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A whole story, from a child that two organisations can read to one that nobody can."""
    town = Town(hub, authorities[0], providers[:1])
    town.begin()
    folder = tmp_path_factory.mktemp("erasure")
    canaries = {name: f"canary{uuid4().hex}" for name in ("need", "identity", "household")}
    case = a_case(town, canaries)
    child = town.authority.got(ReferralMade, case.id)[0].children[0]
    assert child.need is not None
    assert child.identity is not None
    sealed = {"need": child.need, "identity": child.identity}
    for part in sealed.values():
        assert opened(town.authority, part) == opened(town.providers[0], part)
    assert town.providers[0].mailbox.open_need(child) is not None
    (home,) = [one for one in town.providers[0].got(VacancyOpened) if one.vacancy_id in town.homes]
    assert home.household is not None
    assert canaries["household"].encode() not in home.household.ciphertext
    sealed["household"] = home.household
    assert opened(town.providers[0], home.household)
    engine = connect(hub.settings.database.get_secret_value())
    said = stopped(town, case, folder)
    with engine.connect() as connection:
        subjects = [str(child.child_id), str(home.household_ref)]
        wrapped = select(subject_key.c.key_id, subject_key.c.wrapped).where(subject_key.c.subject_id.in_(subjects))
        copies = {row.key_id: row.wrapped for row in connection.execute(wrapped)}
    written(engine)
    assert {name for _, name in files_with(database_folder(town), copies)} == set(copies), "the search does search"
    analysed(engine)
    town.hub.pass_time(days=31)  # the log is signed
    before = a_bundle(town, case, folder)
    said |= by_two(town, case.children[0], folder)
    said |= household_by_two(town, home.household_ref, folder)
    hub.settle()
    yield Erased(town, case, providers[0], engine, folder, canaries, sealed, copies, before, said, home.household_ref)
    town.end()
    engine.dispose()


def export(town: Town, case: Case, folder: Path) -> None:
    """Export the case to the authority's own record."""
    out = str(folder / "case.html")
    command(town, folder, "case", "export", str(case.id), "--to", "html", "--out", out, "--for", "operations")


def stopped(town: Town, case: Case, folder: Path) -> dict[str, Any]:
    """Try to erase too early, in every way that is refused; return what was said."""
    words = ("erase", "--child", str(case.children[0]), "--by", "made up operator")
    asking = (*words, "--reason", "kept long enough")
    said = {}
    withdrawn = ReferralWithdrawn(referral_id=case.id, authority=town.authority.code, reason="withdrawn")
    town.authority.post(withdrawn)
    town.hub.settle()
    said["not exported"] = command(town, folder, *asking, code=4)
    export(town, case, folder)
    hold = json.loads(command(town, folder, "hold", "place", *words[1:], "--ground", "inquiry", "--json"))
    said["held"] = command(town, folder, *asking, code=4)
    command(town, folder, "hold", "lift", hold["hold_id"], "--by", "made up operator")
    unknown = ("erase", "--child", str(uuid4()), "--reason", "asked for", "--by", "made up operator")
    said["unknown"] = command(town, folder, *unknown, code=3)
    return said


def by_two(town: Town, child: UUID, folder: Path) -> dict[str, Any]:
    """Erase: an operator asks, and somebody of the authority confirms with its own credentials."""
    words = ("erase", "--child", str(child))
    asking = (*words, "--reason", "kept long enough", "--by", "made up operator")
    command(town, folder, *asking)
    said = {"two operators": command(town, folder, *words, "--confirm", "--by", "another operator", code=4)}
    client = KeyClient(town.hub.settings.api, town.authority.code, town.authority.credentials.api_token)
    done = client.post("/v1/erasures/confirm", {"child_id": str(child), "by": "made up officer"})
    client.close()
    assert done["keys_destroyed"] == 2
    said["again"] = command(town, folder, *asking, code=4)
    return said


def household_by_two(town: Town, household: UUID, folder: Path) -> dict[str, Any]:
    """Erase a household: an operator asks once its vacancy is closed, and somebody of the provider confirms."""
    words = ("erase", "--household", str(household))
    asking = (*words, "--reason", "asked for", "--by", "made up operator")
    said = {"still offered": command(town, folder, *asking, code=4)}
    town.end()
    town.hub.settle()
    command(town, folder, *asking)
    owner = town.providers[0]
    client = KeyClient(town.hub.settings.api, owner.code, owner.credentials.api_token)
    done = client.post("/v1/erasures/confirm", {"household_ref": str(household), "by": "made up manager"})
    client.close()
    assert done["keys_destroyed"] == 1
    return said | {"household again": command(town, folder, *asking, code=4)}


def test_what_was_refused(erased: Erased) -> None:
    """Each thing that stands in the way is told in a sentence, with what to do."""
    parts = {
        "not exported": "placehub case export",
        "held": "inquiry",
        "unknown": "Check the id",
        "two operators": "--as",
        "again": "nothing left to erase",
        "still offered": "VacancyClosed",
        "household again": "nothing left to erase",
    }
    assert {name for name, part in parts.items() if part not in erased.said[name]} == set()


def test_nobody_opens_it(erased: Erased) -> None:
    """Neither the owner nor the provider, who both could, nor the hub opens it any more; nothing new is sealed."""
    secret = erased.town.hub.settings.master_key
    assert secret is not None
    master = base64.b64decode(secret.get_secret_value())
    for name, part in erased.sealed.items():
        owner, other = (erased.town.authority, erased.provider)[:: 1 if name != "household" else -1]
        with pytest.raises(NotFound, match="destroyed"):
            opened(owner, part)
        with pytest.raises(NotFound):
            opened(other, part)
    with erased.engine.connect() as connection:
        for who in (erased.town.authority.code, erased.provider.code, "hub"):
            keys = [one.key_id for one in erased.sealed.values()]
            assert open_keys(connection, master, who, keys, "read it", erased.town.hub.now) == {}
    client = KeyClient(erased.town.hub.settings.api, erased.town.authority.code, erased.town.authority.access.api_token)
    with pytest.raises(Conflict, match="destroyed"):
        client.keys_for("child", str(erased.case.children[0]), ["need"])
    client.close()


def test_no_copy_of_the_key_is_left(erased: Erased) -> None:
    """The wrapped keys stand in no file of the database or its log, not even as rows that were changed since."""
    for _ in range(5):  # another test's transaction may have been older
        erased.town.hub.pass_time(minutes=2)
        with erased.engine.connect() as connection:
            if not waiting_to_be_wiped(connection):
                break
    assert files_with(database_folder(erased.town), erased.copies) == set()
    assert files_with(hub_folder(erased.town.hub), erased.copies) == set()


def test_no_canary_anywhere(erased: Erased) -> None:
    """No sealed word stands in a segment, table, log, dead letter or bundle, from before the erasure or after it."""
    after = a_bundle(erased.town, erased.case, erased.folder)
    for folder in (hub_folder(erased.town.hub), database_folder(erased.town), erased.folder):
        assert holding(folder, erased.canaries) == set()
    key = command(erased.town, erased.folder, "audit", "key")
    (erased.folder / "key.pem").write_text(key)
    files = sorted(erased.folder.glob("*.jsonl"))
    assert len(files) == 2
    for file in files:
        words = ("audit", "verify", "--bundle", str(file), "--key", str(erased.folder / "key.pem"))
        command(erased.town, erased.folder, *words)
    assert after == erased.bundle, "sealed as it was"


def test_the_log_verifies_and_audit_says_erased(erased: Erased) -> None:
    """The evidence log verifies, and decisions made with what was sealed are told as erased, none as different."""
    command(erased.town, erased.folder, "audit", "verify", "--json")
    words = ("audit", "recompute", "--case", str(erased.case.id), "--json")
    found = json.loads(command(erased.town, erased.folder, *words))
    assert found["different"] == 0
    assert found["erased"] >= 1


def test_who_is_told(erased: Erased) -> None:
    """The authority is told all of it; the provider that could open it, that it is erased, not by whom nor why.

    Of its household the provider is told all, and nobody else anything.
    """
    child = erased.case.children[0]
    own = [one for one in erased.town.authority.got(SubjectErased) if one.subject_id == child]
    theirs = [one for one in erased.provider.got(SubjectErased) if one.subject_id == child]
    assert [(one.reason, one.asked_by, one.confirmed_by) for one in own] == [
        ("kept long enough", "made up operator", "made up officer")
    ]
    assert (own[0].cases, own[0].to) == ((erased.case.id,), (erased.provider.code,))
    assert [(one.reason, one.asked_by, one.confirmed_by, one.cases, one.to) for one in theirs] == [
        (None, None, None, (), ())
    ]
    assert [one.ground for one in erased.town.authority.got(HoldPlaced) if one.subject_id == child] == ["inquiry"]
    assert [one.by for one in erased.town.authority.got(HoldLifted) if one.subject_id == child] == ["made up operator"]
    assert erased.provider.got(HoldPlaced) == []
    (household,) = [one for one in erased.provider.got(SubjectErased) if one.subject_kind == "household"]
    assert (household.subject_id, household.keys_destroyed) == (erased.household_ref, 1)
    assert (household.asked_by, household.confirmed_by) == ("made up operator", "made up manager")
    assert {one.subject_kind for one in erased.town.authority.got(SubjectErased)} == {"child"}, "it could open none"
    with pytest.raises(NotFound):  # it had opened it: what it remembered it forgot as it was told
        erased.provider.mailbox.open_need(erased.provider.got(ReferralMade, erased.case.id)[0].children[0])
