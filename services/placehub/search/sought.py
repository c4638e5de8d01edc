"""What is looked for: the facts of an early notice or a referral, as matching reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from uuid import UUID

from placehub.codes import bounds
from placehub.errors import NotFound
from placehub.referrals.child import ChildNeed, NotedChild
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, ReferralRevised

PARENT_AND_CHILD = "parent and child"

_DISTRICT = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
_SECTOR = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9])(?:[A-Z]{2})?")
_YEARS = range(121)
_NO_NEEDS: Mapping[UUID, ChildNeed] = MappingProxyType({})


Point = tuple[float, float]
"""Grid metres east and north."""


@dataclass(frozen=True, slots=True)
class AtSchool:
    """Where a child's school is and whether it must be kept, by the sealed need; None means unknown."""

    place: Point | None
    must_keep: bool | None


@dataclass(frozen=True, slots=True)
class Person:
    """One child (or a parent placed with a child), with what is known; None and absent mean unknown."""

    child_id: UUID
    parent: bool
    looked_after: bool
    age_band: str | None
    low: int | None
    """Youngest the child can be, in whole years."""
    high: int | None
    """Oldest the child can be; the same as `low` where the opened need told the exact age."""
    age_sealed: bool
    """The ages come from the sealed need, so no finding may repeat them."""
    sex: str | None
    risks_present: frozenset[str]
    risks_none_known: frozenset[str]
    last_dates: Mapping[str, date] = field(hash=False)
    """When each risk last showed, by the sealed need."""
    communication: tuple[str, ...] | None
    first_language: str | None
    """By the sealed need."""
    adaptation: bool | None
    living_companions: str | None
    pets: str | None
    cultural_needs: str | None = None
    opened: bool = False
    """Whether the sealed need was opened; without it all that follows is unknown."""
    religion: str | None = None
    ethnicity: str | None = None
    disabilities: tuple[str, ...] | None = None
    school: AtSchool | None = None
    family_time: tuple[Point | None, ...] = ()
    """Where each member of the family is seen, None where that is unknown; empty: nothing is told of family time."""


Unit = tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """The home that is looked for."""

    referral_id: UUID
    authority: str
    agreement_id: UUID | None
    kind: str | None
    needed_by: str | None
    planned_start: date | None
    siblings_plan: str | None
    units: tuple[Unit, ...]
    """Who must live in one home: all of them together, unless the plan or a confirmed split says apart."""
    place: Point | None
    """The point the search is centred on."""
    within_miles: int | None
    avoid: frozenset[str]
    """Postcode sectors (`LS6 2`) and districts (`LS6`) to keep away from."""
    avoid_told: bool
    """Whether `avoid` is known to be the whole of it."""
    adjoining: frozenset[str] = frozenset()
    """Authorities next to the one that searches."""
    parted: bool = False
    """Whether it is for one group of several: whoever is invited must be told for whom."""

    @property
    def persons(self) -> Unit:
        """Return everybody the search is for."""
        return tuple(person for unit in self.units for person in unit)


def _nowhere(postcode: str) -> Point | None:
    return None


def sought_of(
    event: EarlyNoticeGiven | ReferralMade | ReferralRevised,
    needs: Mapping[UUID, ChildNeed] = _NO_NEEDS,
    place: Point | None = None,
    avoid: Iterable[str] | None = None,
    *,
    where: Callable[[str], Point | None] = _nowhere,
    adjoining: frozenset[str] = frozenset(),
) -> Sought:
    """Return what an event looks for, with the needs that were opened, by child.

    `place` is the centre of `near_sector` in grid metres. `avoid` is all there is to keep away from; without it, it is
    read from the opened needs and is told only when every child's need was opened. `where` finds the postcodes of
    opened needs; `adjoining` names the authorities next to the one that searches.
    """
    wanted = event.wanted
    persons = tuple(_person(child, needs.get(child.child_id), where) for child in event.children)
    opened = avoid is not None or all(person.child_id in needs for person in persons)
    texts = [text for need in needs.values() for text in need.avoid] if avoid is None else list(avoid)
    return Sought(
        referral_id=event.referral_id,
        authority=event.authority,
        agreement_id=event.agreement_id,
        # A parent who comes along makes it parent and child, whatever the form says.
        kind=PARENT_AND_CHILD if any(person.parent for person in persons) else wanted.kind,
        needed_by=wanted.needed_by,
        planned_start=wanted.planned_start,
        siblings_plan=wanted.siblings_plan,
        units=_units(persons, wanted.siblings_plan),
        place=place,
        within_miles=wanted.within_miles,
        avoid=frozenset().union(*map(areas, texts)),
        # An area nobody can read is an area nobody keeps away from: it stays a question.
        avoid_told=opened and all(map(areas, texts)),
        adjoining=adjoining,
    )


def split(sought: Sought, groups: Iterable[Iterable[UUID]]) -> Sought:
    """Return the search as a split into these groups would make it; a child in no group stands alone."""
    named = [list(group) for group in groups]
    left = [[person.child_id] for person in sought.persons if not any(person.child_id in group for group in named)]
    return parted(sought, [*named, *left])


def parted(sought: Sought, groups: Iterable[Iterable[UUID]]) -> Sought:
    """Return the search for these groups only: each for a home of its own."""
    by_id = {person.child_id: person for person in sought.persons}
    kept = [tuple(by_id[child] for child in group if child in by_id) for group in groups]
    units = tuple(filter(None, kept))
    return replace(sought, units=units, parted=len(units) > 1 or {len(unit) for unit in units} != {len(by_id)})


def age_bounds(age_band: str | None) -> tuple[int, int] | None:
    """Return a band's first and last year; None when it is not told or of a list this hub does not know."""
    if age_band is None:
        return None
    try:
        return bounds(age_band)
    except NotFound:
        return None


def areas(text: str) -> frozenset[str]:
    """Return the sector or district a text in any spelling may mean; empty when it is neither.

    `LS62` without its space may be the sector `LS6 2` or the district `LS62`: it is read as both. A full postcode
    stands for its sector.
    """
    usual = " ".join(text.upper().split())
    found = {usual} if _DISTRICT.fullmatch(usual) else set()
    sector = _SECTOR.fullmatch(usual)
    return frozenset(found | {f"{sector[1]} {sector[2]}"} if sector else found)


def _units(persons: Unit, plan: str | None) -> tuple[Unit, ...]:
    """Siblings are one unit unless the plan says apart; a parent is never parted from the child."""
    if plan == "apart" and not any(person.parent for person in persons):
        return tuple((person,) for person in persons)
    return (persons,)


def _person(child: NotedChild, need: ChildNeed | None, where: Callable[[str], Point | None]) -> Person:
    parent = child.role == "parent"
    exact = need.age_years if need and need.age_years in _YEARS else None
    low, high = (exact, exact) if exact is not None else age_bounds(child.age_band) or (None, None)
    return Person(
        child_id=child.child_id,
        parent=parent,
        looked_after=not parent if child.looked_after is None else child.looked_after,
        age_band=child.age_band,
        low=low,
        high=high,
        age_sealed=exact is not None,
        sex=child.sex,
        risks_present=frozenset(child.risks_present),
        risks_none_known=frozenset(child.risks_none_known) - frozenset(child.risks_present),
        last_dates={risk.risk: risk.last_date for risk in need.risks if risk.last_date} if need else {},
        communication=child.communication,
        first_language=need.first_language if need else None,
        adaptation=child.home_adaptation,
        living_companions=child.living_companions,
        pets=child.pets,
        cultural_needs=child.cultural_needs,
        opened=need is not None,
        religion=need.religion if need else None,
        ethnicity=need.ethnicity if need else None,
        disabilities=need.disabilities if need else None,
        school=_school(need, where),
        family_time=tuple(_found(one.postcode, where) for one in need.family_time) if need else (),
    )


def _school(need: ChildNeed | None, where: Callable[[str], Point | None]) -> AtSchool | None:
    if need is None or need.school is None:
        return None
    return AtSchool(_found(need.school.postcode, where), need.school.must_keep)


def _found(postcode: str | None, where: Callable[[str], Point | None]) -> Point | None:
    return None if postcode is None else where(postcode)
