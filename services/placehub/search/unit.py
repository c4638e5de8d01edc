"""Those who must live in one home: what every criterion together comes to, for columns of homes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from placehub.contracts.parts import Finding
from placehub.search.alike import READS
from placehub.search.answers import Table, finding_of, table_of, tables_of
from placehub.search.criteria import CRITERIA, stale_for
from placehub.search.homes import Columns, Homes
from placehub.search.looking import Level, Looking
from placehub.search.ordering import BANDS, FULL
from placehub.search.places import BY_COLUMN, REMOVING
from placehub.search.policy import Policy, Weight
from placehub.search.row import HomeRow
from placehub.search.weighing import HALF, HARD_FACTS, ORDER_ONLY, SHARES, WEEK, weights

Entries = NDArray[np.intp]
Numbers = NDArray[np.int64]

OUT: Final = len(BANDS)
_NAMES: Final = tuple(CRITERIA)
_PLACES: Final = {name: place for place, name in enumerate(_NAMES)}
_NUMBERED: Final = {name: place for place, name in enumerate(READS)}
"""Where `Homes.number` has each criterion."""
# What a level does, in one number: points of need below, and above them counts of what lowers the band.
_BITS: Final = 6
_HARD, _WEAK, _STRETCH, _GONE = (40 + _BITS * nth for nth in range(4))
_MOST: Final = (1 << _BITS) - 1
_OF_NEED: Final = (1 << _HARD) - 1
_OF_SUPPORT: Final = _MOST << _HARD | _MOST << _WEAK
_OF_STRETCH: Final = _MOST << _STRETCH


class Unit:
    """Those who must live in one home, with what criteria say of homes that are alike."""

    def __init__(self, homes: Homes, looking: Looking) -> None:
        self.looking = looking
        self._effects = _effects(looking.policy.weights)
        self._tables: dict[str, Table] = tables_of(homes, looking, self._effects)
        self._ordered = list(self._tables.values())

    def weigh(self, homes: Homes, at: Entries) -> Weighed:
        """Return the band and need that every criterion together comes to, for some homes."""
        looking, policy = self.looking, self.looking.policy
        total = self.total(homes, at) - _faded(looking, homes.columns, at)
        weight = sum(weights(policy).values())
        need = (total & _OF_NEED) // weight if weight else np.full(at.size, HALF)
        return Weighed(bands_of(total, policy), need)

    def total(self, homes: Homes, at: Entries) -> Numbers:
        """Return what all criteria together add for each home (see `_effect`), from which its band follows."""
        total = self._alike(homes, at)
        for name, by_column in BY_COLUMN.items():
            total += self._effects[name].take(by_column(self.looking, homes.columns, at))
        return total

    def _alike(self, homes: Homes, at: Entries) -> Numbers:
        """Return what all tables together add for each home; what a table says of every home is added once."""
        total, of_all = np.zeros(at.size, np.int64), 0
        for place, table in enumerate(self._ordered):
            same = table.same(self.looking)
            if same is None:
                total += table.effects(self.looking, homes.number(place, at))
            else:
                of_all += same
        total += of_all
        return total

    def broken(self, homes: Homes, at: Entries) -> NDArray[np.bool_]:
        """Return, by criterion in the order of `CRITERIA` and by home, what does not fit."""
        numbers = homes.numbers(at)
        found = np.zeros((len(_NAMES), at.size), np.bool_)
        for place, (name, table) in enumerate(self._tables.items()):
            found[_PLACES[name]] = table.removes(self.looking, numbers[place])
        for name in REMOVING:
            found[_PLACES[name]] = BY_COLUMN[name](self.looking, homes.columns, at) == Level.DOES_NOT_FIT
        return found

    def findings(
        self, rows: Sequence[HomeRow], numbers: Sequence[Sequence[int]], levels: Sequence[Sequence[int]]
    ) -> list[tuple[Finding, ...]]:
        """Return, by home, what every criterion says of homes that fit, in full.

        `numbers` and `levels` are lists by criterion, of the homes in their order; `levels` are those of `LEVELLED`.
        """
        said = [table.of(self.looking, some) for table, some in zip(self._ordered, numbers, strict=True)]
        of = zip(_READS, (*_ALIKE_IN_LEVEL, *levels), strict=True)
        said += [self._by_column(name, reads, rows, some) for (name, reads), some in of]
        return list(zip(*_IN_ORDER(said), strict=True))

    def _by_column(
        self, name: str, reads: Callable[[HomeRow], Any], rows: Sequence[HomeRow], levels: Sequence[int] | None
    ) -> list[Finding]:
        """Return what a criterion says of each home; it is asked once for those that are alike to it."""
        keys = list(map(reads, rows)) if levels is None else list(zip(levels, map(reads, rows), strict=True))
        said = {
            key: finding_of(name, *CRITERIA[name](self.looking, row))
            for key, row in dict(zip(keys, rows, strict=True)).items()
        }
        return [said[key] for key in keys]

    def levels(self, columns: Columns, at: Entries) -> list[list[int]]:
        """Return, for each criterion of `LEVELLED`, the level of each home."""
        return [BY_COLUMN[name](self.looking, columns, at).tolist() for name in LEVELLED]


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
_ALIKE_IN_LEVEL: Final = (None, None, None)
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


def added(name: str, looking: Looking, homes: Homes, at: Entries, asked: Hashable | None) -> Numbers:
    """Return what one criterion alone adds for each home, in the search as it is or as it might be.

    `asked` is what it reads of the search, None where that is sealed or what it says is not worth being kept.
    """
    effect = _effects(looking.policy.weights)[name]
    if name in BY_COLUMN:
        return effect.take(BY_COLUMN[name](looking, homes.columns, at))
    table = table_of(homes, homes.alike[name], effect, asked)
    return table.effects(looking, homes.number(_NUMBERED[name], at))


def adds(name: str, level: Level, policy: Policy) -> int:
    """Return what one level of a criterion adds."""
    return int(_effects(policy.weights)[name][level])


def bands_of(total: Numbers, policy: Policy) -> Numbers:
    """Return the place in `BANDS` that sums of what criteria add come to; `OUT` where a home does not fit."""
    hard = (total >> _HARD) & _MOST
    bands: Numbers = ((total & _OF_SUPPORT) != 0).astype(np.int64)
    bands[((total & _OF_STRETCH) != 0) | (hard >= policy.asks_that_stretch)] = OUT - 1
    bands[total >= 1 << _GONE] = OUT
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
    ended = stale_for(looking, 0) - columns.willing_until.take(at)
    points: Numbers = np.zeros(at.size, np.int64)
    where = np.flatnonzero(ended > 0)
    left = np.maximum(weeks_left - ended.take(where) // WEEK, 0)
    points[where] = weight * (HALF - HALF * left // weeks_left) if weeks_left > 0 else weight * HALF
    return points
