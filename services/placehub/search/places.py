"""The criteria that read where a home is or when: over columns, the same arithmetic as the criteria themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placehub.search.criteria import stale_for
from placehub.search.homes import NOT_SAID, Columns
from placehub.search.looking import METRES_IN_A_MILE, Level, Looking
from placehub.search.needfit import SCHOOL_AGE, family_reach
from placehub.search.sought import Person, Point

Entries = NDArray[np.intp]
Levels = NDArray[np.int8]


_FITS, _AUTHORITY, _CARER, _LESSER, _OUT = (
    np.int8(level)  # a plain number: NumPy is slow to find out what an enum's member is
    for level in (Level.FITS, Level.ASK_AUTHORITY, Level.ASK_CARER, Level.LESSER_FIT, Level.DOES_NOT_FIT)
)


def square_from(place: Point, columns: Columns, at: Entries) -> NDArray[np.float64]:
    """Return the squares of the metres between a place and homes; NaN where a home's is unknown."""
    east, north = columns.east.take(at), columns.north.take(at)
    east -= place[0]
    north -= place[1]
    east *= east
    north *= north
    east += north
    return east


def within(looking: Looking, columns: Columns, at: Entries, times: int = 1) -> NDArray[np.bool_]:
    """Tell of each home whether it is not beyond so many times the search's reach; of unknown places none is."""
    if looking.sought.place is None:
        return np.ones(at.size, np.bool_)
    reach = times * looking.reach
    beyond: NDArray[np.bool_] = square_from(looking.sought.place, columns, at) > reach * reach  # never true of a NaN
    return ~beyond


def _distance(looking: Looking, columns: Columns, at: Entries) -> Levels:
    if looking.sought.place is None:
        return _all(_AUTHORITY, at)
    square = square_from(looking.sought.place, columns, at)
    return _judged(square, square > looking.reach * looking.reach, _OUT)


def _available_by(looking: Looking, columns: Columns, at: Entries) -> Levels:
    comes = columns.available_from.take(at)
    late = comes > looking.wanted_on
    levels: Levels = late * _AUTHORITY
    if looking.latest is not None:
        levels[late & (comes > looking.latest)] = _OUT
    return levels


def _freshness(looking: Looking, columns: Columns, at: Entries) -> Levels:
    stale: Levels = (columns.willing_until.take(at) < stale_for(looking, 0)) * _CARER
    return stale


def _school(looking: Looking, columns: Columns, at: Entries) -> Levels:
    return _worst([_school_of(child, columns, at) for child in looking.children], at)


def _school_of(child: Person, columns: Columns, at: Entries) -> Levels:
    school = child.school
    if school is None:
        young = child.high is not None and child.high < SCHOOL_AGE
        return _all(_FITS if young else _AUTHORITY, at)
    if school.must_keep is False or school.place is None:
        return _all(_AUTHORITY if school.must_keep is not False else _FITS, at)
    run = columns.school_run.take(at)
    reach = run * METRES_IN_A_MILE
    square = square_from(school.place, columns, at)
    levels = _judged(square, square > reach * reach, _LESSER)
    levels[run == NOT_SAID] = _CARER
    if not school.must_keep:  # not known whether it must be
        levels[levels != _FITS] = _AUTHORITY
    return levels


def _family_time(looking: Looking, columns: Columns, at: Entries) -> Levels:
    reach = family_reach(looking)
    return _worst([_family_time_of(child, columns, at, reach) for child in looking.children], at)


def _family_time_of(child: Person, columns: Columns, at: Entries, reach: float) -> Levels:
    found = [_all(_AUTHORITY, at)] if None in child.family_time else []
    for place in child.family_time:
        if place is not None:
            square = square_from(place, columns, at)
            found.append(_judged(square, square > reach * reach, _LESSER))
    return _worst(found, at)


def _judged(square: NDArray[np.float64], beyond: NDArray[np.bool_], level: np.int8) -> Levels:
    levels: Levels = beyond * level
    levels[np.isnan(square)] = _CARER
    return levels


def _all(level: np.int8, at: Entries) -> Levels:
    return np.full(at.size, level, np.int8)


def _worst(levels: list[Levels], at: Entries) -> Levels:
    if len(levels) == 1:
        return levels[0]
    return np.maximum.reduce(levels) if levels else _all(_AUTHORITY, at)


BY_COLUMN: Final[dict[str, Callable[[Looking, Columns, Entries], Levels]]] = {
    "distance": _distance,
    "available by": _available_by,
    "freshness": _freshness,
    "school distance": _school,
    "family time distance": _family_time,
}
"""The levels of these criteria for some entries of the columns."""
REMOVING: Final = ("distance", "available by")
"""Those of them that may remove a home; the others only order."""
