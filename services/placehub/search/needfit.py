"""The need criteria, one pure function each: how well a home meets a need. None of them ever removes a home.

What comes from a sealed need or a sealed household is never repeated in a finding, only named as its source.
"""

from __future__ import annotations

from collections.abc import Iterator

from placehub.search.looking import HOUSEHOLD, METRES_IN_A_MILE, SEALED, Level, Looking, Said, worst
from placehub.search.row import HomeRow
from placehub.search.skills import asked_for
from placehub.search.sought import Person, Point

SCHOOL_AGE = 4
"""Years at which a child may go to school; of a younger one no school is asked."""
SHARED_LANGUAGE = "en"
"""Every carer in the hub's nations is assessed in English, so a home that tells no languages is not asked for it."""

NOT_REQUIRED = "Not required"
"""The code of `cultural_needs` under which faith and ethnicity ask nothing."""


def square_from(place: Point, row: HomeRow) -> float | None:
    """Return the square of the metres between a place and the home's sector; None when the home's is unknown.

    The square, so that columns and this function do the same arithmetic to the last bit.
    """
    if row.east is None or row.north is None:
        return None
    east, north = row.east - place[0], row.north - place[1]
    return east * east + north * north


def school_distance(looking: Looking, row: HomeRow) -> Said:
    """A school that must be kept lies within the miles the home can drive, or the home is a lesser fit.

    One that need not be kept asks nothing, nor does a child below school age. How far the home can drive is asked of
    the carer; whether the school must be kept, of the authority, if the home could not reach it.
    """
    run = row.home.school_run_miles
    facts = {"school_run_miles": "not told" if run is None else str(run)}
    if any(child.school for child in looking.children):
        facts |= SEALED
    return worst(_school_of(child, row) for child in looking.children), facts


def _school_of(child: Person, row: HomeRow) -> Level:
    school = child.school
    if school is None:
        return Level.FITS if child.high is not None and child.high < SCHOOL_AGE else Level.ASK_AUTHORITY
    if school.must_keep is False:
        return Level.FITS
    if school.place is None:
        return Level.ASK_AUTHORITY
    square, run = square_from(school.place, row), row.home.school_run_miles
    if square is None or run is None:
        return Level.ASK_CARER if school.must_keep else Level.ASK_AUTHORITY
    reach = max(run, 0) * METRES_IN_A_MILE
    if square <= reach * reach:
        return Level.FITS
    return Level.LESSER_FIT if school.must_keep else Level.ASK_AUTHORITY


def family_time_distance(looking: Looking, row: HomeRow) -> Said:
    """Each place where the family is seen lies within the policy's miles, or the home is a lesser fit."""
    facts = {"within_miles": str(looking.policy.family_time_miles)}
    if any(child.family_time for child in looking.children):
        facts |= SEALED
    return worst(_family_time_of(child, row, family_reach(looking)) for child in looking.children), facts


def family_reach(looking: Looking) -> float:
    """Return how far family time may be, in metres."""
    return looking.policy.family_time_miles * METRES_IN_A_MILE


def _family_time_of(child: Person, row: HomeRow, reach: float) -> Level:
    return worst(_seen_at(place, row, reach) for place in child.family_time)


def _seen_at(place: Point | None, row: HomeRow, reach: float) -> Level:
    if place is None:
        return Level.ASK_AUTHORITY
    square = square_from(place, row)
    if square is None:
        return Level.ASK_CARER
    return Level.FITS if square <= reach * reach else Level.LESSER_FIT


def identity(looking: Looking, row: HomeRow) -> Said:
    """The child's language, faith and ethnicity live in the home too; what does not needs named support, never out.

    Faith and ethnicity count as far as the child's cultural needs say: `Not required` asks nothing; `Required` (or
    another need) asks for both; where that is not known, a home that meets both fits, and of any other the authority
    is asked whether it matters. English is taken as shared (see `SHARED_LANGUAGE`).
    """
    facts = {"cultural_needs": ", ".join(sorted({one.cultural_needs or "not told" for one in looking.unit}))}
    sources = [SEALED["source"]] if any(one.opened for one in looking.unit) else []
    if row.household is not None:
        sources.append(HOUSEHOLD["source"])
    if sources:
        facts["source"] = ", ".join(sources)
    return worst(_identity_of(one, row) for one in looking.unit), facts


def _identity_of(person: Person, row: HomeRow) -> Level:
    return max(_language_of(person, row), _culture_of(person, row))


def _language_of(person: Person, row: HomeRow) -> Level:
    if person.first_language is None:
        return Level.ASK_AUTHORITY
    if person.first_language in (row.home.languages or (SHARED_LANGUAGE,)):
        return Level.FITS
    return Level.ASK_CARER if row.home.languages is None else Level.NEEDS_SUPPORT


def _culture_of(person: Person, row: HomeRow) -> Level:
    if person.cultural_needs == NOT_REQUIRED:
        return Level.FITS
    met = max(_shared(person.religion, _faiths(row)), _shared(person.ethnicity, _ethnicities(row)))
    if person.cultural_needs in (None, "Not Known"):
        return Level.FITS if met is Level.FITS else Level.ASK_AUTHORITY
    return met


def _shared(of_child: str | None, at_home: frozenset[str] | None) -> Level:
    if of_child is None:
        return Level.ASK_AUTHORITY
    if at_home is None:
        return Level.ASK_CARER
    return Level.FITS if plain(of_child) in at_home else Level.NEEDS_SUPPORT


def _faiths(row: HomeRow) -> frozenset[str] | None:
    return row.household.faiths if row.household else None


def _ethnicities(row: HomeRow) -> frozenset[str] | None:
    return row.household.ethnicities if row.household else None


def plain(word: str) -> str:
    """Return a word without regard to case or spaces around it, so that two spellings of one faith are the same."""
    return " ".join(word.split()).casefold()


def skills(looking: Looking, row: HomeRow) -> Said:
    """The home has the skills that present risks, disabilities and the kind of placement ask for (see the table).

    A missing one needs support. Disabilities that are not told are asked of the authority.
    """
    openly = asked_openly(looking)
    has = None if row.home.skills is None else frozenset(row.home.skills)
    facts = {"asked": "; ".join(_named(openly)) or "none"}
    if has is not None and (missing := "; ".join(_named(one for one in openly if not one & has))):
        facts["missing"] = missing
    if any(one.disabilities is not None for one in looking.unit):
        facts |= SEALED
    sealed = worst(_skills_of(one, has) for one in looking.unit)
    return max(sealed, _met(openly, has)), facts


def asked_openly(looking: Looking) -> frozenset[frozenset[str]]:
    """Return the skills that present risks and the kind of placement ask for; of each set one is enough."""
    kind = (looking.sought.kind,) if looking.sought.kind else ()
    present = (risk for person in looking.unit for risk in person.risks_present)
    return asked_for("risk", present) | asked_for("placement_kind", kind)


def _skills_of(person: Person, has: frozenset[str] | None) -> Level:
    if person.disabilities is None:
        return Level.ASK_AUTHORITY
    return _met(asked_for("disability", person.disabilities), has)


def _met(asked: frozenset[frozenset[str]], has: frozenset[str] | None) -> Level:
    if not asked:
        return Level.FITS
    if has is None:
        return Level.ASK_CARER
    return Level.FITS if all(one & has for one in asked) else Level.NEEDS_SUPPORT


def _named(asked: frozenset[frozenset[str]] | Iterator[frozenset[str]]) -> list[str]:
    return sorted(" or ".join(sorted(one)) for one in asked)


def stability(looking: Looking, row: HomeRow) -> Said:
    """Children who live there now are evidence that children stay; without any, nothing is known and nobody is asked.

    Only what the hub's streams tell counts.
    """
    placed = row.children_placed
    facts = {"children_placed": "not told" if placed is None else str(placed)}
    return Level.FITS if placed else Level.NOT_KNOWN, facts


def out_of_area(looking: Looking, row: HomeRow) -> Said:
    """A note on the approval a placement outside the authority's own area needs; it lowers nothing.

    The nominated officer approves; the director of children's services when the home is also beyond the adjoining
    authorities. Care Planning, Placement and Case Review (England) Regulations 2010, regulations 11 and 13: England.
    """
    own, there = looking.sought.authority, row.authority
    if not own.startswith("E"):
        return Level.FITS, {"approval": "by the nation's own rules"}
    if there is None:
        return Level.FITS, {"approval": "not known"}
    if there == own:
        return Level.FITS, {"approval": "none"}
    return Level.FITS, {"approval": "nominated officer" if there in looking.sought.adjoining else "director"}
