"""The shipped policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from placehub.contracts.parts import HomeFit
from placehub.errors import Rejected
from placehub.search.matching import match_one
from placehub.search.policy import DEFAULT, TierDelay, Weight, WideningStep, check_policy

from .worlds import CENTRE, MILE, NOW, Vacancy, a_home, a_search, world


def test_an_emergency_has_a_short_window_and_no_limit_on_who_is_invited() -> None:
    """Needed today: an hour to answer, every fitting home at once; otherwise a day, and ten providers."""
    assert (DEFAULT.response_window("Today"), DEFAULT.most_invited_at_start("Today")) == (timedelta(hours=1), None)
    assert (DEFAULT.response_window(None), DEFAULT.most_invited_at_start(None)) == (timedelta(hours=20), 9)


def test_the_policy_decides_not_the_code() -> None:
    """A policy of another radius reaches a home that the default does not."""
    (row,) = world(Vacancy(UUID(int=1), "P1", a_home(), CENTRE[0] + 40 * MILE, CENTRE[1]))
    wider = replace(DEFAULT, version="wider", radius_miles=50)
    assert not isinstance(match_one(a_search(), row, None, NOW, DEFAULT), HomeFit)
    assert isinstance(match_one(a_search(), row, None, NOW, wider), HomeFit)


def test_the_shipped_policy_may_come_into_force() -> None:
    """What the hub ships obeys the rule that it holds every agreed policy to."""
    check_policy(DEFAULT)


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("policy.order", {"order": ("price", "band", "need")}),
        ("policy.order", {"order": ("band", "price", "need")}),
        ("policy.order", {"order": ("band", "need", "distance", "distance")}),
        ("policy.weights.0", {"weights": (Weight(criterion="price", weight=1),)}),
        ("policy.weights.0", {"weights": (Weight(criterion="siblings", weight=-1),)}),
        ("policy.tiers.0.hours", {"tiers": (TierDelay(tier=1, hours=-1),)}),
        ("policy.widening.0", {"widening": (WideningStep(radius_miles=20),)}),
        ("policy.response_hours", {"response_hours": 0}),
    ],
)
def test_a_policy_that_lets_the_price_outrank_need_or_makes_no_sense_is_refused(
    field: str, changed: dict[str, Any]
) -> None:
    """The refusal names the field of the policy that is wrong."""
    with pytest.raises(Rejected) as refused:
        check_policy(replace(DEFAULT, **changed))
    assert refused.value.field == field


def test_price_may_break_ties_behind_band_and_need() -> None:
    """An agreed policy may let the price order homes of one band that meet the need alike."""
    check_policy(replace(DEFAULT, order=("band", "need", "price", "distance")))
