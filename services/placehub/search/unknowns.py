"""The facts matching reads that a search does not tell, each with its plausible answers; pure.

An answer is the same search with that one fact told. What a notice or referral cannot tell is not asked of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from placehub.codes import code_list
from placehub.referrals.quality import RISKS
from placehub.search.policy import TODAY
from placehub.search.row import HomeRow
from placehub.search.sought import PARENT_AND_CHILD, Person, Sought, age_bounds, split

SHORT_REACH: Final = 20
"""Miles an authority may name where it named none: the line of England's looked-after children return."""
PLACES_TRIED: Final = 8
LANGUAGES_TRIED: Final = 3
_LONG_AGO: Final = timedelta(days=3 * 366)
_STARTS: Final = {None: (0, 7, 28), "in less than 5 days": (1, 4), "in more than 5 days": (7, 14, 28)}
"""Days from today at which a home that is needed then may be planned to start."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """One fact that is not told: its field, the risk it is about, the criteria that may read it, and its answers."""

    field: str
    criteria: tuple[str, ...]
    answers: tuple[Sought, ...]
    risk: str | None = None
    opens: bool = False
    """Whether an answer may let in homes that are out now."""


def unknowns(
    sought: Sought, children: Sequence[UUID], rows: Sequence[HomeRow], today: date, *, notice: bool
) -> tuple[Unknown, ...]:
    """Return what is not told, of the case first and then person by person, numbered as the event lists `children`.

    `rows` are the homes that fit now: where a place or a language is to be tried, theirs are. `notice`: only what an
    early notice can tell.
    """
    found = [*_of_the_case(sought, rows, today, notice)]
    for person in sorted(sought.persons, key=lambda one: children.index(one.child_id)):
        number = children.index(person.child_id)
        for part in _OF_A_PERSON if notice else (*_OF_A_PERSON, *_OF_A_NEED):
            for name, criteria, changes, risk in part(person, rows, today):
                answers = tuple(_with(sought, person, one) for one in changes)
                found.append(Unknown(f"children.{number}.{name}", criteria, answers, risk))
    return tuple(one for one in found if one.answers)


def _with(sought: Sought, person: Person, changes: dict[str, Any]) -> Sought:
    told = replace(person, **changes)
    units = tuple(tuple(told if one is person else one for one in unit) for unit in sought.units)
    return replace(sought, units=units)


def _of_the_case(sought: Sought, rows: Sequence[HomeRow], today: date, notice: bool) -> Iterator[Unknown]:
    if sought.kind is None:
        kinds = [value.code for value in code_list("placement_kind").values if value.code != PARENT_AND_CHILD]
        yield Unknown("wanted.kind", ("kind", "skills"), tuple(replace(sought, kind=one) for one in kinds))
    if sought.planned_start is None and sought.needed_by != TODAY:
        starts = [today + timedelta(days=ahead) for ahead in _STARTS.get(sought.needed_by, ())]
        answers = tuple(replace(sought, planned_start=one) for one in starts)
        # a start that is told may wait some days, where "in less than 5 days" may not
        yield Unknown("wanted.planned_start", ("available by",), answers, opens=sought.needed_by is not None)
    if sought.siblings_plan is None and len(sought.persons) > 1:
        yield Unknown("wanted.siblings_plan", ("siblings",), _plans(sought))
    if sought.place is None:
        spots = [(row.east, row.north) for row in rows if row.east is not None and row.north is not None]
        answers = tuple(replace(sought, place=one) for one in _spread(sorted(set(spots)), PLACES_TRIED))
        yield Unknown("wanted.near_sector", ("distance",), answers)
    elif sought.within_miles is None:
        yield Unknown("wanted.within_miles", ("distance",), (replace(sought, within_miles=SHORT_REACH),))
    if not sought.avoid_told and not notice:
        yield Unknown("children.need.avoid", ("avoid area",), _avoided(sought, rows))


def _plans(sought: Sought) -> tuple[Sought, ...]:
    """Together; or, where no parent comes along, each on its own."""
    together = replace(sought, siblings_plan="together")
    if any(person.parent for person in sought.persons):
        return (together,)
    return together, split(replace(sought, siblings_plan="apart"), ())


def _avoided(sought: Sought, rows: Sequence[HomeRow]) -> tuple[Sought, ...]:
    """Nothing more to avoid; or one of the districts that hold most of the homes."""
    told = replace(sought, avoid_told=True)
    districts = _most(area for row in rows for area in row.areas if " " not in area)[:LANGUAGES_TRIED]
    return told, *(replace(told, avoid=sought.avoid | {one}) for one in districts)


def _most(values: Iterable[str]) -> list[str]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return sorted(counts, key=lambda value: (-counts[value], value))


def _spread(values: Sequence[Any], most: int) -> list[Any]:
    """Return at most so many of the values, evenly chosen, the first among them."""
    return [values[at * len(values) // most] for at in range(most)] if len(values) > most else list(values)


_Part = Iterator[tuple[str, tuple[str, ...], list[dict[str, Any]], str | None]]
_OF_AGE: Final = ("age", "risks", "living companions", "school distance")


def _age(person: Person, rows: Sequence[HomeRow], today: date) -> _Part:
    if person.low is None and not person.parent:
        bands = [value.code for value in code_list("age_band").values if value.code != "18+"]
        told = [(band, age_bounds(band)) for band in bands]
        answers = [{"age_band": band, "low": ages[0], "high": ages[1]} for band, ages in told if ages]
        yield "age_band", _OF_AGE, answers, None


def _sex(person: Person, rows: Sequence[HomeRow], today: date) -> _Part:
    if person.sex not in ("M", "F"):
        yield "sex", ("sex", "risks"), [{"sex": "M"}, {"sex": "F"}], None


def _risks(person: Person, rows: Sequence[HomeRow], today: date) -> _Part:
    excluded = {exclusion.risk for row in rows for exclusion in row.home.exclusions}
    for risk in (one for one in RISKS if one in excluded):
        if risk not in person.risks_present and risk not in person.risks_none_known:
            present = {"risks_present": person.risks_present | {risk}}
            none = {"risks_none_known": person.risks_none_known | {risk}}
            yield "risks_present", ("risks", "skills"), [present, none], risk


def _pets(person: Person, rows: Sequence[HomeRow], today: date) -> _Part:
    told = ("Yes - must", "Yes - can", "No")
    if person.pets not in told:
        yield "pets", ("pets",), [{"pets": one} for one in told], None


def _companions(person: Person, rows: Sequence[HomeRow], today: date) -> _Part:
    if person.living_companions is None and not person.parent:
        codes = [value.code for value in code_list("living_companions").values]
        yield "living_companions", ("living companions",), [{"living_companions": one} for one in codes], None


def _adaptation(person: Person, rows: Sequence[HomeRow], today: date) -> _Part:
    if person.adaptation is None:
        yield "home_adaptation", ("adaptation",), [{"adaptation": True}, {"adaptation": False}], None


def _communication(person: Person, rows: Sequence[HomeRow], today: date) -> _Part:
    if person.communication is None:
        answers = [{"communication": (one,)} for one in ("None", "BSL", "Makaton", "ESOL")]
        yield "communication", ("communication",), answers, None


def _exact_age(person: Person, rows: Sequence[HomeRow], today: date) -> _Part:
    if person.low is None or person.high is None or person.low == person.high or person.parent:
        return
    answers = [{"low": years, "high": years, "age_sealed": True} for years in range(person.low, person.high + 1)]
    yield "need.age_years", _OF_AGE, answers, None


def _last_date(person: Person, rows: Sequence[HomeRow], today: date) -> _Part:
    for risk in sorted(person.risks_present - person.risks_none_known - set(person.last_dates)):
        answers = [{"last_dates": {**person.last_dates, risk: day}} for day in (today, today - _LONG_AGO)]
        yield "need.risks.last_date", ("risks",), answers, risk


def _language(person: Person, rows: Sequence[HomeRow], today: date) -> _Part:
    if "ESOL" in (person.communication or ()) and person.first_language is None:
        spoken = _most(one for row in rows for one in row.home.languages or () if one != "en")
        answers = [{"first_language": one} for one in spoken[:LANGUAGES_TRIED]]
        yield "need.first_language", ("communication", "identity"), answers, None


_OF_A_PERSON: Final[tuple[Callable[[Person, Sequence[HomeRow], date], _Part], ...]] = (
    _age,
    _sex,
    _risks,
    _pets,
    _companions,
    _adaptation,
    _communication,
)
_OF_A_NEED: Final[tuple[Callable[[Person, Sequence[HomeRow], date], _Part], ...]] = (_exact_age, _last_date, _language)
"""What only a referral tells, sealed."""
