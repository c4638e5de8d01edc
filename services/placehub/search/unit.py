"""Those who must live in one home: what every criterion together comes to, for columns of homes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from placehub.contracts.parts import Finding
from placehub.search.alike import READS
from placehub.search.answers import Table, finding_of, tables_of
from placehub.search.criteria import CRITERIA, stale_for
from placehub.search.homes import Columns, Homes
from placehub.search.looking import Level, Looking
from placehub.search.ordering import BANDS, FULL
from placehub.search.places import BY_COLUMN
from placehub.search.policy import Policy, Weight
from placehub.search.row import HomeRow
from placehub.search.weighing import HALF, HARD_FACTS, ORDER_ONLY, SHARES, WEEK, weights

Entries = NDArray[np.intp]
Numbers = NDArray[np.int64]

OUT: Final = len(BANDS)
_NAMES: Final = tuple(CRITERIA)
# What a level does, in one number: points of need below, and above them counts of what lowers the band.
_BITS: Final = 6
_HARD, _WEAK, _STRETCH, _GONE = (40 + _BITS * nth for nth in range(4))
_MOST: Final = (1 << _BITS) - 1
_OF_NEED: Final = (1 << _HARD) - 1


class Unit:
    """Those who must live in one home, with what criteria say of homes that are alike."""

    def __init__(self, homes: Homes, looking: Looking) -> None:
        self.looking = looking
        self._effects = _effects(looking.policy.weights)
        self._tables: dict[str, Table] = tables_of(homes, looking, self._effects)
        self._ordered = list(self._tables.values())
        self._found = [table.findings.get for table in self._ordered]
        self._said: dict[tuple[str, int, Any], Finding] = {}

    def weigh(self, columns: Columns, at: Entries, numbers: NDArray[np.int32]) -> Weighed:
        """Return the band and need that every criterion together comes to, for some homes."""
        looking, policy = self.looking, self.looking.policy
        total = -_faded(looking, columns, at)
        for place, table in enumerate(self._ordered):
            total += table.effects(looking, numbers[place])
        for name, by_column in BY_COLUMN.items():
            total += self._effects[name][by_column(looking, columns, at)]
        weight = sum(weights(policy).values())
        need = (total & _OF_NEED) // weight if weight else np.full(at.size, HALF)
        return Weighed(_bands(total, policy), need)

    def levels_of(self, columns: Columns, at: Entries, numbers: NDArray[np.int32]) -> NDArray[np.int8]:
        """Return the level of every criterion, in the order of `CRITERIA`, for some homes."""
        of = zip(self._tables.items(), numbers, strict=True)
        levels = {name: table.levels(self.looking, some) for (name, table), some in of}
        levels |= {name: by_column(self.looking, columns, at) for name, by_column in BY_COLUMN.items()}
        return np.stack([levels[name] for name in _NAMES])

    def findings(self, row: HomeRow, numbers: list[int], levels: Sequence[int]) -> tuple[Finding, ...]:
        """Return what every criterion says of a home that fits, in full; `levels` are those of `LEVELLED`."""
        said = [
            found(number) or table.finding(self.looking, number)
            for table, found, number in zip(self._ordered, self._found, numbers, strict=True)
        ]
        of = self._said
        for (name, reads), level in zip(_READS, (*_ALIKE_IN_LEVEL, *levels), strict=True):
            key = name, level, reads(row)
            said.append(of.get(key) or of.setdefault(key, finding_of(name, *CRITERIA[name](self.looking, row))))
        found: tuple[Finding, ...] = _IN_ORDER(said)
        return found

    def levels(self, columns: Columns, at: Entries) -> list[tuple[int, ...]]:
        """Return, by home, the level of each criterion of `LEVELLED`."""
        by = [BY_COLUMN[name](self.looking, columns, at).tolist() for name in LEVELLED]
        return list(zip(*by, strict=True))


LEVELLED: Final = ("school distance", "family time distance")
"""Criteria whose level follows from more of a home than what `_READS` says."""
_READS: Final[tuple[tuple[str, Callable[[HomeRow], Any]], ...]] = (
    ("distance", lambda row: row.east is None or row.north is None),
    ("available by", lambda row: row.home.available_from),
    ("freshness", lambda row: row.willing_until),
    ("school distance", lambda row: row.home.school_run_miles),
    ("family time distance", lambda row: None),
)
"""What a criterion of `BY_COLUMN` says of homes that fit is the same where this is, and the level of `LEVELLED`."""
_ALIKE_IN_LEVEL: Final = (0, 0, 0)
_IN_ORDER: Final = itemgetter(*((*READS, *BY_COLUMN).index(name) for name in _NAMES))


@dataclass(frozen=True, slots=True)
class Weighed:
    """Some homes as one unit sees them."""

    band: NDArray[np.int64]
    """Position in `BANDS`; beyond them what does not fit."""
    need: Numbers

    def of(self, which: NDArray[np.bool_]) -> Weighed:
        """Return those homes only."""
        return Weighed(self.band[which], self.need[which])

    def place(self) -> Numbers:
        """Return one number that orders by band, then need."""
        return self.band * (FULL + 1) + (FULL - self.need)


def bands_of(levels: NDArray[np.int8], policy: Policy) -> Numbers:
    """Return the place in `BANDS` that levels come to, by home and by criterion in the order of `CRITERIA`.

    Beyond the bands is what does not fit.
    """
    every = np.stack([_effects(policy.weights)[name] for name in _NAMES])
    return _bands(every[np.arange(len(_NAMES)), levels].sum(axis=1), policy)


def _bands(total: Numbers, policy: Policy) -> Numbers:
    hard, weak, stretch, gone = ((total >> at) & _MOST for at in (_HARD, _WEAK, _STRETCH, _GONE))
    bands = ((hard > 0) | (weak > 0)).astype(np.int64)
    bands[(stretch > 0) | (hard >= policy.asks_that_stretch)] = OUT - 1
    bands[gone > 0] = OUT
    return bands


@lru_cache(maxsize=64)
def _effects(weighed: tuple[Weight, ...]) -> dict[str, Numbers]:
    """Return, by criterion, what each level adds to a home's sum."""
    of = {one.criterion: one.weight for one in weighed}
    return {name: np.array([_effect(name, level, of.get(name, 0)) for level in Level], np.int64) for name in _NAMES}


def _effect(name: str, level: Level, weight: int) -> int:
    """Say of one level what `band` and `need_of` say of it."""
    total = weight * SHARES[level]
    if level is Level.DOES_NOT_FIT:
        return total | 1 << _GONE
    if level is Level.NEEDS_VARIATION or (level.asked and name == "freshness"):
        return total | 1 << _STRETCH
    if level.asked and name in HARD_FACTS:
        total |= 1 << _HARD
    if level is Level.NEEDS_SUPPORT or (level is Level.ASK_CARER and name not in ORDER_ONLY):
        total |= 1 << _WEAK
    return total


def _faded(looking: Looking, columns: Columns, at: Entries) -> Numbers:
    """Return the points that freshness has lost beyond the half that a question keeps."""
    weeks_left = looking.policy.fading_weeks
    weight = weights(looking.policy).get("freshness", 0)
    stale = stale_for(looking, 0) - columns.willing_until[at]
    if weeks_left < 1:
        return np.where(stale > 0, weight * HALF, 0)
    left = np.maximum(weeks_left - stale // WEEK, 0)
    return np.where(stale > 0, weight * (HALF - HALF * left // weeks_left), 0)
