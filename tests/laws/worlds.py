"""Generated worlds for the laws: a search, homes of which anything may be unknown, and a policy that may be agreed."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from placehub.referrals.child import ChildNeed, FamilyTime, NotedChild, RiskDetail, School
from placehub.search.matching import Match, match
from placehub.search.opened import as_read
from placehub.search.policy import BAND, NEED, PRICE, Policy
from placehub.search.sought import Sought
from placehub.vacancies.events import ChildAtHome, Exclusion, Home, Household

from ..search.worlds import (
    BANDS,
    CENTRE,
    COMPANIONS,
    FAR,
    FARTHER,
    KINDS,
    NEAR,
    NOW,
    RISKS,
    SEXES,
    TODAY,
    Vacancy,
    a_search,
)
from ..search.worlds import world as homes_of

USUAL = 500
WORLDS = int(os.environ.get("PLACEHUB_LAWS_WORLDS", USUAL))
"""How many worlds each law is tried on: the same ones each time in `make test`, others and more by `make laws`."""
law: Final = settings(
    max_examples=WORLDS,
    derandomize=WORLDS <= USUAL,
    database=None,
    print_blob=True,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class World:
    """One search, as it was told, among some homes."""

    children: tuple[NotedChild, ...]
    needs: dict[UUID, ChildNeed]
    wanted: dict[str, Any]
    place: tuple[float, float] | None
    avoid: tuple[str, ...] | None
    vacancies: tuple[Vacancy, ...]
    eligible: frozenset[str] | None
    policy: Policy

    @property
    def sought(self) -> Sought:
        """Return what is looked for."""
        return a_search(*self.children, needs=self.needs, place=self.place, avoid=self.avoid, **self.wanted)

    def of(self, *some: Vacancy) -> World:
        """Return the same search among these homes."""
        return replace(self, vacancies=some)

    def found(self) -> Match:
        """Return what the match finds."""
        return self.found_for(self.sought)

    def found_for(self, sought: Sought) -> Match:
        """Return what the match finds for another search."""
        return match(sought, homes_of(*self.vacancies), self.eligible, NOW, self.policy)


ORDERS = (
    (BAND, NEED, "distance", "available"),
    (BAND, NEED, PRICE),
    (BAND, NEED, PRICE, "distance"),
    (BAND, NEED, "available", "distance", PRICE),
)
SECTORS = ("LS6 2", "BD1 1", "nowhere")
SKILLS = ("BSL", "Makaton")
FAITHS = ("Muslim", "none")
ETHNICITIES = ("WBRI", "BAFR")


def worlds(least: int = 0, most: int = 6) -> st.SearchStrategy[World]:
    """Draw a world. Each home follows from a number of its own, so that a failure sheds those it can do without."""
    homes = st.lists(st.integers(0, 2**32), min_size=least, max_size=most, unique=True)
    return st.builds(_world, st.integers(0, 2**32), homes)


vacancies = st.integers(2**32 + 1, 2**33).map(lambda seed: _vacancy(_chance(seed), seed))
"""A home that may come to any world."""


def _world(seed: int, homes: list[int]) -> World:
    chance = _chance(seed)
    children = tuple(_child(chance, number) for number in range(1, chance.choice((1, 1, 2, 3)) + 1))
    return World(
        children=children,
        needs={one.child_id: _need(chance) for one in children if chance.random() < 0.5},
        wanted=_wanted(chance),
        place=chance.choice((CENTRE, CENTRE, None)),
        avoid=chance.choice((None, (), (), ("LS6",))),
        vacancies=tuple(_vacancy(_chance(one), one) for one in homes),
        eligible=chance.choice((None, frozenset({"P1"}), frozenset({"P1", "P2"}))),
        policy=_policy(chance),
    )


def _chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - worlds are drawn with it, no secrets


def _perhaps(chance: Random, *values: Any, known: float = 0.7) -> Any:
    return chance.choice(values) if chance.random() < known else None


def _child(chance: Random, number: int) -> NotedChild:
    told = {risk: chance.choice(("present", "none", "unknown")) for risk in RISKS}
    parent = chance.random() < 0.15
    return NotedChild(
        child_id=UUID(int=number),
        role="parent" if parent else "child",
        looked_after=_perhaps(chance, True, False, known=0.2),
        age_band=_perhaps(chance, *BANDS),
        sex=_perhaps(chance, *SEXES),
        risks_present=tuple(risk for risk, state in told.items() if state == "present"),
        risks_none_known=tuple(risk for risk, state in told.items() if state == "none"),
        communication=_perhaps(chance, ("None",), ("BSL",), ("ESOL", "Makaton"), ("Other",)),
        home_adaptation=_perhaps(chance, True, False, False),
        living_companions=_perhaps(chance, *COMPANIONS),
        pets=_perhaps(chance, "Yes - must", "Yes - can", "No", "Not Known"),
        cultural_needs=_perhaps(chance, "Required", "Not required", "Not Known"),
    )


def _need(chance: Random) -> ChildNeed:
    dated = [RiskDetail(risk=risk, last_date=_perhaps(chance, _day(chance, -400, 0))) for risk in RISKS]
    return ChildNeed(
        age_years=_perhaps(chance, *range(18)),
        first_language=_perhaps(chance, "ar", "en"),
        religion=_perhaps(chance, *FAITHS),
        ethnicity=_perhaps(chance, *ETHNICITIES),
        school=_perhaps(chance, School(postcode=_perhaps(chance, NEAR, FAR), must_keep=_perhaps(chance, True, False))),
        family_time=tuple(
            FamilyTime(who="x", postcode=_perhaps(chance, NEAR, FARTHER, FAR)) for _ in range(chance.choice((0, 1, 2)))
        ),
        avoid=chance.choice(((), ("LS6 2",), ("BD1",))),
        risks=tuple(chance.sample(dated, chance.randint(0, 2))),
    )


def _wanted(chance: Random) -> dict[str, Any]:
    return {
        "kind": _perhaps(chance, *KINDS),
        "needed_by": _perhaps(chance, "Today", "in less than 5 days", "in more than 5 days"),
        "planned_start": _perhaps(chance, _day(chance, -3, 20), known=0.5),
        "siblings_plan": _perhaps(chance, "together", "together", "apart"),
        "within_miles": _perhaps(chance, 5, 20, 60),
    }


def _policy(chance: Random) -> Policy:
    return Policy(
        version="generated",
        order=chance.choice(ORDERS),
        radius_miles=chance.choice((10, 30)),
        usual_limit=chance.randint(1, 4),
        ages_beyond_approval=chance.randint(0, 3),
        start_may_move_days=chance.randint(0, 9),
        asks_that_stretch=chance.randint(1, 4),
        most_invited=chance.randint(1, 3),
    )


def _day(chance: Random, first: int, last: int) -> date:
    return TODAY + timedelta(days=chance.randint(first, last))


def _vacancy(chance: Random, seed: int) -> Vacancy:
    wide = chance.random() < 0.75
    far = 15_000 if wide else 60_000
    return Vacancy(
        vacancy_id=UUID(int=seed + 1),
        provider=chance.choice(("P1", "P1", "P2", "P3")),
        home=_home(chance, wide),
        east=_perhaps(chance, CENTRE[0] + chance.uniform(-far, far), known=0.9),
        north=_perhaps(chance, CENTRE[1] + chance.uniform(-far, far), known=0.9),
        paused=chance.random() < 0.1,
        taken=chance.choice((0, 0, 1)),
        household=_perhaps(chance, as_read(_household(chance))),
    )


def _household(chance: Random) -> Household:
    return Household(
        faiths=_perhaps(chance, (), *((one,) for one in FAITHS)),
        ethnicities=_perhaps(chance, *((one,) for one in ETHNICITIES), ETHNICITIES),
    )


WIDE: Final[dict[str, Any]] = {
    "places": 4,
    "kinds": KINDS,
    "min_age": 0,
    "max_age": 17,
    "sex": "any",
    "sibling_places": 4,
    "children_at_home": (),
    "adapted": True,
    "state": "now",
    "children_placed": 0,
    "approved_places": 4,
    "willing_until": NOW + timedelta(days=9),
    "available_from": TODAY,
}
"""Facts of a home that takes nearly everybody; most of them hold of a wide one."""


def _home(chance: Random, wide: bool) -> Home:
    """Draw a home. A wide one is open to nearly everybody: else nothing would fit, and few laws would bite."""
    known: dict[str, Any] = {
        "postcode_sector": chance.choice(SECTORS),
        "places": chance.randint(0, 4),
        "kinds": tuple(chance.sample(KINDS, chance.randint(0, 3))),
        "min_age": chance.randint(0, 12),
        "max_age": chance.randint(3, 18),
        "sex": chance.choice(("any", "M", "F", "new code")),
        "sibling_places": _perhaps(chance, 0, 1, 2, 3),
        "languages": _perhaps(chance, ("en",), ("en", "ar")),
        "children_at_home": _perhaps(chance, (), *((_at_home(chance),), (_at_home(chance), _at_home(chance)))),
        "pets": _perhaps(chance, (), ("dog",)),
        "adapted": _perhaps(chance, True, False),
        "skills": _perhaps(chance, (), *((one,) for one in SKILLS), SKILLS),
        "exclusions": tuple(_exclusion(chance) for _ in range(chance.choice((0, 0, 1) if wide else (0, 1, 2)))),
        "state": chance.choice(("now", "coming", "ask carer")),
        "children_placed": _perhaps(chance, 0, 1, 2, 3),
        "approved_places": _perhaps(chance, 1, 2, 3, 4),
        "exemption": _perhaps(chance, True, False),
        "available_from": _day(chance, -3, 1 if wide else 30),
        "willing_until": NOW + timedelta(days=chance.choice((-1, 0, 9))),
        "weekly_fee": _perhaps(chance, *(Decimal(fee) for fee in (700, 900, 1200))),
    }
    opened = {name: value for name, value in WIDE.items() if chance.random() < 0.85}
    return Home(**(known | (opened if wide else {})))


def _at_home(chance: Random) -> ChildAtHome:
    return ChildAtHome(age_band=_perhaps(chance, *BANDS), sex=_perhaps(chance, *SEXES))


def _exclusion(chance: Random) -> Exclusion:
    return Exclusion(
        risk=chance.choice(RISKS),
        younger_child=chance.random() < 0.3,
        same_sex=chance.random() < 0.3,
        within_months=_perhaps(chance, 0, 6, 18, known=0.3),
    )
