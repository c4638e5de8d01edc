"""What criteria say of homes that are alike, asked once and kept: the vector engine's tables."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from placehub.contracts.parts import Finding
from placehub.search.alike import Alike, asks
from placehub.search.criteria import CRITERIA
from placehub.search.homes import Homes
from placehub.search.looking import Level, Looking

_NOT_ASKED = 127
_MOST_TABLES = 2000


def finding_of(name: str, level: Level, facts: dict[str, str]) -> Finding:
    """Return a finding; a question says who is asked."""
    if level.asked:
        facts["ask"] = level.asked
    return Finding(criterion=name, verdict=level.verdict, facts=facts)


class Table:
    """What one criterion says, in one search, of each number of homes that are alike to it."""

    def __init__(self, alike: Alike) -> None:
        self._alike = alike
        self._levels = np.full(0, _NOT_ASKED, np.int8)
        self._findings: dict[int, Finding] = {}

    def levels(self, looking: Looking, numbers: NDArray[np.int32]) -> NDArray[np.int8]:
        """Return the level of each of these numbers; what was not asked before is asked now."""
        if self._levels.size < len(self._alike.examples):
            more = np.full(2 * len(self._alike.examples) - self._levels.size, _NOT_ASKED, np.int8)
            self._levels = np.concatenate((self._levels, more))
        levels: NDArray[np.int8] = self._levels[numbers]
        unasked = levels == _NOT_ASKED
        if unasked.any():
            criterion = CRITERIA[self._alike.name]
            for number in set(numbers[unasked].tolist()):
                self._levels[number] = criterion(looking, self._alike.examples[number])[0]
            levels = self._levels[numbers]
        return levels

    def finding(self, looking: Looking, number: int) -> Finding:
        """Return what the criterion says of homes of this number, in full."""
        known = self._findings.get(number)
        if known is None:
            name = self._alike.name
            known = self._findings[number] = finding_of(name, *CRITERIA[name](looking, self._alike.examples[number]))
        return known


def tables_of(homes: Homes, looking: Looking) -> dict[str, Table]:
    """Return the table of each criterion: one that serves many searches, where nothing sealed is asked."""
    return {name: _table(homes, alike, asks(name, looking)) for name, alike in homes.alike.items()}


def _table(homes: Homes, alike: Alike, key: Hashable | None) -> Table:
    if key is None:
        return Table(alike)
    known: Table | None = homes.said.pop(key, None)
    if known is None:
        known = Table(alike)
        while len(homes.said) >= _MOST_TABLES:
            homes.said.pop(next(iter(homes.said)))
    homes.said[key] = known  # at the end: the least lately used goes first
    return known
