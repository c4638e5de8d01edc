"""One vacancy as it now stands, as the criteria read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from placehub.search.sought import age_bounds, areas
from placehub.vacancies.events import ChildAtHome, Home

Since = tuple[int, int]
"""Partition and offset of an event in the vacancy stream."""
START: Final[Since] = (0, 0)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Companion:
    """A child who lives in the household, as the rules read it; None means unknown."""

    low: int | None
    high: int | None
    sex: str | None


@dataclass(frozen=True, slots=True)
class OpenedHousehold:
    """What matching reads of a sealed household that was opened, each word in plain spelling; None means unknown."""

    faiths: frozenset[str] | None
    ethnicities: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class HomeRow:
    """One vacancy as it now stands."""

    vacancy_id: UUID
    provider: str
    household_ref: UUID
    version: int
    home: Home
    east: float | None
    north: float | None
    willing_until: datetime
    places_left: int
    open: bool
    companions: tuple[Companion, ...] | None
    """The children at home; one of unknown age for each foster child who is counted but not described."""
    areas: frozenset[str]
    """The home's postcode sector and its district."""
    since: Since
    """The event that last brought it in sight: opened, revised, a place given back, willing again."""
    changed: Since
    """The last event that changed anything a search may have told of it."""
    questioned: frozenset[str] = frozenset()
    """Facts of it, as `home.skills`, that were contradicted: `home` holds them as unknown."""
    authority: str | None = None
    """ONS code of the authority the home's sector lies in."""
    household: OpenedHousehold | None = None
    """None where the household is not sealed with the vacancy, or cannot be opened."""

    @property
    def live(self) -> bool:
        """Tell whether it is matched at all: open, with a place left."""
        return self.open and self.places_left > 0

    @property
    def children_placed(self) -> int | None:
        """Return the foster children there, with those whose places are reserved; None when it is not told."""
        placed = self.home.children_placed
        return None if placed is None else placed + max(self.home.places - self.places_left, 0)


def micros(when: datetime) -> int:
    """Return a moment as a count of microseconds, so that columns and criteria do the same arithmetic."""
    return (when - _EPOCH) // timedelta(microseconds=1)


def companions_of(home: Home) -> tuple[Companion, ...] | None:
    """Return the children at home; one of unknown age for each foster child who is counted but not described."""
    if home.children_at_home is None:
        return None
    known = tuple(_companion(child) for child in home.children_at_home)
    uncounted = max((home.children_placed or 0) - len(known), 0)
    return known + (Companion(None, None, None),) * uncounted


def _companion(child: ChildAtHome) -> Companion:
    low, high = age_bounds(child.age_band) or (None, None)
    return Companion(low, high, child.sex)


def areas_of(sector: str) -> frozenset[str]:
    """Return a home's postcode sector and its district."""
    found = areas(sector)
    return found | {area.split(" ")[0] for area in found}
