"""The hard constraints on who and what is at home: adaptation, risks, pets, living companions, communication."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from placehub.search.looking import SEALED, Level, Looking, Said, worst
from placehub.search.row import Companion, HomeRow
from placehub.search.sought import Person
from placehub.vacancies.events import Exclusion


def adaptation(looking: Looking, row: HomeRow) -> Said:
    """Who needs an adapted home needs one; unknown on either side is a question unless the home is adapted."""
    adapted = row.home.adapted
    facts = {"adapted": "not told" if adapted is None else "yes" if adapted else "no"}
    return worst(_adaptation_of(person, adapted) for person in looking.unit), facts


def _adaptation_of(person: Person, adapted: bool | None) -> Level:
    if adapted or person.adaptation is False:
        return Level.FITS
    if adapted is None:
        return Level.ASK_CARER
    return Level.DOES_NOT_FIT if person.adaptation else Level.ASK_AUTHORITY


def risks(looking: Looking, row: HomeRow) -> Said:
    """What the household cannot take, against the risks of each person.

    A present risk with every condition met does not fit; with one condition known not to hold, the exclusion does not
    apply. No known risk passes with a note. An unknown risk, or an unknown condition, is a question.
    """
    exclusions = row.home.exclusions
    if not exclusions:
        return Level.FITS, {"excluded": "none"}
    facts = {"excluded": ", ".join(sorted({exclusion.risk for exclusion in exclusions}))}
    pairs = [(exclusion, person) for exclusion in exclusions for person in looking.unit]
    if any(exclusion.within_months is not None and exclusion.risk in person.last_dates for exclusion, person in pairs):
        facts |= SEALED
    if noted := {exclusion.risk for exclusion, person in pairs if exclusion.risk in person.risks_none_known}:
        facts["no_known_risk"] = ", ".join(sorted(noted))
    today = looking.now.date()
    return worst([_excluded(exclusion, person, row, today) for exclusion, person in pairs]), facts


def _excluded(exclusion: Exclusion, person: Person, row: HomeRow, today: date) -> Level:
    if exclusion.risk in person.risks_none_known:
        return Level.FITS
    held = [True if exclusion.risk in person.risks_present else None]
    if exclusion.younger_child:
        held.append(_younger(person, row.companions))
    if exclusion.same_sex:
        held.append(_same_sex(person, row.companions))
    if exclusion.within_months is not None:
        held.append(_recent(person.last_dates.get(exclusion.risk), exclusion.within_months, today))
    if False in held:
        return Level.FITS
    return Level.ASK_AUTHORITY if None in held else Level.DOES_NOT_FIT


def _younger(person: Person, companions: tuple[Companion, ...] | None) -> bool | None:
    """Tell whether a younger child lives there; None when the ages leave it open."""
    if companions is None:
        return None
    if any(_older(person, child) for child in companions):
        return True
    return None if any(_older(person, child) is None for child in companions) else False


def _older(person: Person, child: Companion) -> bool | None:
    """Tell whether the person is older than the child at home; None when their ages may be either way."""
    if person.low is None or person.high is None or child.low is None or child.high is None:
        return None
    if person.low > child.high:
        return True
    return False if person.high < child.low else None


def _same_sex(person: Person, companions: tuple[Companion, ...] | None) -> bool | None:
    """Tell whether a child of the same sex lives there; None when what is told leaves it open."""
    if companions is None:
        return None
    told = [child.sex for child in companions if child.sex in ("M", "F")]
    if person.sex in told:
        return True
    unknown = bool(companions) and (person.sex not in ("M", "F") or len(told) < len(companions))
    return None if unknown else False


def _recent(last: date | None, months: int, today: date) -> bool | None:
    """Tell whether it last happened in the last so many months, the day itself included."""
    if last is None:
        return None
    year, month = divmod(today.year * 12 + today.month - 1 - max(months, 0), 12)
    if year < 1:
        return True
    return last >= date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def pets(looking: Looking, row: HomeRow) -> Said:
    """`Yes - must` needs pets at home and `No` needs none; `Yes - can` fits; not known is a question."""
    kept = row.home.pets
    facts = {"pets": "not told" if kept is None else ", ".join(sorted(kept)) or "none"}
    return worst(_pets_of(person, kept) for person in looking.unit), facts


def _pets_of(person: Person, kept: tuple[str, ...] | None) -> Level:
    if person.pets == "Yes - can":
        return Level.FITS
    if kept is None:
        return Level.ASK_CARER
    if person.pets not in ("Yes - must", "No"):
        return Level.ASK_AUTHORITY
    return Level.FITS if bool(kept) == (person.pets == "Yes - must") else Level.DOES_NOT_FIT


def living_companions(looking: Looking, row: HomeRow) -> Said:
    """Who else may live there, against the children at home (brothers and sisters who come along do not count).

    Solo: a child at home does not fit. Only older (or only younger) children: one who is surely not so does not fit,
    one who may be is a question, no child at home fits. With other children recommended: none at home needs support.
    """
    at_home = row.companions
    facts = {"children_at_home": "not told" if at_home is None else str(len(at_home))}
    if wanted := sorted({child.living_companions or "not told" for child in looking.children}):
        facts["wanted"] = ", ".join(wanted)
    return worst(_companions_of(child, at_home) for child in looking.children), facts


def _companions_of(child: Person, at_home: tuple[Companion, ...] | None) -> Level:
    wanted = child.living_companions
    if wanted == "No preference":
        return Level.FITS
    if at_home is None:
        return Level.ASK_CARER
    if wanted == "Solo placement recommended":
        return Level.DOES_NOT_FIT if at_home else Level.FITS
    if wanted == "With other children recommended":
        return Level.FITS if at_home else Level.NEEDS_SUPPORT
    if wanted == "Only with other older children":
        return max((_WHEN_ONLY_OLDER[_older(child, other)] for other in at_home), default=Level.FITS)
    if wanted == "Only with other younger children":
        return max((_WHEN_ONLY_YOUNGER[_older(child, other)] for other in at_home), default=Level.FITS)
    return Level.ASK_AUTHORITY


_WHEN_ONLY_OLDER = {True: Level.DOES_NOT_FIT, False: Level.FITS, None: Level.ASK_CARER}
_WHEN_ONLY_YOUNGER = {True: Level.FITS, False: Level.DOES_NOT_FIT, None: Level.ASK_CARER}


def communication(looking: Looking, row: HomeRow) -> Said:
    """Signing and language needs against the home's skills and languages: what is not there needs support."""
    needs = sorted({need for person in looking.unit for need in person.communication or ()} - {"None"})
    facts = {"needs": ", ".join(needs) or "none told"}
    if "ESOL" in needs and any(person.first_language for person in looking.unit):
        facts |= SEALED
    return worst(_communication_of(person, row) for person in looking.unit), facts


def _communication_of(person: Person, row: HomeRow) -> Level:
    if person.communication is None:
        return Level.ASK_AUTHORITY
    return max((_need_met(need, person, row) for need in person.communication if need != "None"), default=Level.FITS)


def _need_met(need: str, person: Person, row: HomeRow) -> Level:
    if need in ("BSL", "Makaton"):
        if row.home.skills is None:
            return Level.ASK_CARER
        return Level.FITS if need in row.home.skills else Level.NEEDS_SUPPORT
    if need != "ESOL":
        return Level.ASK_AUTHORITY
    if row.home.languages is None:
        return Level.ASK_CARER
    if person.first_language is None:
        return Level.ASK_AUTHORITY
    return Level.FITS if person.first_language in row.home.languages else Level.NEEDS_SUPPORT
