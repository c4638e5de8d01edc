"""Why a provider was not invited, and what one relaxation would bring."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from placehub.search.homes import Homes
from placehub.search.matching import lookings_of, match, units_of
from placehub.search.policy import DEFAULT
from placehub.search.sought import Sought
from placehub.search.unit import Unit
from placehub.search.withholding import relaxations, removed_by

from .worlds import CENTRE, MILE, NOW, Vacancy, a_child, a_home, a_search, world


def at(number: int, miles: float, provider: str = "P1", *, paused: bool = False, **known: Any) -> Vacancy:
    """Return a vacancy so far north of the centre."""
    return Vacancy(UUID(int=number), provider, a_home(**known), CENTRE[0], CENTRE[1] + miles * MILE, paused=paused)


def looking(sought: Sought, homes: Homes) -> tuple[Unit, ...]:
    """Return the search as columns are asked for it."""
    return units_of(homes, lookings_of(sought, None, NOW, DEFAULT))


def reasons(*some: Vacancy) -> dict[str, tuple[str, int]]:
    """Return what kept each provider's best home out of a search for a child of eight to ten."""
    homes = world(*some)
    return removed_by(homes, looking(a_search(a_child()), homes), homes.providers)


def test_the_home_that_got_furthest_says_why() -> None:
    """A home too far and one of the wrong kind do not hide that the third was out for its age alone."""
    some = at(1, 90), at(2, 5, kinds=("short break",)), at(3, 5, min_age=15)
    assert reasons(*some) == {"P1": ("age", 3)}
    assert reasons(*some[:2]) == {"P1": ("kind", 2)}
    assert reasons(some[0]) == {"P1": ("distance", 1)}


def test_who_has_no_home_open_and_who_fitted_less() -> None:
    """A paused home is none; one that fits came after others."""
    assert reasons(at(1, 5, "P1", paused=True), at(2, 5, "P2")) == {
        "P1": ("no open vacancy", 0),
        "P2": ("came after those that fitted better", 1),
    }
    homes = world(at(1, 5, "P1"))
    assert removed_by(homes, looking(a_search(a_child()), homes), ["P9"]) == {"P9": ("no open vacancy", 0)}


@pytest.mark.parametrize("criterion", ["distance", "age", "kind"])
def test_a_relaxation_brings_what_it_says(criterion: str) -> None:
    """Trying it anew with the rule relaxed finds as many homes as were said."""
    some = (
        *(at(number, 40) for number in (1, 2, 3)),
        *(at(number, 5, min_age=15) for number in (4, 5)),
        at(6, 5, kinds=("short break",)),
        at(7, 5, kinds=("short break",), min_age=15),
        at(8, 90),
    )
    sought = a_search(a_child(), kind="short term")
    homes = world(*some)
    said = {one.criterion: one.homes for one in relaxations(homes, looking(sought, homes))}
    assert list(said) == ["distance", "age", "kind"]
    relaxed = {
        "distance": a_search(a_child(), kind="short term", within_miles=60),
        "age": a_search(a_child(age_band=None), kind="short term"),
        "kind": a_search(a_child(), kind=None),
    }
    assert len(match(relaxed[criterion], world(*some), None, NOW, DEFAULT).fits) == said[criterion]


def test_siblings_apart_are_looked_at_one_by_one() -> None:
    """A home counts once, whichever of them it would take."""
    apart = a_search(a_child(1), a_child(2, sex="M"), siblings_plan="apart")
    homes = world(at(1, 5, min_age=15))
    both = looking(apart, homes)
    assert len(both) == 2
    assert [(one.criterion, one.homes) for one in relaxations(homes, both)] == [("age", 1)]
