"""The postcode directory: from a postcode or its sector to grid metres and the authority there."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from placehub.postcodes.authorities import authority
from placehub.postcodes.notation import normalise, normalise_sector
from placehub.postcodes.store import Store, open_store

METRES_IN_A_MILE = 1609.344
ADJOINING_METRES = 3 * METRES_IN_A_MILE
"""Two authorities adjoin when sectors of theirs have centres as near as this. The directory knows no boundaries, so
this stands for one: neighbouring sectors of a town lie within it, and few places with an authority between them.
"""


class Located(Protocol):
    """Anything with grid metres."""

    @property
    def east(self) -> float:
        """Metres east on the British National Grid."""

    @property
    def north(self) -> float:
        """Metres north on the British National Grid."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a postcode is."""

    postcode: str
    sector: str
    east: int
    north: int
    authority: str
    """ONS code of the authority that runs children's services there (the district's own in Northern Ireland)."""
    district: str
    """ONS code of the local authority district; the same as `authority` outside counties."""


@dataclass(frozen=True, slots=True)
class Sector:
    """A postcode sector, the finest place shown to others."""

    sector: str
    east: float
    north: float
    """Mean of its postcodes' grid metres."""
    count: int
    """Postcodes in it, retired ones included: the source does not tell them apart."""
    authority: str
    """ONS code of the authority most of its postcodes are in."""


def distance_miles(a: Located, b: Located) -> float:
    """Return the straight-line distance in miles between two places or sector centres."""
    return hypot(a.east - b.east, a.north - b.north) / METRES_IN_A_MILE


class Postcodes:
    """The directory, read-only and shared by threads; rows stay on disk until they are asked for."""

    def __init__(self, store: Store) -> None:
        """Use an opened store; `Postcodes.open()` is the usual way."""
        self._columns = store.columns
        self._districts = store.districts
        self._uppers = store.uppers
        self._upper_of = tuple(authority(code).upper for code in store.districts)
        self._sectors = {label.decode(): at for at, label in enumerate(store.columns.sector.tolist())}
        self._adjoining: dict[str, frozenset[str]] = {}
        self.version = store.version
        """Version of the data, for the basis of a decision."""
        self.sector_east: NDArray[np.float64] = store.columns.sector_east
        """Metres east of each sector's centre, by `sector_index`."""
        self.sector_north: NDArray[np.float64] = store.columns.sector_north
        """Metres north of each sector's centre, by `sector_index`."""

    @classmethod
    def open(cls, cache: Path | None = None) -> Postcodes:
        """Open the directory in `cache` (else the user's), importing it there first when it is not yet."""
        return cls(open_store(cache))

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy elsewhere is the directory opened there: nothing of it is written out."""
        return Postcodes.open, ()

    def __len__(self) -> int:
        """Return how many postcodes have a place."""
        return len(self._columns.unit)

    def find(self, postcode: str) -> Place | None:
        """Return where a postcode is, in any spelling; None when there is none such or nobody located it.

        The Channel Islands and the Isle of Man are not on the grid.
        """
        usual = normalise(postcode)
        at = None if usual is None else self._sectors.get(usual[:-2])
        if usual is None or at is None:
            return None
        columns = self._columns
        start, end = int(columns.sector_start[at]), int(columns.sector_start[at + 1])
        unit = (ord(usual[-2]) - ord("A")) * 26 + ord(usual[-1]) - ord("A")
        row = start + int(columns.unit[start:end].searchsorted(np.uint16(unit)))
        if row == end or columns.unit[row] != unit:
            return None
        district = int(columns.district[row])
        return Place(
            postcode=usual,
            sector=usual[:-2],
            east=int(columns.east[row]),
            north=int(columns.north[row]),
            authority=self._upper_of[district],
            district=self._districts[district],
        )

    def sector(self, sector: str) -> Sector | None:
        """Return a sector (`LS6 2`, in any spelling), or None when there is none such."""
        at = self.sector_index(sector)
        if at is None:
            return None
        columns = self._columns
        return Sector(
            sector=columns.sector[at].decode(),
            east=float(columns.sector_east[at]),
            north=float(columns.sector_north[at]),
            count=int(columns.sector_start[at + 1]) - int(columns.sector_start[at]),
            authority=self._uppers[int(columns.sector_authority[at])],
        )

    def centre(self, sector: str | None) -> tuple[float, float] | None:
        """Return the grid metres, east and north, of a sector's centre; None where none is named or there is none."""
        found = self.sector(sector) if sector else None
        return (found.east, found.north) if found else None

    def sector_index(self, sector: str) -> int | None:
        """Return a sector's position in `sector_east` and `sector_north`, or None when there is none such."""
        at = self._sectors.get(sector)
        if at is not None:
            return at
        usual = normalise_sector(sector)
        return None if usual is None else self._sectors.get(usual)

    def sectors(self) -> tuple[str, ...]:
        """Return every sector in the order of `sector_index`."""
        return tuple(self._sectors)

    def centres(self) -> dict[str, tuple[float, float]]:
        """Return the centre of each authority's postcodes, metres east and north, by ONS code."""
        columns = self._columns
        owners, weights = columns.sector_authority, np.diff(columns.sector_start.astype(np.int64))
        total = np.bincount(owners, weights, len(self._uppers))
        east = np.bincount(owners, weights * self.sector_east, len(self._uppers))
        north = np.bincount(owners, weights * self.sector_north, len(self._uppers))
        return {
            code: (float(east[at] / total[at]), float(north[at] / total[at]))
            for at, code in enumerate(self._uppers)
            if total[at]
        }

    def adjoining(self, authority: str) -> frozenset[str]:
        """Return the authorities next to one, as near as sectors can tell (`ADJOINING_METRES`); worked out once."""
        known = self._adjoining.get(authority)
        if known is None:
            known = self._adjoining[authority] = self._near(authority)
        return known

    def _near(self, authority: str) -> frozenset[str]:
        if authority not in self._uppers:
            return frozenset()
        own = self._uppers.index(authority)
        owners, east, north = self._columns.sector_authority, self.sector_east, self.sector_north
        inside = owners == own
        if not inside.any():
            return frozenset()
        reach = ADJOINING_METRES
        box = (
            (east >= east[inside].min() - reach)
            & (east <= east[inside].max() + reach)
            & (north >= north[inside].min() - reach)
            & (north <= north[inside].max() + reach)
            & ~inside
        )
        found = set[int]()
        for at in np.flatnonzero(inside).tolist():
            square = (east[box] - east[at]) ** 2 + (north[box] - north[at]) ** 2
            found.update(owners[box][square <= reach * reach].tolist())
        return frozenset(self._uppers[one] for one in found)

    def postcodes_in(self, sector: str) -> tuple[str, ...]:
        """Return the postcodes of a sector, sorted; empty when there is none such."""
        at = self.sector_index(sector)
        if at is None:
            return ()
        start, end = self._columns.sector_start[at : at + 2].tolist()
        label = self._columns.sector[at].decode()
        units = self._columns.unit[start:end].tolist()
        return tuple(f"{label}{chr(ord('A') + unit // 26)}{chr(ord('A') + unit % 26)}" for unit in units)
