"""Why a home is not told of a search, and what one relaxation would bring: tried on every home near enough; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placehub.search.criteria import CRITERIA
from placehub.search.events import Relaxation
from placehub.search.homes import Homes
from placehub.search.places import within
from placehub.search.sieve import near
from placehub.search.unit import Unit
from placehub.search.vector import broken

NO_VACANCY: Final = "no open vacancy"
FITTED_LESS: Final = "came after those that fitted better"
"""What is said of a provider whose home fits and was not among the most that are invited."""
DISTANCE: Final = "distance"
_NAMES: Final = tuple(CRITERIA)
_FITS: Final = len(_NAMES)
Entries = NDArray[np.intp]


def removed_by(homes: Homes, units: Sequence[Unit], of: Mapping[str, Entries]) -> dict[str, tuple[str, int]]:
    """Return, by provider, what kept its best home out of a search, and how many open homes it has.

    `of`: the entries of each provider's homes. The best home is the one that got furthest through the criteria.
    """
    live = {provider: at[homes.columns.live[at]] for provider, at in of.items()}
    near = {provider: at[within(units[0].looking, homes.columns, at)] for provider, at in live.items()}
    furthest = iter(_furthest(homes, units, np.concatenate([*near.values(), np.empty(0, np.intp)])).tolist())
    found = {}
    for provider, at in live.items():
        got = max((next(furthest) for _ in near[provider]), default=None)
        reason = NO_VACANCY if not at.size else DISTANCE if got is None else (*_NAMES, FITTED_LESS)[got]
        found[provider] = reason, int(at.size)
    return found


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
