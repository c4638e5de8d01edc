"""Where a dispute goes as days pass and managers change, and what is due in it meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from placehub.agreements.events import AgreementRegistered, ContractManager, ContractManagerAway, ContractManagerChanged
from placehub.disputes.events import (
    DisputeEscalated,
    DisputeOutcomeAnswered,
    DisputeRaised,
    DisputeResolved,
    DisputeRouted,
    StatementGiven,
)
from placehub.governance.agreements import AgreementClock, follow
from placehub.governance.disputes import dues, settle

ID, DISPUTE = UUID(int=1), UUID(int=2)
MONDAY = date(2026, 3, 2)
ANSWER_BY, RESOLVE_BY = date(2026, 3, 16), date(2026, 3, 30)
MANAGER = ContractManager(organisation="LEAD", post="manager", contact="manager@lead.example")
DEPUTY = ContractManager(organisation="LA", post="deputy", contact="deputy@la.example")
OTHER = ContractManager(organisation="LB", post="manager", contact="manager@lb.example")
NEUTRAL = ContractManager(organisation="NEUTRAL", post="chair", contact="chair@neutral.example")
REGISTERED = AgreementRegistered(
    agreement_id=ID,
    lead="LEAD",
    name="Test agreement (made up)",
    kind="framework",
    nation="England",
    authorities=("LA", "LB", "LC"),
    manager=MANAGER,
    deputies=(DEPUTY,),
    neutral=NEUTRAL,
    starts_on=date(2026, 1, 1),
)
ABOUT: dict[str, Any] = {"agreement_id": ID, "dispute_id": DISPUTE}
RAISED = DisputeRaised(
    **ABOUT, sender="P", against="LC", about="payment", statement="It was paid late (made up).", raised_on=MONDAY
)
STATED = StatementGiven(**ABOUT, statement_id=UUID(int=3), sender="LC", statement="It was not due (made up).")
AWAY = ContractManagerAway(
    agreement_id=ID, sender="LEAD", away_from=MONDAY, away_until=MONDAY + timedelta(days=4), deputy=DEPUTY
)


class Desk:
    """An agreement's clock with one dispute, and where it has gone so far."""

    def __init__(self, registered: AgreementRegistered = REGISTERED) -> None:
        self.clock: AgreementClock | None = follow(None, registered)
        self.routed: list[DisputeRouted] = []

    def hear(self, *events: Any) -> None:
        """Take in events of the stream."""
        for event in events:
            self.clock = follow(self.clock, event)

    def look(self, today: date) -> tuple[str, str] | None:
        """Look at it on that day; return to whom it goes and why, None where that is no news."""
        assert self.clock is not None
        one, event = settle(self.clock.disputes[DISPUTE], self.clock.office(today), ID, DISPUTE, today)
        self.clock = replace(self.clock, disputes={DISPUTE: one})
        if event is None:
            return None
        self.routed.append(event)
        self.hear(event)
        return event.to.organisation if event.to else "nobody", event.because

    def due(self, today: date) -> dict[str, tuple[date, tuple[str, ...]]]:
        """Return what is due that day, when, and from whom."""
        assert self.clock is not None
        found = dues(self.clock.disputes[DISPUTE], self.clock.office(today))
        return {one.kind: (one.due_on, one.to) for one in found}


def raised(*before: Any, registered: AgreementRegistered = REGISTERED) -> Desk:
    """Return a desk at which the dispute was just raised."""
    desk = Desk(registered)
    desk.hear(*before, RAISED)
    return desk


def test_it_is_routed_at_once_and_both_sides_are_asked() -> None:
    """To the manager; the other side speaks within ten working days, it is resolved within twenty."""
    desk = raised()
    assert desk.look(MONDAY) == ("LEAD", "in line")
    assert desk.look(MONDAY) is None
    waiting = {"dispute statement": (ANSWER_BY, ("LC",)), "dispute resolve": (RESOLVE_BY, ("LEAD",))}
    assert desk.due(MONDAY) == waiting
    desk.hear(STATED)
    assert desk.due(MONDAY) == {"dispute resolve": (RESOLVE_BY, ("LEAD",))}


def test_the_deputy_while_the_manager_is_away() -> None:
    """Cover is looked at each day: there and back again, with the days it had."""
    desk = raised()
    desk.look(MONDAY)
    desk.hear(replace(AWAY, away_from=MONDAY + timedelta(days=1)))
    assert desk.look(MONDAY) is None
    assert desk.look(MONDAY + timedelta(days=1)) == ("LA", "manager away")
    assert desk.look(MONDAY + timedelta(days=5)) == ("LEAD", "in line")
    assert {(one.answer_by, one.resolve_by) for one in desk.routed} == {(ANSWER_BY, RESOLVE_BY)}


def test_a_handover_takes_it_along() -> None:
    """The new manager has it, with the days it had; one whose organisation is a side never gets it."""
    changed = ContractManagerChanged(agreement_id=ID, lead="LEAD", manager=OTHER, deputies=(DEPUTY,), changes_on=MONDAY)
    desk = raised()
    desk.look(MONDAY)
    desk.hear(changed)
    assert desk.look(MONDAY) == ("LB", "handover")
    assert desk.routed[-1].resolve_by == RESOLVE_BY
    desk.hear(replace(changed, manager=replace(OTHER, organisation="LC")))
    assert desk.look(MONDAY) == ("LA", "handover")


def test_out_of_time_it_goes_to_the_next_in_line() -> None:
    """Each has twenty working days; the last keeps it, overdue."""
    desk = raised()
    days = [MONDAY, RESOLVE_BY, RESOLVE_BY + timedelta(days=1)]
    assert [desk.look(day) for day in days] == [("LEAD", "in line"), None, ("LA", "out of time")]
    assert desk.routed[-1].resolve_by > RESOLVE_BY
    assert desk.look(date(2026, 6, 1)) == ("LEAD", "out of time")  # as the lead
    assert desk.look(date(2026, 8, 3)) == ("NEUTRAL", "out of time")
    assert desk.look(date(2027, 1, 4)) is None
    assert desk.due(date(2027, 1, 4))["dispute resolve"][1] == ("NEUTRAL",)


def test_escalated_it_goes_on_and_does_not_come_back() -> None:
    """A side, or whoever has a part in it, asks for the next; no new manager is handed it; the neutral is the last."""
    desk = raised()
    desk.look(MONDAY)
    asked = DisputeEscalated(**ABOUT, sender="P", reason="no answer")
    desk.hear(replace(asked, sender="LEAD", reason="conflict of interest"), asked)  # both of them ask for one move
    assert desk.look(MONDAY) == ("LA", "escalated")
    desk.hear(replace(REGISTERED, manager=OTHER))
    assert desk.look(MONDAY) is None
    for expected in ("LEAD", "NEUTRAL"):
        desk.hear(asked)
        assert desk.look(MONDAY) == (expected, "escalated")
    desk.hear(asked)
    assert desk.look(MONDAY) == ("NEUTRAL", "nobody further")
    assert desk.look(MONDAY) is None


def test_only_an_outcome_that_a_side_takes_further_is_undone() -> None:
    """Resolved it stays where it is; each side is asked; escalated it goes to the next, who starts anew."""
    desk = raised(AWAY)
    assert desk.look(MONDAY) == ("LA", "manager away")
    resolved = DisputeResolved(
        **ABOUT, sender="LA", outcome="upheld", finding="Paid late (made up).", resolved_on=MONDAY
    )
    desk.hear(resolved)
    assert desk.look(date(2026, 9, 1)) is None
    assert desk.due(MONDAY) == {"dispute outcome": (ANSWER_BY, ("P", "LC"))}
    answered = DisputeOutcomeAnswered(**ABOUT, sender="P", accepted=True)
    desk.hear(answered, replace(answered, sender="LC", accepted=False))
    assert desk.due(MONDAY) == {}
    desk.hear(DisputeEscalated(**ABOUT, sender="LC", reason="outcome not accepted"))
    assert desk.look(MONDAY) == ("LEAD", "escalated")
    assert desk.clock is not None
    assert desk.clock.disputes[DISPUTE].dispute.outcome is None


def test_without_anybody_the_lead_is_asked_for_a_neutral() -> None:
    """Nobody settles what they have a part in; it waits for a neutral, who then has the whole time."""
    alone = replace(REGISTERED, neutral=None, authorities=("LC",), deputies=(replace(MANAGER, post="deputy"),))
    desk = Desk(alone)
    desk.hear(replace(RAISED, against="LEAD"))
    assert desk.look(MONDAY) == ("nobody", "no neutral agreed")
    assert desk.due(MONDAY)["dispute uncovered"] == (MONDAY, ("LEAD",))
    later = date(2026, 6, 1)
    assert desk.look(later) is None
    desk.hear(replace(alone, neutral=NEUTRAL))
    assert desk.look(later) == ("NEUTRAL", "conflict of interest")
    assert desk.routed[-1].resolve_by > later


@pytest.mark.parametrize(
    "event",
    [
        DisputeResolved(**ABOUT, sender="LB", outcome="upheld", finding="Mine to say?", resolved_on=MONDAY),
        DisputeEscalated(**ABOUT, sender="LB", reason="no answer"),
        replace(STATED, sender="LB"),
        DisputeOutcomeAnswered(**ABOUT, sender="P", accepted=True),  # of nothing
    ],
)
def test_what_somebody_had_no_right_to_say_changes_nothing(event: Any) -> None:
    """Only whoever it is routed to resolves it, only the two sides speak, only of an outcome that there is."""
    desk = raised()
    desk.look(MONDAY)
    before = desk.clock
    desk.hear(event)
    assert desk.clock == before
