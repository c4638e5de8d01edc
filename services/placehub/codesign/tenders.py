"""The tenders under an agreement, which of their clauses were flagged, and what was answered: a fold; pure.

**When commissioners are told of a flag.** On the day after the tender has closed, all flags at once and in the tender's
order; of a bid declined later, on the day after that. Nothing in what they get rests on who declined: its id follows
from tender and clause, its time is the hub's, its trace is its own, and a second flag of a clause says nothing more.
"""

from __future__ import annotations

from dataclasses import field, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from placehub.codesign.events import BidDeclined, ClauseAnswered, ClauseFlagged, TenderOpened
from placehub.contracts.fields import record

NEXT_DAY: Final = timedelta(days=1)


@record
class Tender:
    """One tender as it was opened, and what became of its clauses."""

    to: tuple[str, ...]
    clauses: tuple[str, ...]
    closes_on: date
    flagged: dict[str, date] = field(default_factory=dict)
    """Clause -> the day from which commissioners are told that it was flagged."""
    answered: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()
    """Clauses of which they were told."""

    def told(self, on: date) -> tuple[str, ...]:
        """Return the clauses of which commissioners are told by that day, in the tender's order."""
        return tuple(one for one in self.clauses if one in self.flagged and self.flagged[one] <= on)


@record
class Tenders:
    """The tenders under one agreement."""

    tenders: dict[UUID, Tender] = field(default_factory=dict)

    @property
    def waiting(self) -> bool:
        """Whether there is a flag of which commissioners are still to be told."""
        return any(one.flagged.keys() - set(one.raised) for one in self.tenders.values())

    @property
    def settled(self) -> bool:
        """Whether every flag has been told and answered."""
        return not self.waiting and not self.unanswered(date.max)

    def unanswered(self, on: date) -> tuple[tuple[UUID, str], ...]:
        """Return each tender and clause whose flag commissioners know by that day and have not answered."""
        return tuple(
            (tender_id, clause)
            for tender_id, one in self.tenders.items()
            for clause in one.told(on)
            if clause not in one.answered
        )


Event = TenderOpened | BidDeclined | ClauseAnswered


def follow(known: Tenders, event: Any, on: date) -> Tenders:
    """Return the tenders after an event that the hub took in on that day; others change nothing."""
    if isinstance(event, TenderOpened):
        return _opened(known, event)
    if not isinstance(event, BidDeclined | ClauseAnswered) or event.tender_id not in known.tenders:
        return known
    before = known.tenders[event.tender_id]
    after = _declined(before, event, on) if isinstance(event, BidDeclined) else _answered(before, event)
    return replace(known, tenders={**known.tenders, event.tender_id: after})


def _opened(known: Tenders, event: TenderOpened) -> Tenders:
    if event.tender_id in known.tenders:
        return known
    clauses = tuple(one.clause_id for one in event.clauses)
    made = Tender(to=event.to, clauses=clauses, closes_on=event.closes_on)
    return replace(known, tenders={**known.tenders, event.tender_id: made})


def _declined(before: Tender, event: BidDeclined, on: date) -> Tender:
    day = max(before.closes_on, on) + NEXT_DAY
    return replace(before, flagged={**dict.fromkeys(event.clause_ids, day), **before.flagged})


def _answered(before: Tender, event: ClauseAnswered) -> Tender:
    return replace(before, answered=tuple(dict.fromkeys((*before.answered, event.clause_id))))


def flag(known: Tenders, agreement_id: UUID, today: date) -> tuple[Tenders, tuple[ClauseFlagged, ...]]:
    """Return the tenders when commissioners have been told what they are told by today, and what tells them."""
    new = {
        tender_id: [clause for clause in one.told(today) if clause not in one.raised]
        for tender_id, one in known.tenders.items()
    }
    after = {
        tender_id: replace(one, raised=(*one.raised, *new[tender_id])) if new[tender_id] else one
        for tender_id, one in known.tenders.items()
    }
    told = tuple(
        ClauseFlagged(agreement_id=agreement_id, tender_id=tender_id, clause_id=clause)
        for tender_id, clauses in new.items()
        for clause in clauses
    )
    return (replace(known, tenders=after), told) if told else (known, ())
