"""The searches that are going on, as columns: which of them a home can concern at all.

Less is asked here than the criteria ask. A search is only left out when the home is surely beyond the reach its
authority has named, or of none of the kinds it looks for, and this very home plays no part in it so far. What an agreed
policy may change (the reach of a search that names none, say) leaves no search out. Who is left is judged by the rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from math import inf
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from placehub.search.case import Case
from placehub.search.homes import HomeRow
from placehub.search.looking import METRES_IN_A_MILE
from placehub.search.sought import PARENT_AND_CHILD

_FIRST_SIZE: Final = 256
_HAIR: Final = 1.0  # metre: a search at the very edge of its reach is always left to the rules


@dataclass(frozen=True, slots=True)
class OpenSearch:
    """What of one search decides which homes can concern it."""

    referral_id: UUID
    place: tuple[float, float] | None
    reach: float
    """Metres; infinite where the authority has named no distance."""
    kind: str | None
    told: frozenset[str]
    """Providers that have an invitation, whatever has become of it."""


def open_search(case: Case, place: tuple[float, float] | None) -> OpenSearch:
    """Return what a case that is searching looks like from afar; `place` is the centre of its search."""
    wanted = case.facts.wanted
    miles = wanted.within_miles
    with_parent = any(child.role == "parent" for child in case.facts.children)
    return OpenSearch(
        referral_id=case.referral_id,
        place=place,
        reach=inf if miles is None else max(miles, 0) * METRES_IN_A_MILE,
        kind=PARENT_AND_CHILD if with_parent else wanted.kind,
        told=frozenset(case.invitations),
    )


class OpenSearches:
    """Open searches by referral_id; each change costs the same however many there are."""

    def __init__(self) -> None:
        self._ids: list[UUID] = []
        self._at: dict[UUID, int] = {}
        self._east = np.zeros(_FIRST_SIZE)
        self._north = np.zeros(_FIRST_SIZE)
        self._square = np.zeros(_FIRST_SIZE)
        self._kind = np.zeros(_FIRST_SIZE, np.int32)
        self._kinds: dict[str | None, int] = {None: 0}
        self._told: dict[str, set[UUID]] = defaultdict(set)
        self._told_of: dict[UUID, frozenset[str]] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def put(self, one: OpenSearch) -> None:
        """Take a search as it now stands."""
        at = self._at.get(one.referral_id)
        if at is None:
            at = self._append(one.referral_id)
        # a search without a place is NaN, which is never too far
        self._east[at], self._north[at] = one.place or (np.nan, np.nan)
        self._square[at] = (one.reach + _HAIR) ** 2
        self._kind[at] = self._kinds.setdefault(one.kind, len(self._kinds))
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
            for values in self._columns():
                values[at] = values[len(self._ids)]
        self._tell(referral_id, frozenset())

    def concerned(self, homes: Iterable[HomeRow | None]) -> set[UUID]:
        """Return the searches that one of the homes may fit; one that is closed, full or paused fits none."""
        found = set[UUID]()
        for row in homes:
            if row is not None and row.live:
                found.update(self._ids[at] for at in np.flatnonzero(self._may_fit(row)))
        return found

    def told(self, provider: str) -> Collection[UUID]:
        """Return the searches that a provider was told of."""
        return self._told.get(provider, ())

    def _may_fit(self, row: HomeRow) -> NDArray[np.bool_]:
        count = len(self._ids)
        may = np.ones(count, np.bool_)
        if row.home.kinds:
            taken = [self._kinds[one] for one in row.home.kinds if one in self._kinds]
            may &= np.isin(self._kind[:count], [0, *taken])
        if row.east is not None and row.north is not None:
            east, north = self._east[:count] - row.east, self._north[:count] - row.north
            may &= ~(east * east + north * north > self._square[:count])
        return may

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self._east, self._north, self._square, self._kind

    def _append(self, referral_id: UUID) -> int:
        at = len(self._ids)
        if at == len(self._east):
            self._east, self._north, self._square, self._kind = (np.resize(one, 2 * at) for one in self._columns())
        self._ids.append(referral_id)
        self._at[referral_id] = at
        return at

    def _tell(self, referral_id: UUID, providers: frozenset[str]) -> None:
        before = self._told_of.pop(referral_id, frozenset())
        for one in before - providers:
            self._told[one].discard(referral_id)
        for one in providers - before:
            self._told[one].add(referral_id)
        if providers:
            self._told_of[referral_id] = providers
