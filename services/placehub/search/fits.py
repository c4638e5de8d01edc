"""The homes that fit, best first: put in order and into findings as far as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from math import sqrt
from typing import Any, Final, overload
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from placehub.contracts.parts import Finding, HomeFit
from placehub.search.criteria import distance_squared
from placehub.search.homes import Columns, Homes
from placehub.search.looking import METRES_IN_A_MILE, Looking
from placehub.search.ordering import BANDS, KEYS, NOT_KNOWN, Standing, keys
from placehub.search.places import square_from
from placehub.search.price import NO_PRICE
from placehub.search.questioned import marked
from placehub.search.row import HomeRow
from placehub.search.unit import OUT, Unit, Weighed

Entries = NDArray[np.intp]
Numbers = NDArray[np.int64]

_MANY: Final = 4
"""Times as many as asked for that are sorted by everything at once."""
BLOCK: Final = 50
"""Homes that are put into findings together: as many as are read of a search at once."""


class Fits(Sequence[HomeFit]):
    """The homes that fit, best first.

    They are ordered and put into findings as far as they are read, and must be read before the homes change.
    """

    def __init__(self, units: Sequence[Unit], found: Found) -> None:
        self._units = units
        self._found = found
        self._blocks: dict[int, Block] = {}
        self._made: dict[int, HomeFit] = {}

    def __len__(self) -> int:
        return self._found.at.size

    @overload
    def __getitem__(self, at: int) -> HomeFit: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[HomeFit, ...]: ...
    def __getitem__(self, at: int | slice) -> HomeFit | tuple[HomeFit, ...]:
        if isinstance(at, slice):
            return tuple(map(self._fit, range(*at.indices(len(self)))))
        return self._fit(range(len(self))[at])

    def __iter__(self) -> Iterator[HomeFit]:
        return map(self._fit, range(len(self)))

    def _fit(self, at: int) -> HomeFit:
        known = self._made.get(at)
        if known is None:
            known = self._made[at] = self._block(at // BLOCK).fit(at % BLOCK)
        return known

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def some(self, ranks: Sequence[int]) -> Sequence[HomeFit]:
        """Return the homes of some ranks, put into findings as they are read."""
        return _Some(self, ranks)

    def __repr__(self) -> str:
        return f"Fits({list(self)!r})"

    @property
    def units(self) -> Sequence[Unit]:
        """Return those it is for, as columns are asked for them."""
        return self._units

    def rows(self, ranks: Sequence[int]) -> list[HomeRow]:
        """Return the homes of some ranks themselves, without a finding."""
        return self._found.homes.rows_at(self.entries(ranks).tolist())

    def entries(self, ranks: Sequence[int]) -> Entries:
        """Return the entries of the homes of some ranks."""
        return self._found.entries(ranks)

    def by_provider(self) -> Mapping[str, list[int]]:
        """Return the ranks of each provider's homes, providers in the order of their best home."""
        return self._found.by_provider

    def bands(self) -> dict[UUID, int]:
        """Return the place in `BANDS` of each home, in no order and without a finding."""
        return self._found.bands()

    def band_of_each(self) -> Numbers:
        """Return the place in `BANDS` of every home there is, by its entry; `OUT` of one that does not fit."""
        return self._found.band_of_each()

    def _block(self, number: int) -> Block:
        known = self._blocks.get(number)
        if known is None:
            first = number * BLOCK
            ranked = self._found.ranked(first, min(first + BLOCK, len(self)))
            known = self._blocks[number] = Block(self._units, self._found, ranked)
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


class Found:
    """The homes that fit, as entries of the columns; their order is worked out as far as it is asked for."""

    def __init__(self, homes: Homes, at: Entries, weighed: Sequence[Weighed], looking: Looking) -> None:
        """`weighed`: these entries as each unit sees them."""
        self.homes = homes
        self.at = at
        self.best = (
            np.argmin([one.place() for one in weighed], axis=0) if len(weighed) > 1 else np.zeros(at.size, np.intp)
        )
        """The unit each fits best."""
        self.fitting = [one.band != OUT for one in weighed]
        """By unit, the homes that fit it."""
        self.band = _chosen(self.best, [one.band for one in weighed])
        self.need = _chosen(self.best, [one.need for one in weighed])
        self._looking = looking
        self._stood = homes.changes
        self._ordered = np.empty(0, np.intp)

    def ranked(self, first: int, end: int) -> Entries:
        """Return the positions in `at` of the homes of these ranks."""
        self._check()
        if end > self._ordered.size:
            self._ordered = self._order(end if not self._ordered.size else self.at.size)
        return self._ordered[first:end]

    def entries(self, ranks: Sequence[int]) -> Entries:
        """Return the entries of the homes of these ranks."""
        return self.at[self.ranked(0, self.at.size)[ranks]]

    @cached_property
    def by_provider(self) -> dict[str, list[int]]:
        """The ranks of each provider's homes, providers in the order of their best home."""
        owners = self.homes.columns.provider[self.at[self.ranked(0, self.at.size)]]
        found: dict[int, list[int]] = {}
        for rank, owner in enumerate(owners.tolist()):
            found.setdefault(owner, []).append(rank)
        names = self.homes.providers
        return {names[owner]: ranks for owner, ranks in found.items()}

    def bands(self) -> dict[UUID, int]:
        """Return the place in `BANDS` of each home."""
        self._check()
        ids = (row.vacancy_id for row in self.homes.rows_at(self.at.tolist()))
        return dict(zip(ids, self.band.tolist(), strict=True))

    def band_of_each(self) -> Numbers:
        """Return the place in `BANDS` of every entry; `OUT` of one that does not fit."""
        self._check()
        found = np.full(len(self.homes), OUT)
        found[self.at] = self.band
        return found

    def _check(self) -> None:
        if self.homes.changes != self._stood:
            raise RuntimeError("The homes have changed since they were matched. Read a match before.")

    def _order(self, most: int) -> Entries:
        """Return the positions of the first homes by the policy, `most` of them at least, or of all.

        Every policy's order begins with band and need (`policy.check`), so what comes after is worked out for those
        alone that may be among the first by these two.
        """
        place = Weighed(self.band, self.need).place()
        some = _first(place, most)
        standing = self._standing(some)
        for then in self._looking.policy.order[2:3]:
            if some.size > _MANY * most:  # too many are equal so far: what comes next tells most of them apart
                some = some[_first_of(place[some], KEYS[then](standing), most)]
                standing = self._standing(some)
        columns, at = self.homes.columns, self.at[some]
        by = (*keys(standing, self._looking.policy.order), columns.id_high[at], columns.id_low[at])
        sorts: Entries = some[np.lexsort(by[::-1])]
        return sorts

    def _standing(self, some: Entries) -> Standing[Any]:
        columns, at = self.homes.columns, self.at[some]
        return Standing(
            band=self.band[some],
            need=self.need[some],
            tenths=tenths(self._looking, columns, at),
            available=np.maximum(columns.available_from[at], self._looking.today),
            price=columns.price[at] if "price" in self._looking.policy.order else np.full(at.size, NO_PRICE),
        )


class Block:
    """Some homes that fit, by their positions in what was found: what of them is read at once."""

    def __init__(self, units: Sequence[Unit], found: Found, of: Entries) -> None:
        at, columns = found.at[of], found.homes.columns
        self._units = units
        self._rows = found.homes.rows_at(at.tolist())
        self._tenths = tenths(units[0].looking, columns, at).tolist()
        self._best = found.best[of]
        self._fitting = [one[of].tolist() for one in found.fitting]
        self._bands = found.band[of].tolist()
        self._needs = found.need[of].tolist()
        self._findings = self._found(found.homes, at)

    def fit(self, at: int) -> HomeFit:
        """Return one home with its findings."""
        row, findings = self._rows[at], self._findings[at]
        findings = marked(findings, row.questioned) if row.questioned else findings
        questions = tuple([one.criterion for one in findings if one.verdict == "ask"])
        if len(self._units) > 1 or self._units[0].looking.sought.parted:
            some = zip(self._units, self._fitting, strict=True)
            findings = (*findings, named(one.looking for one, fitting in some if fitting[at]))
        return HomeFit(
            vacancy_id=row.vacancy_id,
            household_ref=row.household_ref,
            band=BANDS[self._bands[at]],
            need=self._needs[at],
            distance_miles=told_miles(self._tenths[at]),
            available_from=comes(self._units[0].looking, row),
            findings=findings,
            questions=questions,
        )

    def _found(self, homes: Homes, at: Entries) -> list[tuple[Finding, ...]]:
        """Return the findings of each home, as the unit sees it that it fits best."""
        found: dict[int, tuple[Finding, ...]] = {}
        for number, unit in enumerate(self._units):
            here = np.flatnonzero(self._best == number)
            entries, rows = at[here], [self._rows[one] for one in here.tolist()]
            numbers = homes.numbers(entries).tolist()
            findings = unit.findings(rows, numbers, unit.levels(homes.columns, entries))
            found |= zip(here.tolist(), findings, strict=True)
        return [found[one] for one in range(len(self._rows))]


def _first(places: Numbers, most: int) -> Entries:
    """Return the positions of the least `most` numbers, and of all that equal the last of them."""
    if most >= places.size:
        return np.arange(places.size)
    return np.flatnonzero(places <= np.partition(places, most - 1)[most - 1])


def _first_of(places: Numbers, then: Numbers, most: int) -> Entries:
    """Return the positions of the least `most` pairs of numbers, and of all that equal the last of them."""
    last = np.partition(places, most - 1)[most - 1]
    before, tied = np.flatnonzero(places < last), np.flatnonzero(places == last)
    return np.concatenate((before, tied[_first(then[tied], most - before.size)]))


def _chosen(best: Entries, of: Sequence[Numbers]) -> Numbers:
    """Return, by home, the number of the unit it fits best."""
    return of[0] if len(of) == 1 else np.stack(of)[best, np.arange(best.size)]


def tenths(looking: Looking, columns: Columns, at: Entries) -> Numbers:
    """Return the tenths of a mile between the search's centre and homes; `NOT_KNOWN` where a place is not known."""
    if looking.sought.place is None:
        return np.full(at.size, NOT_KNOWN)
    square = square_from(looking.sought.place, columns, at)
    found = np.full(at.size, NOT_KNOWN)
    known = np.isfinite(square)
    np.sqrt(square, out=square)
    square /= METRES_IN_A_MILE
    square *= 10
    np.copyto(found, np.rint(square, out=square), casting="unsafe", where=known)
    return found


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
