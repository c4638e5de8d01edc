"""The shipped policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from placehub.contracts.parts import HomeFit
from placehub.search.matching import match_one
from placehub.search.policy import DEFAULT

from .worlds import CENTRE, MILE, NOW, Vacancy, a_home, a_search, world


def test_an_emergency_has_a_short_window_and_no_limit_on_who_is_invited() -> None:
    """Needed today: an hour to answer, every fitting home at once; otherwise a day, and fifteen providers."""
    assert (DEFAULT.response_window("Today"), DEFAULT.most_invited_at_start("Today")) == (timedelta(hours=1), None)
    assert (DEFAULT.response_window(None), DEFAULT.most_invited_at_start(None)) == (timedelta(days=1), 15)


def test_the_policy_decides_not_the_code() -> None:
    """A policy of another radius reaches a home that the default does not."""
    (row,) = world(Vacancy(UUID(int=1), "P1", a_home(), CENTRE[0] + 40 * MILE, CENTRE[1]))
    wider = replace(DEFAULT, version="wider", radius_miles=50)
    assert not isinstance(match_one(a_search(), row, None, NOW, DEFAULT), HomeFit)
    assert isinstance(match_one(a_search(), row, None, NOW, wider), HomeFit)
