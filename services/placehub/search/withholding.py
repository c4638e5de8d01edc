"""Why a home is not told of a search, and what one relaxation would bring: tried on every home near enough; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placehub.search.criteria import CRITERIA
from placehub.search.events import Relaxation
from placehub.search.homes import Homes
from placehub.search.sieve import near
from placehub.search.unit import Unit
from placehub.search.vector import broken

NO_VACANCY: Final = "no open vacancy"
FITTED_LESS: Final = "came after those that fitted better"
"""What is said of a provider whose home fits and was not among the most that are invited."""
DISTANCE: Final = "distance"
_NAMES: Final = tuple(CRITERIA)
_FITS: Final = len(_NAMES)
_REASONS: Final = (*_NAMES, FITTED_LESS)
_TOO_FAR: Final = -1
Entries = NDArray[np.intp]


def removed_by(homes: Homes, units: Sequence[Unit], providers: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Return, by provider, what kept its best home out of a search, and how many open homes it has.

    The best home is the one that got furthest through the criteria.
    """
    numbers = {provider: number for number, provider in enumerate(homes.providers)}
    open_homes = np.bincount(homes.columns.provider[homes.columns.live], minlength=len(numbers)).tolist()
    furthest = _furthest_by_provider(homes, units, len(numbers)).tolist()
    found = {}
    for provider in providers:
        number = numbers.get(provider)
        count = 0 if number is None else open_homes[number]
        got = _TOO_FAR if number is None else furthest[number]
        found[provider] = (NO_VACANCY if not count else DISTANCE if got == _TOO_FAR else _REASONS[got]), count
    return found


def _furthest_by_provider(homes: Homes, units: Sequence[Unit], providers: int) -> Entries:
    """Return, by the number of a provider, how far the home that got furthest came; `_TOO_FAR` where none is near."""
    at = near(homes, units[0].looking)
    furthest: Entries = np.full(providers, _TOO_FAR, np.intp)
    np.maximum.at(furthest, homes.columns.provider[at], _furthest(homes, units, at))
    return furthest


def _furthest(homes: Homes, units: Sequence[Unit], at: Entries) -> Entries:
    """Return, for each home, the place of the criterion that removed it last; beyond all where it fits some unit."""
    stages = [np.where(one.any(axis=0), one.argmax(axis=0), _FITS) for one in broken(homes, units, at)]
    last: Entries = np.maximum.reduce(stages)
    return last


def relaxations(homes: Homes, units: Sequence[Unit]) -> tuple[Relaxation, ...]:
    """Return how many homes each single relaxation would bring, most first: a criterion skipped, or the reach doubled.

    A home that breaks two criteria is brought by neither alone.
    """
    at = near(homes, units[0].looking, times=2)
    alone = np.logical_or.reduce([one & (one.sum(axis=0) == 1) for one in broken(homes, units, at)])
    brought = [(name, int(count)) for name, count in zip(_NAMES, alone.sum(axis=1), strict=True) if count]
    return tuple(Relaxation(criterion=name, homes=count) for name, count in sorted(brought, key=lambda one: -one[1]))
