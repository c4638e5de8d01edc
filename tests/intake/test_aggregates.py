"""Two intakes decide about one aggregate: one after the other, and in its stream's order."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, insert

from placehub.drivers.tables import OUTGOING
from placehub.errors import Overtaken
from placehub.intake.aggregates import PROCESSOR, Place, check_published, hold_aggregates, store_aggregates
from placehub.intake.rules import Aggregate

from ..waiting import until_waits, waiting

OWN, THEIRS = "outbox.A", "outbox.B"
NEW = Aggregate("A", ("B",), 1)


def place() -> Place:
    """Return a place that nobody knows."""
    return "placement", str(uuid4())


def stored(engine: Engine, one: Place, aggregate: Aggregate = NEW) -> None:
    """Store an aggregate as one intake does that is alone."""
    with engine.begin() as connection:
        known, _ = hold_aggregates(connection, [one])
        store_aggregates(connection, {one: aggregate}, {one: THEIRS}, known)


def raised(connection: Connection, one: Place) -> int:
    """Take in one more version of an aggregate; return which."""
    known, _ = hold_aggregates(connection, [one])
    version = known[one].version + 1
    store_aggregates(connection, {one: Aggregate("A", ("B",), version)}, {one: OWN}, known)
    return version


def test_what_another_has_stored_is_not_lost(engine: Engine) -> None:
    """Whoever comes while another decides about an aggregate waits, and decides on what that one has stored."""
    one, versions = place(), list[int]()
    stored(engine, one)

    def second() -> None:
        with engine.begin() as connection:
            versions.append(raised(connection, one))

    with engine.connect() as connection:
        first = connection.begin()
        versions.append(raised(connection, one))
        with waiting(second):
            until_waits(engine)
            first.commit()
    assert versions == [2, 3]


def test_only_one_makes_an_aggregate(engine: Engine) -> None:
    """Of two that would make the same aggregate at once the second is told to decide again, and then finds it."""
    one, both_have_looked = place(), threading.Barrier(2)

    def second() -> None:
        with engine.begin() as connection:
            known, _ = hold_aggregates(connection, [one])
            both_have_looked.wait(30)
            with pytest.raises(Overtaken) as told:
                store_aggregates(connection, {one: Aggregate("B", (), 1)}, {one: THEIRS}, known)
            assert (known, told.value.topics) == ({}, frozenset())

    with engine.connect() as connection:
        first = connection.begin()
        known, _ = hold_aggregates(connection, [one])
        store_aggregates(connection, {one: NEW}, {one: OWN}, known)
        with waiting(second):
            both_have_looked.wait(30)
            until_waits(engine)
            first.commit()
    with engine.begin() as connection:
        assert hold_aggregates(connection, [one]) == ({one: NEW}, frozenset({OWN}))


def test_locks_are_taken_in_one_order(engine: Engine) -> None:
    """Several that decide about the same aggregates, named in different orders, wait for each other, never for ever."""
    both = sorted([place(), place()])
    for one in both:
        stored(engine, one)

    def hold_all(places: list[Place]) -> None:
        for _ in range(50):
            with engine.begin() as connection:
                known, _ = hold_aggregates(connection, places)
                store_aggregates(connection, known, dict.fromkeys(known, OWN), known)

    with waiting(lambda: hold_all(both)), waiting(lambda: hold_all(both[::-1])):
        hold_all(both)


def test_what_others_took_in_before_is_published_before(engine: Engine) -> None:
    """While something about an aggregate that another took in is not in its stream, nothing follows it there."""
    one, other = place(), place()
    row = {
        "processor": PROCESSOR,
        "from_topic": THEIRS,
        "from_partition": 0,
        "topic": one[0],
        "key": one[1],
        "headers": [],
        "value": b"",
    }
    with engine.connect() as connection:
        undone = connection.begin()
        connection.execute(insert(OUTGOING), row)
        with pytest.raises(Overtaken) as told:
            check_published(connection, {OWN, THEIRS}, {one[1]})
        assert told.value.topics == {THEIRS}
        for outboxes, subjects in (({OWN}, {one[1]}), ({OWN, THEIRS}, {other[1]}), (set[str](), {one[1]})):
            check_published(connection, outboxes, subjects)
        undone.rollback()
