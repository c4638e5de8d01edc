"""The client and the Sealer against the API on a real port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.engine import Engine

from placehub.errors import Conflict, Misconfigured, NotFound, Rejected, Unavailable
from placehub.keys.client import KeyClient, Sealer
from placehub.keys.sealed import Sealed
from placehub.keys.sealing import new_key, seal
from placehub.keys.store import destroy, grant
from placehub.keys.tables import opening
from placehub.referrals.child import Child
from placehub.referrals.events import ReferralMade
from placehub.search.opened import KeyHouseholds
from placehub.search.row import OpenedHousehold
from placehub.search.view import KeyNeeds

from ..search.cases import facts_of
from .calling import NOW, Api

NEED = {"why_now": "said in her own words", "ages": [9, 11]}
IDENTITY = {"name": "a name"}

Connected = Callable[[str], KeyClient]


@pytest.fixture
def connected(api: Api, root: str) -> Iterator[Connected]:
    """A maker of clients with an organisation's own credentials."""
    made: list[KeyClient] = []

    def make(organisation: str) -> KeyClient:
        made.append(KeyClient(root, organisation, api.token(organisation)))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def owner(code: Callable[[str], str]) -> str:
    """An authority's code."""
    return code("LA")


@pytest.fixture
def other(code: Callable[[str], str]) -> str:
    """A provider's code."""
    return code("IFA")


def granted(engine: Engine, sealed: Sealed | None, organisation: str, owner: str) -> Sealed:
    """Entitle the organisation to a sealed need, as delivery does."""
    assert sealed is not None
    with engine.begin() as conn:
        assert grant(conn, [(organisation, sealed.key_id)], "invited", NOW, owner=owner, compartment="need")
    return sealed


def test_sealed_by_one_read_by_the_entitled(connected: Connected, engine: Engine, owner: str, other: str) -> None:
    """What an authority seals, an entitled provider reads, and nobody else."""
    parts = Sealer(connected(owner)).seal_child("c1", {"need": NEED, "identity": IDENTITY})
    need = granted(engine, parts["need"], other, owner)
    assert Sealer(connected(other)).unseal(need, "need", "answer") == NEED
    assert Sealer(connected("hub")).unseal(need, "need", "rules") == NEED
    identity = parts["identity"]
    assert identity is not None
    assert Sealer(connected(owner)).unseal(identity, "identity", "export") == IDENTITY
    for stranger in (other, "hub"):
        with pytest.raises(NotFound):
            Sealer(connected(stranger)).unseal(identity, "identity", "curiosity")


def test_a_missing_part_stays_missing(connected: Connected, owner: str) -> None:
    """A compartment that is None has no sealed part and no key."""
    parts = Sealer(connected(owner)).seal_child("c1", {"need": NEED, "identity": None})
    assert parts["identity"] is None
    assert parts["need"] is not None


VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"]))
DOCUMENTS = st.dictionaries(st.text("abc é"), st.recursive(VALUES, st.lists, max_leaves=5), max_size=5)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DOCUMENTS)
def test_every_document_survives(connected: Connected, owner: str, document: dict[str, Any]) -> None:
    """Any JSON document comes back equal after sealing and unsealing."""
    sealer = Sealer(connected(owner))
    assert sealer.unseal(sealer.seal("household", "h1", "household", document), "household", "read") == document


@pytest.mark.parametrize("value", [NOW, {1}, float("nan"), "\ud800", b"CANARY"])
def test_what_is_not_json_is_rejected(connected: Connected, owner: str, value: object) -> None:
    """A document JSON cannot hold is rejected by name of its compartment, and its value is not quoted."""
    with pytest.raises(Rejected) as refusal:
        Sealer(connected(owner)).seal("child", "c1", "need", {"a": "CANARY", "b": value})
    assert refusal.value.field == "need"
    assert "CANARY" not in str(refusal.value)


@pytest.mark.parametrize("plaintext", [b"CANARY", b"[1]", b"\xff", b"[" * 100_000])
def test_a_sealed_part_that_is_no_document_is_rejected(connected: Connected, owner: str, plaintext: bytes) -> None:
    """Sealed bytes that are not a JSON object are rejected without being quoted."""
    client = connected(owner)
    key = client.keys_for("child", "c1", ["need"])["need"]
    with pytest.raises(Rejected) as refusal:
        Sealer(client).unseal(seal(key.key, key.key_id, "need", plaintext), "need", "read")
    assert "CANARY" not in str(refusal.value)


def test_a_tampered_part_is_rejected(connected: Connected, owner: str) -> None:
    """A sealed part changed on the way is rejected, not read."""
    sealer = Sealer(connected(owner))
    sealed = sealer.seal("child", "c1", "need", NEED)
    with pytest.raises(Rejected):
        sealer.unseal(replace(sealed, ciphertext=sealed.ciphertext[:-1] + b"?"), "need", "read")


def test_an_opening_is_asked_once_per_purpose(connected: Connected, engine: Engine, owner: str, other: str) -> None:
    """Reading again for the same purpose makes no call; another purpose is another opening on record."""
    sealed = Sealer(connected(owner)).seal("child", "c1", "need", NEED)
    granted(engine, sealed, other, owner)
    sealer = Sealer(connected(other))
    for purpose in ("answer", "answer", "review", "answer"):
        sealer.unseal(sealed, "need", purpose)
    with engine.connect() as conn:
        rows = conn.scalars(select(opening.c.purpose).where(opening.c.organisation == other).order_by(opening.c.id))
        assert list(rows) == ["answer", "review"]


def test_many_are_opened_in_batches(connected: Connected, owner: str) -> None:
    """More keys than one call allows are opened all the same, and those not open are left out."""
    client = connected(owner)
    key = client.keys_for("child", "c1", ["need"])["need"]
    wanted = [f"unknown-{number}" for number in range(1200)] + [key.key_id]
    assert client.open_many(wanted, "read") == {key.key_id: key.key}
    assert client.open_many([key.key_id], "read") == {key.key_id: key.key}


def test_many_subjects_are_made_ready_at_once(connected: Connected, engine: Engine, owner: str) -> None:
    """Keys made ready are those that asking one by one gives; sealing then makes no call of its own."""
    parts = [("child", f"c{number}", name) for number in range(3) for name in ("need", "identity")]
    parts.append(("household", "h1", "household"))
    client = connected(owner)
    sealer = Sealer(client)
    sealer.make_ready(parts)
    client._http.close()  # whoever calls now fails
    ready = {part: sealer.seal(*part, {"x": "1"}).key_id for part in parts}
    other = connected(owner)
    assert ready == {(kind, one, name): other.keys_for(kind, one, [name])[name].key_id for kind, one, name in parts}
    assert len(set(ready.values())) == len(parts)


def erased(engine: Engine, owner: str, subject_kind: str, subject_id: str) -> None:
    """Destroy every key of a subject, as an erasure does."""
    with engine.begin() as conn:
        destroy(conn, owner, subject_kind, subject_id, "erased", NOW)


def test_more_subjects_than_one_call_takes(connected: Connected, engine: Engine, owner: str) -> None:
    """Any number of subjects is made ready; one whose keys were destroyed is refused, and none is made."""
    client = connected(owner)
    client.make_ready("child", [f"c{number}" for number in range(501)], ["need"])
    assert len(client._made._entries) == 501
    client.keys_for("household", "h7", ["household"])
    erased(engine, owner, "household", "h7")
    client.forget()
    with pytest.raises(Conflict):
        client.make_ready("household", ["h7", "new"], ["household"])
    assert client._made.get(("household", "new", "household")) is None


def test_the_memory_is_bounded(api: Api, root: str, owner: str) -> None:
    """A client remembers no more keys than it was told to, and gives the right ones all the same."""
    client = KeyClient(root, owner, api.token(owner), remembered=2)
    first = [client.keys_for("child", f"c{number}", ["need"]) for number in range(5)]
    assert [client.keys_for("child", f"c{number}", ["need"]) for number in range(5)] == first
    assert len(client._made._entries) == 2
    client.close()


def test_destroyed_keys_are_forgotten(connected: Connected, engine: Engine, owner: str) -> None:
    """Once told that they were destroyed, a client can neither read nor seal for that subject, and says why."""
    client = connected(owner)
    sealed = Sealer(client).seal("household", "h1", "household", NEED)
    assert Sealer(client).unseal(sealed, "household", "read") == NEED
    erased(engine, owner, "household", "h1")
    assert Sealer(client).unseal(sealed, "household", "read") == NEED, "it remembers the key until it is told"
    client.forget()
    with pytest.raises(NotFound, match="destroyed"):
        Sealer(client).unseal(sealed, "household", "read")
    with pytest.raises(Conflict):
        Sealer(client).seal("household", "h1", "household", NEED)


def test_a_key_is_not_remembered_for_ever(api: Api, engine: Engine, root: str, owner: str) -> None:
    """A key that is remembered no longer is asked for again: destroyed meanwhile, it opens nothing here either."""
    client = KeyClient(root, owner, api.token(owner), seconds=0)
    sealed = Sealer(client).seal("child", "c1", "need", NEED)
    assert Sealer(client).unseal(sealed, "need", "read") == NEED
    erased(engine, owner, "child", "c1")
    with pytest.raises(NotFound, match="destroyed"):
        Sealer(client).unseal(sealed, "need", "read")
    client.close()


def test_wrong_credentials_stop(root: str, owner: str) -> None:
    """A wrong token is a misconfiguration, said plainly and without the token."""
    with pytest.raises(Misconfigured, match="wrong code or token") as refusal:
        KeyClient(root, owner, "WRONG-canary").open("k1", "read")
    assert "canary" not in str(refusal.value)


def test_a_service_that_is_away_may_be_tried_again(nowhere: str, owner: str) -> None:
    """A service that does not answer is unavailable; an address that is none is a misconfiguration."""
    with pytest.raises(Unavailable):
        KeyClient(nowhere, owner, "t").open("k1", "read")
    with pytest.raises(Misconfigured):
        KeyClient(nowhere.removeprefix("http://"), owner, "t").open("k1", "read")


def test_a_refused_request_names_the_field(connected: Connected, owner: str) -> None:
    """A request the service refuses is rejected with the field it named."""
    with pytest.raises(Rejected) as refusal:
        connected(owner).open(str(new_key().hex()), "")
    assert refusal.value.field == "purpose"


HOUSEHOLD = {"faiths": ["Sikh", " SIKH "], "ethnicities": ["AIND"], "carers": "made up"}


def household(client: KeyClient, name: str, document: dict[str, Any] | None = None) -> Sealed:
    """Seal a household of the caller's own."""
    return Sealer(client).seal("household", name, "household", document or HOUSEHOLD)


def test_the_hub_reads_households_for_matching(connected: Connected, engine: Engine, other: str) -> None:
    """Faith and ethnicity are read in plain spelling, in one call; a destroyed key leaves its household out."""
    provider, hub = connected(other), connected("hub")
    parts = {UUID(int=number): household(provider, f"h{number}") for number in (1, 2, 3)}
    erased(engine, other, "household", "h2")
    found = KeyHouseholds(hub).of(parts)
    assert found == dict.fromkeys([UUID(int=1), UUID(int=3)], OpenedHousehold(frozenset({"sikh"}), frozenset({"aind"})))


def test_of_a_household_that_is_no_household_nothing_is_known(connected: Connected, other: str) -> None:
    """What is not of its form, or was sealed for another, never stops who opens it, nor is it taken for a fact."""
    provider, hub = connected(other), connected("hub")
    wrong = household(provider, "h1", {"faiths": "not a list", "carers": 7})
    moved = replace(household(provider, "h2"), key_id=household(provider, "h3").key_id)
    found = KeyHouseholds(hub).of({UUID(int=1): wrong, UUID(int=2): moved})
    assert set(found.values()) == {OpenedHousehold(None, None)}


def test_a_need_that_is_no_need_is_told_and_never_repeated(connected: Connected, owner: str) -> None:
    """What is not of its form is refused by its compartment, with the remedy; its words stay where they were sealed."""
    child = UUID(int=5)
    wrong = Sealer(connected(owner)).seal("child", str(child), "need", {"first_language": ["made-up words"]})
    made: ReferralMade = facts_of(ReferralMade)
    with pytest.raises(Rejected, match="need: holds what is not of its form") as told:
        KeyNeeds(connected("hub")).of(replace(made, children=(Child(child_id=child, need=wrong),)))
    assert "made-up words" not in str(told.value)


def test_the_hub_s_openings_are_recorded_once_a_day(connected: Connected, engine: Engine, other: str) -> None:
    """However often its workers start again, the hub's opening of one key for one purpose is one row a day."""
    part = household(connected(other), "h1")
    for purpose in ("matching", "matching", "audit"):
        KeyHouseholds(connected("hub"), purpose).of({UUID(int=1): part})
    with engine.connect() as conn:
        by_hub = select(opening.c.purpose).where(opening.c.key_id == part.key_id, opening.c.organisation == "hub")
        assert sorted(conn.scalars(by_hub)) == ["audit", "matching"]
