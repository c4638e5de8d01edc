"""The searches that are going on, as columns: which of them a home can concern at all.

What is asked here is less than what the criteria ask: a search is only left out when a fact that is known puts every
home asked about surely out of its reach, kind, size or agreement, and none of its invitations is to the homes'
provider. Who is left is judged by the rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from placehub.search.homes import HomeRow

_FIRST_SIZE: Final = 256
_HAIR: Final = 1.0  # metre: a search at the very edge of its reach is always left to the rules


@dataclass(frozen=True, slots=True)
class OpenSearch:
    """What of one search decides which homes can concern it."""

    referral_id: UUID
    place: tuple[float, float] | None
    reach: float
    """Metres."""
    kind: str | None
    needed: int
    """The fewest places any of its units needs."""
    told: frozenset[str]
    """Providers that have an invitation, whatever has become of it."""


class OpenSearches:
    """Open searches by referral_id; each change costs the same however many there are."""

    def __init__(self) -> None:
        self._ids: list[UUID] = []
        self._at: dict[UUID, int] = {}
        self._columns: dict[str, NDArray[Any]] = {
            "east": np.zeros(_FIRST_SIZE),
            "north": np.zeros(_FIRST_SIZE),
            "square": np.zeros(_FIRST_SIZE),
            "kind": np.zeros(_FIRST_SIZE, np.int32),
            "needed": np.zeros(_FIRST_SIZE, np.int32),
        }
        self._kinds: dict[str | None, int] = {None: 0}
        self._told: dict[str, set[UUID]] = defaultdict(set)
        self._told_of: dict[UUID, frozenset[str]] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, referral_id: UUID) -> bool:
        return referral_id in self._at

    def put(self, one: OpenSearch) -> None:
        """Take a search as it now stands."""
        at = self._at.get(one.referral_id)
        if at is None:
            at = self._append(one.referral_id)
        # a search without a place is NaN, which is never too far
        east, north = one.place or (np.nan, np.nan)
        values = {
            "east": east,
            "north": north,
            "square": (one.reach + _HAIR) ** 2,
            "kind": self._kinds.setdefault(one.kind, len(self._kinds)),
            "needed": one.needed,
        }
        for name, value in values.items():
            self._columns[name][at] = value
        self._tell(one.referral_id, one.told)

    def drop(self, referral_id: UUID) -> None:
        """Forget a search that is over; one that is not known is no fault."""
        at = self._at.pop(referral_id, None)
        if at is None:
            return
        last = self._ids.pop()
        if at < len(self._ids):
            self._ids[at] = last
            self._at[last] = at
            for values in self._columns.values():
                values[at] = values[len(self._ids)]
        self._tell(referral_id, frozenset())

    def concerned(self, provider: str, homes: Iterable[HomeRow | None]) -> set[UUID]:
        """Return the searches that one of a provider's homes can concern, or whose provider was told before.

        A home that is closed concerns only who was told. One that is full or paused does too: nobody is invited to it.
        """
        found = set(self._told.get(provider, ()))
        for row in homes:
            if row is not None and row.live:
                found.update(self._ids[at] for at in np.flatnonzero(self._may_fit(row)))
        return found

    def _may_fit(self, row: HomeRow) -> NDArray[np.bool_]:
        count = len(self._ids)
        columns = {name: values[:count] for name, values in self._columns.items()}
        may: NDArray[np.bool_] = columns["needed"] <= row.places_left
        if row.home.kinds:
            taken = [self._kinds[one] for one in row.home.kinds if one in self._kinds]
            may &= np.isin(columns["kind"], [0, *taken])
        if row.east is not None and row.north is not None:
            east, north = columns["east"] - row.east, columns["north"] - row.north
            may &= ~(east * east + north * north > columns["square"])
        return may

    def _append(self, referral_id: UUID) -> int:
        at = len(self._ids)
        if at == len(self._columns["east"]):
            self._columns = {name: np.resize(values, 2 * at) for name, values in self._columns.items()}
        self._ids.append(referral_id)
        self._at[referral_id] = at
        return at

    def _tell(self, referral_id: UUID, providers: frozenset[str]) -> None:
        before = self._told_of.get(referral_id, frozenset())
        for one in before - providers:
            self._told[one].discard(referral_id)
        for one in providers - before:
            self._told[one].add(referral_id)
        if providers:
            self._told_of[referral_id] = providers
        else:
            self._told_of.pop(referral_id, None)


def least_needed(units: Sequence[Sequence[Any]]) -> int:
    """Return the fewest places that one of the units needs; never none."""
    return min((max(1, sum(person.looked_after for person in unit)) for unit in units), default=1)
