"""The match over columns: every criterion's level of every home at once; findings are made for those that are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placehub.contracts.parts import HomeFit
from placehub.search.criteria import CRITERIA
from placehub.search.fits import Block, Fits, Found
from placehub.search.homes import Homes
from placehub.search.sieve import sieve
from placehub.search.unit import OUT, Unit

Entries = NDArray[np.intp]

_NAMES: Final = tuple(CRITERIA)


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
    weighed = [unit.weigh(homes, at) for unit in units]
    gone = np.logical_and.reduce([one.band == OUT for one in weighed])
    if gone.any():
        last = np.maximum.reduce([one.argmax(axis=0) for one in broken(homes, units, at[gone])])
        removed.update(dict(zip(_NAMES, np.bincount(last, minlength=len(_NAMES)).tolist(), strict=True)))
        at, weighed = at[~gone], [one.of(~gone) for one in weighed]
    found = Found(homes, at, weighed, units[0].looking)
    counts = {name: removed[name] for name in CRITERIA if removed[name]}
    return Match(Fits(units, found), counts, int(np.count_nonzero(columns.live)))


def fits_among(homes: Homes, units: Sequence[Unit], at: Entries) -> list[HomeFit]:
    """Return those of these entries that fit, in their order."""
    weighed = [unit.weigh(homes, at) for unit in units]
    fits = np.logical_or.reduce([one.band != OUT for one in weighed])
    found = Found(homes, at[fits], [one.of(fits) for one in weighed], units[0].looking)
    block = Block(units, found, np.arange(found.at.size))
    return [block.fit(nth) for nth in range(found.at.size)]


def broken(homes: Homes, units: Sequence[Unit], at: Entries) -> list[NDArray[np.bool_]]:
    """Return, for each unit, by criterion in the order of `CRITERIA` and by entry, what does not fit."""
    return [unit.broken(homes, at) for unit in units]
