"""Tests of how postcodes are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.postcodes import normalise, sector_of


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("ls62ab", "LS6 2AB"),
        (" LS6  2AB ", "LS6 2AB"),
        ("sw1a 1aa", "SW1A 1AA"),
        ("M11AE", "M1 1AE"),
        ("LS6", None),
        ("LS6 2A1", None),
        ("1LS 2AB", None),
        ("", None),
        ("١٢ ٣AB", None),
    ],
)
def test_any_spelling_becomes_the_usual_one(text: str, usual: str | None) -> None:
    """Case and spaces do not matter; what cannot be a postcode gives None."""
    assert normalise(text) == usual


@pytest.mark.parametrize(("postcode", "sector"), [("LS6 2AB", "LS6 2"), ("sw1a1aa", "SW1A 1"), ("Leeds", None)])
def test_the_sector_is_the_outward_code_and_a_digit(postcode: str, sector: str | None) -> None:
    """A sector drops the last two letters of the postcode."""
    assert sector_of(postcode) == sector


@given(st.text(max_size=12))
def test_no_text_breaks_it_and_the_usual_spelling_stays(text: str) -> None:
    """Any text gives None or a spelling that is its own usual one."""
    usual = normalise(text)
    assert usual is None or normalise(usual) == usual
