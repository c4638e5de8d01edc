"""Which homes fit a search, in which band and order, and why: no I/O, no clock, no chance.

`judge` is the specification: it asks every criterion about one home. `match` asks about all homes at once, over
columns (`vector`), and the tests prove that both say the same of every home: band, need, order and what removed it.
No price is read, but where an agreed policy lets it decide between homes that are equal in band and need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np

from placehub.contracts.parts import Finding, HomeFit
from placehub.search.answers import finding_of
from placehub.search.criteria import CRITERIA, stale_for
from placehub.search.fits import comes, miles, named
from placehub.search.homes import Homes, Spots
from placehub.search.looking import Level, Looking, look
from placehub.search.ordering import BANDS
from placehub.search.policy import Policy
from placehub.search.questioned import marked
from placehub.search.row import HomeRow, micros
from placehub.search.sought import Sought
from placehub.search.unit import Unit
from placehub.search.vector import Match, match_columns
from placehub.search.weighing import HARD_FACTS, ORDER_ONLY, need_of

RULES_VERSION: Final = "6"
"""Counts up whenever the same facts under the same policy could give another result."""

FITS, WITH_SUPPORT, STRETCH = BANDS
_ORDER: Final = {name: place for place, name in enumerate(CRITERIA)}

__all__ = ["BANDS", "HARD_FACTS", "ORDER_ONLY", "RULES_VERSION", "Match", "band", "judge", "lookings_of", "match"]
__all__ += ["match_one", "units_of", "within_reach"]


def match(sought: Sought, homes: Homes, eligible: frozenset[str] | None, now: datetime, policy: Policy) -> Match:
    """Return every home that fits, in the policy's order: band, need, what else is agreed, then vacancy_id.

    `eligible` names the providers that may be searched; None lets every provider in.
    """
    return match_columns(homes, units_of(homes, lookings_of(sought, eligible, now, policy)))


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
       adaptation, communication, identity, skills, areas to avoid) is asked of every home's search alike, so it
       lowers none; it is still among the questions. What only orders homes (the way to school and to the family,
       stability) lowers no band, known or not.
    """
    verdicts = {finding.verdict for finding in findings}
    if Level.DOES_NOT_FIT.verdict in verdicts:
        return None
    asks = [finding for finding in findings if finding.verdict == "ask"]
    hard = sum(finding.criterion in HARD_FACTS for finding in asks)
    stale = any(finding.criterion == "freshness" for finding in asks)
    if stale or Level.NEEDS_VARIATION.verdict in verdicts or hard >= policy.asks_that_stretch:
        return STRETCH
    of_carer = any(one.facts["ask"] == Level.ASK_CARER.asked for one in asks if one.criterion not in ORDER_ONLY)
    return WITH_SUPPORT if hard or of_carer or Level.NEEDS_SUPPORT.verdict in verdicts else FITS


def lookings_of(sought: Sought, eligible: frozenset[str] | None, now: datetime, policy: Policy) -> tuple[Looking, ...]:
    """Return the search at one moment, once for each of its units."""
    return tuple(look(sought, unit, eligible, now, policy) for unit in sought.units)


def units_of(homes: Homes, lookings: Sequence[Looking]) -> tuple[Unit, ...]:
    """Return the search as columns are asked for it; good until a home changes."""
    return tuple(Unit(homes, looking) for looking in lookings)


def judge(lookings: Sequence[Looking], row: HomeRow) -> HomeFit | Finding:
    """Judge a home for each unit: the best fit counts, or, where none fits, what removed it last."""
    judged = [_judge_unit(looking, row) for looking in lookings]
    fits = [(looking, one) for looking, one in zip(lookings, judged, strict=True) if isinstance(one, HomeFit)]
    if not fits:
        return max((one for one in judged if isinstance(one, Finding)), key=lambda one: _ORDER[one.criterion])
    best = min((fit for _, fit in fits), key=lambda fit: (BANDS.index(fit.band), -fit.need))
    if len(lookings) == 1 and not lookings[0].sought.parted:
        return best
    return replace(best, findings=(*best.findings, named(looking for looking, _ in fits)))


def _judge_unit(looking: Looking, row: HomeRow) -> HomeFit | Finding:
    findings: list[Finding] = []
    levels: dict[str, Level] = {}
    for name, criterion in CRITERIA.items():
        levels[name], facts = criterion(looking, row)
        findings.append(finding_of(name, levels[name], facts))
        if levels[name] is Level.DOES_NOT_FIT:
            return findings[-1]
    fitted = band(findings, looking.policy)
    assert fitted is not None  # a finding that does not fit has returned above
    return HomeFit(
        vacancy_id=row.vacancy_id,
        household_ref=row.household_ref,
        band=fitted,
        need=need_of(levels, stale_for(looking, micros(row.willing_until)), looking.policy),
        distance_miles=miles(looking, row),
        available_from=comes(looking, row),
        findings=marked(findings, row.questioned) if row.questioned else tuple(findings),
        questions=tuple(finding.criterion for finding in findings if finding.verdict == "ask"),
    )
