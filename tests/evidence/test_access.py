"""Who opened or read what: kept, told once in the evidence stream, without words that could be about a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.engine import Connection, Engine

from placehub.contracts.codec import Codec, Folder
from placehub.drivers.step import Step
from placehub.evidence.access import access_of
from placehub.evidence.events import RecordRead, SealedOpened
from placehub.evidence.processor import NOT_REPEATED, SEAT, tell_accesses
from placehub.evidence.readings import Reading, keep_reading
from placehub.keys.store import make_keys, open_key

MASTER = bytes(32)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CODEC = Codec(Folder())


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose changes nobody else sees."""
    with engine.connect() as one:
        yield one
        one.rollback()


def told(connection: Connection, owner: str) -> list[Any]:
    """Return what the processor tells of accesses to an organisation's subjects until it has told all."""
    found: list[Any] = []
    while True:
        step = Step(connection, processor="evidence", partition=SEAT, now=NOW, codec=CODEC)
        tell_accesses(step)
        events = [CODEC.decode(one.value) for one in step.take_pending() if one.value]
        if not events:
            return [one for one in found if one.owner == owner]
        found += events


def a_child(connection: Connection, owner: str, subject_id: str) -> str:
    """Return the id of the need key of a new child."""
    return make_keys(connection, MASTER, owner, "child", subject_id, ["need"], NOW)["need"].key_id


def a_reading(owner: str, child: UUID, **other: Any) -> Reading:
    """Return that a case was read for a complaint, but for what is given."""
    usual: dict[str, Any] = {
        "referral_id": uuid4(),
        "children": (child,),
        "owner": owner,
        "by": "reader",
        "what": "case file",
        "purpose": "complaint",
        "seen_as": None,
        "as_of": NOW,
        "at": NOW,
    }
    return Reading(**(usual | other))


def test_an_opening_is_told_once(connection: Connection) -> None:
    """An opening by an organisation is told once; that a key was made to seal with is none."""
    owner, child = f"A-{uuid4()}", uuid4()
    key = a_child(connection, owner, str(child))
    assert told(connection, owner) == []
    open_key(connection, MASTER, owner, key, "answer an invitation", NOW)
    (opened,) = told(connection, owner)
    assert isinstance(opened, SealedOpened)
    assert (opened.subject_id, opened.compartment, opened.purpose) == (child, "need", "answer an invitation")
    assert told(connection, owner) == []


@pytest.mark.parametrize(
    ("subject", "purpose", "repeated"),
    [
        ("made.up.name", "read it", "read it"),
        ("0be9a33d-46d6-4194-8d0c-f3d80883ee00", "ring 01632 960155 about her", NOT_REPEATED),
    ],
)
def test_nothing_of_a_person_goes_into_the_stream(
    connection: Connection, subject: str, purpose: str, repeated: str
) -> None:
    """An id that is no pseudonym is told by another, and words that look like personal data are left out."""
    owner = f"A-{uuid4()}"
    own = f"{subject}.{uuid4()}" if subject.startswith("made") else subject
    open_key(connection, MASTER, owner, a_child(connection, owner, own), purpose, NOW)
    (opened,) = told(connection, owner)
    assert opened.purpose == repeated
    assert "made" not in repr(opened.subject_id)


def test_a_reading_is_kept_and_told_once(connection: Connection) -> None:
    """Who read a case, as whom and why, is told once, and reported with the openings in the order of time."""
    owner, child = f"A-{uuid4()}", uuid4()
    one = a_reading(owner, child, seen_as="T-NEAR")
    keep_reading(connection, one)
    open_key(connection, MASTER, owner, a_child(connection, owner, str(child)), "read it", NOW)
    read = [event for event in told(connection, owner) if isinstance(event, RecordRead)]
    assert [(event.subject_id, event.by, event.seen_as, event.purpose) for event in read] == [
        (one.referral_id, "reader", "T-NEAR", "complaint")
    ]
    for asked in ({"child": child}, {"organisation": owner}):
        found = access_of(connection, **asked)
        assert {access.did for access in found} == {"sealed need", "opened need", "read case file"}
        assert [access.at for access in found] == sorted(access.at for access in found)
    assert access_of(connection, child=uuid4()) == []
