"""Shares: whoever runs comes to a part of its own, and whoever is gone leaves nothing unread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from placehub.database import connect
from placehub.drivers.shares import SHARES, Shares, deal, share_of

from ..waiting import until

ALL = frozenset(range(SHARES))


@given(st.lists(st.integers(0, SHARES - 1), max_size=SHARES), st.integers(1, 2 * SHARES), st.randoms())
def test_whoever_takes_part_comes_to_its_part(owners: list[int], members: int, chance: object) -> None:
    """However shares lay before, within a few looks each has at most its part and all are held, by one alone."""
    held: list[set[int]] = [set() for _ in range(members)]
    for share, owner in enumerate(owners):
        held[owner % members].add(share)
    for _ in range(3):
        for mine in held:
            found = deal(mine, set().union(*held), members)
            assert found.free.isdisjoint(set().union(*held))
            mine -= found.give
            mine |= set(sorted(found.free)[: found.claim])
    assert max(map(len, held)) <= ceil(SHARES / members)
    assert sorted(one for some in held for one in some) == sorted(ALL)


def test_an_outbox_has_its_share_for_ever() -> None:
    """The share of an outbox is the same in every version: a hub whose processes differ would else read one twice."""
    assert [share_of(f"outbox.{code}") for code in ("E08000035", "SC000001", "T1")] == [33, 5, 41]
    of_many = [share_of(f"outbox.T{number:05}") for number in range(3000)]
    assert set(of_many) == ALL
    assert max(map(of_many.count, ALL)) < 2 * 3000 / SHARES


@pytest.fixture
def process(engine: Engine) -> Iterator[Callable[[], Shares]]:
    """Return what begins the shares of a further process; all end with the test."""
    with ExitStack() as all_of_them:

        def begun() -> Shares:
            own = connect(engine.url.render_as_string(hide_password=False), pool_size=1)
            all_of_them.callback(own.dispose)
            return all_of_them.enter_context(closing(Shares(own)))

        yield begun


def test_processes_share_and_take_over(process: Callable[[], Shares]) -> None:
    """One alone holds all; with a second each has half, told before it gives up; who ends leaves all to the other."""
    first, second, gave = process(), process(), list[frozenset[int]]()
    first.look(gave.append)
    assert (first.held, gave) == (ALL, [])
    second.look(gave.append)
    assert second.held == frozenset()
    first.look(gave.append)
    second.look(gave.append)
    assert (len(first.held), len(second.held)) == (SHARES // 2, SHARES // 2)
    assert first.held | second.held == ALL
    given = first.held
    assert gave == [second.held]
    first.close()  # which does not wait for the server to end the session

    def takes_over() -> bool:
        second.look(gave.append)
        return second.held == ALL

    until(takes_over, 10)
    assert gave == [frozenset(ALL - given)], "nothing was given up twice"


def test_a_lost_session_is_begun_anew(process: Callable[[], Shares], engine: Engine) -> None:
    """Whose session the server ended keeps what nobody has claimed meanwhile, and lets go of what somebody has."""
    first, second, gave = process(), process(), list[frozenset[int]]()
    first.look(gave.append)
    end_sessions_of_shares(engine)
    first.look(gave.append)
    assert first.held == ALL, "while the database is away nothing changes"
    first.look(gave.append)
    assert (first.held, gave) == (ALL, [])
    end_sessions_of_shares(engine)
    second.look(gave.append)
    first.look(gave.append)
    first.look(gave.append)
    assert (first.held, second.held, gave) == (frozenset(), ALL, [ALL])


def end_sessions_of_shares(engine: Engine) -> None:
    """End the sessions that hold shares, as a server does that is started again."""
    with engine.begin() as connection:
        holders = "SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
        connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) FROM ({holders}) AS one"))
