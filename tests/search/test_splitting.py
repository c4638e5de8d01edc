"""The best way to part siblings: proposed by a solver, and the same as by trying everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from math import hypot
from typing import Any
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from placehub.search.assigning import assign
from placehub.search.splitting import MOST_CHILDREN, Fitting, Group, Room, Split, best_split

A, B, C, D = (UUID(int=number) for number in range(1, 5))
MILE = 1609.344


def home(number: int, band: int = 0, miles: float | None = 0.0) -> Fitting:
    """Return a home so many miles east."""
    return Fitting(UUID(int=100 + number), band, None if miles is None else (miles * MILE, 0.0))


def room(homes: Sequence[Fitting]) -> Room:
    """Return the homes as those that fit a group."""
    return Room(len(homes), homes)


def parted(
    fitting: Mapping[Group, Sequence[Fitting]], children: Sequence[UUID] = (A, B, C), wishes: Sequence[Group] = ()
) -> Split | None:
    """Return the best split where these homes fit these groups, and no home any other."""
    return best_split(children, wishes, lambda group: room(fitting.get(group, ())))


def test_fewest_groups_come_first() -> None:
    """Two groups in worse bands are better than three in the best: siblings stay together as far as can be."""
    homes = {(A, B): [home(1, 2)], (C,): [home(2, 2), home(3)], (A,): [home(4)], (B,): [home(5)]}
    found = parted(homes)
    assert found is not None
    assert found.groups == ((A, B), (C,))
    assert [(part.homes_fitting, part.band) for part in found.parts] == [(1, 2), (2, 0)]


def test_the_plan_s_preference_comes_before_bands() -> None:
    """Of two ways of making two groups the one that keeps who should stay together is proposed, though it fits less."""
    homes = {(A, B): [home(1)], (C,): [home(2)], (B, C): [home(3, 2)], (A,): [home(4)]}
    wished = parted(homes, wishes=[(B, C)])
    assert wished is not None
    assert (wished.groups, wished.preference_kept) == (((B, C), (A,)), True)
    free = parted(homes)
    assert free is not None
    assert free.groups == ((A, B), (C,))
    broken = parted({(A, B): [home(1)], (C,): [home(2)]}, wishes=[(B, C)])
    assert broken is not None
    assert not broken.preference_kept


def test_most_children_in_the_best_bands() -> None:
    """Two children in a better band outweigh one; then the homes nearest to each other."""
    homes = {(A, B): [home(1)], (C,): [home(2, 1)], (B, C): [home(3, 1)], (A,): [home(4)]}
    found = parted(homes)
    assert found is not None
    assert found.groups == ((A, B), (C,))


def test_the_homes_nearest_to_each_other() -> None:
    """All else equal, the split whose homes lie nearest to each other is proposed; unknown places come last."""
    near = {(A, B): [home(1)], (C,): [home(2, miles=30)], (A, C): [home(3, miles=50)], (B,): [home(4, miles=52)]}
    found = parted(near)
    assert found is not None
    assert found.groups == ((A, C), (B,))
    unknown = parted({**near, (B,): [home(4, miles=None)]})
    assert unknown is not None
    assert unknown.groups == ((A, B), (C,))


def test_one_home_takes_one_group() -> None:
    """Two groups never share the only home: that would be together."""
    assert parted({(A, B): [home(1)], (C,): [home(1)]}) is None
    assert parted({(A,): [home(1)], (B,): [home(1), home(2)], (C,): [home(1), home(3)]}) is not None


def test_none_for_one_child_or_very_many() -> None:
    """One child cannot be parted, and of very many the authority itself must say how."""
    assert best_split([A], [], lambda group: room([home(1)])) is None
    many = [UUID(int=number) for number in range(MOST_CHILDREN + 1)]
    assert best_split(many, [], lambda group: room([home(one.int) for one in group])) is None


fittings = st.builds(Fitting, st.integers(100, 104).map(lambda one: UUID(int=one)), st.integers(0, 2), st.none()).map(
    lambda one: Fitting(one.vacancy_id, one.band, ((one.vacancy_id.int - 100) ** 2 * MILE, 0.0))
)
some_homes = st.lists(fittings, max_size=3, unique_by=lambda one: one.vacancy_id).map(
    lambda homes: sorted(homes, key=lambda one: (one.band, one.vacancy_id))
)


def groupings(children: Sequence[UUID]) -> Iterator[tuple[Group, ...]]:
    """Yield every way of grouping them, by hand."""
    if not children:
        yield ()
        return
    first, rest = children[0], children[1:]
    for count in range(len(rest) + 1):
        for others in combinations(rest, count):
            left = [one for one in rest if one not in others]
            for groups in groupings(left):
                yield ((first, *others), *groups)


@given(st.integers(2, 4), st.data())
def test_the_solver_finds_what_trying_everything_finds(count: int, data: st.DataObject) -> None:
    """For any homes: as few groups, as many children in the best bands, as near as the best of all assignments."""
    children = (A, B, C, D)[:count]
    drawn: dict[Group, list[Fitting]] = {}

    def fitting(group: Group) -> list[Fitting]:
        return drawn.setdefault(group, data.draw(some_homes))

    found = best_split(children, [], lambda group: room(fitting(group)))
    costs = [cost for groups in groupings(children) if len(groups) > 1 for cost in by_hand(groups, fitting)]
    assert (found is None) == (not costs)
    if found is None:
        return
    assert sorted(child for group in found.groups for child in group) == sorted(children)
    best = min(costs)
    assert (len(found.groups), sum(part.band * len(part.children) for part in found.parts)) == best[:2]
    assert found == best_split(children[::-1], [], lambda group: room(fitting(group)))


def by_hand(groups: tuple[Group, ...], fitting: object) -> Iterator[tuple[int, int, float]]:
    """Yield what every assignment of homes to these groups costs."""
    assert callable(fitting)
    ordered = sorted((tuple(sorted(group)) for group in groups), key=lambda one: (-len(one), one))
    for homes in product(*(fitting(group) for group in ordered)):
        if len({one.vacancy_id for one in homes}) == len(homes):
            worst = sum(one.band * len(group) for one, group in zip(homes, ordered, strict=True))
            miles = sum(hypot(one.place[0] - homes[0].place[0], 0.0) / MILE for one in homes)
            yield len(groups), worst, miles


@given(arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(6, 20)), elements=st.integers(0, 9).map(float)))
def test_the_solver_alone_says_what_its_package_says(costs: Any) -> None:
    """Loaded without the package around it, SciPy's solver gives the same row and column of each, ties included."""
    from scipy.optimize import linear_sum_assignment

    ours, its = assign(costs), linear_sum_assignment(costs)
    assert [one.tolist() for one in ours] == [one.tolist() for one in its]
