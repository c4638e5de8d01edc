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


def square_from(place: Point, columns: Columns, at: Entries | slice) -> NDArray[np.float64]:
    """Return the squares of the metres between a place and homes; NaN where a home's is unknown."""
    east, north = columns.east[at] - place[0], columns.north[at] - place[1]
    return east * east + north * north


def within(looking: Looking, columns: Columns, at: Entries, times: int = 1) -> NDArray[np.bool_]:
    """Tell of each home whether it is not beyond so many times the search's reach; of unknown places none is."""
    if looking.sought.place is None:
        return np.ones(at.size, np.bool_)
    reach = times * looking.reach
    beyond: NDArray[np.bool_] = square_from(looking.sought.place, columns, at) > reach * reach  # never true of a NaN
    return ~beyond


def _distance(looking: Looking, columns: Columns, at: Entries) -> Levels:
    if looking.sought.place is None:
        return _all(Level.ASK_AUTHORITY, at)
    square = square_from(looking.sought.place, columns, at)
    return _judged(square, square > looking.reach * looking.reach, Level.DOES_NOT_FIT)


def _available_by(looking: Looking, columns: Columns, at: Entries) -> Levels:
    comes = columns.available_from[at]
    levels = np.where(comes <= looking.wanted_on, Level.FITS, Level.ASK_AUTHORITY)
    if looking.latest is not None:
        levels[(comes > looking.wanted_on) & (comes > looking.latest)] = Level.DOES_NOT_FIT
    return levels.astype(np.int8)


def _freshness(looking: Looking, columns: Columns, at: Entries) -> Levels:
    fresh = columns.willing_until[at] >= stale_for(looking, 0)
    return np.where(fresh, Level.FITS, Level.ASK_CARER).astype(np.int8)


def _school(looking: Looking, columns: Columns, at: Entries) -> Levels:
    return _worst([_school_of(child, columns, at) for child in looking.children], at)


def _school_of(child: Person, columns: Columns, at: Entries) -> Levels:
    school = child.school
    if school is None:
        young = child.high is not None and child.high < SCHOOL_AGE
        return _all(Level.FITS if young else Level.ASK_AUTHORITY, at)
    if school.must_keep is False or school.place is None:
        return _all(Level.ASK_AUTHORITY if school.must_keep is not False else Level.FITS, at)
    run = columns.school_run[at]
    reach = run * METRES_IN_A_MILE
    square = square_from(school.place, columns, at)
    levels = _judged(square, square > reach * reach, Level.LESSER_FIT)
    levels[run == NOT_SAID] = Level.ASK_CARER
    if not school.must_keep:  # not known whether it must be
        levels[levels != Level.FITS] = Level.ASK_AUTHORITY
    return levels


def _family_time(looking: Looking, columns: Columns, at: Entries) -> Levels:
    reach = family_reach(looking)
    return _worst([_family_time_of(child, columns, at, reach) for child in looking.children], at)


def _family_time_of(child: Person, columns: Columns, at: Entries, reach: float) -> Levels:
    found = [_all(Level.ASK_AUTHORITY, at)] if None in child.family_time else []
    for place in child.family_time:
        if place is not None:
            square = square_from(place, columns, at)
            found.append(_judged(square, square > reach * reach, Level.LESSER_FIT))
    return _worst(found, at)


def _judged(square: NDArray[np.float64], beyond: NDArray[np.bool_], level: Level) -> Levels:
    levels = np.where(beyond, level, Level.FITS)
    levels[np.isnan(square)] = Level.ASK_CARER
    return levels.astype(np.int8)


def _all(level: Level, at: Entries) -> Levels:
    return np.full(at.size, level, np.int8)


def _worst(levels: list[Levels], at: Entries) -> Levels:
    return np.maximum.reduce(levels) if levels else _all(Level.ASK_AUTHORITY, at)


BY_COLUMN: Final[dict[str, Callable[[Looking, Columns, Entries], Levels]]] = {
    "distance": _distance,
    "available by": _available_by,
    "freshness": _freshness,
    "school distance": _school,
    "family time distance": _family_time,
}
"""The levels of these criteria for some entries of the columns."""
