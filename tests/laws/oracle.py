"""What surely rules a home out, asked again by code that shares nothing with the search.

Only known facts count: what is unknown rules nothing out. The words of the rules are those of the domain: a home is
never invited against a constraint that a known fact violates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from math import hypot
from uuid import UUID

from placehub.codes import bounds
from placehub.referrals.child import ChildNeed, NotedChild
from placehub.vacancies.events import Exclusion, Home

from ..search.worlds import MILE, Vacancy
from .worlds import World

HAIR = 1e-6
"""How far two ways of computing a distance may differ, in metres."""
Ages = tuple[int, int]


def violated(world: World, vacancy: Vacancy, now: datetime) -> list[str]:
    """Return the constraints violated; where the plan parts siblings, those of the child it violates fewest for."""
    together = world.wanted["siblings_plan"] != "apart" or any(one.role == "parent" for one in world.children)
    units = [world.children] if together else [(one,) for one in world.children]
    shared = [*_of_the_search(world, vacancy, now.date())]
    return shared + min(([*_of_the_unit(world, vacancy, unit, now.date())] for unit in units), key=len)


def _of_the_search(world: World, vacancy: Vacancy, today: date) -> Iterator[str]:
    home = vacancy.home
    if vacancy.paused or home.places - vacancy.taken < 1:
        yield "no place"
    if world.eligible is not None and vacancy.provider not in world.eligible:
        yield "agreement"
    if world.place is not None and vacancy.east is not None and vacancy.north is not None:
        reach = world.wanted["within_miles"]
        miles = world.policy.radius_miles if reach is None else reach
        far = hypot(vacancy.east - world.place[0], vacancy.north - world.place[1])
        if far > miles * MILE + HAIR:
            yield "distance"
    kind = "parent and child" if any(one.role == "parent" for one in world.children) else world.wanted["kind"]
    if kind is not None and home.kinds and kind not in home.kinds:
        yield "kind"
    days = (home.available_from - today).days
    if days > 0 and days > _may_wait(world, today):
        yield "available by"
    words = home.postcode_sector.split()
    avoided = {area for need in world.needs.values() for area in need.avoid} if world.avoid is None else world.avoid
    if any(area in (home.postcode_sector, words[0]) for area in avoided):
        yield "area"


def _may_wait(world: World, today: date) -> float:
    start = world.wanted["planned_start"]
    if isinstance(start, date):
        return max((start - today).days, 0) + world.policy.start_may_move_days
    days: dict[str | None, float] = {"Today": 0, "in less than 5 days": 4}
    return days.get(world.wanted["needed_by"], float("inf"))


def _of_the_unit(world: World, vacancy: Vacancy, unit: Sequence[NotedChild], today: date) -> Iterator[str]:
    home = vacancy.home
    needed = places_needed(unit)
    if home.places - vacancy.taken < needed:
        yield "places"
    if needed > 1 and home.sibling_places is not None and home.sibling_places < needed:
        yield "siblings"
    for one in unit:
        yield from _of_the_child(world, home, one, today)


def _of_the_child(world: World, home: Home, one: NotedChild, today: date) -> Iterator[str]:
    need = world.needs.get(one.child_id)
    ages = _ages(one, need)
    if one.role != "parent":
        beyond = world.policy.ages_beyond_approval
        if ages and (ages[0] > home.max_age + beyond or ages[1] < home.min_age - beyond):
            yield "age"
        if {one.sex, home.sex} == {"M", "F"}:
            yield "sex"
        yield from _company(home, one.living_companions, ages)
    if one.home_adaptation and home.adapted is False:
        yield "adaptation"
    if home.pets is not None and ((one.pets == "No" and home.pets) or (one.pets == "Yes - must" and not home.pets)):
        yield "pets"
    for exclusion in home.exclusions:
        present = exclusion.risk in one.risks_present
        if present and _applies(exclusion, home, one, ages, need, today):
            yield f"risk {exclusion.risk}"


def _ages(one: NotedChild, need: ChildNeed | None) -> Ages | None:
    if need is not None and need.age_years is not None:
        return need.age_years, need.age_years
    return None if one.age_band is None else bounds(one.age_band)


def _company(home: Home, plan: str | None, ages: Ages | None) -> Iterator[str]:
    at_home = home.children_at_home
    if at_home is None:
        return
    if plan == "Solo placement recommended" and (at_home or (home.children_placed or 0) > 0):
        yield "solo"
    for other in at_home:
        theirs = bounds(other.age_band) if other.age_band is not None else None
        if ages is None or theirs is None:
            continue
        if plan == "Only with other older children" and ages[0] > theirs[1]:
            yield "a younger child"
        if plan == "Only with other younger children" and ages[1] < theirs[0]:
            yield "an older child"


def _applies(
    exclusion: Exclusion, home: Home, one: NotedChild, ages: Ages | None, need: ChildNeed | None, today: date
) -> bool:
    at_home = home.children_at_home or ()
    if exclusion.younger_child:
        theirs = [bounds(child.age_band) for child in at_home if child.age_band is not None]
        if ages is None or not any(high < ages[0] for _, high in theirs):
            return False
    if exclusion.same_sex and not any(child.sex == one.sex and one.sex in ("M", "F") for child in at_home):
        return False
    if exclusion.within_months is None:
        return True
    told = {risk.risk: risk.last_date for risk in need.risks if risk.last_date} if need else {}
    last = told.get(exclusion.risk)
    # 28 days are a month that nobody's calendar makes shorter: what is surely within
    return last is not None and (today - last).days <= 28 * exclusion.within_months


def needed_together(world: World) -> frozenset[UUID]:
    """Return the children who must live in one home; empty where the plan parts them."""
    apart = world.wanted["siblings_plan"] == "apart" and not any(one.role == "parent" for one in world.children)
    return frozenset() if apart else frozenset(one.child_id for one in world.children)


def places_needed(unit: Sequence[NotedChild]) -> int:
    """Return how many places they need in one home: one for each who is looked after, and never none."""
    return max(1, sum((one.role != "parent") if one.looked_after is None else one.looked_after for one in unit))
