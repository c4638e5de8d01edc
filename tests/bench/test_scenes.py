"""What a benchmark of a running hub posts: made of a sample world, whatever its size."""

from __future__ import annotations

import pytest

from placehub.bench.few import searches_that_fit
from placehub.bench.latency import UP_TO
from placehub.bench.scenes import scene
from placehub.contracts.parts import HomeFit
from placehub.errors import Misconfigured
from placehub.postcodes import Postcodes
from placehub.referrals.events import EarlyNoticeGiven
from placehub.sample.world import FIRST_DAY, World, make_world
from placehub.search.homes import Homes
from placehub.search.matching import match_one
from placehub.search.policy import DEFAULT
from placehub.search.sought import sought_of
from placehub.vacancies.events import VacancyOpened


@pytest.fixture(scope="module")
def corner() -> World:
    """The smallest world."""
    return make_world(1, "corner", Postcodes.open(), 30)


@pytest.mark.parametrize(("homes", "before"), [(20, 20), (100, 72)])
def test_homes_are_left_to_open_later(corner: World, homes: int, before: int) -> None:
    """However many are asked for before, those that open later are others."""
    posted = scene(corner, FIRST_DAY, homes=homes, notices=40, openings=3)
    opened = [event for _, event in posted.before if isinstance(event, VacancyOpened)]
    assert (len(corner.homes), len(opened), len(posted.openings)) == (75, before, 3)
    ids = {one.vacancy_id for one in (*opened, *posted.openings)}
    assert len(ids) == before + 3, "no home opens twice"
    assert len({one.referral_id for one in posted.notices}) == 40


def test_a_world_of_too_few_homes_is_named(corner: World) -> None:
    """Nothing is measured of homes that are not there."""
    with pytest.raises(Misconfigured, match="a world of 75 homes 75 cannot open later"):
        scene(corner, FIRST_DAY, homes=1, notices=1, openings=75)


def test_homes_that_few_searches_fit_open_first(corner: World) -> None:
    """Four fifths of those that open are such, as far as there are such; the count is what the rules say one by one."""
    postcodes = Postcodes.open()
    posted = scene(corner, FIRST_DAY, homes=20, notices=60, openings=40)
    counts = searches_that_fit(posted.openings, posted.notices, postcodes, FIRST_DAY)
    few = [0 < one <= UP_TO for one in counts]
    assert few == sorted(few, reverse=True), "those first"
    assert 0 < sum(few) <= 32
    assert len({one.vacancy_id for one in posted.openings}) == 40
    assert counts[0] == sum(_fits(posted.openings[0], one, postcodes) for one in posted.notices)


def _fits(opened: VacancyOpened, notice: EarlyNoticeGiven, postcodes: Postcodes) -> bool:
    sector, centre = postcodes.sector(opened.home.postcode_sector), postcodes.sector(notice.wanted.near_sector or "")
    assert sector is not None
    assert centre is not None
    homes = Homes()
    about = opened.vacancy_id, opened.provider, opened.household_ref, opened.home
    homes.put(*about, sector.east, sector.north, opened.version, authority=sector.authority)
    row = homes.row(opened.vacancy_id)
    assert row is not None
    near = (centre.east, centre.north)
    sought = sought_of(notice, place=near, adjoining=postcodes.adjoining(notice.authority))
    return isinstance(match_one(sought, row, None, FIRST_DAY, DEFAULT), HomeFit)
