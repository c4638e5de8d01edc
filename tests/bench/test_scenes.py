"""What a benchmark of a running hub posts: made of a sample world, whatever its size."""

from __future__ import annotations

import pytest

from placehub.bench.scenes import scene
from placehub.errors import Misconfigured
from placehub.postcodes import Postcodes
from placehub.sample.world import FIRST_DAY, World, make_world
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
