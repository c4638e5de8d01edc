"""Tests of the sample world."""

from __future__ import annotations

import pytest

from placehub.contracts.codec import Codec, Folder, to_json
from placehub.errors import Misconfigured, NotFound
from placehub.mailboxes.checks import check_codes
from placehub.postcodes import Postcodes, authorities, authority, distance_miles
from placehub.sample import figures
from placehub.sample.world import SCALES, World, make_world


def test_the_same_seed_gives_the_same_world(postcodes: Postcodes, world: World) -> None:
    """A second world of the seed is equal in every part."""
    assert make_world(world.seed, "region", postcodes) == world


def test_another_seed_gives_another_world(postcodes: Postcodes, world: World) -> None:
    """Homes and cases of two seeds share no id and no canary."""
    other = make_world(world.seed + 1, "region", postcodes)
    assert not {one.vacancy_id for one in other.homes} & {one.vacancy_id for one in world.homes}
    assert not other.canaries() & world.canaries()


def test_an_unknown_scale_is_named(postcodes: Postcodes) -> None:
    """A scale there is none of is refused with those there are."""
    with pytest.raises(NotFound, match="region"):
        make_world(1, "galaxy", postcodes)


def test_the_authorities_are_real_and_of_three_nations(world: World) -> None:
    """Every authority has its real code and name; England, Wales and Scotland are there."""
    assert [one.name for one in world.authorities] == [authority(one.code).name for one in world.authorities]
    assert all(authority(one.code).places_children for one in world.authorities)
    assert {one.nation for one in world.authorities} == {"England", "Wales", "Scotland"}
    assert len(world.authorities) == 14


def test_no_provider_can_be_taken_for_a_real_one(world: World) -> None:
    """Codes of providers and lead say that they are samples, and their names that they are made up."""
    for one in (*world.providers, world.lead):
        assert one.code.startswith("SAMPLE-")
        assert one.name.endswith("(made up)")


def test_homes_stand_at_real_postcodes_in_their_providers_areas(postcodes: Postcodes, world: World) -> None:
    """A household's sealed postcode exists, lies in its open sector, and in an authority its provider works in."""
    areas = {one.code: one.areas for one in world.providers}
    for one in world.homes:
        place = postcodes.find(one.household.postcode or "")
        sector = postcodes.sector(one.home.postcode_sector)
        assert place is not None
        assert sector is not None
        assert place.sector == one.home.postcode_sector
        assert sector.authority in areas[one.provider]


def test_vacant_places_follow_the_published_share(world: World) -> None:
    """As many places are vacant as 16% of the places of so many households."""
    assert sum(one.home.places for one in world.homes) == figures.vacant_places_in(2_000) == 534
    at_once = sum(one.opens_at == world.steps[0] for one in world.homes)
    assert 350 <= at_once <= 440


def test_searches_follow_the_planning_load(world: World) -> None:
    """The region has its share of 50,000 searches a year, in 30 days."""
    assert len(world.cases) == figures.searches_in(30, 2_000) == 195


def test_half_the_cases_are_in_each_arm_emergencies_too(world: World) -> None:
    """The arms differ by at most one case among emergencies and among the others."""
    for emergency in (True, False):
        arms = [one.arm for one in world.cases if one.emergency is emergency]
        assert abs(arms.count("hour 0") - arms.count("after referral")) <= 1


def test_children_are_drawn_as_the_shares_say(postcodes: Postcodes) -> None:
    """Over several seeds sex, sibling groups and emergencies come out near their shares."""
    cases = [case for seed in range(8) for case in make_world(seed, "region", postcodes).cases]
    children = [child for case in cases for child in case.children if child.noted.role == "child"]
    assert sum(child.noted.sex == "M" for child in children) / len(children) == pytest.approx(0.56, abs=0.04)
    assert sum(case.emergency for case in cases) / len(cases) == pytest.approx(0.15, abs=0.03)
    plain = [case for case in cases if case.wanted.kind not in ("parent and child", "remand", "UASC")]
    assert sum(len(case.children) > 1 for case in plain) / len(plain) == pytest.approx(0.28, abs=0.04)


def test_every_sealed_text_of_a_child_and_a_household_has_its_canary(world: World) -> None:
    """Each name, address, phone and free text holds a canary of its own, and nothing open holds one."""
    found: list[str] = []
    for case in world.cases:
        for child in case.children:
            found += [
                text for part in (child.need, child.identity) for text in _texts(to_json(part)) if "CANARY" in text
            ]
            found.append(child.words)
            assert "CANARY" not in str(to_json(child.noted)) + str(to_json(child.early)) + str(to_json(child.answer))
    for home in world.homes:
        found += [text for text in _texts(to_json(home.household)) if "CANARY" in text]
        assert "CANARY" not in str(to_json(home.home))
    tokens = [text.split()[-1] for text in found]
    assert len(set(tokens)) == len(tokens)
    assert set(tokens) <= world.canaries()


def test_every_code_of_the_world_is_in_its_list(world: World) -> None:
    """Agreements, homes and children use only codes of the lists, in the nation they are in."""
    day = world.steps[0].date()
    for event in (*world.agreements, *world.joinings):
        check_codes(event, day)
        Codec(Folder()).encode(event)
    for home in world.homes:
        check_codes(home.home, day)
        check_codes(home.household, day)
    for case in world.cases:
        check_codes(case.wanted, day)
        for child in case.children:
            check_codes(child.noted, day)
            check_codes(child.need, day, case.nation)


def test_what_an_early_notice_says_the_referral_does_not_take_back(world: World) -> None:
    """Early facts are fewer than the referral's, never others."""
    for case in world.cases:
        for child in case.children:
            assert set(child.early.risks_present) <= set(child.noted.risks_present)
            assert set(child.early.risks_none_known) <= set(child.noted.risks_none_known)
            for name in ("home_adaptation", "living_companions", "pets"):
                assert getattr(child.noted, name) in (None, getattr(child.answer, name))
            assert child.early.age_band == child.noted.age_band


def test_the_world_stops_more_often_while_a_need_for_today_is_open(world: World) -> None:
    """There are two steps a day, and some more after each emergency; each is later than the one before."""
    assert len(world.steps) > 2 * SCALES["region"].days
    assert list(world.steps) == sorted(set(world.steps))


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    return [text for one in value for text in _texts(one)] if isinstance(value, list) else []


def test_england_has_all_its_authorities(postcodes: Postcodes) -> None:
    """England is every authority of its own that places children, and providers work where carers can be near."""
    england = make_world(1, "england", postcodes, days=1)
    assert {one.code for one in england.authorities} == {one.code for one in authorities("England")}
    assert (len(england.authorities), len(england.providers), england.scale.households) == (153, 318, 42_190)
    assert {one.areas[0] for one in england.providers} == {one.code for one in england.authorities}
    sectors = [one for name in postcodes.sectors() if (one := postcodes.sector(name)) is not None]
    for provider in england.providers:
        for near in provider.areas[1:]:
            middles = [next(one for one in sectors if one.authority == code) for code in (provider.areas[0], near)]
            assert distance_miles(*middles) < 150, (provider.code, near)


def test_a_longer_world_begins_like_a_shorter_one(postcodes: Postcodes) -> None:
    """After the first month as many vacancies come a month as came in it, and the first month's stay as they were."""
    month, quarter = (make_world(3, "region", postcodes, days=days) for days in (30, 90))
    assert [one.vacancy_id for one in quarter.homes[: len(month.homes)]] == [one.vacancy_id for one in month.homes]
    later = quarter.homes[len(month.homes) :]
    came = sum(one.opens_at > month.steps[0] for one in month.homes)
    assert abs(len(later) / 2 - came) < 0.3 * came
    assert min(one.opens_at for one in later) > max(one.opens_at for one in month.homes)
    assert len({one.vacancy_id for one in quarter.homes}) == len(quarter.homes)


def test_a_world_lasts_a_day_at_least(postcodes: Postcodes) -> None:
    """No days are refused, with the remedy."""
    with pytest.raises(Misconfigured, match="--days 1"):
        make_world(1, "corner", postcodes, days=0)
