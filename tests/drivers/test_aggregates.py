"""Aggregates of a worker: what is held, what is read of those that are done, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine

from placehub.contracts.codec import Codec, Folder
from placehub.drivers.aggregates import Aggregates
from placehub.drivers.records import Partition
from placehub.drivers.step import Step
from placehub.vacancies.tables import VACANCY

from ..statements import counted

pytestmark = pytest.mark.broker
PLACE = Partition("vacancy", 0)


@dataclass(frozen=True, slots=True)
class Thing:
    """An aggregate."""

    name: str
    live: bool = True


@contextmanager
def undone(engine: Engine) -> Iterator[Connection]:
    """Yield a connection of which nothing stays: the table is one of a service, which could not read these."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def _step(connection: Connection) -> Step:
    now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    return Step(connection, processor="things", partition=PLACE, now=now, codec=Codec(Folder()))


def test_what_a_step_will_ask_for_is_read_by_one_statement(engine: Engine) -> None:
    """Those that are done are read once and together, those that are not there too; the held need no reading."""
    things = Aggregates(Thing, VACANCY, lambda one: one.live)
    live, done, none = uuid4(), [uuid4() for _ in range(3)], uuid4()
    with undone(engine) as connection:
        first = _step(connection)
        things.begin(first)
        for key in (live, *done):
            things.put(key, Thing(str(key), live=key == live))
        things.finish()
        first.committed()
        things.begin(_step(connection))
        with counted(connection) as said:
            things.expect([live, *done, none, none])
            assert len(said) == 1
            found = {key: things.get(key) for key in (live, *done, none)}
            things.expect([live, *done, none])
            assert len(said) == 1
        assert found == {live: Thing(str(live)), **{key: Thing(str(key), live=False) for key in done}, none: None}


def test_what_was_read_is_good_for_one_step(engine: Engine) -> None:
    """Another worker may have made it since: the next step reads it again, and its own change counts at once."""
    things, others = (Aggregates(Thing, VACANCY, lambda one: one.live) for _ in range(2))
    key = uuid4()
    with undone(engine) as connection:
        things.begin(_step(connection))
        assert things.get(key) is None
        others.begin(_step(connection))
        others.put(key, Thing("made by another", live=False))
        others.finish()
        things.begin(_step(connection))
        assert things.get(key) == Thing("made by another", live=False)
        things.put(key, Thing("changed"))
        assert things.get(key) == Thing("changed")
        assert _of(things, key) == Thing("changed")


def _of(things: Aggregates[Thing], key: UUID) -> Thing | None:
    things.expect([key])
    return things.get(key)
