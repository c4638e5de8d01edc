"""Why a home is not told of a search, and what one relaxation would bring: tried home by home; pure.

Only distance is asked first of every home: most lie beyond any reach, and their other facts change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import hypot

from placehub.contracts.parts import Finding
from placehub.search.criteria import CRITERIA
from placehub.search.events import Relaxation
from placehub.search.homes import HomeRow
from placehub.search.looking import Level, Looking
from placehub.search.matching import judge

NO_VACANCY = "no open vacancy"
FITTED_LESS = "came after those that fitted better"
"""What is said of a provider whose home fits and was not among the most that are invited."""
DISTANCE = "distance"
_ORDER = {name: place for place, name in enumerate(CRITERIA)}


def removed_by(lookings: Sequence[Looking], homes: Mapping[str, Iterable[HomeRow]]) -> dict[str, tuple[str, int]]:
    """Return, by provider, what kept its best home out of a search, and how many open homes it has.

    The best home is the one that got furthest through the criteria.
    """
    found = {}
    for provider, rows in homes.items():
        live = [row for row in rows if row.live]
        found[provider] = (_best_reason(lookings, live), len(live)) if live else (NO_VACANCY, 0)
    return found


def _best_reason(lookings: Sequence[Looking], rows: Sequence[HomeRow]) -> str:
    near = [row for row in rows if _within(lookings[0], row, 1)]
    if not near:
        return DISTANCE
    judged = [judge(lookings, row) for row in near]
    if any(not isinstance(one, Finding) for one in judged):
        return FITTED_LESS
    return max((one.criterion for one in judged if isinstance(one, Finding)), key=lambda name: _ORDER[name])


def relaxations(lookings: Sequence[Looking], homes: Iterable[HomeRow]) -> tuple[Relaxation, ...]:
    """Return how many homes each single relaxation would bring, most first: a criterion skipped, or the reach doubled.

    A home that breaks two criteria is brought by neither alone.
    """
    brought: Counter[str] = Counter()
    for row in homes:
        if row.live and _within(lookings[0], row, 2):
            alone = {broken[0] for looking in lookings if len(broken := _broken(looking, row)) == 1}
            brought.update(alone)
    ordered = sorted(brought.items(), key=lambda one: (-one[1], _ORDER[one[0]]))
    return tuple(Relaxation(criterion=name, homes=count) for name, count in ordered)


def _broken(looking: Looking, row: HomeRow) -> list[str]:
    """Return the criteria that the home breaks; after the second it is not worth asking on."""
    broken: list[str] = []
    for name, criterion in CRITERIA.items():
        if criterion(looking, row)[0] is Level.DOES_NOT_FIT:
            broken.append(name)
            if len(broken) == 2:
                break
    return broken


def _within(looking: Looking, row: HomeRow, times: int) -> bool:
    """Tell whether a home is not beyond so many times the reach; where a place is not known, it is not."""
    place = looking.sought.place
    if place is None or row.east is None or row.north is None:
        return True
    return hypot(row.east - place[0], row.north - place[1]) <= times * looking.reach
