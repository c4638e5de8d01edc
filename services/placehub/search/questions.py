"""The questions whose answers would change the result most, found by trying every plausible answer; pure.

Each unknown fact is told, one answer after the other, and the homes that fit now are judged again: `matters` is the
share of the homes in reach whose band or place in the result the most telling answer changes. To tell a fact takes no
home into the result that was out of it, so those that do not fit now need no second look; only where siblings may be
parted, or a start that is told may wait, do all homes.

Only criteria the fact has a say in are asked again, once for homes that are alike in all they read, and not at all
where the answer is none of what they read of the search; what was once said is kept for other searches, as in a match
(`answers`). Of more than `HOMES_TRIED` homes so many, evenly chosen by rank, stand for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from placehub.search.alike import ASKS, asks
from placehub.search.homes import Homes
from placehub.search.looking import Level, Looking
from placehub.search.matching import HARD_FACTS, Match, lookings_of, match
from placehub.search.policy import Policy
from placehub.search.sieve import sieve
from placehub.search.sought import Sought
from placehub.search.unit import Unit, added, adds, bands_of
from placehub.search.unknowns import Unknown, unknowns

HOMES_TRIED: Final = 300
"""Homes on which answers are tried at most. The hub's own choice: a share known to within some hundredths is enough to
rank three questions, and the invitations of the next referral must not wait for it."""
QUESTIONS: Final = 3

Entries = NDArray[np.intp]
Numbers = NDArray[np.int64]


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
    at, reach = _entries(search), search.in_reach()
    if not reach:
        return ()
    tried, rows = _Tried(search, at), search.homes.rows_at(at.tolist())
    asked = unknowns(search.sought, search.children, rows, search.now.date(), notice=search.notice)
    found = [_opening(search, one, reach) if one.opens else _of(search, tried, one, reach) for one in asked]
    return tuple(sorted((one for one in found if one.matters or one.blocks), key=lambda one: -one.matters))


def _of(search: Search, tried: _Tried, one: Unknown, reach: int) -> Mattering:
    """Return how much an unknown fact matters: the answer that changes most counts."""
    units = len(search.sought.units)
    changed, blocks = tried.changed(one, [answer for answer in one.answers if len(answer.units) == units])
    anew = [_anew(search, answer) for answer in one.answers if len(answer.units) != units]
    return _mattering(one, max([len(search.found.fits) / max(tried.size, 1) * changed, *anew]), reach, blocks=blocks)


def _opening(search: Search, one: Unknown, reach: int) -> Mattering:
    """Return how much a start that may wait matters: it is tried on all homes that fit whenever they come."""
    lookings = [replace(unit.looking, latest=None) for unit in search.found.fits.units]
    tried = _Tried(search, sieve(search.homes, lookings, Counter()))
    return _mattering(one, tried.changed(one, one.answers)[0], reach, blocks=False)


def _mattering(one: Unknown, changed: float, reach: int, *, blocks: bool) -> Mattering:
    return Mattering(one.field, one.risk, Decimal(f"{min(changed / reach, 1.0):.2f}"), blocks)


def _entries(search: Search) -> Entries:
    """Return the homes that fit now; of many so many as are tried, evenly chosen by their rank."""
    fits, most = search.found.fits, HOMES_TRIED
    return fits.entries([at * len(fits) // most for at in range(most)] if len(fits) > most else range(len(fits)))


class _Unit:
    """The homes that fit now as one unit sees them: what each criterion adds for each (see `unit`)."""

    def __init__(self, unit: Unit, homes: Homes, at: Entries) -> None:
        self.total = unit.total(homes, at)
        self._looking = unit.looking
        self._homes = homes
        self._at = at
        self._known: dict[tuple[str, str | None], _Before] = {}

    def told(self, name: str, risk: str | None, looking: Looking) -> tuple[Numbers, Entries, bool] | None:
        """Return what more a criterion adds once a fact is told, for which homes; None where it says what it said.

        And whether it is hard and has a question less to the authority. `risk` is the one the fact is about, if any.
        """
        key = name, risk if name == "risks" else None
        known = self._known.get(key) or self._known.setdefault(key, self._before(*key))
        asked = asks(name, looking) if name in ASKS else None
        if not known.again.size or (asked is not None and known.asked == asked):
            return None
        # few searches ask alike of risks: what is said of an answer about them would only drive out what is kept
        kept = None if name == "risks" else asked
        now = added(name, looking, self._homes, self._at[known.again], kept)
        question = adds(name, Level.ASK_AUTHORITY, looking.policy)
        answered = name in HARD_FACTS and bool(np.any((known.was == question) & (now != question)))
        return now - known.was, known.again, answered

    def _before(self, name: str, risk: str | None) -> _Before:
        """Return what a criterion says before the fact is told; of risks, that is about one or about all of them."""
        asked = asks(name, self._looking) if name in ASKS else None
        was = added(name, self._looking, self._homes, self._at, asked)
        if risk is None:
            return _Before(asked, np.arange(was.size), was)
        rows = self._homes.rows_at(self._at.tolist())
        again = np.flatnonzero([any(one.risk == risk for one in row.home.exclusions) for row in rows])
        return _Before(asked, again, was[again])


@dataclass(frozen=True, slots=True)
class _Before:
    """What a criterion says before a fact is told."""

    asked: Hashable | None
    """What it reads of the search, None where that is sealed."""
    again: Entries
    """Positions of the homes of which it may say otherwise then: of risks, those that exclude the one it is about."""
    was: Numbers
    """What it adds for each of these."""


class _Tried:
    """Some homes on which answers are tried."""

    def __init__(self, search: Search, at: Entries) -> None:
        self._search = search
        self.size = at.size
        self._units = [_Unit(one, search.homes, at) for one in search.found.fits.units]
        self._now = self._bands_of([one.total for one in self._units])

    def changed(self, one: Unknown, answers: Sequence[Sought]) -> tuple[int, bool]:
        """Return of how many homes the most telling answer changes the band.

        And whether after any of them a hard criterion has a question less to the authority.
        """
        sums, blocks = [np.tile(one.total, (len(answers), 1)) for one in self._units], False
        for nth, answer in enumerate(answers):
            for unit, total, looking in zip(self._units, sums, self._lookings(answer), strict=True):
                for told in (unit.told(name, one.risk, looking) for name in one.criteria):
                    if told is not None:
                        more, of, answered = told
                        total[nth, of] += more
                        blocks = blocks or answered
        changed = np.count_nonzero(self._bands_of(sums) != self._now, axis=1)
        return int(changed.max(initial=0)), blocks

    def _lookings(self, sought: Sought) -> tuple[Looking, ...]:
        return lookings_of(sought, self._search.eligible, self._search.now, self._search.policy)

    def _bands_of(self, sums: Sequence[Numbers]) -> Numbers:
        """Return each home's band by its place among the bands, given what all criteria add by unit."""
        found: Numbers = np.minimum.reduce([bands_of(one, self._search.policy) for one in sums])
        return found


def _anew(search: Search, answer: Sought) -> int:
    """Return how many homes change when all are matched anew, where an answer parts siblings."""
    found = match(answer, search.homes, search.eligible, search.now, search.policy)
    return int(np.count_nonzero(search.found.fits.band_of_each() != found.fits.band_of_each()))
