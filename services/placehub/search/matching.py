"""Which homes fit a search, in which band and order, and why: no I/O, no clock, no chance, and no price.

The columns first sieve out the homes that surely do not fit; the criteria then judge the others one by one. The sieve
holds the same rules as `criteria`, and the tests prove that both remove the same homes for the same reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from placehub.contracts.parts import Finding, HomeFit
from placehub.search.criteria import CRITERIA, READS, distance_squared
from placehub.search.homes import NOT_SAID, SEX_OF, Columns, HomeRow, Homes, Spots
from placehub.search.looking import METRES_IN_A_MILE, Level, Looking, look
from placehub.search.policy import Policy
from placehub.search.sought import Sought

RULES_VERSION = "1"
"""Counts up whenever the same facts under the same policy could give another result."""

FITS, WITH_SUPPORT, STRETCH = BANDS = ("fits", "fits with named support", "stretch")
"""The bands of need fit, best first."""

HARD_FACTS = frozenset({"state", "distance", "kind", "available by", "siblings", "age", "sex", "risks"})
"""Criteria that no support can make up for: an open question on one of them always counts."""

_NOT_KNOWN = Decimal("Infinity")
_ORDER = {name: place for place, name in enumerate(CRITERIA)}

Entries = NDArray[np.intp]
Flags = NDArray[np.bool_]
Removes = Callable[[Homes, Columns, Entries | slice, Looking], Flags]


@dataclass(frozen=True, slots=True)
class Match:
    """The homes that fit a search, best first, and how many each criterion removed."""

    fits: tuple[HomeFit, ...]
    removed: dict[str, int]
    """Homes by the first criterion, in the order of `CRITERIA`, that removed them; every home counts once."""
    considered: int
    """Homes that are open and have a place left."""


def match(sought: Sought, homes: Homes, eligible: frozenset[str] | None, now: datetime, policy: Policy) -> Match:
    """Return every home that fits, by band, then distance, then how early it comes, then vacancy_id.

    `eligible` names the providers that may be searched; None lets every provider in.
    """
    lookings = lookings_of(sought, eligible, now, policy)
    considered = int(np.count_nonzero(homes.columns.live))
    removed: Counter[str] = Counter()
    fits = []
    for at in _sieve(homes, lookings, removed):
        row = homes.row_at(at)
        judged = judge(lookings, row)
        if isinstance(judged, Finding):
            removed[judged.criterion] += 1
        else:
            fits.append((_rank(judged, row, lookings[0]), judged))
    fits.sort(key=lambda fit: fit[0])
    counts = {name: removed[name] for name in CRITERIA if removed[name]}
    return Match(tuple(fit for _, fit in fits), counts, considered)


def match_one(
    sought: Sought, row: HomeRow, eligible: frozenset[str] | None, now: datetime, policy: Policy
) -> HomeFit | Finding:
    """Return how one home fits, or the first finding that rules it out."""
    return judge(lookings_of(sought, eligible, now, policy), row)


def within_reach(place: tuple[float, float] | None, reach: float, spots: Spots) -> frozenset[str]:
    """Return the providers some of whose spots are not beyond `reach` metres of the place: the rule of `distance`."""
    if place is None:
        return frozenset(spots.providers)
    east, north = spots.east - place[0], spots.north - place[1]
    near = ~(east * east + north * north > reach * reach)  # an unknown place is NaN, which is never too far
    return frozenset(spots.providers[at] for at in np.flatnonzero(near))


def band(findings: Sequence[Finding], policy: Policy) -> str | None:
    """Return the band that findings come to, or None when the home is out.

    1. Any `does not fit`: out.
    2. `stretch`: any `needs variation`; or the carer's willingness is stale; or questions on several hard facts
       (the policy's `asks_that_stretch`).
    3. `fits with named support`: any `needs support`; or any question to the carer; or any question on a hard fact.
    4. `fits`: everything else. A question to the authority about a fact that is not hard (pets, living companions,
       adaptation, communication, areas to avoid) is asked of every home's search alike, so it lowers none; it is
       still among the questions.
    """
    verdicts = {finding.verdict for finding in findings}
    if Level.DOES_NOT_FIT.verdict in verdicts:
        return None
    asks = [finding for finding in findings if finding.verdict == "ask"]
    hard = sum(finding.criterion in HARD_FACTS for finding in asks)
    stale = any(finding.criterion == "freshness" for finding in asks)
    if stale or Level.NEEDS_VARIATION.verdict in verdicts or hard >= policy.asks_that_stretch:
        return STRETCH
    of_carer = any(finding.facts["ask"] == Level.ASK_CARER.asked for finding in asks)
    return WITH_SUPPORT if hard or of_carer or Level.NEEDS_SUPPORT.verdict in verdicts else FITS


def lookings_of(sought: Sought, eligible: frozenset[str] | None, now: datetime, policy: Policy) -> tuple[Looking, ...]:
    """Return the search at one moment, once for each of its units."""
    return tuple(look(sought, unit, eligible, now, policy) for unit in sought.units)


def judge(lookings: Sequence[Looking], row: HomeRow) -> HomeFit | Finding:
    """Judge a home for each unit: the best fit counts, or, where none fits, what removed it last."""
    judged = [_judge_unit(looking, row) for looking in lookings]
    fits = [(looking, one) for looking, one in zip(lookings, judged, strict=True) if isinstance(one, HomeFit)]
    if not fits:
        return max((one for one in judged if isinstance(one, Finding)), key=lambda one: _ORDER[one.criterion])
    best = min((fit for _, fit in fits), key=lambda fit: BANDS.index(fit.band))
    if len(lookings) == 1:
        return best
    named = ", ".join(str(person.child_id) for looking, _ in fits for person in looking.unit)
    return replace(best, findings=(*best.findings, Finding(criterion="for", verdict="fits", facts={"children": named})))


def _judge_unit(looking: Looking, row: HomeRow) -> HomeFit | Finding:
    findings = []
    for name in CRITERIA:
        level, finding = _said(looking, row, name)
        if level is Level.DOES_NOT_FIT:
            return finding
        findings.append(finding)
    fitted = band(findings, looking.policy)
    assert fitted is not None  # a finding that does not fit has returned above
    return HomeFit(
        vacancy_id=row.vacancy_id,
        household_ref=row.household_ref,
        band=fitted,
        distance_miles=_miles(looking, row),
        findings=tuple(findings),
        questions=tuple(finding.criterion for finding in findings if finding.verdict == "ask"),
    )


def _said(looking: Looking, row: HomeRow, name: str) -> tuple[Level, Finding]:
    """Return what a criterion says of a home; asked again of a home that is alike to it, it is not worked out anew."""
    reads = READS.get(name)
    if reads is None:
        return _asked(looking, row, name)
    key = name, reads(row)
    known: tuple[Level, Finding] | None = looking.said.get(key)
    if known is None:
        known = looking.said[key] = _asked(looking, row, name)
    return known


def _asked(looking: Looking, row: HomeRow, name: str) -> tuple[Level, Finding]:
    level, facts = CRITERIA[name](looking, row)
    if level.asked:
        facts["ask"] = level.asked
    return level, Finding(criterion=name, verdict=level.verdict, facts=facts)


def _miles(looking: Looking, row: HomeRow) -> Decimal | None:
    square = distance_squared(looking, row)
    return None if square is None else Decimal(f"{sqrt(square) / METRES_IN_A_MILE:.1f}")


def _rank(fit: HomeFit, row: HomeRow, looking: Looking) -> tuple[int, Decimal, int, str]:
    """Return what orders homes; a home that is free already has no lead on another that is."""
    far = _NOT_KNOWN if fit.distance_miles is None else fit.distance_miles
    comes = max(row.home.available_from.toordinal(), looking.now.date().toordinal())
    return BANDS.index(fit.band), far, comes - looking.wanted_on, str(row.vacancy_id)


def _sieve(homes: Homes, lookings: Sequence[Looking], removed: Counter[str]) -> Iterator[int]:
    """Yield the entries that columns alone do not remove, and count those they do.

    What is the same for every unit comes first. With several units a home is removed only when it is for all of them,
    and then by the criterion that removed it last.
    """
    columns = homes.columns
    near = columns.live & ~_too_far(homes, columns, slice(None), lookings[0])
    at = np.flatnonzero(near)
    removed["distance"] += int(np.count_nonzero(columns.live)) - at.size
    for name, removes in _OF_THE_SEARCH.items():
        out = removes(homes, columns, at, lookings[0])
        removed[name] += int(np.count_nonzero(out))
        at = at[~out]
    stages = [_stages(homes, columns, at, looking) for looking in lookings]
    last = np.maximum.reduce(stages)
    for stage, name in enumerate(_OF_THE_UNIT):
        removed[name] += int(np.count_nonzero(last == stage))
    yield from at[last == len(_OF_THE_UNIT)].tolist()


def _stages(homes: Homes, columns: Columns, at: Entries, looking: Looking) -> NDArray[np.int8]:
    """Return, for each entry, which of the unit's criteria removes it first; their number where none does."""
    stages = np.full(at.size, len(_OF_THE_UNIT), np.int8)
    left = np.arange(at.size)
    for stage, removes in enumerate(_OF_THE_UNIT.values()):
        out = removes(homes, columns, at[left], looking)
        stages[left[out]] = stage
        left = left[~out]
    return stages


def _too_far(homes: Homes, columns: Columns, at: Entries | slice, looking: Looking) -> Flags:
    if looking.sought.place is None:
        return np.zeros(columns.live[at].size, np.bool_)
    east = columns.east[at] - looking.sought.place[0]
    north = columns.north[at] - looking.sought.place[1]
    # An unknown place is NaN, which is never too far.
    out: Flags = east * east + north * north > looking.reach * looking.reach
    return out


def _not_eligible(homes: Homes, columns: Columns, at: Entries | slice, looking: Looking) -> Flags:
    if looking.eligible is None:
        return np.zeros(columns.live[at].size, np.bool_)
    out = np.array([provider not in looking.eligible for provider in homes.providers], np.bool_)
    flags: Flags = out[columns.provider[at]]
    return flags


def _other_kind(homes: Homes, columns: Columns, at: Entries | slice, looking: Looking) -> Flags:
    kinds = columns.kinds[at]
    if looking.sought.kind is None:
        return np.zeros(kinds.size, np.bool_)
    out: Flags = (kinds != 0) & (kinds & homes.kinds.mask((looking.sought.kind,)) == 0)
    return out


def _too_late(homes: Homes, columns: Columns, at: Entries | slice, looking: Looking) -> Flags:
    comes = columns.available_from[at]
    return np.zeros(comes.size, np.bool_) if looking.latest is None else np.greater(comes, looking.latest)


def _too_few_places(homes: Homes, columns: Columns, at: Entries | slice, looking: Looking) -> Flags:
    return np.less(columns.places[at], looking.needed)


def _too_few_together(homes: Homes, columns: Columns, at: Entries | slice, looking: Looking) -> Flags:
    taken = columns.sibling_places[at]
    if looking.needed < 2:
        return np.zeros(taken.size, np.bool_)
    return np.not_equal(taken, NOT_SAID) & np.less(taken, looking.needed)


def _other_age(homes: Homes, columns: Columns, at: Entries | slice, looking: Looking) -> Flags:
    low, high = columns.min_age[at], columns.max_age[at]
    out = np.zeros(low.size, np.bool_)
    for child in looking.children:
        if child.low is not None and child.high is not None:
            overlaps = (child.low <= high) & (low <= child.high)
            beyond = looking.policy.ages_beyond_approval
            out |= ~overlaps & ((low - child.high > beyond) | (child.low - high > beyond))
    return out


def _other_sex(homes: Homes, columns: Columns, at: Entries | slice, looking: Looking) -> Flags:
    approved = columns.sex[at]
    out = np.zeros(approved.size, np.bool_)
    for sex, other in (("M", "F"), ("F", "M")):
        if any(child.sex == sex for child in looking.children):
            out |= approved == SEX_OF[other]
    return out


def _not_adapted(homes: Homes, columns: Columns, at: Entries | slice, looking: Looking) -> Flags:
    adapted = columns.adapted[at]
    wanted = any(person.adaptation for person in looking.unit)
    return adapted == 0 if wanted else np.zeros(adapted.size, np.bool_)


def _excluded(homes: Homes, columns: Columns, at: Entries | slice, looking: Looking) -> Flags:
    """Remove what is excluded without condition; the conditions are left to the criterion."""
    present = frozenset().union(*(person.risks_present - person.risks_none_known for person in looking.unit))
    out: Flags = columns.excluded[at] & homes.risks.mask(present) != 0
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
