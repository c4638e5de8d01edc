"""The match over columns: every criterion's level of every home at once; findings are made for those that are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import sqrt
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from placehub.contracts.parts import Finding, HomeFit
from placehub.search.answers import Table, finding_of, tables_of
from placehub.search.criteria import CRITERIA, distance_squared, stale_for
from placehub.search.homes import Columns, Homes
from placehub.search.looking import METRES_IN_A_MILE, Level, Looking
from placehub.search.ordering import BANDS, FULL, NOT_KNOWN, Standing, keys
from placehub.search.places import BY_COLUMN, square_from
from placehub.search.policy import Policy, Weight
from placehub.search.price import NO_PRICE
from placehub.search.questioned import marked
from placehub.search.row import HomeRow
from placehub.search.sieve import sieve
from placehub.search.weighing import HALF, HARD_FACTS, ORDER_ONLY, SHARES, WEEK, weights

Entries = NDArray[np.intp]
Numbers = NDArray[np.int64]

_OUT: Final = len(BANDS)
_NAMES: Final = tuple(CRITERIA)
# What a level does, in one number: points of need below, and above them counts of what lowers the band.
_BITS: Final = 6
_HARD, _WEAK, _STRETCH, _GONE = (40 + _BITS * nth for nth in range(4))
_MOST: Final = (1 << _BITS) - 1
_OF_NEED: Final = (1 << _HARD) - 1


class Fits(Sequence[HomeFit]):
    """The homes that fit, best first. Each is put into findings when it is first read, from what was known then."""

    def __init__(self, units: Sequence[_Unit], homes: _Found) -> None:
        self._units = units
        self._homes = homes
        self._made: dict[int, HomeFit] = {}

    def row(self, at: int) -> HomeRow:
        """Return the home itself, as it stood."""
        return self._homes.rows[at]

    def __len__(self) -> int:
        return len(self._homes.rows)

    @overload
    def __getitem__(self, at: int) -> HomeFit: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[HomeFit, ...]: ...
    def __getitem__(self, at: int | slice) -> HomeFit | tuple[HomeFit, ...]:
        if isinstance(at, slice):
            return tuple(self[one] for one in range(*at.indices(len(self))))
        at = range(len(self))[at]
        known = self._made.get(at)
        if known is None:
            known = self._made[at] = self._homes.fit(at, self._units)
        return known

    def __iter__(self) -> Iterator[HomeFit]:
        return (self[at] for at in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Fits({list(self)!r})"


@dataclass(frozen=True, slots=True)
class Match:
    """The homes that fit a search, best first, and how many each criterion removed."""

    fits: Sequence[HomeFit]
    removed: dict[str, int]
    """Homes by the first criterion, in the order of `CRITERIA`, that removed them; every home counts once."""
    considered: int
    """Homes that are open and have a place left."""


def match_columns(homes: Homes, lookings: Sequence[Looking]) -> Match:
    """Return what judging each home on its own comes to: the same fits, order and counts."""
    columns = homes.columns
    removed: Counter[str] = Counter()
    at = sieve(homes, lookings, removed)
    units = [_Unit(homes, looking) for looking in lookings]
    numbers = homes.numbers(at)
    weighed = [unit.weigh(columns, at, numbers) for unit in units]
    gone = np.logical_and.reduce([one.band == _OUT for one in weighed])
    if gone.any():
        last = np.maximum.reduce([unit.removed_at(columns, at[gone], numbers[:, gone]) for unit in units])
        removed.update(_NAMES[stage] for stage in last.tolist())
    found = _found(homes, columns, at[~gone], [one.of(~gone) for one in weighed], lookings[0])
    counts = {name: removed[name] for name in CRITERIA if removed[name]}
    return Match(Fits(units, found), counts, int(np.count_nonzero(columns.live)))


class _Unit:
    """Those who must live in one home, with what criteria say of homes that are alike."""

    def __init__(self, homes: Homes, looking: Looking) -> None:
        self.looking = looking
        self._effects = _effects(looking.policy.weights)
        self._tables: dict[str, Table] = tables_of(homes, looking, self._effects)
        self._said: dict[tuple[str, Any], Finding] = {}

    def weigh(self, columns: Columns, at: Entries, numbers: NDArray[np.int32]) -> _Weighed:
        """Return the band and need that every criterion together comes to, for some homes."""
        looking, policy = self.looking, self.looking.policy
        total = -_faded(looking, columns, at)
        for place, table in enumerate(self._tables.values()):
            total += table.effects(looking, numbers[place])
        for name, by_column in BY_COLUMN.items():
            total += self._effects[name][by_column(looking, columns, at)]
        weight = sum(weights(policy).values())
        need = (total & _OF_NEED) // weight if weight else np.full(at.size, HALF)
        return _Weighed(_bands(total, policy), need)

    def removed_at(self, columns: Columns, at: Entries, numbers: NDArray[np.int32]) -> Entries:
        """Return, for homes that do not fit, the place of the criterion that says so first."""
        levels = dict(zip(self._tables, map(Table.levels, self._tables.values(), numbers), strict=True))
        levels |= {name: by_column(self.looking, columns, at) for name, by_column in BY_COLUMN.items()}
        first: Entries = np.argmax(np.stack([levels[name] for name in _NAMES]) == Level.DOES_NOT_FIT, axis=0)
        return first

    def findings(self, row: HomeRow, numbers: list[int]) -> tuple[Finding, ...]:
        """Return what every criterion says of a home that fits, in full."""
        of = zip(self._tables.items(), numbers, strict=True)
        said = {name: table.findings.get(at) or table.finding(self.looking, at) for (name, table), at in of}
        return tuple(said.get(name) or self._finding(name, row) for name in _NAMES)

    def _finding(self, name: str, row: HomeRow) -> Finding:
        """Return what a criterion says that reads a place or a moment; of homes that fit, some share that too."""
        reads = _SHARED.get(name)
        if reads is None:
            return finding_of(name, *CRITERIA[name](self.looking, row))
        key = name, reads(row)
        known = self._said.get(key)
        if known is None:
            known = self._said[key] = finding_of(name, *CRITERIA[name](self.looking, row))
        return known


_SHARED: Final[dict[str, Callable[[HomeRow], Any]]] = {
    "distance": lambda row: row.east is None or row.north is None,  # of a home that fits, no more is said
    "available by": lambda row: row.home.available_from,
    "freshness": lambda row: row.willing_until,
}


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Some homes as one unit sees them."""

    band: NDArray[np.int64]
    """Position in `BANDS`; beyond them what does not fit."""
    need: Numbers

    def of(self, which: NDArray[np.bool_]) -> _Weighed:
        """Return those homes only."""
        return _Weighed(self.band[which], self.need[which])

    def place(self) -> Numbers:
        """Return one number that orders by band, then need."""
        return self.band * (FULL + 1) + (FULL - self.need)


@dataclass(frozen=True, slots=True)
class _Found:
    """The homes that fit, best first: rows, what they are alike to, and what they came to."""

    rows: list[HomeRow]
    numbers: NDArray[np.int32]
    best: list[int]
    """The unit each fits best."""
    fitting: NDArray[np.bool_]
    """By unit and home."""
    bands: list[int]
    needs: list[int]

    def fit(self, at: int, units: Sequence[_Unit]) -> HomeFit:
        """Return one home with its findings."""
        row, unit = self.rows[at], units[self.best[at]]
        findings = unit.findings(row, self.numbers[:, at].tolist())
        findings = marked(findings, row.questioned) if row.questioned else findings
        questions = tuple(one.criterion for one in findings if one.verdict == "ask")
        if len(units) > 1 or unit.looking.sought.parted:
            some = zip(units, self.fitting[:, at].tolist(), strict=True)
            findings = (*findings, named(one.looking for one, fits in some if fits))
        return HomeFit(
            vacancy_id=row.vacancy_id,
            household_ref=row.household_ref,
            band=BANDS[self.bands[at]],
            need=self.needs[at],
            distance_miles=miles(unit.looking, row),
            available_from=comes(unit.looking, row),
            findings=findings,
            questions=questions,
        )


def _found(homes: Homes, columns: Columns, at: Entries, weighed: Sequence[_Weighed], looking: Looking) -> _Found:
    best = np.argmin([one.place() for one in weighed], axis=0)
    every = np.arange(at.size)
    band = np.stack([one.band for one in weighed])[best, every]
    need = np.stack([one.need for one in weighed])[best, every]
    order = _order(columns, at, band, need, looking)
    at = at[order]
    return _Found(
        rows=homes.rows_at(at.tolist()),
        numbers=homes.numbers(at),
        best=best[order].tolist(),
        fitting=np.stack([one.band[order] != _OUT for one in weighed]),
        bands=band[order].tolist(),
        needs=need[order].tolist(),
    )


def _order(columns: Columns, at: Entries, band: Numbers, need: Numbers, looking: Looking) -> Entries:
    """Return the positions of some homes, best first by the policy."""
    order = looking.policy.order
    standing = Standing(
        band=band,
        need=need,
        tenths=_tenths(looking, columns, at),
        available=np.maximum(columns.available_from[at], looking.today),
        price=columns.price[at] if "price" in order else np.full(at.size, NO_PRICE),
    )
    sorts: Entries = np.lexsort((columns.id_low[at], columns.id_high[at], *reversed(keys(standing, order))))
    return sorts


def _tenths(looking: Looking, columns: Columns, at: Entries) -> Numbers:
    if looking.sought.place is None:
        return np.full(at.size, NOT_KNOWN)
    square = square_from(looking.sought.place, columns, at)
    known = ~np.isnan(square)
    tenths = np.full(at.size, NOT_KNOWN)
    tenths[known] = np.rint(np.sqrt(square[known]) / METRES_IN_A_MILE * 10)
    return tenths


def _bands(total: Numbers, policy: Policy) -> Numbers:
    hard, weak, stretch, gone = ((total >> at) & _MOST for at in (_HARD, _WEAK, _STRETCH, _GONE))
    bands = ((hard > 0) | (weak > 0)).astype(np.int64)
    bands[(stretch > 0) | (hard >= policy.asks_that_stretch)] = _OUT - 1
    bands[gone > 0] = _OUT
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


def miles(looking: Looking, row: HomeRow) -> Decimal | None:
    """Return the distance from the search's centre to a tenth of a mile; None when either place is unknown."""
    square = distance_squared(looking, row)
    return None if square is None else Decimal(round(sqrt(square) / METRES_IN_A_MILE * 10)).scaleb(-1)


def comes(looking: Looking, row: HomeRow) -> date:
    """Return the day a child could come: a home that is free already has no lead on another that is."""
    return max(row.home.available_from, looking.now.date())


def named(lookings: Iterable[Looking]) -> Finding:
    """Return for which of several units a home fits, where siblings are looked for apart."""
    children = ", ".join(str(person.child_id) for looking in lookings for person in looking.unit)
    return Finding(criterion="for", verdict="fits", facts={"children": children})
