"""A second look at every invitation, by code that shares nothing with the search.

For each home in each `ProviderInvited` and `InvitationUpdated` the vacancy is taken as it stood at the offsets the
invitation names as its basis, the case as it stood at the offset named there, and each hard constraint is asked again.
Only what is known counts: an unknown fact breaks no constraint. What is found is a list of violations; it should be
empty.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import hypot
from typing import Any, Final
from uuid import UUID

from placehub.codes import bounds
from placehub.contracts.parts import HomeFit
from placehub.drivers.records import Record
from placehub.postcodes import Postcodes
from placehub.referrals.child import ChildNeed, NotedChild
from placehub.sample import recheck_need
from placehub.streams import event_name
from placehub.vacancies.events import Exclusion, Home, Household

DEFAULT_MILES: Final = 30
"""How far a search reaches that names no distance, by the policy that is shipped; until `SearchWidened` says more."""
METRES: Final = 1609.344
HAIR: Final = 0.01
"""Miles by which two ways of computing one distance may differ."""
Needs = Mapping[UUID, ChildNeed]
Households = Mapping[str, Household]
"""Opened households by the ids of their keys."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One home that should not have been in one invitation."""

    referral_id: UUID
    provider: str
    vacancy_id: UUID | None
    rule: str
    facts: str


@dataclass(frozen=True, slots=True)
class _Vacancy:
    """A vacancy at one moment."""

    provider: str
    home: Home
    matched: bool
    places_left: int
    household: Household | None
    """The opened household; None where it is not sealed with the vacancy, or cannot be opened."""


@dataclass(frozen=True, slots=True)
class _Question:
    """One home asked about for those of a case who must live together."""

    wanted: Any
    people: tuple[NotedChild, ...]
    vacancy: _Vacancy
    fit: HomeFit
    needs: Needs
    today: date
    postcodes: Postcodes
    reach: int
    """Miles: how far the search reaches if it names no distance."""

    @property
    def opened(self) -> recheck_need.Asked:
        """Return the people, each with the opened need."""
        return [(one, self.needs.get(one.child_id)) for one in self.people]

    @property
    def needed(self) -> int:
        """Return how many of them need a place."""
        return max(1, sum(_looked_after(one) for one in self.people))


def recheck(
    streams: Mapping[str, Sequence[Record]], needs: Needs, households: Households, postcodes: Postcodes
) -> list[Violation]:
    """Return every violation in the streams `referral`, `vacancy` and `agreement`; none is what is hoped for."""
    vacancies, joined = _Vacancies(streams["vacancy"], households), _Joined(streams["agreement"])
    cases: dict[UUID, list[Record]] = defaultdict(list)
    reach: dict[UUID, int] = {}
    found: list[Violation] = []
    for record in streams["referral"]:
        event, name = record.event, event_name(type(record.event))
        if name in ("EarlyNoticeGiven", "ReferralMade", "ReferralRevised"):
            cases[event.referral_id].append(record)
        elif name == "SearchWidened":
            reach[event.referral_id] = event.within_miles
        elif name in ("ProviderInvited", "InvitationUpdated"):
            told = [one.event for one in cases[event.referral_id] if one.offset <= event.basis.case_offset]
            miles = reach.get(event.referral_id, DEFAULT_MILES)
            found += _check(event, told[-1] if told else None, vacancies, joined, needs, postcodes, miles)
    return found


def _check(
    event: Any, case: Any, vacancies: _Vacancies, joined: _Joined, needs: Needs, postcodes: Postcodes, reach: int
) -> Iterator[Violation]:
    def violation(rule: str, facts: str = "", vacancy_id: UUID | None = None) -> Violation:
        return Violation(event.referral_id, event.provider, vacancy_id, rule, facts)

    if case is None:
        yield violation("case", "an invitation to a case nobody gave notice of")
        return
    if not event.homes:
        yield violation("home", "an invitation without a home")
    if case.agreement_id is not None and not joined.at(case.agreement_id, event.provider, event.basis):
        yield violation("agreement", "the provider has not joined it")
    for fit in event.homes:
        vacancy = vacancies.at(fit.vacancy_id, event.basis.vacancy_offsets)
        if vacancy is None or vacancy.provider != event.provider:
            yield violation("owner", "not a vacancy of this provider", fit.vacancy_id)
            continue
        # The need is sealed in an early notice's case: nothing decided then can rest on it.
        known = needs if event_name(type(case)) != "EarlyNoticeGiven" else {}
        for rule, facts in _broken(case, vacancy, fit, known, event.basis.decided_at.date(), postcodes, reach):
            yield violation(rule, facts, fit.vacancy_id)


def _broken(
    case: Any, vacancy: _Vacancy, fit: HomeFit, needs: Needs, today: date, postcodes: Postcodes, reach: int
) -> list[tuple[str, str]]:
    """Return the constraints that are broken; where the plan parts siblings, those of the child it suits best."""
    apart = case.wanted.siblings_plan == "apart" and not any(one.role == "parent" for one in case.children)
    units = [(one,) for one in case.children] if apart else [case.children]
    # an early notice carries no need: what a later referral seals was not to be known when its homes were invited
    known = {one.child_id: needs[one.child_id] for one in case.children if _sealed(one) and one.child_id in needs}
    answers = [
        list(_answers(_Question(case.wanted, unit, vacancy, fit, known, today, postcodes, reach))) for unit in units
    ]
    return min(answers, key=len)


def _sealed(one: NotedChild) -> bool:
    return getattr(one, "need", None) is not None


def _answers(question: _Question) -> Iterator[tuple[str, str]]:
    for rule, constraint in CONSTRAINTS.items():
        facts = constraint(question)
        if facts is not None:
            yield rule, facts


def _state(asked: _Question) -> str | None:
    return None if asked.vacancy.matched else "paused or closed"


def _places(asked: _Question) -> str | None:
    left = asked.vacancy.places_left
    return f"{asked.needed} needed, {left} left" if left < asked.needed else None


def _siblings(asked: _Question) -> str | None:
    taken = asked.vacancy.home.sibling_places
    return f"{asked.needed} together, {taken} taken" if taken is not None and 1 < asked.needed > taken else None


def _kind(asked: _Question) -> str | None:
    kind = "parent and child" if any(one.role == "parent" for one in asked.people) else asked.wanted.kind
    takes = asked.vacancy.home.kinds
    return f"{kind} wanted" if kind is not None and takes and kind not in takes else None


def _age(asked: _Question) -> str | None:
    """Outside the approved ages is a variation of the terms of approval: it may be asked for, never passed over."""
    home = asked.vacancy.home
    for child in asked.people:
        ages = _ages(child, asked.needs)
        outside = ages is not None and child.role != "parent" and (ages[1] < home.min_age or ages[0] > home.max_age)
        if outside and not (asked.fit.band == "stretch" and _says(asked.fit, "needs variation")):
            return f"approved for {home.min_age} to {home.max_age}"
    return None


def _sex(asked: _Question) -> str | None:
    approved = asked.vacancy.home.sex
    others = [one for one in asked.people if one.role != "parent" and one.sex in ("M", "F") and one.sex != approved]
    return f"approved for {approved}" if approved in ("M", "F") and others else None


def _adaptation(asked: _Question) -> str | None:
    needed = any(one.home_adaptation for one in asked.people)
    return "not adapted" if needed and asked.vacancy.home.adapted is False else None


def _pets(asked: _Question) -> str | None:
    kept = asked.vacancy.home.pets
    if kept is None:
        return None
    for one in asked.people:
        if (one.pets == "No" and kept) or (one.pets == "Yes - must" and not kept):
            return f"wants pets: {one.pets}; there are {len(kept)}"
    return None


def _radius(asked: _Question) -> str | None:
    centre = asked.postcodes.sector(asked.wanted.near_sector) if asked.wanted.near_sector else None
    home = asked.postcodes.sector(asked.vacancy.home.postcode_sector)
    if centre is None or home is None:
        return None
    miles = hypot(centre.east - home.east, centre.north - home.north) / METRES
    reach = asked.reach if asked.wanted.within_miles is None else asked.wanted.within_miles
    if miles > reach + HAIR:
        return f"{miles:.1f} miles, {reach} allowed"
    said = asked.fit.distance_miles
    return f"said to be {said} miles, is {miles:.1f}" if said is not None and abs(said - Decimal(miles)) > 1 else None


def _avoided(asked: _Question) -> str | None:
    sector = asked.vacancy.home.postcode_sector
    for one in asked.people:
        need = asked.needs.get(one.child_id)
        if need is not None and any(area in (sector, sector.split()[0]) for area in need.avoid):
            return "an area to keep away from"
    return None


def _risks(asked: _Question) -> str | None:
    for exclusion in asked.vacancy.home.exclusions:
        for one in asked.people:
            if exclusion.risk in one.risks_present and _holds(exclusion, one, asked):
                return exclusion.risk
    return None


def _holds(exclusion: Exclusion, one: NotedChild, asked: _Question) -> bool:
    """Tell whether every condition of an exclusion certainly holds; all of them must."""
    at_home = asked.vacancy.home.children_at_home or ()
    ages = _ages(one, asked.needs)
    if exclusion.younger_child:
        bands = [bounds(child.age_band) for child in at_home if child.age_band is not None]
        if ages is None or not any(high < ages[0] for _, high in bands):
            return False
    if exclusion.same_sex and not any(child.sex == one.sex and one.sex in ("M", "F") for child in at_home):
        return False
    return exclusion.within_months is None or _recent(exclusion, one, asked)


def _recent(exclusion: Exclusion, one: NotedChild, asked: _Question) -> bool:
    need = asked.needs.get(one.child_id)
    dates = [risk.last_date for risk in need.risks if risk.risk == exclusion.risk and risk.last_date] if need else []
    days = 30 * (exclusion.within_months or 0)
    return any((asked.today - last).days <= days for last in dates)


def _finding(asked: _Question) -> str | None:
    return "a finding says that it does not fit" if _says(asked.fit, "does not fit") else None


def _identity(asked: _Question) -> str | None:
    said = recheck_need.said(asked.fit, "identity")
    found = recheck_need.identity(asked.opened, asked.vacancy.home, asked.vacancy.household)
    return None if said in (None, found) else f"said: {said}"


def _family_time(asked: _Question) -> str | None:
    said = recheck_need.said(asked.fit, "family time distance")
    found = recheck_need.family_time(asked.opened, asked.vacancy.home, asked.postcodes)
    return None if said is None or found in (None, said) else f"said: {said}"


CONSTRAINTS: Final[Mapping[str, Callable[[_Question], str | None]]] = {
    "state": _state,
    "places": _places,
    "siblings": _siblings,
    "kind": _kind,
    "age": _age,
    "sex": _sex,
    "risks": _risks,
    "radius": _radius,
    "avoided area": _avoided,
    "pets": _pets,
    "adaptation": _adaptation,
    "finding": _finding,
    "identity": _identity,
    "family time": _family_time,
}
"""Every constraint by its name: None, or the facts that break it."""


def _says(fit: HomeFit, verdict: str) -> bool:
    return any(one.verdict == verdict for one in fit.findings)


def _looked_after(one: NotedChild) -> bool:
    return one.role != "parent" if one.looked_after is None else one.looked_after


def _ages(one: NotedChild, needs: Needs) -> tuple[int, int] | None:
    need = needs.get(one.child_id)
    if need is not None and need.age_years is not None:
        return need.age_years, need.age_years
    return None if one.age_band is None else bounds(one.age_band)


class _Vacancies:
    """Every vacancy as it stood after each of its events."""

    def __init__(self, records: Iterable[Record], households: Households) -> None:
        self._households = households
        self._partition: dict[UUID, int] = {}
        self._offsets: dict[UUID, list[int]] = defaultdict(list)
        self._states: dict[UUID, list[_Vacancy]] = defaultdict(list)
        for record in records:
            self._take(record)

    def _take(self, record: Record) -> None:
        event = record.event
        states = self._states[event.vacancy_id]
        after = _after(states[-1] if states else None, event, self._households)
        if after is not None:
            self._partition[event.vacancy_id] = record.partition
            self._offsets[event.vacancy_id].append(record.offset)
            states.append(after)

    def at(self, vacancy_id: UUID, ends: Sequence[int]) -> _Vacancy | None:
        """Return the vacancy as it stood where each partition ended at `ends`; None when nobody knew it then."""
        partition = self._partition.get(vacancy_id)
        end = ends[partition] if partition is not None and partition < len(ends) else 0
        passed = bisect_left(self._offsets.get(vacancy_id, []), end)
        return self._states[vacancy_id][passed - 1] if passed else None


def _after(before: _Vacancy | None, event: Any, households: Households) -> _Vacancy | None:
    name = event_name(type(event))
    if name in ("VacancyOpened", "VacancyRevised"):
        household = households.get(event.household.key_id) if event.household else None
        return _Vacancy(event.provider, event.home, True, event.home.places, household)
    if before is None:
        return None
    if name in ("VacancyPaused", "VacancyClosed"):
        return replace(before, matched=False)
    if name == "VacancyConfirmed":
        return replace(before, matched=True)
    if name in ("VacancyReserved", "VacancyReleased", "VacancyFilled"):
        return before if event.places_left is None else replace(before, places_left=event.places_left)
    return None


class _Joined:
    """Which provider had joined which agreement by which offset."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._at: dict[tuple[UUID, str], tuple[int, int]] = {}
        for record in records:
            if event_name(type(record.event)) == "ProviderJoined":
                key = (record.event.agreement_id, record.event.provider)
                self._at.setdefault(key, (record.partition, record.offset))

    def at(self, agreement_id: UUID, provider: str, basis: Any) -> bool:
        """Tell whether the provider had joined by the offsets of the basis."""
        found = self._at.get((agreement_id, provider))
        ends = () if basis is None else basis.agreement_offsets
        return found is not None and found[0] < len(ends) and found[1] < ends[found[0]]
