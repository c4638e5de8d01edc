"""The questions that matter: every answer is tried, and quickly comes to what matching anew would say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from placehub.referrals.child import ChildNeed
from placehub.search import questions
from placehub.search.homes import Homes
from placehub.search.matching import Match, match
from placehub.search.policy import DEFAULT
from placehub.search.questions import Mattering, Search, mattering
from placehub.search.sought import Sought
from placehub.search.unknowns import unknowns
from placehub.vacancies.events import Exclusion

from .worlds import CENTRE, MILE, NOW, Vacancy, a_child, a_home, a_search, searches, world, worlds


def search_of(sought: Sought, homes: Homes, *, notice: bool = False) -> Search:
    """Return the search with the homes that fit now."""
    found = match(sought, homes, None, NOW, DEFAULT)
    children = tuple(person.child_id for person in sought.persons)
    return Search(sought, homes, None, NOW, DEFAULT, found, children, notice)


def homes_of(*homes: dict[str, Any]) -> Homes:
    """Return these homes, each a mile further north than the one before."""
    return world(
        *(
            Vacancy(UUID(int=number), "P1", a_home(**home), CENTRE[0], CENTRE[1] + number * MILE)
            for number, home in enumerate(homes, start=1)
        )
    )


def changed(before: Match, after: Match) -> int:
    """Return how many homes stand in another band, or in only one of two results."""
    one, other = ({home.vacancy_id: home.band for home in found.fits} for found in (before, after))
    return sum(one.get(home) != other.get(home) for home in one.keys() | other.keys())


@given(searches(), worlds)
def test_each_answer_comes_to_what_matching_anew_says(sought: Sought, vacancies: Sequence[Vacancy]) -> None:
    """For every unknown fact, the share that changes is that of the whole search done again with each answer."""
    search = search_of(sought, world(*vacancies))
    rows = [row for row in search.homes if row.vacancy_id in {home.vacancy_id for home in search.found.fits}]
    expected = {}
    for one in unknowns(sought, search.children, rows, NOW.date(), notice=False):
        if one.field in ("wanted.near_sector", "children.need.avoid") or one.field.endswith("first_language"):
            continue  # their answers depend on the order of the homes
        most = max(changed(search.found, match(told, search.homes, None, NOW, DEFAULT)) for told in one.answers)
        if most and search.in_reach():
            expected[one.field, one.risk] = min(Decimal(f"{most / search.in_reach():.2f}"), Decimal(1))
    found = {(one.field, one.risk): one.matters for one in mattering(search) if one.matters}
    assert {key: found.get(key) for key in expected} == expected
    assert {key for key in found if key not in expected} <= {
        key for key in found if key[0].endswith(("near_sector", "avoid", "first_language"))
    }


@given(st.lists(searches(), min_size=2, max_size=4), worlds, st.booleans())
def test_what_others_were_asked_changes_nothing(some: list[Sought], vacancies: Sequence[Vacancy], notice: bool) -> None:
    """What criteria said in other searches among the same homes is kept, and comes to what is said without it."""
    homes = world(*vacancies)
    for sought in (*some, some[0]):
        alone = search_of(sought, world(*vacancies), notice=notice)
        assert mattering(search_of(sought, homes, notice=notice)) == mattering(alone)


def asked(search: Search) -> list[Mattering]:
    """Return what matters, and check that it is in order."""
    found = list(mattering(search))
    assert [one.matters for one in found] == sorted((one.matters for one in found), reverse=True)
    return found


def test_what_changes_most_comes_first() -> None:
    """A risk that two of four homes exclude matters more than a sex that one is approved for."""
    excluding = {"exclusions": (Exclusion(risk="riskMissing"),)}
    homes = homes_of(excluding, excluding, {"sex": "M"}, {})
    sought = a_search(a_child(sex=None, risks_none_known=("riskToOthersFire",)), needs={UUID(int=1): ChildNeed()})
    found = asked(search_of(replace(sought, within_miles=30), homes))
    assert [(one.field, one.risk, one.matters) for one in found[:2]] == [
        ("children.0.risks_present", "riskMissing", Decimal("0.5")),
        ("children.0.sex", None, Decimal("0.25")),
    ]
    assert {one.field for one in found if one.blocks} == {"children.0.risks_present", "children.0.sex"}


def test_what_is_told_is_not_asked() -> None:
    """Of a child of whom all is known nothing is asked that a home could turn on."""
    sought = replace(a_search(a_child(), planned_start=NOW.date()), within_miles=30, avoid_told=True)
    assert not [one for one in asked(search_of(sought, homes_of({}, {}), notice=True)) if one.matters]


def test_a_plan_that_is_not_told_may_open_homes() -> None:
    """Where no home takes both, the question is whether brothers and sisters may be placed apart."""
    sought = replace(a_search(a_child(1), a_child(2), siblings_plan=None), within_miles=30)
    found = asked(search_of(sought, homes_of({"places": 1}, {"places": 1})))
    assert [(one.field, one.matters) for one in found] == [("wanted.siblings_plan", Decimal(1))]


def test_a_notice_is_not_asked_for_what_is_sealed() -> None:
    """An early notice cannot tell an exact age or a date, so neither is asked of it."""
    homes = homes_of({"max_age": 9}, {"exclusions": (Exclusion(risk="riskMissing", within_months=12),)})
    sought = replace(a_search(a_child(risks_present=("riskMissing",))), within_miles=30)
    of_a_referral = {one.field for one in asked(search_of(sought, homes))}
    of_a_notice = {one.field for one in asked(search_of(sought, homes, notice=True))}
    assert of_a_referral - of_a_notice == {"children.0.need.age_years", "children.0.need.risks.last_date"}


def test_many_homes_are_stood_for_by_some(monkeypatch: Any) -> None:
    """Of very many homes some are tried, evenly chosen, and the share is that of all."""
    homes = homes_of(*({"pets": ("dog",) if number % 2 else ()} for number in range(24)))
    sought = replace(a_search(a_child(pets=None)), within_miles=30)
    whole = asked(search_of(sought, homes))
    monkeypatch.setattr(questions, "HOMES_TRIED", 7)
    assert abs(asked(search_of(sought, homes))[0].matters - whole[0].matters) < Decimal("0.15")


def test_no_home_in_reach_asks_nothing() -> None:
    """Where nothing is in reach no answer could change anything."""
    assert asked(search_of(a_search(a_child()), world())) == []


def test_a_start_that_may_wait_lets_homes_in() -> None:
    """Needed within days, a home that comes a week later is out until a planned start, which may wait, is told."""
    soon = homes_of({"available_from": NOW.date() + timedelta(days=6), "state": "coming"})
    sought = replace(a_search(a_child(), needed_by="in less than 5 days"), within_miles=30, avoid_told=True)
    assert [(one.field, one.matters) for one in asked(search_of(sought, soon))] == [
        ("wanted.planned_start", Decimal(1))
    ]
