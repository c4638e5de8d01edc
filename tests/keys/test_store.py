"""Keys, entitlements and tokens in a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection, Engine

from placehub.errors import Conflict, Misconfigured, NotFound, Rejected
from placehub.keys.sealing import DataKey
from placehub.keys.store import (
    authenticate,
    destroy,
    disable,
    end_grant,
    grant,
    issue_token,
    make_keys,
    make_keys_of,
    open_key,
    open_keys,
)
from placehub.keys.tables import credential, opening, subject_key

from ..waiting import until
from .calling import MASTER, NOW

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    """A transaction that is undone after the test."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def owner(code: Callable[[str], str]) -> str:
    """An authority's code."""
    return code("LA")


@pytest.fixture
def other(code: Callable[[str], str]) -> str:
    """A provider's code."""
    return code("IFA")


def child(conn: Connection, owner: str, child_id: str = "c1") -> dict[str, DataKey]:
    """Make both keys of a child."""
    return make_keys(conn, MASTER, owner, "child", child_id, ["identity", "need"], NOW)


def openings(conn: Connection, key_id: str) -> list[tuple[str, str]]:
    """Return who opened the key, for what."""
    rows = conn.execute(select(opening).where(opening.c.key_id == key_id).order_by(opening.c.id))
    return [(row.organisation, row.purpose) for row in rows]


def test_each_compartment_has_its_own_key(conn: Connection, owner: str) -> None:
    """Identity and need of a child never share a key."""
    keys = child(conn, owner)
    assert keys["identity"].key != keys["need"].key
    assert keys["identity"].key_id != keys["need"].key_id


def test_asking_again_gives_the_same_keys(conn: Connection, owner: str) -> None:
    """A subject's keys are made once, also when its compartments are asked for one by one."""
    need = make_keys(conn, MASTER, owner, "child", "c1", ["need"], NOW)["need"]
    assert child(conn, owner)["need"] == need
    assert child(conn, owner) == child(conn, owner)


def test_many_at_once_are_the_same_as_one_by_one(conn: Connection, owner: str) -> None:
    """What a subject has already is given again; only what is missing is made."""
    first = make_keys(conn, MASTER, owner, "child", "c1", ["need"], NOW)
    both = make_keys_of(conn, MASTER, owner, "child", ["c2", "c1"], ["need", "identity"], NOW)
    assert both["c1"]["need"] == first["need"]
    assert both == {one: child(conn, owner, one) for one in ("c1", "c2")}


def test_subjects_of_two_owners_are_two(conn: Connection, owner: str, other: str) -> None:
    """The same subject id under two organisations is two subjects."""
    assert child(conn, owner)["need"] != child(conn, other)["need"]


def while_held(engine: Engine, first: Callable[[Connection], Any], second: Callable[[Connection], Any]) -> Any:
    """Return what `second` gives when it starts before the transaction of `first` has ended, and waits for it."""

    def in_its_own() -> Any:
        with engine.begin() as conn:
            return second(conn)

    # A transaction sees one snapshot of the activity, so the watcher must not be in one.
    looking = engine.execution_options(isolation_level="AUTOCOMMIT")
    with ThreadPoolExecutor(1) as other, looking.connect() as watching, engine.begin() as conn:
        first(conn)
        holder = conn.scalar(text("SELECT pg_backend_pid()"))
        blocked = text("SELECT count(*) FROM pg_stat_activity WHERE :holder = ANY (pg_blocking_pids(pid))")
        waiting = other.submit(in_its_own)
        until(lambda: waiting.done() or bool(watching.scalar(blocked, {"holder": holder})))
        conn.commit()
        return waiting.result(30)


def test_asking_at_once_gives_one_key(engine: Engine, owner: str) -> None:
    """Two callers asking at once for a new subject are given the same keys."""
    given: list[dict[str, DataKey]] = []
    second = while_held(engine, lambda conn: given.append(child(conn, owner)), lambda conn: child(conn, owner))
    assert second == given[0]


def test_no_key_slips_past_a_destruction(engine: Engine, owner: str) -> None:
    """A key asked for while the subject is being destroyed is not made."""
    with engine.begin() as conn:
        make_keys(conn, MASTER, owner, "child", "c1", ["need"], NOW)
    with pytest.raises(Conflict):
        while_held(
            engine,
            lambda conn: destroy(conn, owner, "child", "c1", "erased", NOW),
            lambda conn: make_keys(conn, MASTER, owner, "child", "c1", ["identity"], NOW),
        )


def test_keys_rest_wrapped(conn: Connection, owner: str) -> None:
    """The table holds no key in the clear, and another master key opens none."""
    key = child(conn, owner)["need"]
    wrapped = conn.scalar(select(subject_key.c.wrapped).where(subject_key.c.key_id == key.key_id))
    assert wrapped is not None
    assert key.key not in wrapped
    with pytest.raises(Misconfigured):
        open_key(conn, bytes(32), owner, key.key_id, "read", NOW)


@pytest.mark.parametrize(
    ("kind", "compartments"), [("child", ["household"]), ("household", ["need"]), ("child", []), ("pet", ["need"])]
)
def test_only_known_compartments_have_keys(conn: Connection, owner: str, kind: str, compartments: list[str]) -> None:
    """A kind of subject has the compartments it is known for and no others."""
    with pytest.raises(Rejected):
        make_keys(conn, MASTER, owner, kind, "s1", compartments, NOW)


def test_the_owner_opens_and_it_is_recorded(conn: Connection, owner: str) -> None:
    """An owner opens its own key, and every key given out is on record with its purpose."""
    key = child(conn, owner)["identity"]
    assert open_key(conn, MASTER, owner, key.key_id, "export", LATER) == key.key
    assert openings(conn, key.key_id) == [(owner, "seal"), (owner, "export")]


def test_a_stranger_cannot_tell(conn: Connection, owner: str, other: str) -> None:
    """To an organisation without entitlement a key that exists looks exactly like one that does not."""
    key = child(conn, owner)["need"]
    with pytest.raises(NotFound) as existing:
        open_key(conn, MASTER, other, key.key_id, "read", NOW)
    with pytest.raises(NotFound) as missing:
        open_key(conn, MASTER, other, "no-such-key", "read", NOW)
    assert str(existing.value) == str(missing.value)
    assert openings(conn, key.key_id) == [(owner, "seal")]


def test_an_entitlement_opens_that_key_only(conn: Connection, owner: str, other: str) -> None:
    """A grant opens the key it names, to whom it names, on record, and no other key of the child."""
    keys = child(conn, owner)
    wanted = [(other, keys["need"].key_id)]
    assert grant(conn, wanted, "invited", NOW, owner=owner, compartment="need") == set(wanted)
    assert open_key(conn, MASTER, other, keys["need"].key_id, "answer", LATER) == keys["need"].key
    assert openings(conn, keys["need"].key_id)[-1] == (other, "answer")
    assert open_keys(conn, MASTER, other, [keys["identity"].key_id], "answer", LATER) == {}


def test_an_ended_entitlement_no_longer_opens(conn: Connection, owner: str, other: str) -> None:
    """An entitlement that has ended opens nothing until it is granted anew."""
    key = child(conn, owner)["need"]
    for _ in range(2):
        grant(conn, [(other, key.key_id)], "invited", NOW, owner=owner, compartment="need")
        assert open_keys(conn, MASTER, other, [key.key_id], "read", NOW)
        end_grant(conn, [(other, key.key_id)], LATER)
        assert not open_keys(conn, MASTER, other, [key.key_id], "read", LATER)


def test_nobody_grants_what_is_not_theirs(conn: Connection, owner: str, other: str) -> None:
    """An event that names another owner's key, or an identity as a need, entitles nobody."""
    keys = child(conn, owner)
    ids = [key.key_id for key in keys.values()] + ["no-such-key"]
    assert (
        grant(conn, [(other, one) for one in ids], "invited", NOW, owner="somebody-else", compartment="need") == set()
    )
    grant(conn, [(other, one) for one in ids], "invited", NOW, owner=owner, compartment="need")
    assert set(open_keys(conn, MASTER, other, ids, "read", NOW)) == {keys["need"].key_id}


def test_the_hub_never_opens_identity(conn: Connection, owner: str) -> None:
    """The hub opens need and household without a grant, identity not even with one."""
    keys = child(conn, owner) | make_keys(conn, MASTER, owner, "household", "h1", ["household"], NOW)
    ids = {key.key_id: name for name, key in keys.items()}
    with pytest.raises(Rejected):
        grant(conn, [("hub", one) for one in ids], "because", NOW, owner=owner, compartment="identity")
    assert {ids[key_id] for key_id in open_keys(conn, MASTER, "hub", ids, "rules", NOW)} == {"need", "household"}
    with pytest.raises(NotFound):
        open_key(conn, MASTER, "hub", keys["identity"].key_id, "rules", NOW)


def test_the_hub_owns_no_key(conn: Connection) -> None:
    """Keys belong to organisations; the hub cannot have one made."""
    with pytest.raises(Rejected):
        make_keys(conn, MASTER, "hub", "child", "c1", ["identity"], NOW)


def test_destroyed_is_gone_for_everybody(conn: Connection, owner: str, other: str) -> None:
    """Nobody opens a destroyed key, and its wrapped bytes are gone from the table."""
    keys = child(conn, owner)
    ids = [key.key_id for key in keys.values()]
    grant(conn, [(other, one) for one in ids], "invited", NOW, owner=owner, compartment="need")
    assert destroy(conn, owner, "child", "c1", "erased at 25", LATER) == 2
    for organisation in (owner, other, "hub"):
        assert open_keys(conn, MASTER, organisation, ids, "read", LATER) == {}
    left = select(func.count(subject_key.c.wrapped)).where(subject_key.c.owner == owner)
    assert conn.scalar(left) == 0
    assert grant(conn, [(other, one) for one in ids], "again", LATER, owner=owner, compartment="need") == set()


def test_only_the_owner_is_told_of_a_destruction(conn: Connection, owner: str, other: str) -> None:
    """The owner is told when its key was destroyed; to a party once entitled there is no such key."""
    key = child(conn, owner)["need"]
    grant(conn, [(other, key.key_id)], "invited", NOW, owner=owner, compartment="need")
    destroy(conn, owner, "child", "c1", "erased", LATER)
    with pytest.raises(NotFound, match="destroyed on 02 March 2026"):
        open_key(conn, MASTER, owner, key.key_id, "read", LATER)
    with pytest.raises(NotFound, match="No such key"):
        open_key(conn, MASTER, other, key.key_id, "read", LATER)


def test_destroying_twice_is_harmless(conn: Connection, owner: str) -> None:
    """A second destruction changes nothing, and the first one's time and reason stand."""
    child(conn, owner)
    destroy(conn, owner, "child", "c1", "first", NOW)
    assert destroy(conn, owner, "child", "c1", "second", LATER) == 0
    facts = select(subject_key.c.destroyed_reason, subject_key.c.destroyed_at).where(subject_key.c.owner == owner)
    assert {tuple(row) for row in conn.execute(facts)} == {("first", NOW)}


def test_a_destroyed_subject_gets_no_new_key(conn: Connection, owner: str) -> None:
    """After destruction no key is made for the subject, not even for a compartment it never had."""
    make_keys(conn, MASTER, owner, "child", "c1", ["need"], NOW)
    destroy(conn, owner, "child", "c1", "erased", NOW)
    with pytest.raises(Conflict):
        make_keys(conn, MASTER, owner, "child", "c1", ["identity"], LATER)


def test_destroying_what_never_was_is_told(conn: Connection, owner: str, other: str) -> None:
    """A mistyped id, or another organisation's, is not taken for an erasure."""
    child(conn, owner)
    with pytest.raises(NotFound):
        destroy(conn, other, "child", "c1", "erased", NOW)
    assert open_keys(conn, MASTER, owner, [child(conn, owner)["need"].key_id], "read", NOW)


def test_one_token_lives(conn: Connection, owner: str, other: str) -> None:
    """The last token issued is the organisation's only one, and no other organisation's."""
    first = issue_token(conn, owner, NOW)
    assert authenticate(conn, owner, first)
    second = issue_token(conn, owner, LATER)
    assert not authenticate(conn, owner, first)
    assert authenticate(conn, owner, second)
    assert not authenticate(conn, other, second)
    assert not authenticate(conn, owner, "")


def test_a_disabled_token_is_refused(conn: Connection, owner: str) -> None:
    """Disabling stops the token in the same transaction."""
    token = issue_token(conn, owner, NOW)
    disable(conn, owner, LATER)
    assert not authenticate(conn, owner, token)


def test_only_the_hash_of_a_token_is_kept(conn: Connection, owner: str) -> None:
    """The table knows a token by its SHA-256 alone."""
    token = issue_token(conn, owner, NOW)
    row = conn.execute(select(credential).where(credential.c.organisation == owner)).one()
    assert row.token_sha256 == sha256(token.encode()).digest()
    assert token not in repr(row)


def test_the_hub_gets_no_token_here(conn: Connection) -> None:
    """The hub's own token is a setting; none can be issued in its name."""
    with pytest.raises(Rejected):
        issue_token(conn, "hub", NOW)
