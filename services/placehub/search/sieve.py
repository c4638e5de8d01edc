"""The quick sieve: columns alone remove the homes that surely do not fit, by the same rules as the criteria."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from placehub.search.homes import NOT_SAID, SEX_OF, Columns, Homes
from placehub.search.looking import Looking
from placehub.search.places import within

Entries = NDArray[np.intp]
Flags = NDArray[np.bool_]
Removes = Callable[[Homes, Columns, Entries, Looking], Flags | None]
"""Which homes a criterion removes; None where it removes none in such a search."""


def sieve(homes: Homes, lookings: Sequence[Looking], removed: Counter[str]) -> Entries:
    """Return the entries that columns alone do not remove, and count those they do.

    What is the same for every unit comes first. With several units a home is removed only when it is for all of them,
    and then by the criterion that removed it last.
    """
    columns = homes.columns
    at = near(homes, lookings[0])
    removed["distance"] += int(np.count_nonzero(columns.live)) - at.size
    for name, removes in _OF_THE_SEARCH.items():
        out = removes(homes, columns, at, lookings[0])
        if out is not None:
            removed[name] += int(np.count_nonzero(out))
            at = at.compress(~out)
    stages = [_stages(homes, columns, at, looking) for looking in lookings]
    last = stages[0] if len(stages) == 1 else np.maximum.reduce(stages)
    counts = np.bincount(last, minlength=len(_OF_THE_UNIT)).tolist()
    removed.update(dict(zip(_OF_THE_UNIT, counts, strict=False)))
    left: Entries = at.compress(last == len(_OF_THE_UNIT))
    return left


def _stages(homes: Homes, columns: Columns, at: Entries, looking: Looking) -> NDArray[np.int8]:
    """Return, for each entry, which of the unit's criteria removes it first; their number where none does."""
    stages = np.full(at.size, len(_OF_THE_UNIT), np.int8)
    left = np.arange(at.size)
    for stage, removes in enumerate(_OF_THE_UNIT.values()):
        out = removes(homes, columns, at, looking)
        if out is not None:
            stages[left.compress(out)] = stage
            left, at = left.compress(~out), at.compress(~out)
    return stages


def near(homes: Homes, looking: Looking, times: int = 1) -> Entries:
    """Return the entries that are live and not beyond so many times the search's reach."""
    place, columns = looking.sought.place, homes.columns
    at = np.arange(len(homes)) if place is None else homes.around(place, times * looking.reach)
    at = at.compress(columns.live.take(at))
    return at.compress(within(looking, columns, at, times))


def _not_eligible(homes: Homes, columns: Columns, at: Entries, looking: Looking) -> Flags | None:
    if looking.eligible is None:
        return None
    flags: Flags = homes.shut_out(looking.eligible).take(columns.provider.take(at))
    return flags


def _other_kind(homes: Homes, columns: Columns, at: Entries, looking: Looking) -> Flags | None:
    if looking.sought.kind is None:
        return None
    kinds = columns.kinds.take(at)
    out: Flags = (kinds != 0) & (kinds & homes.kinds.mask((looking.sought.kind,)) == 0)
    return out


def _too_late(homes: Homes, columns: Columns, at: Entries, looking: Looking) -> Flags | None:
    return None if looking.latest is None else np.greater(columns.available_from.take(at), looking.latest)


def _too_few_places(homes: Homes, columns: Columns, at: Entries, looking: Looking) -> Flags:
    return np.less(columns.places.take(at), looking.needed)


def _too_few_together(homes: Homes, columns: Columns, at: Entries, looking: Looking) -> Flags | None:
    if looking.needed < 2:
        return None
    taken = columns.sibling_places.take(at)
    return np.not_equal(taken, NOT_SAID) & np.less(taken, looking.needed)


def _other_age(homes: Homes, columns: Columns, at: Entries, looking: Looking) -> Flags:
    low, high = columns.min_age.take(at), columns.max_age.take(at)
    out = np.zeros(low.size, np.bool_)
    for child in looking.children:
        if child.low is not None and child.high is not None:
            overlaps = (child.low <= high) & (low <= child.high)
            beyond = looking.policy.ages_beyond_approval
            out |= ~overlaps & ((low - child.high > beyond) | (child.low - high > beyond))
    return out


def _other_sex(homes: Homes, columns: Columns, at: Entries, looking: Looking) -> Flags | None:
    others = [
        SEX_OF[other] for sex, other in (("M", "F"), ("F", "M")) if any(one.sex == sex for one in looking.children)
    ]
    if not others:
        return None
    approved = columns.sex.take(at)
    out: Flags = np.logical_or.reduce([approved == other for other in others])
    return out


def _not_adapted(homes: Homes, columns: Columns, at: Entries, looking: Looking) -> Flags | None:
    if not any(person.adaptation for person in looking.unit):
        return None
    return np.equal(columns.adapted.take(at), 0)


def _excluded(homes: Homes, columns: Columns, at: Entries, looking: Looking) -> Flags | None:
    """Remove what is excluded without condition; the conditions are left to the criterion."""
    present = frozenset().union(*(person.risks_present - person.risks_none_known for person in looking.unit))
    mask = homes.risks.mask(present)
    if not mask:
        return None
    out: Flags = columns.excluded.take(at) & mask != 0
    return out


_OF_THE_SEARCH: Mapping[str, Removes] = {"agreement": _not_eligible, "kind": _other_kind, "available by": _too_late}
_OF_THE_UNIT: Mapping[str, Removes] = {
    "places": _too_few_places,
    "siblings": _too_few_together,
    "age": _other_age,
    "sex": _other_sex,
    "adaptation": _not_adapted,
    "risks": _excluded,
}
