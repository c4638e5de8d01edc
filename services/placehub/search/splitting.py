"""The best way to part siblings whom no home takes together: proposed only, never done. Pure.

Every way of grouping the children is a small assignment of groups to homes, each home at most once. The first of
these that differs decides: fewest groups; the plan's order of preference; most children in the best bands; the homes
of the smaller groups nearest to the home of the largest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from placehub.search.assigning import assign

Group = tuple[UUID, ...]
MOST_CHILDREN = 7
"""Above this no split is proposed: each of 2^n groups is matched. The authority may still confirm its own."""
MOST_HOMES = 20
"""Homes of each group, best first, that are weighed against each other: the assignment uses no more than one each."""
_FAR = 10_000.0
"""Miles where a place is not known: after every place that is."""
_NEVER = 1e12


@dataclass(frozen=True, slots=True)
class Fitting:
    """One home that fits one group: its band (0 is best), and where it is in grid metres, if that is known."""

    vacancy_id: UUID
    band: int
    place: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Room:
    """How many homes fit one group, and the best of them, best first: `MOST_HOMES` at most are weighed."""

    homes: int
    best: Sequence[Fitting]


@dataclass(frozen=True, slots=True)
class Part:
    """One group of a split: who, how many homes fit it, and the band of the home it is weighed with."""

    children: Group
    homes_fitting: int
    band: int


@dataclass(frozen=True, slots=True)
class Split:
    """The best split, largest group first, and whether the plan's order of preference is kept in full."""

    parts: tuple[Part, ...]
    preference_kept: bool

    @property
    def groups(self) -> tuple[Group, ...]:
        """Return who stays with whom."""
        return tuple(part.children for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Weighed:
    cost: tuple[float, ...]
    bands: tuple[int, ...]


def best_split(
    children: Sequence[UUID],
    preference: Sequence[Sequence[UUID]],
    fitting: Callable[[Group], Room],
) -> Split | None:
    """Return the best split of these children into two groups or more; None when no split finds homes for all.

    `preference`: those who should stay together if not all can, the most important first. `fitting` returns the
    homes that fit a group, best first.
    """
    if not 2 <= len(children) <= MOST_CHILDREN:
        return None
    homes: dict[Group, Room] = {}
    for count in range(2, len(children) + 1):
        best: tuple[tuple[float, ...], tuple[Group, ...], _Weighed] | None = None
        for groups in sorted(_partitions(tuple(sorted(children)), count), key=lambda one: _broken(one, preference)):
            broken = _broken(groups, preference)
            if best is not None and broken > best[0]:
                break
            found = _weigh(groups, homes) if _have_homes(groups, homes, fitting) else None
            if found and (best is None or (found.cost, groups) < (best[2].cost, best[1])):
                best = broken, groups, found
        if best is not None:
            return _split(best[1], best[2], homes, kept=not any(best[0]))
    return None


def _have_homes(groups: Sequence[Group], homes: dict[Group, Room], fitting: Callable[[Group], Room]) -> bool:
    """Learn the homes of each of these groups, up to the first that has none."""
    for group in groups:
        if group not in homes:
            homes[group] = fitting(group)
        if not homes[group].best:
            return False
    return True


def _split(groups: Sequence[Group], found: _Weighed, homes: Mapping[Group, Room], *, kept: bool) -> Split:
    parts = (Part(one, homes[one].homes, band) for one, band in zip(groups, found.bands, strict=True))
    return Split(tuple(parts), kept)


def _partitions(children: Group, count: int) -> Iterator[tuple[Group, ...]]:
    """Yield every way of putting the children into so many groups, the largest group first."""
    for groups in _placed(children, count):
        yield tuple(sorted((tuple(one) for one in groups), key=lambda one: (-len(one), one)))


def _placed(children: Group, count: int) -> Iterator[list[list[UUID]]]:
    if not children:
        if count == 0:
            yield []
        return
    if len(children) < count:
        return
    first, rest = children[0], children[1:]
    for groups in _placed(rest, count - 1):
        yield [[first], *groups]
    for groups in _placed(rest, count):
        for at in range(len(groups)):
            yield [[first, *one] if number == at else one for number, one in enumerate(groups)]


def _broken(groups: Sequence[Group], preference: Sequence[Sequence[UUID]]) -> tuple[float, ...]:
    """Say of each wish, in its order, whether these groups break it."""
    return tuple(float(not any(set(wish) <= set(group) for group in groups)) for wish in preference)


def _weigh(groups: Sequence[Group], homes: Mapping[Group, Room]) -> _Weighed | None:
    """Return the best assignment of groups to homes, or None when they cannot all have one of their own."""
    some = {group: homes[group].best[:MOST_HOMES] for group in groups}
    best: _Weighed | None = None
    for anchor in some[groups[0]]:
        found = _assign(groups, some, anchor)
        if found is not None and (best is None or found.cost < best.cost):
            best = found
    return best


def _assign(groups: Sequence[Group], homes: Mapping[Group, Sequence[Fitting]], anchor: Fitting) -> _Weighed | None:
    """Give every other group a home while the largest has the anchor: bands first, then miles from the anchor."""
    rest = groups[1:]
    columns = sorted({one.vacancy_id for group in rest for one in homes[group]} - {anchor.vacancy_id})
    if len(columns) < len(rest):
        return None
    at = {vacancy_id: number for number, vacancy_id in enumerate(columns)}
    costs: NDArray[np.float64] = np.full((len(rest), len(columns)), _NEVER)
    for row, group in enumerate(rest):
        for one in homes[group]:
            if one.vacancy_id in at:
                # a child in a worse band outweighs any distance
                costs[row, at[one.vacancy_id]] = one.band * len(group) * _FAR * MOST_CHILDREN + _miles(anchor, one)
    rows, chosen = assign(costs)
    if costs[rows, chosen].max(initial=0.0) >= _NEVER:
        return None
    taken = [
        next(one for one in homes[group] if one.vacancy_id == columns[int(column)])
        for group, column in zip(rest, chosen, strict=True)
    ]
    bands = (anchor.band, *(one.band for one in taken))
    worst = sum(band * len(group) for band, group in zip(bands, groups, strict=True))
    return _Weighed((float(worst), round(sum(_miles(anchor, one) for one in taken), 3)), bands)


def _miles(one: Fitting, other: Fitting) -> float:
    if one.place is None or other.place is None:
        return _FAR
    return min(hypot(one.place[0] - other.place[0], one.place[1] - other.place[1]) / 1609.344, _FAR)
