"""When returns are to be confirmed, and that confirmed numbers do not take the place of a meeting."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from placehub.agreements.events import ReturnTerms
from placehub.governance.agreements import AgreementClock, begin
from placehub.governance.returns import dues
from placehub.returns.events import MeetingHeld, ReturnConfirmed, ReturnProduced
from placehub.returns.standing import Partnership, follow

from ..delivery.making import whole
from .test_agreements import REGISTERED

TERMS = ReturnTerms(every_months=3, template="quarterly-monitoring")
CLOCK = begin(replace(REGISTERED, returns=TERMS))
SIDES: dict[str, Any] = {"agreement_id": CLOCK.agreement_id, "lead": "LEAD", "of_organisation": "P"}
PERIOD: dict[str, Any] = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 3, 31)}
ONE: dict[str, Any] = {**SIDES, "return_id": UUID(int=5)}
PRODUCED = whole(ReturnProduced, **ONE, **PERIOD, return_version=1)
TODAY = date(2026, 4, 10)
DUE = ("return", date(2026, 4, 28))


def told(*events: Any) -> Partnership:
    """What stands after these."""
    known = Partnership()
    for event in events:
        known = follow(known, event)
    return known


def confirmed(sender: str) -> ReturnConfirmed:
    """One side confirms the return."""
    return whole(ReturnConfirmed, **ONE, sender=sender, return_version=1, confirmed_on=TODAY)


def waits(known: Partnership, today: date = TODAY, clock: AgreementClock = CLOCK) -> dict[tuple[str, date], str]:
    """What is due, and who is told."""
    return {(one.kind, one.due_on): "+".join(one.to) for one in dues(clock, known, today)}


def test_a_return_is_due_as_the_agreement_says() -> None:
    """The lead while it is not produced, then whoever has not confirmed it; nobody without such terms."""
    assert waits(told()) == {DUE: "LEAD"}
    assert waits(told(PRODUCED)) == {DUE: "LEAD+P"}
    assert waits(told(PRODUCED, confirmed("LEAD"))) == {DUE: "P"}
    assert waits(told(), clock=replace(CLOCK, returns=None)) == {}
    assert waits(told(), today=date(2026, 3, 31)) == {}, "the agreement began with this period"
    monthly = replace(TERMS, every_months=1, confirm_days=10)
    assert waits(told(), clock=replace(CLOCK, returns=monthly)) == {("return", date(2026, 4, 10)): "LEAD"}


def test_one_that_nobody_confirms_is_not_forgotten() -> None:
    """It stays due, by its own day, when the next period is over."""
    assert waits(told(PRODUCED), date(2026, 7, 1)) == {DUE: "LEAD+P", ("return", date(2026, 7, 28)): "LEAD"}


def test_confirmed_without_a_meeting() -> None:
    """Both are to meet within four weeks unless they have since the period began; a meeting clears it."""
    known = told(PRODUCED, confirmed("LEAD"), confirmed("P"))
    assert waits(known) == {("meeting", TODAY + timedelta(weeks=4)): "LEAD+P"}
    for held_on, met in ((date(2025, 12, 31), False), (date(2026, 1, 1), True), (date(2026, 4, 20), True)):
        held = whole(MeetingHeld, **SIDES, sender="P", held_on=held_on)
        assert (waits(follow(known, held)) == {}) == met
    other = whole(MeetingHeld, **{**SIDES, "of_organisation": "Q"}, sender="Q", held_on=TODAY)
    assert waits(follow(known, other)) != {}, "a meeting with somebody else"
