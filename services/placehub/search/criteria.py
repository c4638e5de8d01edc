"""The hard constraints, one pure function each: what it says of one home for those who must live together.

A criterion returns its level and the facts it rests on: bands and codes only. What comes from a sealed need is never
repeated, only named as the source. The price is not among the facts any criterion reads.
"""

from __future__ import annotations

from placehub.search.household import adaptation, communication, living_companions, pets, risks
from placehub.search.looking import METRES_IN_A_MILE, SEALED, Criterion, Level, Looking, Said, worst
from placehub.search.needfit import (
    family_time_distance,
    identity,
    out_of_area,
    school_distance,
    skills,
    square_from,
    stability,
)
from placehub.search.row import HomeRow, micros
from placehub.search.sought import Person


def state(looking: Looking, row: HomeRow) -> Said:
    """A paused or full home is not matched; where the carer must be asked first, it is a question."""
    if not row.live:
        return Level.DOES_NOT_FIT, {"state": "no place now"}
    level = Level.ASK_CARER if row.home.state == "ask carer" else Level.FITS
    return level, {"state": row.home.state}


def distance_squared(looking: Looking, row: HomeRow) -> float | None:
    """Return the square of the metres between the centre and the home's sector; None when either is unknown.

    The square, so that the sieve and this function do the same arithmetic to the last bit.
    """
    return None if looking.sought.place is None else square_from(looking.sought.place, row)


def distance(looking: Looking, row: HomeRow) -> Said:
    """Beyond the search's radius does not fit; an unknown place is a question."""
    square = distance_squared(looking, row)
    facts = {"within_miles": f"{looking.reach / METRES_IN_A_MILE:.0f}"}
    if square is None:
        return Level.ASK_AUTHORITY if looking.sought.place is None else Level.ASK_CARER, facts
    return Level.DOES_NOT_FIT if square > looking.reach * looking.reach else Level.FITS, facts


def agreement(looking: Looking, row: HomeRow) -> Said:
    """Under a named agreement only its providers are searched; without one every provider the caller lets in."""
    if looking.eligible is None:
        return Level.FITS, {"agreement": "none named"}
    return Level.FITS if row.provider in looking.eligible else Level.DOES_NOT_FIT, {"agreement": "named"}


def kind(looking: Looking, row: HomeRow) -> Said:
    """The kind of placement must be one the home takes; a parent who comes along makes it parent and child."""
    wanted = looking.sought.kind
    if wanted is None:
        return Level.ASK_AUTHORITY, {"kind": "not told"}
    if not row.home.kinds:
        return Level.ASK_CARER, {"kind": wanted}
    return Level.FITS if wanted in row.home.kinds else Level.DOES_NOT_FIT, {"kind": wanted}


def available_by(looking: Looking, row: HomeRow) -> Said:
    """A home that comes after the day it is needed is a question while the start may wait, and then does not fit."""
    comes = row.home.available_from
    facts = {"available_from": comes.isoformat()}
    if comes.toordinal() <= looking.wanted_on:
        return Level.FITS, facts
    late = looking.latest is not None and comes.toordinal() > looking.latest
    return Level.DOES_NOT_FIT if late else Level.ASK_AUTHORITY, facts


def places(looking: Looking, row: HomeRow) -> Said:
    """Children who must live together need a place each in the same home."""
    level = Level.FITS if row.places_left >= looking.needed else Level.DOES_NOT_FIT
    return level, {"needed": str(looking.needed), "places": str(row.places_left)}


def siblings(looking: Looking, row: HomeRow) -> Said:
    """The home takes that many siblings together; a plan that is not told is read as together, and asked."""
    facts = {"plan": looking.sought.siblings_plan or "not told", "needed": str(looking.needed)}
    if looking.needed < 2:
        return Level.FITS, facts
    taken = row.home.sibling_places
    if taken is not None and max(taken, 0) < looking.needed:
        return Level.DOES_NOT_FIT, facts
    if taken is None:
        return Level.ASK_CARER, facts
    return Level.ASK_AUTHORITY if looking.sought.siblings_plan is None else Level.FITS, facts


def age(looking: Looking, row: HomeRow) -> Said:
    """The approved ages against each child's band, or exact age where the opened need tells it.

    Inside fits. A band partly inside is a question (how old exactly?). Wholly outside is outside the terms of
    approval: within the policy's years (two) it needs variation, never silently out; beyond them it does not fit.
    """
    low, high = row.home.min_age, row.home.max_age
    facts = {"approved": f"{low}-{high}"}
    children = looking.children
    if bands := [child.age_band or "not told" for child in children]:
        facts["age_band"] = ", ".join(bands)
    if any(child.age_sealed for child in children):
        facts |= SEALED
    return worst(_age_of(child, low, high, looking.policy.ages_beyond_approval) for child in children), facts


def _age_of(child: Person, low: int, high: int, beyond: int) -> Level:
    if child.low is None or child.high is None:
        return Level.ASK_AUTHORITY
    if low <= child.low and child.high <= high:
        return Level.FITS
    if child.low <= high and low <= child.high:
        return Level.ASK_AUTHORITY
    outside = max(low - child.high, child.low - high)
    return Level.NEEDS_VARIATION if outside <= beyond else Level.DOES_NOT_FIT


def sex(looking: Looking, row: HomeRow) -> Said:
    """A home approved for one sex takes only children of that sex; a sex that is not told is a question."""
    approved = row.home.sex
    facts = {"approved": approved}
    if approved == "any":
        return Level.FITS, facts
    if approved not in ("M", "F"):
        return Level.ASK_CARER, facts
    return worst(_sex_of(child, approved) for child in looking.children), facts


def _sex_of(child: Person, approved: str) -> Level:
    if child.sex not in ("M", "F"):
        return Level.ASK_AUTHORITY
    return Level.FITS if child.sex == approved else Level.DOES_NOT_FIT


def avoid_area(looking: Looking, row: HomeRow) -> Said:
    """A home in a sector or district to keep away from does not fit; what was not told is a question."""
    avoid = looking.sought.avoid
    if avoid & row.areas:
        return Level.DOES_NOT_FIT, dict(SEALED)
    if avoid and not row.areas:
        return Level.ASK_CARER, dict(SEALED)
    if not looking.sought.avoid_told:
        return Level.ASK_AUTHORITY, {"avoid": "not told"}
    return Level.FITS, dict(SEALED)


def usual_limit(looking: Looking, row: HomeRow) -> Said:
    """More than three foster children in one home need an exemption, unless all are siblings.

    Children Act 1989, Schedule 7, paragraphs 2 to 4 (England); beyond it the home needs variation.
    """
    limit, placed, home = looking.policy.usual_limit, row.children_placed, row.home
    facts = {"usual_limit": str(limit), "needed": str(looking.needed)}
    if home.exemption:
        return Level.FITS, facts | {"exemption": "yes"}
    if placed is None:
        within = home.approved_places is not None and home.approved_places <= limit
        return Level.FITS if within else Level.ASK_CARER, facts | {"children_placed": "not told"}
    facts["children_placed"] = str(placed)
    within = placed + looking.needed <= limit or placed == 0
    return Level.FITS if within else Level.NEEDS_VARIATION, facts


def terms_of_approval(looking: Looking, row: HomeRow) -> Said:
    """More children than the home is approved for is outside its terms of approval: it needs variation."""
    approved, placed = row.home.approved_places, row.children_placed
    facts = {"approved_places": "not told" if approved is None else str(approved)}
    if approved is None:
        return Level.ASK_CARER, facts
    beyond = (placed or 0) + looking.needed > approved
    return Level.NEEDS_VARIATION if beyond else Level.ASK_CARER if placed is None else Level.FITS, facts


def freshness(looking: Looking, row: HomeRow) -> Said:
    """After `willing_until` the carer must be asked again; the home stays in sight, as a stretch at best."""
    level = Level.ASK_CARER if stale_for(looking, micros(row.willing_until)) > 0 else Level.FITS
    return level, {"willing_until": row.willing_until.isoformat()}


def stale_for(looking: Looking, until: int) -> int:
    """Return how many microseconds the carer's word has run out, by the policy's grace; 0 or less while it stands."""
    return micros(looking.now) - until - looking.policy.freshness_grace_hours * 3_600_000_000


HARD: dict[str, Criterion] = {
    "state": state,
    "distance": distance,
    "agreement": agreement,
    "kind": kind,
    "available by": available_by,
    "places": places,
    "siblings": siblings,
    "age": age,
    "sex": sex,
    "adaptation": adaptation,
    "risks": risks,
    "avoid area": avoid_area,
    "pets": pets,
    "living companions": living_companions,
    "usual limit": usual_limit,
    "terms of approval": terms_of_approval,
    "freshness": freshness,
    "communication": communication,
}
"""The hard constraints: each may remove a home or lower its band."""

NEED: dict[str, Criterion] = {
    "identity": identity,
    "skills": skills,
    "school distance": school_distance,
    "family time distance": family_time_distance,
    "stability": stability,
    "out of area": out_of_area,
}
"""What never removes a home: how well it meets the need, and notes on what a placement there would take."""

CRITERIA: dict[str, Criterion] = HARD | NEED
"""Every criterion by its name, in the fixed order in which homes are removed and findings are listed."""
