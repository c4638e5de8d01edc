"""Returns and meetings are spoken of by their two sides alone, and returns only as they were produced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from placehub.errors import Rejected
from placehub.intake.returned import Produced, check_return
from placehub.intake.rules import Aggregate, Sender, check_aggregate
from placehub.returns.events import (
    MeetingAction,
    MeetingHeld,
    ProviderContextAdded,
    ReturnConfirmed,
    ReturnQueried,
)

from ..delivery.making import NOW, whole

AGREEMENT = Aggregate("L", ("A", "L", "P", "Q"), 0, state="in force")
SIDES: dict[str, Any] = {"agreement_id": uuid4(), "lead": "L", "of_organisation": "P", "sender": "P"}
QUERY = whole(ReturnQueried, **SIDES, return_version=1, column="Started")
PRODUCED = Produced(QUERY.agreement_id, "P", 2, "short-monitoring")


def sender(code: str) -> Sender:
    """A provider that takes part."""
    return Sender(code, "provider", "England", True)


@pytest.mark.parametrize(
    ("event", "field", "rule"),
    [
        (replace(QUERY, sender="Z"), "sender", "party to the agreement"),
        (replace(QUERY, sender="Q"), "sender", "one of the two sides"),
        (replace(QUERY, lead="A"), "lead", "agreement's lead"),
        (replace(QUERY, of_organisation="Z"), "of_organisation", "party to the agreement"),
        (whole(ProviderContextAdded, **{**SIDES, "sender": "L"}), "of_organisation", "its own figures"),
        (whole(MeetingHeld, **SIDES, actions=(whole(MeetingAction, owner="A"),)), "actions.0.owner", "two sides"),
    ],
    ids=["stranger", "another provider", "another lead", "of a stranger", "of another's figures", "another's action"],
)
def test_only_the_two_sides_speak(event: Any, field: str, rule: str) -> None:
    """A stranger, another provider and a wrong side are refused, with the field, the rule and a remedy."""
    with pytest.raises(Rejected) as why:
        check_aggregate(event, AGREEMENT, sender(event.sender), NOW)
    assert (why.value.field, rule in why.value.rule, bool(why.value.remedy)) == (field, True, True)


def test_the_two_sides_are_heard_and_change_nothing_of_the_agreement() -> None:
    """Both sides may ask; what intake remembers of the agreement stays as it was."""
    for code in ("P", "L"):
        assert check_aggregate(replace(QUERY, sender=code), AGREEMENT, sender(code), NOW) == AGREEMENT


def test_an_agreement_that_is_not_known_is_refused() -> None:
    """Nobody meets under an agreement that the hub has not heard of, and none comes to be by it."""
    with pytest.raises(Rejected) as why:
        check_aggregate(whole(MeetingHeld, **SIDES, actions=()), None, sender("P"), NOW)
    assert why.value.field == "agreement_id"


def test_a_return_is_spoken_of_as_it_was_produced() -> None:
    """An unknown return, another's, a version or column that is not there, an old version's confirmation: refused."""
    confirmed = whole(ReturnConfirmed, **SIDES, return_version=2)
    for event in (QUERY, replace(QUERY, column=None), confirmed):
        check_return(event, PRODUCED)
    wrong = (
        (QUERY, None, "return_id"),
        (QUERY, replace(PRODUCED, of_organisation="Q"), "return_id"),
        (replace(QUERY, return_version=3), PRODUCED, "return_version"),
        (replace(QUERY, column="Carer"), PRODUCED, "column"),
        (replace(confirmed, return_version=1), PRODUCED, "return_version"),
    )
    for event, known, field in wrong:
        with pytest.raises(Rejected) as why:
            check_return(event, known)
        assert why.value.field == field
