"""Feedback on a referral after the start: who may give it, of what, and who may answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placehub.errors import Rejected
from placehub.keys.sealed import Sealed
from placehub.offers.events import FieldFeedback, ReferralFeedbackGiven
from placehub.referrals.events import FeedbackAnswered
from placehub.search.case import Case, Found
from placehub.search.deciding import decide

from .cases import ENDING, NOW, OTHER, PROVIDER, Given, a_case, a_stay, an_act

PETS = FieldFeedback(field="children.0.pets", found="different")


def gave(**other: Any) -> ReferralFeedbackGiven:
    """Return a provider's feedback on the pets after 14 days."""
    event: ReferralFeedbackGiven = an_act(ReferralFeedbackGiven, **({"fields": (PETS,)} | other))
    return event


def refused(case: Case, event: Any) -> str | None:
    """Return the field for which the event is rejected; None when it is taken, which causes no event."""
    try:
        assert decide(case, event, 9, Given()).events == ()
    except Rejected as why:
        return why.field
    return None


def test_feedback_is_kept_field_by_field() -> None:
    """What was said of a field is remembered once, wherever in the list it stood, for the authority to answer."""
    case = decide(a_case("closed", found=()), gave(), 9, Given()).case
    assert case.found == (Found(provider=PROVIDER, after_days=14, field="children.pets"),)
    assert decide(case, gave(), 9, Given()).case.found == case.found
    assert len(decide(case, gave(after_days=42), 9, Given()).case.found) == 2


def test_only_who_has_the_child_may_say() -> None:
    """A provider that offered too, but with whom no child was placed, has nothing to compare."""
    assert refused(a_case("closed", stays={ENDING: a_stay(provider=OTHER)}), gave()) == "referral_id"


@pytest.mark.parametrize("days", [0, 13, 15, 41, 43])
def test_after_14_and_42_days(days: int) -> None:
    """Feedback is after 14 or 42 days; how late it comes is no reason to refuse it."""
    assert refused(a_case("closed"), gave(after_days=days)) == "after_days"
    assert refused(a_case("closed"), an_act(FeedbackAnswered, after_days=days)) == "after_days"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, None),
        ({"field": "children.0.pets"}, None),
        ({"field": "children.sex"}, "field"),
        ({"after_days": 42}, "field"),
        ({"provider": OTHER}, "field"),
        ({"child_id": None, "words": Sealed(key_id="k", nonce=b"0" * 12, ciphertext=b"1" * 32)}, "child_id"),
    ],
)
def test_an_answer_needs_something_to_answer(change: dict[str, Any], field: str | None) -> None:
    """The authority answers a field of which that provider gave feedback at that time; words need a child's key."""
    assert refused(a_case("closed"), an_act(FeedbackAnswered, **change)) == field


def test_before_the_child_has_moved_in_there_is_none() -> None:
    """Before the child has moved in there is nothing to say of how the referral turned out."""
    for state in ("noticed", "referred", "reserving", "reserved"):
        assert refused(a_case(state), gave()) == "referral_id"


@pytest.mark.parametrize("state", ["noticed", "referred", "reserving", "reserved"])
def test_feedback_concerns_a_placement_not_the_search_of_today(state: str) -> None:
    """The search was reopened, and the earlier provider is not invited: it still says how the referral turned out.

    Of who lived where the case keeps what it knew; the authority answers as ever.
    """
    invited = {OTHER: replace(a_case(state).invitations[PROVIDER], provider=OTHER)}
    case = a_case(state, stays={ENDING: a_stay(ended_on=NOW.date())}, invitations=invited)
    given = decide(case, gave(after_days=42), 9, Given()).case
    assert given.found == (Found(provider=PROVIDER, after_days=42, field="children.pets"),)
    assert refused(given, an_act(FeedbackAnswered, after_days=42)) is None
