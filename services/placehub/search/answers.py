"""What criteria say of homes that are alike, asked once and kept: the vector engine's tables."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from placehub.contracts.parts import Finding
from placehub.search.alike import Alike, asks
from placehub.search.criteria import CRITERIA
from placehub.search.homes import Homes
from placehub.search.looking import Level, Looking

_NOT_ASKED = -1
"""Stands in `Table._effects` for what was not asked yet; no effect is less than nothing."""
_MOST_TABLES = 2000
_FEW = 16
_OFTEN = 8
"""Searches that a table serves before it is worth asking of every number of homes there is."""


def finding_of(name: str, level: Level, facts: dict[str, str]) -> Finding:
    """Return a finding; a question says who is asked."""
    if level.asked:
        facts["ask"] = level.asked
    return Finding(criterion=name, verdict=level.verdict, facts=facts)


class Table:
    """What one criterion says, in one search, of each number of homes that are alike to it.

    `effect` gives what each level adds to a home's sum (see `vector`).
    """

    def __init__(self, alike: Alike, effect: NDArray[np.int64]) -> None:
        self._alike = alike
        self._effect = effect
        self._every = 0
        """Numbers below it were asked, each and every one."""
        self._served = 0
        self._adds: set[int] = set()
        """What the numbers that were asked add: of most criteria one thing."""
        self._removes = np.zeros(0, np.bool_)
        self._effects = np.full(0, _NOT_ASKED, np.int64)
        self._findings: dict[int, Finding] = {}
        """What was put into findings so far."""

    def _known(self) -> NDArray[np.int64]:
        """Return what each number adds, `_NOT_ASKED` where that was not asked yet, with room for all there are."""
        if self._effects.size < len(self._alike.examples):
            self._grow(2 * len(self._alike.examples))
        return self._effects

    def effects(self, looking: Looking, numbers: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return what each of these numbers adds; what was not asked before is asked now."""
        effects = self._known().take(numbers)
        if effects.size and effects.min() == _NOT_ASKED:
            self._ask(looking, set(numbers[effects == _NOT_ASKED].tolist()))
            effects = self._effects.take(numbers)
        return effects

    def same(self, looking: Looking) -> int | None:
        """Return what every number there is adds, where that is the same of all: most criteria tell few homes apart.

        None where it is not, and where nobody knows: of many numbers that is asked once the table has served for long.
        """
        if len(self._adds) > 1:
            return None
        count = len(self._alike.examples)
        if count - self._every > _FEW and self._served < _OFTEN:
            self._served += 1
            return None
        if self._every < count:
            self._known()
            self._ask(looking, set(range(self._every, count)))
            self._every = count
        return next(iter(self._adds)) if len(self._adds) == 1 else None

    def removes(self, looking: Looking, numbers: NDArray[np.int32]) -> NDArray[np.bool_] | bool:
        """Tell of homes of these numbers whether the criterion does not fit them: one word where it never does."""
        self.effects(looking, numbers)  # asks what was not asked before
        return self._removes.take(numbers) if self._removes.any() else False

    def of(self, looking: Looking, numbers: Sequence[int]) -> list[Finding]:
        """Return what the criterion says of homes of these numbers, in full."""
        for number in set(numbers).difference(self._findings):
            name = self._alike.name
            self._findings[number] = finding_of(name, *CRITERIA[name](looking, self._alike.examples[number]))
        return list(map(self._findings.__getitem__, numbers))

    def _ask(self, looking: Looking, numbers: set[int]) -> None:
        criterion = CRITERIA[self._alike.name]
        for number in numbers:
            level = criterion(looking, self._alike.examples[number])[0]
            self._removes[number] = level is Level.DOES_NOT_FIT
            self._effects[number] = self._effect[level]
            self._adds.add(int(self._effect[level]))

    def _grow(self, size: int) -> None:
        more = size - self._effects.size
        self._removes = np.concatenate((self._removes, np.zeros(more, np.bool_)))
        self._effects = np.concatenate((self._effects, np.full(more, _NOT_ASKED, np.int64)))


def tables_of(homes: Homes, looking: Looking, effects: Mapping[str, NDArray[np.int64]]) -> dict[str, Table]:
    """Return the table of each criterion: one that serves many searches, where nothing sealed is asked."""
    return {name: table_of(homes, alike, effects[name], asks(name, looking)) for name, alike in homes.alike.items()}


def table_of(homes: Homes, alike: Alike, effect: NDArray[np.int64], asked: Hashable | None) -> Table:
    """Return the table of one criterion; `asked` is what it reads of the search, None where it is not to be kept."""
    if asked is None:
        return Table(alike, effect)
    key = asked, int(effect[Level.FITS])  # the weight is in it
    known: Table | None = homes.said.pop(key, None)
    if known is None:
        known = Table(alike, effect)
        while len(homes.said) >= _MOST_TABLES:
            homes.said.pop(next(iter(homes.said)))
    homes.said[key] = known  # at the end: the least lately used goes first
    return known
