"""Erasures, holds and what runs out, in the database: done once, told once, whatever is killed between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import Connection, Engine

from placehub.contracts.codec import Codec, Folder
from placehub.contracts.headers import Attributes, write_headers
from placehub.drivers.records import NOTHING_KNOWN, Record
from placehub.drivers.step import Step
from placehub.errors import Conflict, NotFound, Rejected
from placehub.evidence.processor import SEAT
from placehub.evidence.readings import EXPORTED, Reading, keep_reading
from placehub.keys.erasing import OF_A_DRAFT, destroy_again, destroy_children, destroyed_keys
from placehub.keys.store import grant, make_keys, open_keys
from placehub.keys.tables import subject_key
from placehub.keys.wiping import DRAFTS_WAIT, is_due, waiting_to_be_wiped, wipe
from placehub.retention.erasing import ask, confirm, lift_hold, place_hold, withdraw
from placehub.retention.events import HoldLifted, HoldPlaced, SubjectErased
from placehub.retention.noting import note_records
from placehub.retention.reporting import retention
from placehub.retention.rules import CAME_TO_NOTHING, CONFIRM_WITHIN, NOTICE_KEPT, Person
from placehub.retention.running import run_retention
from placehub.retention.tables import CASE

MASTER = bytes(32)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CODEC = Codec(Folder())
OPERATOR = Person("made up operator")
WHY = "kept long enough"


def officer(owner: str) -> Person:
    """Return somebody of the authority."""
    return Person("made up officer", owner)


def a_child(connection: Connection, owner: str) -> UUID:
    """Return a new child with both keys."""
    child = uuid4()
    make_keys(connection, MASTER, owner, "child", str(child), ["identity", "need"], NOW)
    return child


def a_case(connection: Connection, owner: str, *children: UUID, **other: Any) -> UUID:
    """Note a case that was never referred and closed now, but for what is given."""
    usual = {"referral_id": uuid4(), "authority": owner, "children": list(children), "referred": False}
    times = {"closed_at": NOW, "reopened_at": None, "last_event_at": NOW}
    values = usual | times | other
    connection.execute(insert(CASE).values(values))
    return UUID(str(values["referral_id"]))


def told(connection: Connection, owner: str, now: datetime = NOW) -> list[Any]:
    """Return what a turn of the timers at that time tells of an authority's children."""
    step = Step(connection, processor="evidence", partition=SEAT, now=now, codec=CODEC)
    run_retention(step)
    events = [CODEC.decode(one.value) for one in step.take_pending() if one.value]
    return [one for one in events if one.owner == owner]


def live_keys(connection: Connection, owner: str) -> int:
    """Return how many keys of the authority still hold something."""
    wrapped = connection.scalars(select(subject_key.c.wrapped).where(subject_key.c.owner == owner))
    return sum(one is not None for one in wrapped)


def test_two_people_erase(connection: Connection, owner: str) -> None:
    """Nothing happens before the second person; then every key is gone, and whoever could open one is told once."""
    child = a_child(connection, owner)
    need = (subject_key.c.owner == owner) & (subject_key.c.compartment == "need")
    keys = list(connection.scalars(select(subject_key.c.key_id).where(need)))
    grant(connection, [("T-IFA", one) for one in keys], "invited", NOW, owner=owner, compartment="need")
    asked = ask(connection, child, officer(owner), WHY, NOW)
    assert told(connection, owner) == []
    assert live_keys(connection, owner) == 2
    done = confirm(connection, child, OPERATOR, NOW)
    assert (done.erasure_id, done.keys_destroyed) == (asked.erasure_id, 2)
    assert live_keys(connection, owner) == 0
    (event,) = told(connection, owner)
    assert isinstance(event, SubjectErased)
    assert (event.asked_by, event.confirmed_by) == ("made up officer", "made up operator")
    assert (event.keys_destroyed, event.to, event.reason) == (2, ("T-IFA",), WHY)
    assert told(connection, owner) == [], "it is told once"
    for organisation in (owner, "T-IFA", "hub"):
        assert open_keys(connection, MASTER, organisation, keys, "read", NOW) == {}
    with pytest.raises(Conflict, match="was erased on 02 March 2026"):
        ask(connection, child, officer(owner), WHY, NOW)


def test_killed_between(engine: Engine, owner: str) -> None:
    """Killed before the commit nothing was erased; killed before it was told, it is told later under the same id."""
    with engine.connect() as connection:
        child = a_child(connection, owner)
        ask(connection, child, officer(owner), WHY, NOW)
        connection.commit()
        confirm(connection, child, OPERATOR, NOW)
        connection.rollback()
        assert live_keys(connection, owner) == 2
        confirm(connection, child, OPERATOR, NOW)
        connection.commit()
        ids = []
        for _ in range(2):  # what a killed process would have published was never committed
            step = Step(connection, processor="evidence", partition=SEAT, now=NOW, codec=CODEC)
            run_retention(step)
            ids += [one.attributes.id for one in step.take_pending() if one.attributes and one.key == str(child)]
            connection.rollback()
        assert len(ids) == 2
        assert len(set(ids)) == 1
        assert live_keys(connection, owner) == 0
        told(connection, owner)
        connection.commit()


def test_a_hold_between_the_two(connection: Connection, owner: str) -> None:
    """A hold placed after the first person and before the second stops the erasure; lifted, it may go on."""
    child = a_child(connection, owner)
    ask(connection, child, officer(owner), WHY, NOW)
    hold = place_hold(connection, child, OPERATOR, "court", NOW)
    with pytest.raises(Conflict, match="court"):
        confirm(connection, child, OPERATOR, NOW)
    assert live_keys(connection, owner) == 2
    lift_hold(connection, hold.hold_id, officer(owner), NOW)
    with pytest.raises(Conflict, match="nothing to lift"):
        lift_hold(connection, hold.hold_id, officer(owner), NOW)
    assert [type(one) for one in told(connection, owner)] == [HoldPlaced, HoldLifted]
    assert told(connection, owner) == []
    assert confirm(connection, child, OPERATOR, NOW).keys_destroyed == 2


def test_what_is_not_exported(connection: Connection, owner: str) -> None:
    """A case is exported first, and again once more has happened; what a provider could see of it is not all of it."""
    child = a_child(connection, owner)
    case = a_case(connection, owner, child, referred=True)

    def read(as_of: datetime, seen_as: str | None) -> None:
        usual: dict[str, Any] = {"children": (child,), "owner": owner, "by": "x", "what": EXPORTED, "purpose": "audit"}
        keep_reading(connection, Reading(referral_id=case, seen_as=seen_as, as_of=as_of, at=as_of, **usual))

    read(NOW - timedelta(hours=1), None)
    read(NOW, "T-IFA")
    with pytest.raises(Conflict, match=f"placehub case export {case}"):
        ask(connection, child, officer(owner), WHY, NOW)
    read(NOW, owner)
    ask(connection, child, officer(owner), WHY, NOW)
    connection.execute(update(CASE).where(CASE.c.referral_id == case).values(last_event_at=NOW + timedelta(hours=1)))
    with pytest.raises(Conflict, match="placehub case export"):
        confirm(connection, child, OPERATOR, NOW + timedelta(hours=2))


@pytest.mark.parametrize("reason", ["curiosity", CAME_TO_NOTHING])
def test_reasons(connection: Connection, owner: str, reason: str) -> None:
    """A reason that is in no list, or is the timer's own, is refused."""
    with pytest.raises(Rejected, match="--reason"):
        ask(connection, a_child(connection, owner), officer(owner), reason, NOW)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "two\nlines"])
def test_names(connection: Connection, owner: str, name: str) -> None:
    """Whoever has no name that can stand in a record can do none of it."""
    child, nobody = a_child(connection, owner), Person(name, owner)
    for act in (
        lambda: ask(connection, child, nobody, WHY, NOW),
        lambda: confirm(connection, child, nobody, NOW),
        lambda: withdraw(connection, child, nobody, NOW),
        lambda: place_hold(connection, child, nobody, "court", NOW),
        lambda: lift_hold(connection, uuid4(), nobody, NOW),
    ):
        with pytest.raises(Rejected, match="--by"):
            act()


def test_nothing_of_that_id(connection: Connection, owner: str) -> None:
    """A child or a hold that is not there, or is another's, is not found."""
    child = a_child(connection, owner)
    hold = place_hold(connection, child, OPERATOR, "inquiry", NOW)
    stranger = Person("made up stranger", "A-STRANGER")
    for act in (
        lambda: ask(connection, uuid4(), OPERATOR, WHY, NOW),
        lambda: place_hold(connection, child, stranger, "court", NOW),
        lambda: lift_hold(connection, hold.hold_id, stranger, NOW),
        lambda: lift_hold(connection, uuid4(), OPERATOR, NOW),
    ):
        with pytest.raises(NotFound):
            act()


def test_withdrawn_and_expired(connection: Connection, owner: str) -> None:
    """What was withdrawn, or has expired, cannot be confirmed; it may be asked for anew."""
    child = a_child(connection, owner)
    ask(connection, child, officer(owner), WHY, NOW)
    withdraw(connection, child, officer(owner), NOW)
    with pytest.raises(Conflict, match="Ask for it first"):
        confirm(connection, child, OPERATOR, NOW)
    ask(connection, child, officer(owner), WHY, NOW)
    late = NOW + CONFIRM_WITHIN
    with pytest.raises(Conflict, match="expired"):
        confirm(connection, child, OPERATOR, late)
    ask(connection, child, officer(owner), WHY, late)
    assert confirm(connection, child, OPERATOR, late).keys_destroyed == 2


def test_a_notice_that_came_to_nothing(connection: Connection, owner: str) -> None:
    """It goes after thirty days, to the second, with its child's keys; a hold keeps it until it is lifted."""
    one, held, elsewhere = (a_child(connection, owner) for _ in range(3))
    a_case(connection, owner, one)
    a_case(connection, owner, held)
    a_case(connection, owner, elsewhere)
    a_case(connection, owner, elsewhere, closed_at=None, referred=True)
    a_case(connection, owner, a_child(connection, owner), reopened_at=NOW + timedelta(hours=1))
    hold = place_hold(connection, held, OPERATOR, "dispute", NOW)
    due = NOW + NOTICE_KEPT
    assert [type(event) for event in told(connection, owner, due - timedelta(seconds=1))] == [HoldPlaced]
    (event,) = told(connection, owner, due)
    assert (event.subject_id, event.reason, event.keys_destroyed) == (one, CAME_TO_NOTHING, 2)
    assert (event.asked_by, event.confirmed_by) == (None, None)
    lift_hold(connection, hold.hold_id, OPERATOR, due)
    assert {event.subject_id for event in told(connection, owner, due)} == {held}
    assert told(connection, owner, due + NOTICE_KEPT) == []
    assert live_keys(connection, owner) == 4, "a child of a live case, and of a search that goes on, keeps its keys"


def test_the_report(connection: Connection, owner: str) -> None:
    """The report counts what is due, done and held, and when the next runs out."""
    before = {one.data: one for one in retention(connection, NOW, 90)}
    child, held = a_child(connection, owner), a_child(connection, owner)
    a_case(connection, owner, child)
    a_case(connection, owner, held)
    a_case(connection, owner, child, referred=True)
    place_hold(connection, held, OPERATOR, "court", NOW)
    notices, cases, holds = "early notices that came to nothing", "closed cases", "holds"
    after = {one.data: one for one in retention(connection, NOW, 90)}
    assert after[notices].next_at is not None
    due = {one.data: one for one in retention(connection, NOW + NOTICE_KEPT, 90)}
    for data, name, more in ((notices, "due", 1), (notices, "held", 1), (cases, "due", 1), (holds, "held", 1)):
        assert getattr(due[data], name) == getattr(before[data], name) + more, (data, name)
    assert "90 days" in after["inboxes and outboxes"].kept


def test_an_older_copy_of_the_keys(connection: Connection, owner: str) -> None:
    """Keys that a restored copy has brought back are destroyed again by the list, once; others are let be."""
    child, other = a_child(connection, owner), a_child(connection, owner)
    of_child = subject_key.c.subject_id == str(child)
    rows = connection.execute(select(subject_key.c.key_id, subject_key.c.wrapped).where(of_child))
    copy = {row.key_id: row.wrapped for row in rows}
    ask(connection, child, officer(owner), WHY, NOW)
    confirm(connection, child, OPERATOR, NOW)
    listed = destroyed_keys(connection)
    assert copy.keys() <= {one.key_id for one in listed}
    for key_id, wrapped in copy.items():
        back = {"wrapped": wrapped, "destroyed_at": None, "destroyed_reason": None}
        connection.execute(update(subject_key).where(subject_key.c.key_id == key_id).values(back))
    assert live_keys(connection, owner) == 4
    assert destroy_again(connection, listed) == 2
    assert destroy_again(connection, listed) == 0
    assert live_keys(connection, owner) == 2
    assert open_keys(connection, MASTER, owner, list(copy), "read", NOW) == {}
    assert other


def test_wiping_waits_for_older_transactions(engine: Engine, owner: str) -> None:
    """While a transaction could still see a destroyed key it is not said to be wiped; once it has ended, it is."""
    with engine.begin() as connection:
        child = a_child(connection, owner)
        ask(connection, child, officer(owner), WHY, NOW)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as older:
        older.execute(text("SELECT 1 FROM retention.hold"))
        with engine.begin() as connection:
            confirm(connection, child, OPERATOR, NOW)
        assert wipe(engine).keys == 0
        with engine.connect() as connection:
            assert len(waiting_to_be_wiped(connection)) >= 2
    assert wipe(engine).keys >= 2
    with engine.begin() as connection:
        assert waiting_to_be_wiped(connection) == []
        told(connection, owner)


def test_keys_of_drafts_are_wiped_together(connection: Connection, owner: str) -> None:
    """Destroyed keys of drafts wait an hour for each other, and no longer; an erasure takes them along at once."""
    connection.execute(update(subject_key).where(subject_key.c.destroyed_at.is_not(None)).values(wiped=True))
    assert not is_due(connection, NOW)
    destroy_children(connection, owner, [a_child(connection, owner)], OF_A_DRAFT, NOW)
    assert not is_due(connection, NOW + DRAFTS_WAIT - timedelta(seconds=1))
    assert is_due(connection, NOW + DRAFTS_WAIT)
    destroy_children(connection, owner, [a_child(connection, owner)], WHY, NOW)
    assert is_due(connection, NOW)


def test_wiping_does_not_wait_for_whoever_uses_the_table(engine: Engine, owner: str) -> None:
    """While the table is in use, by a backup for instance, wiping gives way, and nothing is said to be wiped."""
    with engine.begin() as connection:
        child = a_child(connection, owner)
        ask(connection, child, officer(owner), WHY, NOW)
        confirm(connection, child, OPERATOR, NOW)
    with engine.connect() as backup:
        backup.execute(text("LOCK TABLE keys.subject_key IN ACCESS SHARE MODE"))
        assert wipe(engine).keys == 0
    assert wipe(engine).log, "the embedded server lets the log go too"
    with engine.begin() as connection:
        told(connection, owner)


def test_what_nobody_can_read_stops_nothing(connection: Connection) -> None:
    """A record without headers, without an id for a key or with a value that is no event is passed over."""
    case = uuid4()
    about = Attributes(
        id=uuid4(), source="/x", type="referral.SearchClosed", subject=str(case), time=NOW, recorded_at=NOW
    )
    for key, value, headers in (
        (str(case), b"no event", []),
        ("no id", b"no event", write_headers(about)),
        (str(case), None, write_headers(about)),
        (str(case), b"no event", write_headers(about)),
    ):
        record = Record("referral", 0, 0, key, NOTHING_KNOWN, None, value, headers)
        note_records(connection, CODEC, [record, record])
    (noted,) = connection.execute(select(CASE).where(CASE.c.referral_id == case)).all()
    assert (noted.last_event_at, noted.closed_at) == (NOW, None)
