"""The schedule of faults, which the seed alone draws, and what is told of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from placehub.app import PROCESSES
from placehub.faults.campaign import Campaign, Kind
from placehub.faults.oracle import Handed
from placehub.faults.playing import Run
from placehub.faults.schedule import STOPPED_SECONDS, WAYS, Bounds, Planned, schedule

ROUND = sum(way.often for way in WAYS.values())


@given(st.integers(0, 2**32))
def test_a_seed_draws_one_schedule(seed: int) -> None:
    """The same seed gives the same faults in the same order, and another seed gives others."""
    drawn = [list(islice(schedule(one, PROCESSES, Bounds()), ROUND)) for one in (seed, seed, seed + 1)]
    assert drawn[0] == drawn[1] != drawn[2]


@given(st.integers(0, 2**32))
def test_every_kind_comes_in_each_round(seed: int) -> None:
    """Each round has every kind of fault as often as it is meant to come, on something that it can be done to."""
    drawn = list(islice(schedule(seed, PROCESSES, Bounds()), ROUND))
    assert Counter(one.way for one in drawn) == {name: way.often for name, way in WAYS.items()}
    assert all(one.target in (WAYS[one.way].among or PROCESSES) for one in drawn)


@given(st.integers(0, 2**32), st.floats(2, 30))
def test_faults_keep_to_their_bounds(seed: int, longest: float) -> None:
    """No fault lasts longer than is wanted, but for a sleep, which has to outlast the session timeout."""
    bounds = Bounds(pause=(1, 2), longest=longest)
    for one in islice(schedule(seed, PROCESSES, bounds), ROUND):
        assert 1 <= one.after <= 2
        assert one.seconds <= max(longest + 0.1, WAYS[one.way].seconds[0])
        assert one.way != "stopped" or one.seconds >= STOPPED_SECONDS[0]


def test_only_what_is_wanted() -> None:
    """Where kinds are named, no other comes."""
    drawn = islice(schedule(3, PROCESSES, Bounds(ways=("cut", "full"))), 10)
    assert {one.way for one in drawn} == {"cut", "full"}


def test_how_long_catching_up_took_by_kind() -> None:
    """Of all runs together each kind of fault tells how often it came, its median and its most, and which that was."""
    crash, slow = Planned(1, "crashed", "kafka", 0, 0), Planned(1, "slow", "registry", 0, 4.5)
    one = Run(1, [], 0, 0, [], 0, [(crash, 3.0), (slow, 1.0)], 0, 1, 0, {}, Handed("X", (), ()))
    found = Campaign([one, replace(one, caught_up=[(replace(crash, target="registry"), 9.0), (crash, 4.0)])])
    assert found.by_kind() == [
        Kind("crashed", 3, 4.0, 9.0, "registry crashed"),
        Kind("slow", 1, 1.0, 1.0, "registry slow for 4.5 s"),
    ]
    assert (found.figures()["catch_up"], Campaign([replace(one, caught_up=[])]).by_kind()) == (9.0, [])
