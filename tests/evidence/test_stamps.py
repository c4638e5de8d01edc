"""Time stamps of tree heads: what holds, and what is told of one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from placehub.errors import Misconfigured, Rejected, Unavailable
from placehub.evidence.events import TreeHeadSigned
from placehub.evidence.heads import Head
from placehub.evidence.signed import check_stamps
from placehub.evidence.stamping import STAMPS_TO_TELL, Authority, roots_in
from placehub.evidence.stamps import Stamp, question, roots_of, stamp_of

from .authority import answer, make_authority, serving, told
from .made import BEGIN, KEY

HEAD = KEY.sign_head(700, bytes(range(32)), BEGIN)
SIGNED = TreeHeadSigned(
    log_id=HEAD.log_id,
    tree_size=700,
    root_hash=HEAD.root_hash.hex(),
    signed_at=BEGIN,
    key_id=KEY.public.key_id,
    signature=HEAD.signature.hex(),
    previous_size=0,
    to=(),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority's files."""
    made = tmp_path_factory.mktemp("authority")
    make_authority(made, "Stamps")
    return made


@pytest.fixture(scope="module")
def stamp(folder: Path) -> Stamp:
    """The authority's stamp of the head, as it came by HTTP."""
    with serving(folder) as address:
        return Authority(address, roots_in(folder / "roots.pem")).stamp(HEAD)


def test_a_stamp_names_the_time_it_was_made(stamp: Stamp) -> None:
    """The time is the authority's own, to its second."""
    assert abs(datetime.now(UTC) - stamp.stamped_at) < timedelta(minutes=5)


@pytest.mark.parametrize(
    "changed",
    [{"tree_size": 699}, {"root_hash": bytes(32)}, {"signed_at": BEGIN + timedelta(days=1)}, {"signature": bytes(64)}],
    ids=str,
)
def test_a_stamp_is_of_one_head_only(stamp: Stamp, folder: Path, changed: dict[str, Any]) -> None:
    """Whatever is changed in the head, the stamp is not of it any more."""
    other: Head = replace(HEAD, **changed)
    with pytest.raises(Rejected, match="must hold for the tree head"):
        stamp_of(other, stamp.answer, roots_in(folder / "roots.pem"))


def test_a_stamp_of_somebody_else_is_none(tmp_path: Path, stamp: Stamp) -> None:
    """An answer goes back to the roots that were named, or it counts for nothing."""
    other = make_authority(tmp_path, "Others")
    with pytest.raises(Rejected, match="certificate"):
        stamp_of(HEAD, stamp.answer, roots_in(other))


def test_an_answer_to_another_question_is_none(folder: Path) -> None:
    """An old answer cannot be given again: each question has a number of its own."""
    old = answer(folder, question(HEAD).as_bytes())
    with pytest.raises(Rejected, match="Nonce"):
        stamp_of(HEAD, old, roots_in(folder / "roots.pem"), question(HEAD))


@pytest.mark.parametrize("position", [3, 60, 400, -20])
def test_a_changed_answer_is_none(stamp: Stamp, folder: Path, position: int) -> None:
    """A byte is changed: it is no answer any more, or its signature does not hold."""
    changed = bytearray(stamp.answer)
    changed[position] ^= 1
    with pytest.raises(Rejected):
        stamp_of(HEAD, bytes(changed), roots_in(folder / "roots.pem"))


def test_an_authority_that_does_not_answer(folder: Path) -> None:
    """Refusing, or away: both may be tried again."""
    roots = roots_in(folder / "roots.pem")
    with serving(folder, 503) as address, pytest.raises(Unavailable, match="answers 503"):
        Authority(address, roots).stamp(HEAD)
    with pytest.raises(Unavailable, match="does not answer"):
        Authority(address, roots).stamp(HEAD)


def test_roots_must_be_certificates(tmp_path: Path) -> None:
    """What is no PEM, and what is not there, is told by what to do."""
    with pytest.raises(Misconfigured, match="must be PEM"):
        roots_of(b"nothing of the kind")
    with pytest.raises(Misconfigured, match="cannot be read"):
        roots_in(tmp_path / "nowhere.pem")


def test_what_a_check_finds(stamp: Stamp, folder: Path) -> None:
    """A stamp of no head, another answer, and another time than the answer's are named."""
    roots = roots_in(folder / "roots.pem")
    assert list(check_stamps([told(HEAD, stamp)], [SIGNED], roots)) == []
    wrong = [
        told(HEAD, stamp, tree_size=701),
        told(HEAD, stamp, answer="AAAA"),
        told(HEAD, stamp, answer="?"),
        told(HEAD, stamp, stamped_at=BEGIN),
    ]
    found = [(one.where, one.field) for one in check_stamps(wrong, [SIGNED], roots)]
    of_it = "time stamp of tree head 700"
    assert found == [
        ("time stamp of tree head 701", "tree_size"),
        (of_it, "answer"),
        (of_it, "answer"),
        (of_it, "stamped_at"),
    ]


def test_what_is_to_be_told_is_found_at_once(engine: Engine) -> None:
    """At every turn of the timers the stamps still to be told of are asked for: years of those told are not read."""
    asked = STAMPS_TO_TELL.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        years = "SELECT n, 'x', '', now(), true FROM generate_series(9000000, 9002000) AS n"
        connection.execute(text(f"INSERT INTO evidence.stamp (tree_size, authority, answer, stamped_at, told) {years}"))
        connection.execute(text("ANALYZE evidence.stamp"))
        plan = "\n".join(connection.scalars(text(f"EXPLAIN {asked}")))
        connection.rollback()
    assert "ix_stamp_not_told" in plan, plan
