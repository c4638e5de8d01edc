"""From what is due to who is reminded, and when it is cleared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from placehub.governance.events import ReminderCleared, ReminderRaised
from placehub.governance.policy import LEADS
from placehub.governance.reminding import Due, Raised, remind

SUBJECT = UUID(int=1)
DAY = date(2026, 9, 1)
DUE = Due(kind="decide by", due_on=DAY, leads=LEADS, to=("A", "L"), seen_by=("A", "L", "P"))


def told(dues: tuple[Due, ...], raised: tuple[Raised, ...], left: int) -> tuple[tuple[Raised, ...], list[str]]:
    """Return what is raised so many days before the day, and each reminder in a word."""
    raised, events = remind(SUBJECT, "agreement", dues, raised, DAY - timedelta(days=left))
    return raised, [_word(one) for one in events]


def _word(one: ReminderRaised | ReminderCleared) -> str:
    to = "+".join(one.to)
    if isinstance(one, ReminderCleared):
        return f"{one.because} {to}"
    return f"overdue {to}" if one.overdue else f"{one.weeks_left} weeks {to}"


def test_at_twelve_eight_and_four_weeks_then_overdue() -> None:
    """Each stage is told once, day after day; once the day has passed both sides are told."""
    raised: tuple[Raised, ...] = ()
    found: dict[int, list[str]] = {}
    for left in range(90, -3, -1):
        raised, words = told((DUE,), raised, left)
        found |= {left: words} if words else {}
    assert found == {84: ["12 weeks A+L"], 56: ["8 weeks A+L"], 28: ["4 weeks A+L"], -1: ["overdue A+L+P"]}


def test_of_several_stages_passed_at_once_the_last_is_told() -> None:
    """An agreement that comes late, or a hub that stood still, is reminded of once."""
    raised, words = told((DUE,), (), 20)
    assert words == ["4 weeks A+L"]
    assert told((DUE,), raised, 20) == (raised, [])


def test_what_is_done_is_cleared_for_all_that_were_told() -> None:
    """A due that is left out is done; on another day it has moved."""
    raised, _ = told((DUE,), (), 84)
    assert told((), raised, 80) == ((), ["done A+L"])
    later = replace(DUE, due_on=DAY + timedelta(days=365))
    assert told((later,), raised, 80) == ((), ["moved A+L"])
    assert told((), (), 80) == ((), [])


def test_who_takes_over_is_told_and_nobody_else() -> None:
    """A new manager's organisation hears of what is raised already; the end clears it for both."""
    raised, _ = told((DUE,), (), 84)
    raised, words = told((replace(DUE, to=("L", "N")),), raised, 83)
    assert words == ["12 weeks N"]
    assert told((), raised, 80)[1] == ["done A+L+N"]


def test_a_day_that_may_pass_is_never_overdue() -> None:
    """It is told on the day, also when the day is over by then."""
    passing = replace(DUE, leads=(0,), passes=True)
    assert told((passing,), (), 1)[1] == []
    assert told((passing,), (), 0)[1] == ["0 weeks A+L"]
    assert told((passing,), (), -9)[1] == ["0 weeks A+L"]
