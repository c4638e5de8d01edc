"""An agenda out of balance is told of two weeks before its day, while it can still be changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from placehub.agreements.events import AgendaShares
from placehub.governance.agendas import dues
from placehub.governance.reminding import Raised, remind
from placehub.partnership.agendas import DEFAULT_SHARES

from ..partnership.test_agendas import DAY, EVENT, HELD, OF_LEAD, OF_PROVIDER, PLANNED, told

PARTIES = ("L", "P")
UNBALANCED = (PLANNED, OF_LEAD)
BALANCED = (*UNBALANCED, OF_PROVIDER)


def looked(
    events: tuple[Any, ...],
    today: date,
    raised: tuple[Raised, ...] = (),
    shares: AgendaShares = DEFAULT_SHARES,
    parties: tuple[str, ...] = PARTIES,
) -> tuple[tuple[Raised, ...], list[tuple[str, date, str]]]:
    """What stands raised after a look at the agenda, and what was told: event, day, to whom."""
    due = dues(told(*events).events[EVENT], shares, parties, today)
    kept, reminders = remind(EVENT, "partnership event", due, raised, today)
    return kept, [(type(one).__name__, one.due_on, "+".join(one.to)) for one in reminders]


def test_two_weeks_before() -> None:
    """Not a day earlier, to both sectors, once; a balanced agenda is nobody's reminder."""
    assert looked(UNBALANCED, DAY - timedelta(days=15)) == ((), [])
    raised, told_of = looked(UNBALANCED, DAY - timedelta(days=14))
    assert told_of == [("ReminderRaised", DAY, "L+P")]
    assert looked(UNBALANCED, DAY - timedelta(days=3), raised) == (raised, [])
    assert looked(BALANCED, DAY - timedelta(days=14)) == ((), [])
    assert looked(UNBALANCED, DAY - timedelta(days=3), raised, parties=("L", "P", "Q"))[1] == [
        ("ReminderRaised", DAY, "Q")
    ], "whoever joins meanwhile is told alone"


def test_changed_in_time() -> None:
    """It is cleared when the items are balanced, and raised at once when another unbalances them within two weeks."""
    near = DAY - timedelta(days=5)
    raised, _ = looked(UNBALANCED, near)
    after, told_of = looked(BALANCED, near, raised)
    assert (after, told_of) == ((), [("ReminderCleared", DAY, "L+P")])
    longer = (*BALANCED, replace(OF_LEAD, minutes=61))
    assert looked(longer, near)[1] == [("ReminderRaised", DAY, "L+P")]
    agreed = AgendaShares(commissioners=0, providers=30)
    assert looked(longer, near, shares=agreed) == ((), [])


def test_moved_held_and_over() -> None:
    """Another day begins anew; once it was held, or its day has passed, it can be changed no more."""
    near = DAY - timedelta(days=5)
    raised, _ = looked(UNBALANCED, near)
    later = DAY + timedelta(days=7)
    moved = (*UNBALANCED, replace(PLANNED, planned_for=later))
    assert looked(moved, near, raised) == (
        looked(moved, near)[0],
        [("ReminderCleared", DAY, "L+P"), ("ReminderRaised", later, "L+P")],
    )
    for events, today in (((*UNBALANCED, replace(HELD, held_on=near)), near), (UNBALANCED, DAY + timedelta(days=1))):
        assert looked(events, today, raised) == ((), [("ReminderCleared", DAY, "L+P")])
    assert looked(UNBALANCED, DAY + timedelta(days=1)) == ((), [])
