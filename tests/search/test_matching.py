"""Laws and cases of the whole match."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import placehub.search
from placehub.contracts.parts import Finding, HomeFit
from placehub.search.criteria import CRITERIA, distance
from placehub.search.fits import BLOCK
from placehub.search.homes import Homes
from placehub.search.looking import Level, look, reach_of
from placehub.search.matching import BANDS, band, lookings_of, match, match_one, units_of, within_reach
from placehub.search.policy import DEFAULT, Policy, Weight
from placehub.search.sought import Sought, parted
from placehub.search.vector import fits_among
from placehub.search.withholding import FITTED_LESS, NO_VACANCY, removed_by
from placehub.vacancies.events import Home

from .worlds import (
    CENTRE,
    MILE,
    NOW,
    Vacancy,
    a_child,
    a_home,
    a_search,
    all_of,
    by_hand,
    dwellings,
    eligibles,
    fill,
    judged,
    searches,
    vacancies,
    world,
    worlds,
)

laws = settings(max_examples=100)
READ = (
    *("sought", "row", "homes", "looking", "criteria", "household", "needfit", "skills", "weighing", "ordering"),
    *("alike", "answers", "places", "near", "sieve", "unit", "fits", "vector", "matching", "policy"),
)


def _fits(sought: Sought, *some: Vacancy) -> tuple[HomeFit, ...]:
    return tuple(match(sought, world(*some), None, NOW, DEFAULT).fits)


@laws
@given(searches(), worlds)
def test_the_quick_look_and_the_criterion_agree(sought: Sought, some: list[Vacancy]) -> None:
    """A provider is within reach if `distance` lets one of its homes be, whatever else is wrong with it."""
    homes = world(*some)
    spots = homes.spots((row.provider, row.vacancy_id) for row in homes)
    looking = look(sought, sought.units[0], None, NOW, DEFAULT)
    expected = {row.provider for row in homes if distance(looking, row)[0] is not Level.DOES_NOT_FIT}
    assert within_reach(sought.place, reach_of(sought.within_miles, DEFAULT), spots) == expected


policies = st.builds(
    replace,
    st.just(DEFAULT),
    order=st.sampled_from(
        (DEFAULT.order, ("band", "need", "price"), ("band", "need", "available", "price", "distance"))
    ),
    weights=st.lists(
        st.builds(
            Weight, criterion=st.sampled_from([one.criterion for one in DEFAULT.weights]), weight=st.integers(0, 9)
        ),
        unique_by=lambda weight: weight.criterion,
    ).map(tuple),
    asks_that_stretch=st.integers(1, 4),
    fading_weeks=st.sampled_from((0, 1, 8)),
    freshness_grace_hours=st.sampled_from((0, 48)),
)


@laws
@given(searches(), worlds, eligibles, st.just(DEFAULT) | policies)
def test_columns_and_criteria_agree(
    sought: Sought, some: list[Vacancy], eligible: frozenset[str] | None, policy: Policy
) -> None:
    """Columns say of every home what judging it alone says: what removed it, or its fit word by word, and its place."""
    homes = world(*some)
    found = all_of(match(sought, homes, eligible, NOW, policy))
    expected = by_hand(sought, homes, eligible, policy)
    assert found == expected
    assert list(found.removed) == list(expected.removed)
    assert found.considered == len(found.fits) + sum(found.removed.values())


@laws
@given(st.lists(searches(), min_size=2, max_size=4), worlds, worlds, st.data())
def test_what_was_asked_before_changes_nothing(
    some: list[Sought], first: list[Vacancy], more: list[Vacancy], data: st.DataObject
) -> None:
    """Homes that came, changed and went, and searches that asked about them, leave each match as on a fresh world."""
    homes = world(*first)
    for sought in some:
        match(sought, homes, None, NOW, DEFAULT)
        if first:
            homes.close(data.draw(st.sampled_from(first)).vacancy_id)
        if more:
            fill(homes, data.draw(st.sampled_from(more)))
        assert all_of(match(sought, homes, None, NOW, DEFAULT)) == by_hand(sought, homes, None)


@laws
@given(searches(), worlds, st.data())
def test_no_price_changes_anything(sought: Sought, some: list[Vacancy], data: st.DataObject) -> None:
    """Other fees give the same homes in the same order with the same words."""
    fees = data.draw(st.lists(st.decimals(1, 9999, places=2), min_size=len(some), max_size=len(some)))
    dearer = [replace(one, home=replace(one.home, weekly_fee=fee)) for one, fee in zip(some, fees, strict=True)]
    assert _fits(sought, *dearer) == _fits(sought, *some)


def test_no_rule_names_the_price() -> None:
    """No module of matching mentions the fee of a home, but the one that reads it for a policy that says so."""
    folder = Path(placehub.search.__path__[0])
    for module in READ:
        assert "fee" not in (folder / f"{module}.py").read_text(encoding="utf-8").lower()


@laws
@given(searches(), worlds.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_arrival_order_changes_nothing(sought: Sought, orders: tuple[list[Vacancy], list[Vacancy]]) -> None:
    """The same vacancies in another order give the same match."""
    one, other = (match(sought, world(*order), None, NOW, DEFAULT) for order in orders)
    assert one == other


@laws
@given(searches(), worlds, vacancies)
def test_an_unsuitable_home_changes_nothing_for_the_others(sought: Sought, some: list[Vacancy], more: Vacancy) -> None:
    """Adding a home that does not fit leaves the fits as they were."""
    others = [one for one in some if one.vacancy_id != more.vacancy_id]
    before, after = _fits(sought, *others), _fits(sought, *others, more)
    assert tuple(fit for fit in after if fit.vacancy_id != more.vacancy_id) == before


@laws
@given(searches(), dwellings)
def test_siblings_together_never_go_where_places_lack(sought: Sought, home: Home) -> None:
    """Nobody is matched to a home with fewer places than those who must live together."""
    least = min(sum(person.looked_after for person in unit) for unit in sought.units)
    if home.places < least:
        assert not isinstance(judged(sought, home), HomeFit)


def _rank(result: HomeFit | Finding) -> int:
    return BANDS.index(result.band) if isinstance(result, HomeFit) else len(BANDS)


GOOD: dict[str, Any] = {
    "sibling_places": 9,
    "languages": ("en", "ar"),
    "adapted": True,
    "skills": ("BSL", "Makaton"),
    "children_placed": 0,
    "approved_places": 9,
    "exemption": True,
}


@laws
@given(searches(), dwellings, st.sampled_from(sorted(GOOD)))
def test_a_good_fact_of_a_home_never_lowers_it(sought: Sought, home: Home, fact: str) -> None:
    """A fact of the home that was unknown and turns out well leaves its band or raises it."""
    nothing: dict[str, Any] = {fact: None}
    unknown, known = replace(home, **nothing), replace(home, **{fact: GOOD[fact]})
    assert _rank(judged(sought, known)) <= _rank(judged(sought, unknown))


CHILD_FACTS: dict[str, tuple[Any, Any]] = {
    "adaptation": (None, False),
    "living_companions": (None, "No preference"),
    "pets": (None, "Yes - can"),
    "communication": (None, ("None",)),
    "risks_none_known": (frozenset(), frozenset({"riskSelfHarm", "riskMissing", "riskToOthersFire"})),
}


@laws
@given(searches(), dwellings, st.sampled_from(sorted(CHILD_FACTS)))
def test_a_good_fact_of_a_child_never_lowers_a_home(sought: Sought, home: Home, fact: str) -> None:
    """A fact of the children that was unknown and turns out well leaves each home's band or raises it."""
    unknown, known = (
        replace(
            sought,
            units=tuple(
                tuple(replace(person, **{"risks_present": frozenset(), fact: value}) for person in unit)
                for unit in sought.units
            ),
        )
        for value in CHILD_FACTS[fact]
    )
    assert _rank(judged(known, home)) <= _rank(judged(unknown, home))


@laws
@given(searches(), worlds)
def test_nothing_that_does_not_fit_is_ever_matched(sought: Sought, some: list[Vacancy]) -> None:
    """No fit carries a violated constraint; every question is listed and says who is asked."""
    for fit in _fits(sought, *some):
        assert all(finding.verdict != "does not fit" for finding in fit.findings)
        asks = [finding for finding in fit.findings if finding.verdict == "ask"]
        assert fit.questions == tuple(finding.criterion for finding in asks)
        assert all(finding.facts["ask"] in ("authority", "carer") for finding in asks)


def test_bands_come_before_distance_and_distance_before_the_rest() -> None:
    """A near stretch comes after a far fit; equals are ordered by when they come, then by vacancy_id."""
    sought = a_search(planned_start=NOW.date() + timedelta(5))
    wide = a_home(min_age=11)
    late = a_home(available_from=NOW.date() + timedelta(2))
    put = [(1, wide, 1), (2, a_home(), 9), (3, late, 5), (5, a_home(), 5), (4, a_home(), 5), (6, a_home(), None)]
    some = [
        Vacancy(UUID(int=number), "P1", home, None if miles is None else CENTRE[0] + miles * MILE, CENTRE[1])
        for number, home, miles in put
    ]
    assert [fit.vacancy_id.int for fit in _fits(sought, *some)] == [4, 5, 3, 2, 6, 1]


def test_a_home_counts_once_by_what_removed_it_first() -> None:
    """A far home of another kind counts as too far only."""
    far = Vacancy(UUID(int=1), "P1", a_home(kinds=("long term",)), CENTRE[0] + 31 * MILE, CENTRE[1])
    near = replace(far, vacancy_id=UUID(int=2), east=CENTRE[0])
    found = match(a_search(), world(far, near), None, NOW, DEFAULT)
    assert all_of(found) == ((), {"distance": 1, "kind": 1}, 2)


def test_siblings_apart_are_matched_one_by_one() -> None:
    """Where the plan says apart, a home with one place is matched for the child it fits, and names that child."""
    pair = (a_child(1, sex="F"), a_child(2, sex="M"))
    girls = a_home(sex="F")
    assert isinstance(judged(a_search(*pair, siblings_plan="together"), girls), Finding)
    fit = judged(a_search(*pair, siblings_plan="apart"), girls)
    assert isinstance(fit, HomeFit)
    assert fit.findings[-1].facts == {"children": str(UUID(int=1))}


def test_after_a_confirmed_split_each_group_is_looked_for_alone() -> None:
    """The groups still without a place are the units, and whoever is invited is told for whom, even for the last."""
    trio = a_search(a_child(1), a_child(2), a_child(3), siblings_plan="together")
    two, one = [UUID(int=1), UUID(int=3)], [UUID(int=2)]
    both = parted(trio, [two, one])
    assert [[person.child_id.int for person in unit] for unit in both.units] == [[1, 3], [2]]
    fit = judged(parted(trio, [one]), a_home())
    assert isinstance(fit, HomeFit)
    assert (fit.findings[-1].criterion, fit.findings[-1].facts) == ("for", {"children": str(UUID(int=2))})
    whole = judged(trio, a_home(places=3))
    assert isinstance(whole, HomeFit)
    assert "for" not in {finding.criterion for finding in whole.findings}


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        ([("pets", "authority")], "fits"),
        ([("pets", "carer")], "fits with named support"),
        ([("age", "authority")], "fits with named support"),
        ([("age", "authority"), ("sex", "authority"), ("risks", "authority")], "stretch"),
        ([("freshness", "carer")], "stretch"),
    ],
)
def test_questions_lower_a_band_by_rule(asks: list[tuple[str, str]], expected: str) -> None:
    """What a question does to the band depends on the fact and on who is asked."""
    findings = [Finding(criterion=name, verdict="ask", facts={"ask": who}) for name, who in asks]
    assert band(findings, DEFAULT) == expected


def test_one_home_is_judged_as_in_the_whole_search() -> None:
    """A vacancy that opens later gets the same fit as it would have had at the start."""
    homes = world()
    fill(homes, Vacancy(UUID(int=7), "P1", a_home(), *CENTRE))
    (fit,) = match(a_search(), homes, None, NOW, DEFAULT).fits
    row = homes.row(UUID(int=7))
    assert row is not None
    assert match_one(a_search(), row, None, NOW, DEFAULT) == fit
    assert (fit.band, fit.distance_miles, fit.questions) == ("fits", Decimal("0.0"), ())


@laws
@given(searches(), worlds, eligibles, st.sampled_from([DEFAULT, replace(DEFAULT, asks_that_stretch=1)]))
def test_some_homes_are_judged_as_each_alone(
    sought: Sought, some: list[Vacancy], eligible: frozenset[str] | None, policy: Policy
) -> None:
    """Those of some homes that fit come in the order they were named, each as judging it alone says."""
    homes = world(*some)
    units = units_of(homes, lookings_of(sought, eligible, NOW, policy))
    named = sorted((row for row in homes if row.live), key=lambda row: str(row.vacancy_id), reverse=True)
    judged = [match_one(sought, row, eligible, NOW, policy) for row in named]
    found = fits_among(homes, units, homes.entries([row.vacancy_id for row in named]))
    assert found == [one for one in judged if isinstance(one, HomeFit)]


@laws
@given(searches(), worlds)
def test_why_nobody_was_told_is_what_judging_each_home_says(sought: Sought, some: list[Vacancy]) -> None:
    """Of each provider's homes within reach, the criterion that removed the one that got furthest; or that it fits."""
    homes = world(*some)
    units = units_of(homes, lookings_of(sought, None, NOW, DEFAULT))
    own = {name: [row for row in homes if row.provider == name and row.live] for name in homes.providers}
    said = removed_by(homes, units, own)
    order = [*CRITERIA, FITTED_LESS]
    for name, rows in own.items():
        judged = [match_one(sought, row, None, NOW, DEFAULT) for row in rows]
        reasons = [one.criterion if isinstance(one, Finding) else FITTED_LESS for one in judged]
        near = [one for one in reasons if one != "distance"]
        expected = max(near, key=order.index) if near else "distance" if rows else NO_VACANCY
        assert said[name] == (expected, len(rows))


def test_a_match_is_read_before_the_homes_change() -> None:
    """What was not read of a match is gone when a home changes, rather than told of homes that stood otherwise."""
    homes = world(Vacancy(UUID(int=1), "P1", a_home(), *CENTRE))
    found = match(a_search(), homes, None, NOW, DEFAULT)
    homes.close(UUID(int=1))
    with pytest.raises(RuntimeError, match="Read a match before"):
        tuple(found.fits)


def test_the_first_homes_are_the_same_however_many_are_read() -> None:
    """Of more homes than are put into findings at once, many of them equal in need, the order does not depend on it."""
    some = [
        Vacancy(
            UUID(int=number), f"P{number % 3}", a_home(school_run_miles=number % 2), CENTRE[0], CENTRE[1] + number * 50
        )
        for number in range(1, 3 * BLOCK)
    ]
    homes = world(*some)
    expected = by_hand(a_search(), homes, None).fits
    for first in (1, BLOCK - 1, BLOCK + 1, len(expected)):
        found = match(a_search(), homes, None, NOW, DEFAULT)
        assert found.fits[:first] == expected[:first]
        assert tuple(found.fits) == expected
        ranks = found.fits.by_provider()
        assert {name: [found.fits[at].vacancy_id for at in of] for name, of in ranks.items()} == {
            name: [one.vacancy_id for one in expected if owner(homes, one) == name] for name in ranks
        }
        assert list(ranks) == list(dict.fromkeys(owner(homes, one) for one in expected))
        assert found.fits.bands() == {one.vacancy_id: BANDS.index(one.band) for one in expected}


def owner(homes: Homes, fit: HomeFit) -> str | None:
    """Return whose home a fit is."""
    return homes.provider(fit.vacancy_id)
