"""When a clause that kept providers from bidding is to be answered."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from placehub.codesign.events import BidDeclined, Clause, ClauseAnswered, TenderOpened
from placehub.codesign.tenders import Tenders, flag, follow
from placehub.governance.agreements import begin
from placehub.governance.clauses import dues

from ..delivery.making import whole
from .test_agreements import REGISTERED

CLOCK = begin(REGISTERED)
CLOSES = date(2026, 3, 10)
FLAGGED = CLOSES + timedelta(days=1)
DUE = FLAGGED + timedelta(weeks=4)
ONE: dict[str, Any] = {"agreement_id": CLOCK.agreement_id, "tender_id": UUID(int=7)}
OPENED = whole(
    TenderOpened, **ONE, closes_on=CLOSES, clauses=tuple(Clause(clause_id=one, about="fees", text="-") for one in "AB")
)


def declined(*clauses: str) -> BidDeclined:
    """A provider does not bid."""
    return whole(BidDeclined, **ONE, sender="P", clause_ids=clauses)


def answered(clause: str) -> ClauseAnswered:
    """The lead answers a clause."""
    return whole(ClauseAnswered, **ONE, clause_id=clause)


def told(*said: tuple[Any, date]) -> Tenders:
    """What stands after these, each said on its day."""
    known = Tenders()
    for event, on in ((OPENED, CLOSES - timedelta(days=7)), *said):
        known = follow(known, event, on)
    return known


def test_manager_and_deputy_are_reminded_four_weeks_after_the_flag() -> None:
    """Nobody while it is no flag yet; then both, of a day four weeks on, which passes without anybody being late."""
    known = told((declined("A"), CLOSES - timedelta(days=1)))
    assert dues(CLOCK, known, CLOSES) == (), "while the tender is open nothing tells of it"
    (due,) = dues(CLOCK, known, FLAGGED)
    assert (due.kind, due.due_on, due.leads, due.passes) == ("clause", DUE, (0,), True)
    assert (due.to, due.posts) == (CLOCK.managers, (CLOCK.manager, *CLOCK.deputies))


def test_the_last_answer_clears_it() -> None:
    """Clauses of one day are due once, until each has its answer; one flagged later has a day of its own."""
    late = CLOSES + timedelta(days=5)
    known = told((declined("A", "B"), CLOSES))
    assert len(dues(CLOCK, known, FLAGGED)) == 1
    known = follow(known, answered("A"), FLAGGED)
    assert len(dues(CLOCK, known, DUE)) == 1
    assert dues(CLOCK, follow(known, answered("B"), DUE), DUE) == ()
    known = told((declined("A"), CLOSES), (declined("B"), late))
    assert [one.due_on for one in dues(CLOCK, known, DUE)] == [DUE, late + timedelta(days=1, weeks=4)]


def test_tenders_are_kept_until_all_is_told_and_answered() -> None:
    """Settled is what has no flag, or each told and answered: governance holds the others in memory."""
    assert told().settled
    known = told((declined("A"), CLOSES))
    assert not known.settled
    known, _ = flag(known, CLOCK.agreement_id, FLAGGED)
    assert not known.settled, "told, and not answered"
    assert follow(known, answered("A"), FLAGGED).settled
