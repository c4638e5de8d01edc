"""Tests of the age bands."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.codes import band_of, bounds, code_list
from placehub.errors import NotFound, Rejected


@given(st.integers(min_value=0, max_value=120))
def test_every_age_falls_in_exactly_one_band(age: int) -> None:
    """Each whole year from 0 to 120 lies within the bounds of its band and of no other."""
    within = [
        band for band in code_list("age_band").codes(date(2026, 1, 1)) if bounds(band)[0] <= age <= bounds(band)[1]
    ]
    assert within == [band_of(age)]


def test_the_last_band_is_of_adults() -> None:
    """A person of 18 is in the band 18+, whose bounds end at 120."""
    assert band_of(17) == "16-17"
    assert band_of(18) == "18+"
    assert bounds("18+") == (18, 120)


def test_impossible_ages_and_bands_are_refused() -> None:
    """A negative age is rejected without being repeated; an unknown band is not found."""
    with pytest.raises(Rejected) as caught:
        band_of(-7)
    assert "-7" not in str(caught.value)
    with pytest.raises(NotFound):
        bounds("2-5")
