"""What holds in every world, whatever is told and whatever is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from placehub.contracts.parts import HomeFit
from placehub.search.looking import Level
from placehub.search.matching import BANDS, lookings_of
from placehub.search.needfit import family_time_distance, school_distance
from placehub.search.opened import as_read
from placehub.search.sought import parted
from placehub.vacancies.events import Household

from ..search.worlds import CENTRE, NOW, RISKS, Vacancy, by_hand
from ..search.worlds import world as homes_of
from .oracle import needed_together, places_needed, violated
from .worlds import World, law, vacancies, worlds

FEES = st.decimals(1, 9999, places=2)


def _merits(fit: HomeFit) -> tuple[int, int]:
    """What makes two fits unequal: the band and, in it, the weighted need."""
    return BANDS.index(fit.band), -getattr(fit, "need", 0)


@law
@given(worlds(), st.lists(st.none() | FEES, min_size=6, max_size=6))
def test_no_price_decides_who_is_invited_or_ranks_unequal_fits(world: World, fees: list[Any]) -> None:
    """Other fees give the same fits with the same words, and only equal ones may change places."""
    priced = [replace(one, home=replace(one.home, weekly_fee=fees[at])) for at, one in enumerate(world.vacancies)]
    before, after = world.found(), world.of(*priced).found()
    assert {fit.vacancy_id: fit for fit in after.fits} == {fit.vacancy_id: fit for fit in before.fits}
    assert [_merits(fit) for fit in after.fits] == [_merits(fit) for fit in before.fits]
    assert after.removed == before.removed


@law
@given(worlds(least=1))
def test_a_violated_constraint_is_never_invited(world: World) -> None:
    """No home that a known fact rules out, by a second pair of eyes, is among the fits."""
    fitting = {fit.vacancy_id for fit in world.found().fits}
    broken = {one.vacancy_id: violated(world, one, NOW) for one in world.vacancies}
    assert not {one: rules for one, rules in broken.items() if rules and one in fitting}


GOOD: dict[str, Any] = {
    "sibling_places": 9,
    "languages": ("ar", "en"),
    "adapted": True,
    "skills": ("BSL", "Makaton"),
    "children_placed": 0,
    "approved_places": 9,
    "exemption": True,
}
"""Facts of a home that are good whatever is sought, beside `_good`, of those that depend on it."""


def _good(world: World, one: Vacancy) -> dict[str, Any]:
    plans = {one.living_companions for one in world.children if one.role != "parent"}
    kind = world.sought.kind
    pets = {one.pets for one in world.children}
    found = dict(GOOD)
    if one.taken:
        del found["children_placed"]  # a child who is to come counts as placed: none there now is not none
    if "With other children recommended" not in plans and not one.home.children_placed:
        found["children_at_home"] = ()
    if kind is not None:
        found["kinds"] = (kind,)
    if "Yes - must" not in pets:
        found["pets"] = ()
    elif "No" not in pets:
        found["pets"] = ("dog",)
    return found


@law
@given(worlds(least=2), st.data())
def test_a_good_fact_never_lowers_a_home(world: World, data: st.DataObject) -> None:
    """A fact of one home that was unknown and turns out well lets no other home pass it, in band or order."""
    at = data.draw(st.integers(0, len(world.vacancies) - 1))
    one = world.vacancies[at]
    good = _good(world, one)
    name = data.draw(st.sampled_from(sorted(good)))
    nothing: Any = () if name == "kinds" else None

    def among(value: Any) -> Sequence[HomeFit]:
        told = replace(one, home=replace(one.home, **{name: value}))
        return world.of(*world.vacancies[:at], told, *world.vacancies[at + 1 :]).found().fits

    unknown, known = ([fit.vacancy_id for fit in among(value)] for value in (nothing, good[name]))
    if one.vacancy_id not in unknown:
        return
    assert one.vacancy_id in known
    before, after = (set(order[: order.index(one.vacancy_id)]) for order in (unknown, known))
    assert after <= before


@law
@given(worlds(least=2), st.integers(0, 5))
def test_a_place_that_turns_out_near_never_lowers_a_home(world: World, nth: int) -> None:
    """A home whose place was not known, and is near the search, the school and the family, loses no rank by that.

    One that turns out too far from a school or from the family of any of those it is looked at for is told a worse
    fact, not a good one.
    """
    at = nth % len(world.vacancies)
    one = replace(world.vacancies[at], east=None, north=None)
    others = world.vacancies[:at] + world.vacancies[at + 1 :]
    placed = replace(one, east=CENTRE[0], north=CENTRE[1])
    unknown, known = ([fit.vacancy_id for fit in world.of(told, *others).found().fits] for told in (one, placed))
    if one.vacancy_id not in unknown:
        return
    assert one.vacancy_id in known
    if _too_far(world, placed):
        return
    assert known.index(one.vacancy_id) <= unknown.index(one.vacancy_id)


def _too_far(world: World, one: Vacancy) -> bool:
    (row,) = homes_of(one)
    every = lookings_of(world.sought, world.eligible, NOW, world.policy)
    far = (school_distance, family_time_distance)
    return any(criterion(looking, row)[0] is Level.LESSER_FIT for looking in every for criterion in far)


@law
@given(worlds(least=1), st.integers(0, 5))
def test_a_household_that_shares_the_children_s_identity_never_lowers_a_home(world: World, nth: int) -> None:
    """A household that was not known, and is opened and shares faith and ethnicity with all, loses no rank by that."""
    at = nth % len(world.vacancies)
    others = world.vacancies[:at] + world.vacancies[at + 1 :]
    faiths = tuple(one.religion for one in world.needs.values() if one.religion)
    ethnicities = tuple(one.ethnicity for one in world.needs.values() if one.ethnicity)
    shared = as_read(Household(faiths=faiths, ethnicities=ethnicities))
    unknown, known = (
        [fit.vacancy_id for fit in world.of(replace(world.vacancies[at], household=one), *others).found().fits]
        for one in (None, shared)
    )
    vacancy_id = world.vacancies[at].vacancy_id
    if vacancy_id in unknown:
        assert known.index(vacancy_id) <= unknown.index(vacancy_id)


@law
@given(worlds(least=1))
def test_what_is_sealed_is_in_no_finding(world: World) -> None:
    """No word of a need's or a household's faith or ethnicity stands in a fit or in what removed a home."""
    told = repr(world.found()).casefold()
    assert not [word for word in ("muslim", "wbri", "bafr") if word in told]


@law
@given(worlds(least=1))
def test_a_household_removes_no_home(world: World) -> None:
    """Whatever stands in the households, the same homes fit: identity is matched, never excluded by."""
    bare = world.of(*(replace(one, household=None) for one in world.vacancies)).found()
    found = world.found()
    assert {fit.vacancy_id for fit in found.fits} == {fit.vacancy_id for fit in bare.fits}
    assert found.removed == bare.removed


CHILD_GOOD: dict[str, Any] = {
    "home_adaptation": False,
    "living_companions": "No preference",
    "pets": "Yes - can",
    "communication": ("None",),
    "risks_none_known": RISKS,
}


@law
@given(worlds(least=1), st.sampled_from(sorted(CHILD_GOOD)))
def test_a_good_fact_of_the_children_never_lowers_a_band(world: World, name: str) -> None:
    """What was not known of the children and turns out well keeps every home that fitted, in its band or a better."""
    nothing = () if name == "risks_none_known" else None

    def told(value: Any) -> dict[Any, int]:
        calm: dict[str, Any] = {"risks_present": ()} if name == "risks_none_known" else {}
        children = tuple(replace(one, **(calm | {name: value})) for one in world.children)
        return {fit.vacancy_id: BANDS.index(fit.band) for fit in replace(world, children=children).found().fits}

    unknown, known = told(nothing), told(CHILD_GOOD[name])
    assert all(known.get(one, len(BANDS)) <= band for one, band in unknown.items())


@law
@given(worlds(least=2).flatmap(lambda one: st.tuples(st.just(one), st.permutations(one.vacancies))))
def test_the_order_of_arrival_changes_nothing(drawn: tuple[World, list[Vacancy]]) -> None:
    """The same homes in another order give the same match, word for word."""
    world, other = drawn
    assert world.of(*other).found() == world.found()


@law
@given(worlds(least=1))
def test_siblings_are_never_silently_split(world: World) -> None:
    """Unless the plan says apart, a home that fits has room for all of them, and no finding is for some of them."""
    together = needed_together(world)
    needed = places_needed(world.children)
    homes = {one.vacancy_id: one for one in world.vacancies}
    for fit in world.found().fits if together else ():
        one = homes[fit.vacancy_id]
        assert one.home.places - one.taken >= needed
        assert not any(finding.criterion == "for" for finding in fit.findings)
    if together:
        assert len(world.sought.units) == 1


@law
@given(worlds(least=1).filter(lambda world: len(world.children) > 1))
def test_who_takes_several_takes_each_of_them(world: World) -> None:
    """A home that takes children together takes each of them alone: whoever has none alone is in no split either."""
    roles = {child.role for child in world.children}
    together = parted(world.sought, [[child.child_id for child in world.children]])
    for fit in world.found_for(together).fits if roles == {"child"} else ():
        for child in world.children:
            alone = world.found_for(parted(world.sought, [[child.child_id]]))
            assert fit.vacancy_id in {one.vacancy_id for one in alone.fits}


@law
@given(worlds(), vacancies)
def test_an_unsuitable_home_changes_nothing_for_the_others(world: World, more: Vacancy) -> None:
    """One home more, which fits or not, leaves the fits and the order of the others as they were."""
    others = [one for one in world.vacancies if one.vacancy_id != more.vacancy_id]
    before, after = world.of(*others).found(), world.of(*others, more).found()
    assert tuple(fit for fit in after.fits if fit.vacancy_id != more.vacancy_id) == before.fits


@law
@given(worlds(least=1))
def test_vectors_and_scalars_say_the_same(world: World) -> None:
    """Looking at all homes at once and at each on its own keeps and removes the same, for the same reasons."""
    found = world.found()
    expected = by_hand(world.sought, homes_of(*world.vacancies), world.eligible, world.policy)
    assert {fit.vacancy_id: fit for fit in found.fits} == {fit.vacancy_id: fit for fit in expected.fits}
    assert (found.removed, found.considered) == (expected.removed, expected.considered)
