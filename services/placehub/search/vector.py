"""The match over columns: every criterion's level of every home at once; findings are made for those that are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import sqrt
from operator import itemgetter
from typing import Any, Final, overload
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from placehub.contracts.parts import Finding, HomeFit
from placehub.search.alike import READS
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
BLOCK: Final = 64
"""Homes that are put into findings together."""
_OF_NEED: Final = (1 << _HARD) - 1


class Fits(Sequence[HomeFit]):
    """The homes that fit, best first.

    They are ordered and put into findings as far as they are read, and must be read before the homes change.
    """

    def __init__(self, units: Sequence[Unit], found: _Found) -> None:
        self._units = units
        self._found = found
        self._blocks: dict[int, _Block] = {}
        self._made: dict[int, HomeFit] = {}

    def __len__(self) -> int:
        return self._found.at.size

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
            known = self._made[at] = self._block(at // BLOCK).fit(at % BLOCK)
        return known

    def __iter__(self) -> Iterator[HomeFit]:
        return (self[at] for at in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def some(self, ranks: Sequence[int]) -> Sequence[HomeFit]:
        """Return the homes of some ranks, put into findings as they are read."""
        return _Some(self, ranks)

    def __repr__(self) -> str:
        return f"Fits({list(self)!r})"

    def by_provider(self) -> dict[str, list[int]]:
        """Return the ranks of each provider's homes, providers in the order of their best home."""
        return self._found.by_provider()

    def bands(self) -> dict[UUID, int]:
        """Return the place in `BANDS` of each home, in no order and without a finding."""
        return self._found.bands()

    def _block(self, number: int) -> _Block:
        known = self._blocks.get(number)
        if known is None:
            first = number * BLOCK
            ranked = self._found.ranked(first, min(first + BLOCK, len(self)))
            known = self._blocks[number] = _Block(self._units, self._found, ranked)
        return known


class _Some(Sequence[HomeFit]):
    """Some of the homes that fit."""

    def __init__(self, fits: Fits, ranks: Sequence[int]) -> None:
        self._fits = fits
        self._ranks = ranks

    def __len__(self) -> int:
        return len(self._ranks)

    @overload
    def __getitem__(self, at: int) -> HomeFit: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[HomeFit, ...]: ...
    def __getitem__(self, at: int | slice) -> HomeFit | tuple[HomeFit, ...]:
        if isinstance(at, slice):
            return tuple(self._fits[rank] for rank in self._ranks[at])
        return self._fits[self._ranks[at]]


@dataclass(frozen=True, slots=True)
class Match:
    """The homes that fit a search, best first, and how many each criterion removed."""

    fits: Fits
    removed: dict[str, int]
    """Homes by the first criterion, in the order of `CRITERIA`, that removed them; every home counts once."""
    considered: int
    """Homes that are open and have a place left."""


def match_columns(homes: Homes, units: Sequence[Unit]) -> Match:
    """Return what judging each home on its own comes to: the same fits, order and counts."""
    columns = homes.columns
    removed: Counter[str] = Counter()
    at = sieve(homes, [unit.looking for unit in units], removed)
    numbers = homes.numbers(at)
    weighed = [unit.weigh(columns, at, numbers) for unit in units]
    gone = np.logical_and.reduce([one.band == _OUT for one in weighed])
    if gone.any():
        last = np.maximum.reduce([unit.removed_at(columns, at[gone], numbers[:, gone]) for unit in units])
        removed.update(_NAMES[stage] for stage in last.tolist())
    found = _found(homes, at[~gone], [one.of(~gone) for one in weighed], units[0].looking)
    counts = {name: removed[name] for name in CRITERIA if removed[name]}
    return Match(Fits(units, found), counts, int(np.count_nonzero(columns.live)))


def fits_among(homes: Homes, units: Sequence[Unit], at: Entries) -> list[HomeFit]:
    """Return those of these entries that fit, in their order."""
    columns, numbers = homes.columns, homes.numbers(at)
    weighed = [unit.weigh(columns, at, numbers) for unit in units]
    fits = np.logical_or.reduce([one.band != _OUT for one in weighed])
    found = _found(homes, at[fits], [one.of(fits) for one in weighed], units[0].looking)
    block = _Block(units, found, np.arange(found.at.size))
    return [block.fit(nth) for nth in range(found.at.size)]


def broken(homes: Homes, units: Sequence[Unit], at: Entries) -> list[NDArray[np.bool_]]:
    """Return, for each unit, by criterion in the order of `CRITERIA` and by entry, what does not fit."""
    numbers = homes.numbers(at)
    return [unit.levels_of(homes.columns, at, numbers) == Level.DOES_NOT_FIT for unit in units]


class Unit:
    """Those who must live in one home, with what criteria say of homes that are alike."""

    def __init__(self, homes: Homes, looking: Looking) -> None:
        self.looking = looking
        self._effects = _effects(looking.policy.weights)
        self._tables: dict[str, Table] = tables_of(homes, looking, self._effects)
        self._ordered = list(self._tables.values())
        self._found = [table.findings.get for table in self._ordered]
        self._said: dict[tuple[str, int, Any], Finding] = {}

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
        first: Entries = np.argmax(self.levels_of(columns, at, numbers) == Level.DOES_NOT_FIT, axis=0)
        return first

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


class _Found:
    """The homes that fit, as entries of the columns; their order is worked out as far as it is asked for."""

    def __init__(self, homes: Homes, at: Entries, best: Entries, weighed: Sequence[_Weighed], looking: Looking) -> None:
        every = np.arange(at.size)
        self.homes = homes
        self.at = at
        self.best = best
        """The unit each fits best."""
        self.fitting = [one.band != _OUT for one in weighed]
        """By unit, the homes that fit it."""
        self.band = weighed[0].band if len(weighed) == 1 else np.stack([one.band for one in weighed])[best, every]
        self.need = weighed[0].need if len(weighed) == 1 else np.stack([one.need for one in weighed])[best, every]
        self._looking = looking
        self._stood = homes.changes
        self._ordered = np.empty(0, np.intp)

    def ranked(self, first: int, end: int) -> Entries:
        """Return the positions in `at` of the homes of these ranks."""
        if self.homes.changes != self._stood:
            raise RuntimeError("The homes have changed since they were matched. Read a match before.")
        if end > self._ordered.size:
            self._ordered = self._order(end if not self._ordered.size else self.at.size)
        return self._ordered[first:end]

    def by_provider(self) -> dict[str, list[int]]:
        """Return the ranks of each provider's homes, providers in the order of their best home."""
        owners = self.homes.columns.provider[self.at[self.ranked(0, self.at.size)]]
        found: dict[int, list[int]] = {}
        for rank, owner in enumerate(owners.tolist()):
            found.setdefault(owner, []).append(rank)
        names = self.homes.providers
        return {names[owner]: ranks for owner, ranks in found.items()}

    def bands(self) -> dict[UUID, int]:
        """Return the place in `BANDS` of each home."""
        ids = (row.vacancy_id for row in self.homes.rows_at(self.at[self.ranked(0, self.at.size)].tolist()))
        return dict(zip(ids, self.band[self._ordered].tolist(), strict=True))

    def _order(self, most: int) -> Entries:
        """Return the positions of the first homes by the policy, `most` of them at least, or of all.

        Every policy's order begins with band and need (`policy.check`), so what comes after is worked out for those
        alone that may be among the first by these two.
        """
        some = _first(_Weighed(self.band, self.need).place(), most)
        columns, at, order = self.homes.columns, self.at[some], self._looking.policy.order
        standing = Standing(
            band=self.band[some],
            need=self.need[some],
            tenths=tenths(self._looking, columns, at),
            available=np.maximum(columns.available_from[at], self._looking.today),
            price=columns.price[at] if "price" in order else np.full(at.size, NO_PRICE),
        )
        by = (*keys(standing, order), columns.id_high[at], columns.id_low[at])
        sorts: Entries = some[np.lexsort(by[::-1])]
        return sorts


class _Block:
    """Some homes that fit, by their positions in what was found: what of them is read at once."""

    def __init__(self, units: Sequence[Unit], found: _Found, of: Entries) -> None:
        at, columns = found.at[of], found.homes.columns
        self._units = units
        self._rows = found.homes.rows_at(at.tolist())
        self._numbers = found.homes.numbers(at).T.tolist()
        self._levels = [unit.levels(columns, at) for unit in units]
        self._tenths = tenths(units[0].looking, columns, at).tolist()
        self._best = found.best[of].tolist()
        self._fitting = [one[of].tolist() for one in found.fitting]
        self._bands = found.band[of].tolist()
        self._needs = found.need[of].tolist()

    def fit(self, at: int) -> HomeFit:
        """Return one home with its findings."""
        row, best = self._rows[at], self._best[at]
        unit = self._units[best]
        findings = unit.findings(row, self._numbers[at], self._levels[best][at])
        findings = marked(findings, row.questioned) if row.questioned else findings
        questions = tuple([one.criterion for one in findings if one.verdict == "ask"])
        if len(self._units) > 1 or unit.looking.sought.parted:
            some = zip(self._units, self._fitting, strict=True)
            findings = (*findings, named(one.looking for one, fitting in some if fitting[at]))
        return HomeFit(
            vacancy_id=row.vacancy_id,
            household_ref=row.household_ref,
            band=BANDS[self._bands[at]],
            need=self._needs[at],
            distance_miles=told_miles(self._tenths[at]),
            available_from=comes(unit.looking, row),
            findings=findings,
            questions=questions,
        )


def _found(homes: Homes, at: Entries, weighed: Sequence[_Weighed], looking: Looking) -> _Found:
    one = len(weighed) == 1
    best = np.zeros(at.size, np.intp) if one else np.argmin([unit.place() for unit in weighed], axis=0)
    return _Found(homes, at, best, weighed, looking)


def _first(places: Numbers, most: int) -> Entries:
    """Return the positions of the least `most` numbers, and of all that equal the last of them."""
    if most >= places.size:
        return np.arange(places.size)
    return np.flatnonzero(places <= np.partition(places, most - 1)[most - 1])


def tenths(looking: Looking, columns: Columns, at: Entries) -> Numbers:
    """Return the tenths of a mile between the search's centre and homes; `NOT_KNOWN` where a place is not known."""
    if looking.sought.place is None:
        return np.full(at.size, NOT_KNOWN)
    square = square_from(looking.sought.place, columns, at)
    known = ~np.isnan(square)
    found = np.full(at.size, NOT_KNOWN)
    found[known] = np.rint(np.sqrt(square[known]) / METRES_IN_A_MILE * 10)
    return found


def bands_of(levels: NDArray[np.int8], policy: Policy) -> Numbers:
    """Return the place in `BANDS` that levels come to, by home and by criterion in the order of `CRITERIA`.

    Beyond the bands is what does not fit.
    """
    every = np.stack([_effects(policy.weights)[name] for name in _NAMES])
    return _bands(every[np.arange(len(_NAMES)), levels].sum(axis=1), policy)


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
    return None if square is None else told_miles(round(sqrt(square) / METRES_IN_A_MILE * 10))


@lru_cache(maxsize=8192)
def told_miles(tenths: int) -> Decimal | None:
    """Return tenths of a mile as miles; None when they are `NOT_KNOWN`."""
    return None if tenths == NOT_KNOWN else Decimal(tenths).scaleb(-1)


def comes(looking: Looking, row: HomeRow) -> date:
    """Return the day a child could come: a home that is free already has no lead on another that is."""
    return max(row.home.available_from, looking.now.date())


def named(lookings: Iterable[Looking]) -> Finding:
    """Return for which of several units a home fits, where siblings are looked for apart."""
    children = ", ".join(str(person.child_id) for looking in lookings for person in looking.unit)
    return Finding(criterion="for", verdict="fits", facts={"children": children})
