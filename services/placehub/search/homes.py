"""All open vacancies in memory: NumPy columns for the quick sieve, row objects for what columns cannot hold."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from placehub.errors import Misconfigured
from placehub.search.alike import READS, Alike
from placehub.search.near import Grid
from placehub.search.price import price_of
from placehub.search.row import START, OpenedHousehold, Since, areas_of, companions_of, micros
from placehub.search.row import HomeRow as HomeRow  # whoever reads homes reads rows
from placehub.search.sought import Point
from placehub.vacancies.events import Home

SEX_OF = {"any": 0, "M": 1, "F": 2}
"""How the column `sex` writes the sex a household is approved for; anything else is `SEX_UNREAD`."""
SEX_UNREAD = 3
NOT_SAID = -1
"""How the columns `adapted` and `sibling_places` write an unknown."""

_FIRST_SIZE = 256
_FIRST_ARRANGED = 1024  # fewer lie together anyway
_MOST_ELIGIBLE = 1000  # there are fewer authorities and agreements than that
_BITS = 64
_MOST_NUMBERS = 4096  # beyond four numbers for each home, so that numbering anew stays rare
_LARGEST = 1_000_000  # beyond every age and every number of places, and well within a column


@dataclass(frozen=True, slots=True)
class Columns:
    """What the sieve reads: one entry per vacancy, most of them beside those of homes nearby."""

    live: NDArray[np.bool_]
    east: NDArray[np.float64]
    """NaN where the place is not known."""
    north: NDArray[np.float64]
    provider: NDArray[np.int32]
    """Position in `Homes.providers`."""
    kinds: NDArray[np.uint64]
    available_from: NDArray[np.int32]
    """Day number, as `date.toordinal` counts."""
    places: NDArray[np.int32]
    sibling_places: NDArray[np.int32]
    min_age: NDArray[np.int32]
    max_age: NDArray[np.int32]
    sex: NDArray[np.int8]
    adapted: NDArray[np.int8]
    excluded: NDArray[np.uint64]
    """Risks excluded without any condition."""
    willing_until: NDArray[np.int64]
    """As `micros` counts."""
    school_run: NDArray[np.int32]
    """Miles."""
    price: NDArray[np.int64]
    """As `price_of` counts; read only where an agreed policy lets it order homes."""
    id_high: NDArray[np.uint64]
    """The vacancy's id, in two halves."""
    id_low: NDArray[np.uint64]

    def first(self, count: int) -> Columns:
        """Return a view of the first entries."""
        return Columns(*(getattr(self, column.name)[:count] for column in fields(self)))

    def grown(self, size: int) -> Columns:
        """Return a copy with room for `size` entries."""
        return Columns(*(_grown(getattr(self, column.name), size) for column in fields(self)))

    def move(self, source: int, target: int) -> None:
        """Copy one entry over another."""
        for column in fields(self):
            values = getattr(self, column.name)
            values[target] = values[source]

    def arrange(self, order: NDArray[np.intp]) -> None:
        """Put the first entries in this order."""
        for column in fields(self):
            values = getattr(self, column.name)
            values[: order.size] = values[order]


class Bits:
    """Gives each code of a list a bit of its own, in the order they are first seen."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._bits: dict[str, int] = {}

    def learn(self, codes: Iterable[str]) -> int:
        """Return the mask of these codes; Misconfigured when a list outgrows the 64 bits of a column."""
        mask = 0
        for code in codes:
            bit = self._bits.setdefault(code, len(self._bits))
            if bit >= _BITS:
                raise Misconfigured(f"More than {_BITS} codes of {self._what} are in use. Widen the column.")
            mask |= 1 << bit
        return mask

    def mask(self, codes: Iterable[str]) -> np.uint64:
        """Return the mask of those codes that any home has named."""
        return np.uint64(sum(1 << self._bits[code] for code in set(codes) if code in self._bits))


@dataclass(frozen=True, slots=True)
class Spots:
    """Where some vacancies are, and whose each is: for a quick look at which of them a search can reach at all."""

    providers: tuple[str, ...]
    east: NDArray[np.float64]
    """NaN where the place is not known, or the vacancy itself."""
    north: NDArray[np.float64]


def is_after(since: Since, offsets: Sequence[int]) -> bool:
    """Tell whether an event lies at or beyond these next offsets."""
    partition, offset = since
    return partition >= len(offsets) or offset >= offsets[partition]


class Homes:
    """Every vacancy that is not closed, by vacancy_id; each change costs the same however many there are."""

    def __init__(self) -> None:
        self._columns = _empty(_FIRST_SIZE)
        self._rows: list[HomeRow] = []
        self._at: dict[UUID, int] = {}
        self._provider_at: dict[str, int] = {}
        self._shut_out: dict[frozenset[str], NDArray[np.bool_]] = {}
        self._view = self._columns.first(0)
        self._grid = Grid()
        self.kinds = Bits("placement_kind")
        """Bits of the column `kinds`."""
        self.risks = Bits("risk")
        """Bits of the column `excluded`."""
        self.alike: dict[str, Alike] = {name: Alike(name) for name in READS}
        """By criterion: which homes it cannot tell apart."""
        self._numbers = np.zeros((len(READS), _FIRST_SIZE), np.int32)
        self._arranged_until = _FIRST_ARRANGED
        self.changes = 0
        """Counts every change: what was matched is good for as long as it stays."""
        self.said: dict[Hashable, Any] = {}
        """What criteria have said of numbers of alike homes in searches that rest on nothing sealed; see `answers`."""

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[HomeRow]:
        return iter(self._rows)

    def put(
        self,
        vacancy_id: UUID,
        provider: str,
        household_ref: UUID,
        home: Home,
        east: float | None,
        north: float | None,
        version: int,
        since: Since = START,
        *,
        authority: str | None = None,
        household: OpenedHousehold | None = None,
    ) -> None:
        """Take a vacancy as it was opened or revised: open, with all its places left until `places_left` says less."""
        row = HomeRow(
            vacancy_id=vacancy_id,
            provider=provider,
            household_ref=household_ref,
            version=version,
            home=home,
            east=east,
            north=north,
            willing_until=home.willing_until,
            places_left=home.places,
            open=True,
            companions=companions_of(home),
            areas=areas_of(home.postcode_sector),
            since=since,
            changed=since,
            authority=authority,
            household=household,
        )
        at = self._at.get(vacancy_id)
        if at is None:
            at = self._append(row)
        self._write(at, row)

    def confirm(self, vacancy_id: UUID, willing_until: datetime, since: Since, at: datetime) -> bool:
        """Take the carer's word that they are willing, which also ends a pause; tell whether the vacancy is known.

        Given `at` a time when the last word still stood, it brings nothing new in sight.
        """
        row = self.row(vacancy_id)
        stands = row is not None and row.open and row.willing_until >= at
        news = {} if stands else {"since": since, "changed": since}
        return self._change(vacancy_id, willing_until=willing_until, open=True, **news)

    def question(self, vacancy_id: UUID, home: Home, facts: frozenset[str], since: Since) -> None:
        """Take a known vacancy with these facts questioned: `home` has them unknown."""
        at = self._at[vacancy_id]
        row = replace(self._rows[at], home=home, companions=companions_of(home), questioned=facts, changed=since)
        self._write(at, row)

    def open_household(self, vacancy_id: UUID, household: OpenedHousehold) -> bool:
        """Take what was read of a vacancy's sealed household, which is no news of it; tell whether it is known."""
        return self._change(vacancy_id, household=household)

    def pause(self, vacancy_id: UUID, since: Since) -> bool:
        """Stop matching a vacancy for now; tell whether it is known."""
        return self._change(vacancy_id, open=False, changed=since)

    def places_left(self, vacancy_id: UUID, places: int, since: Since) -> bool:
        """Take the places left after a reservation, release or move-in; tell whether the vacancy is known."""
        row = self.row(vacancy_id)
        if row is not None and places == row.places_left:
            return True
        news = {"since": since} if row is not None and places > row.places_left else {}
        return self._change(vacancy_id, places_left=places, changed=since, **news)

    def close(self, vacancy_id: UUID) -> bool:
        """Forget a vacancy; tell whether it was known."""
        at = self._at.pop(vacancy_id, None)
        if at is None:
            return False
        self.changes += 1
        last = self._rows.pop()
        if at < len(self._rows):
            self._rows[at] = last
            self._at[last.vacancy_id] = at
            self._columns.move(len(self._rows), at)
            self._numbers[:, at] = self._numbers[:, len(self._rows)]
        self._grid.move(len(self._rows), at)
        self._view = self._columns.first(len(self._rows))
        return True

    def row(self, vacancy_id: UUID) -> HomeRow | None:
        """Return a vacancy as it now stands, or None when it is closed or was never seen."""
        at = self._at.get(vacancy_id)
        return None if at is None else self._rows[at]

    def spots(self, vacancies: Iterable[tuple[str, UUID]]) -> Spots:
        """Return where the vacancies, each named with its provider, are."""
        named = list(vacancies)
        rows = [self.row(vacancy_id) for _, vacancy_id in named]
        places = [(row.east, row.north) if row else (None, None) for row in rows]
        return Spots(
            tuple(provider for provider, _ in named),
            np.array([east for east, _ in places], np.float64),
            np.array([north for _, north in places], np.float64),
        )

    def provider(self, vacancy_id: UUID) -> str | None:
        """Return whose vacancy it is, or None when it is closed or was never seen."""
        row = self.row(vacancy_id)
        return None if row is None else row.provider

    def entries(self, vacancies: Iterable[UUID]) -> NDArray[np.intp]:
        """Return the entries of those vacancies that are known, in their order."""
        found = (self._at.get(one) for one in vacancies)
        return np.array([at for at in found if at is not None], np.intp)

    def rows_at(self, at: Iterable[int]) -> list[HomeRow]:
        """Return the rows of some entries of the columns."""
        return list(map(self._rows.__getitem__, at))

    @property
    def columns(self) -> Columns:
        """Return the columns as they are; a view that is good until the next change."""
        return self._view

    def around(self, place: Point, reach: float) -> NDArray[np.intp]:
        """Return the entries within `reach` metres of a place, and some beyond; all of unknown place."""
        return self._grid.around(*place, reach)

    def shut_out(self, eligible: frozenset[str]) -> NDArray[np.bool_]:
        """Return, by the number the column `provider` has, who is not among the eligible."""
        known = self._shut_out.get(eligible)
        if known is None or known.size != len(self._provider_at):
            if len(self._shut_out) >= _MOST_ELIGIBLE:
                self._shut_out.clear()
            known = np.array([one not in eligible for one in self._provider_at], np.bool_)
            self._shut_out[eligible] = known
        return known

    def numbers(self, at: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return, for each criterion in the order of `alike`, the numbers of some entries."""
        return self._numbers.take(at, axis=1)

    def number(self, place: int, at: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return, for the criterion at a place in the order of `alike`, the numbers of some entries."""
        found: NDArray[np.int32] = self._numbers[place].take(at)
        return found

    @property
    def providers(self) -> tuple[str, ...]:
        """Return the providers that ever had a vacancy here, in the order the column `provider` counts them."""
        return tuple(self._provider_at)

    def _append(self, row: HomeRow) -> int:
        if len(self._rows) >= self._arranged_until:
            self._arrange()
        at = len(self._rows)
        if at == len(self._columns.live):
            self._columns = self._columns.grown(2 * at)
            self._numbers = np.pad(self._numbers, ((0, 0), (0, at)))
        self._rows.append(row)
        self._at[row.vacancy_id] = at
        self._view = self._columns.first(len(self._rows))
        return at

    def _arrange(self) -> None:
        """Put the entries in the order of their places: what a search reads of homes around it then lies together.

        It is done again when there are a quarter more, so that each entry pays for it a few times at most.
        """
        count = len(self._rows)
        self._arranged_until = count + max(count // 4, _FIRST_SIZE)
        self.changes += 1
        order = self._grid.order(count)
        self._rows = self.rows_at(order.tolist())
        self._at = {row.vacancy_id: at for at, row in enumerate(self._rows)}
        self._columns.arrange(order)
        self._numbers[:, :count] = self._numbers[:, order]
        self._grid.arrange(order)

    def _change(self, vacancy_id: UUID, **changes: Any) -> bool:
        at = self._at.get(vacancy_id)
        if at is None:
            return False
        row = replace(self._rows[at], **changes)
        self.changes += 1
        self._rows[at] = row
        self._columns.live[at] = row.live
        self._columns.places[at] = _within(row.places_left)
        self._columns.willing_until[at] = micros(row.willing_until)
        self._number(at, row)
        return True

    def _number(self, at: int, row: HomeRow) -> None:
        for place, (name, alike) in enumerate(self.alike.items()):
            self._numbers[place, at] = alike.number(row)
            if len(alike.examples) > _MOST_NUMBERS + 4 * len(self._rows):
                self._renumber(place, name)

    def _renumber(self, place: int, name: str) -> None:
        """Number anew: most of what was numbered is no home's any more. Who holds the old numbers keeps them."""
        self.alike[name] = alike = Alike(name)
        self._numbers[place, : len(self._rows)] = [alike.number(row) for row in self._rows]
        self.said.clear()

    def _write(self, at: int, row: HomeRow) -> None:
        columns, home = self._columns, row.home
        self.changes += 1
        self._rows[at] = row
        columns.live[at] = row.live
        self._grid.put(at, row.east, row.north)
        columns.east[at] = np.nan if row.east is None else row.east
        columns.north[at] = np.nan if row.north is None else row.north
        columns.provider[at] = self._provider_at.setdefault(row.provider, len(self._provider_at))
        columns.kinds[at] = self.kinds.learn(home.kinds)
        columns.available_from[at] = home.available_from.toordinal()
        columns.places[at] = _within(row.places_left)
        columns.sibling_places[at] = NOT_SAID if home.sibling_places is None else max(_within(home.sibling_places), 0)
        columns.min_age[at] = _within(home.min_age)
        columns.max_age[at] = _within(home.max_age)
        columns.sex[at] = SEX_OF.get(home.sex, SEX_UNREAD)
        columns.adapted[at] = NOT_SAID if home.adapted is None else home.adapted
        columns.excluded[at] = self.risks.learn(always_excluded(home))
        columns.willing_until[at] = micros(row.willing_until)
        columns.school_run[at] = NOT_SAID if home.school_run_miles is None else max(_within(home.school_run_miles), 0)
        columns.price[at] = price_of(home)
        columns.id_high[at], columns.id_low[at] = divmod(row.vacancy_id.int, 1 << _BITS)
        self._number(at, row)


def always_excluded(home: Home) -> Iterator[str]:
    """Yield the risks a household cannot take under any condition."""
    for exclusion in home.exclusions:
        if not (exclusion.younger_child or exclusion.same_sex or exclusion.within_months is not None):
            yield exclusion.risk


def _within(number: int) -> int:
    return max(-_LARGEST, min(number, _LARGEST))


def _empty(size: int) -> Columns:
    return Columns(
        live=np.zeros(size, np.bool_),
        east=np.zeros(size, np.float64),
        north=np.zeros(size, np.float64),
        provider=np.zeros(size, np.int32),
        kinds=np.zeros(size, np.uint64),
        available_from=np.zeros(size, np.int32),
        places=np.zeros(size, np.int32),
        sibling_places=np.zeros(size, np.int32),
        min_age=np.zeros(size, np.int32),
        max_age=np.zeros(size, np.int32),
        sex=np.zeros(size, np.int8),
        adapted=np.zeros(size, np.int8),
        excluded=np.zeros(size, np.uint64),
        willing_until=np.zeros(size, np.int64),
        school_run=np.zeros(size, np.int32),
        price=np.zeros(size, np.int64),
        id_high=np.zeros(size, np.uint64),
        id_low=np.zeros(size, np.uint64),
    )


def _grown(values: NDArray[Any], size: int) -> NDArray[Any]:
    grown = np.zeros(size, values.dtype)
    grown[: len(values)] = values
    return grown
