"""A fit in words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from placehub.contracts.parts import Finding, HomeFit
from placehub.search.case import BANDS
from placehub.search.criteria import CRITERIA
from placehub.search.sought import Sought
from placehub.search.view import ENDED_EARLY
from placehub.search.withholding import FITTED_LESS, NO_VACANCY
from placehub.search.wording import REASONS, WORDS, because, in_band, in_order, sentence, sentences

from .worlds import Vacancy, a_home, a_search, by_hand, judged, searches, world, worlds


@pytest.mark.parametrize("criterion", CRITERIA)
def test_every_criterion_has_words(criterion: str) -> None:
    """Each criterion can at least say that it fits."""
    assert sentence(Finding(criterion=criterion, verdict="fits", facts={})).endswith(".")
    assert "fits" in WORDS[criterion]


@settings(max_examples=150)
@given(searches(), worlds)
def test_every_finding_that_is_made_has_a_sentence(sought: Sought, some: list[Vacancy]) -> None:
    """No criterion says anything of a home that fits for which there is no sentence."""
    for fit in by_hand(sought, world(*some), None).fits:
        for one in fit.findings:
            key = f"ask {one.facts['ask']}" if one.verdict == "ask" else one.verdict
            assert key in WORDS[one.criterion]


def test_a_fit_reads_like_prose() -> None:
    """The first sentence says what it comes to; every other begins and ends as a sentence does."""
    fit = judged(a_search(), a_home(skills=None), miles=3.2)
    assert isinstance(fit, HomeFit)
    first, *others = sentences(fit)
    assert first == "This home fits, 3.2 miles away, meets 94% of the weighted needs."
    assert all(one[0].isupper() and one[-1] in ".?" for one in others)
    assert len(others) == len(CRITERIA)


def test_whatever_keeps_a_home_out_has_words() -> None:
    """Whatever can say no reads on after `because`, as each band does after `home`."""
    can_say_no = {name for name, words in WORDS.items() if "does not fit" in words}
    assert {*can_say_no, ENDED_EARLY, FITTED_LESS, NO_VACANCY} <= REASONS.keys()
    assert because("sex") == "the home is approved for the other sex"
    assert [in_band(one) for one in BANDS] == ["fits", "fits with named support", "would be stretched"]


def test_what_fits_comes_last() -> None:
    """What does not fit and what is to be asked is read first; within each, the order stays."""
    findings = [Finding(criterion=name, verdict="fits", facts={}) for name in ("state", "sex")]
    asked = Finding(criterion="pets", verdict="ask", facts={"ask": "carer"})
    last = tuple(map(sentence, findings))
    assert in_order([findings[0], asked, findings[1]]) == ("Are there pets at home?", *last)
