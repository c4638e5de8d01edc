"""The questions whose answers would change the result most, found by trying every plausible answer; pure.

Each unknown fact is told, one answer after the other, and the homes that fit now are judged again: `matters` is the
share of the homes in reach whose band or place in the result the most telling answer changes. To tell a fact takes no
home into the result that was out of it, so those that do not fit now need no second look; only where siblings may be
parted, or a start that is told may wait, do all homes.

Homes that are alike in all a criterion reads are asked once, and only of criteria the fact has a say in; of more than
`HOMES_TRIED` homes so many, evenly chosen by rank, stand for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from placehub.search.alike import READS
from placehub.search.criteria import CRITERIA
from placehub.search.homes import Homes
from placehub.search.looking import Level, Looking
from placehub.search.matching import HARD_FACTS, Match, lookings_of, match
from placehub.search.policy import Policy
from placehub.search.row import HomeRow
from placehub.search.sought import Sought
from placehub.search.unit import bands_of
from placehub.search.unknowns import Unknown, unknowns

HOMES_TRIED: Final = 300
"""Homes on which answers are tried at most. The hub's own choice: a share known to within some hundredths is enough to
rank three questions, and the invitations of the next referral must not wait for it."""
QUESTIONS: Final = 3

Levels = NDArray[np.int8]
_NAMES: Final = tuple(CRITERIA)
_FIRM: Final = frozenset(
    {"kind", "siblings", "age", "sex", "adaptation", "risks", "avoid area", "pets", "living companions"}
)
"""Criteria that never take back a `fits` when one more fact is told: their unknowns are questions. Another may, such as
distance when the policy's reach gives way to what is told."""


@dataclass(frozen=True, slots=True)
class Search:
    """A search as it stands: what is looked for, where, under what, and the homes that fit now."""

    sought: Sought
    homes: Homes
    eligible: frozenset[str] | None
    now: datetime
    policy: Policy
    found: Match
    children: tuple[UUID, ...]
    """As the notice or referral lists them."""
    notice: bool
    """Whether there is only an early notice, which cannot tell what is sealed."""

    def in_reach(self) -> int:
        """Return the homes that are open, near enough and under the agreement."""
        removed = self.found.removed
        return self.found.considered - removed.get("distance", 0) - removed.get("agreement", 0)


@dataclass(frozen=True, slots=True)
class Mattering:
    """One unknown fact, how much its answer matters, and whether a hard criterion asks the authority for it."""

    field: str
    risk: str | None
    matters: Decimal
    blocks: bool


def mattering(search: Search) -> tuple[Mattering, ...]:
    """Return every unknown fact whose answer would change anything, that which matters most first."""
    rows, reach = _rows(search), search.in_reach()
    if not reach:
        return ()
    tried = _Tried(search, rows)
    asked = unknowns(search.sought, search.children, rows, search.now.date(), notice=search.notice)
    found = [tried.of(one, reach) for one in asked]
    return tuple(sorted((one for one in found if one.matters or one.blocks), key=lambda one: -one.matters))


def _rows(search: Search) -> list[HomeRow]:
    """Return the homes that fit now; of many so many as are tried, evenly chosen by their rank."""
    fits, most = search.found.fits, HOMES_TRIED
    return fits.rows([at * len(fits) // most for at in range(most)] if len(fits) > most else range(len(fits)))


class _Alike:
    """Homes grouped, for one criterion, by all that it reads of them."""

    def __init__(self, name: str, rows: Sequence[HomeRow]) -> None:
        reads: Callable[[HomeRow], Any] = READS.get(name, lambda row: row.vacancy_id)
        at: dict[Any, int] = {}
        self._group = np.array([at.setdefault(reads(row), len(at)) for row in rows], np.intp)
        first = dict(zip(reversed(self._group.tolist()), reversed(rows), strict=True))
        self._one_of_each = [first[group] for group in range(len(at))]
        self._judge = CRITERIA[name]
        self._firm = name in _FIRM

    def judge(self, looking: Looking, was: Levels | None = None) -> Levels:
        """Return the criterion's level for each group; `was` is what it said before one more fact was told."""
        if was is None or not self._firm:
            return np.array([self._judge(looking, row)[0] for row in self._one_of_each], np.int8)
        found = was.copy()
        for group in np.flatnonzero(was).tolist():
            found[group] = self._judge(looking, self._one_of_each[group])[0]
        return found

    def of_each_home(self, levels: Levels) -> Levels:
        """Return the level of each home's group."""
        found: Levels = levels[self._group]
        return found


class _Tried:
    """The homes that fit now, on which answers are tried: for each unit the levels of each criterion."""

    def __init__(self, search: Search, rows: Sequence[HomeRow]) -> None:
        self._search = search
        self._alike = {name: _Alike(name, rows) for name in _NAMES}
        self._scale = len(search.found.fits) / max(len(rows), 1)
        self._said = [
            {name: alike.judge(one) for name, alike in self._alike.items()} for one in self._lookings(search.sought)
        ]
        self._levels = [
            np.stack([self._alike[name].of_each_home(said[name]) for name in _NAMES], axis=1) for said in self._said
        ]
        self._of_units = [self._bands_of(one) for one in self._levels]
        self._now = np.minimum.reduce(self._of_units)

    def of(self, one: Unknown, reach: int) -> Mattering:
        """Return how much an unknown fact matters: the answer that changes most counts."""
        changed, blocks = 0.0, False
        for answer in one.answers:
            if one.opens or len(answer.units) != len(self._search.sought.units):
                changed = max(changed, float(self._anew(answer)))
                continue
            bands, answered = self._told(answer, one.criteria)
            changed = max(changed, self._scale * np.count_nonzero(bands != self._now))
            blocks = blocks or answered
        return Mattering(one.field, one.risk, Decimal(f"{min(changed / reach, 1.0):.2f}"), blocks)

    def _lookings(self, sought: Sought) -> tuple[Looking, ...]:
        return lookings_of(sought, self._search.eligible, self._search.now, self._search.policy)

    def _told(self, answer: Sought, criteria: Iterable[str]) -> tuple[Levels, bool]:
        """Return each home's band once the fact is told, and whether a hard criterion has one question less."""
        bands, answered = [], False
        for at, looking in enumerate(self._lookings(answer)):
            levels = self._levels[at].copy()
            for name in (one for one in criteria if one in self._alike):
                alike = self._alike[name]
                column, was = _NAMES.index(name), self._levels[at][:, _NAMES.index(name)]
                levels[:, column] = now = alike.of_each_home(alike.judge(looking, self._said[at][name]))
                asked = name in HARD_FACTS and (was == Level.ASK_AUTHORITY) & (now != Level.ASK_AUTHORITY)
                answered = answered or bool(np.any(asked))
            told = self._of_units[at].copy()
            changed = np.flatnonzero((levels != self._levels[at]).any(axis=1))
            told[changed] = self._bands_of(levels[changed])
            bands.append(told)
        return np.minimum.reduce(bands), answered

    def _bands_of(self, levels: Levels) -> Levels:
        """Return each home's band by its place among the bands; out comes after them."""
        return bands_of(levels, self._search.policy).astype(np.int8)

    def _anew(self, answer: Sought) -> int:
        """Return how many homes change when all are matched anew, where an answer may let new homes in."""
        search = self._search
        found = match(answer, search.homes, search.eligible, search.now, search.policy)
        before, after = search.found.fits.bands(), found.fits.bands()
        return sum(before.get(one) != after.get(one) for one in before.keys() | after.keys())
