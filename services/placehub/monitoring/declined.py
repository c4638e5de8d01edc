"""What the views say of clauses that kept providers from bidding: never who, and how many only in groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Select, cast, func, literal, or_, select

from placehub.codesign.events import BidDeclined, ClauseAnswered, ClauseFlagged, TenderOpened
from placehub.contracts.headers import Attributes
from placehub.monitoring.calendar import party
from placehub.monitoring.entitlement import EVERYONE, party_s
from placehub.monitoring.fold import Fold, Key, Row
from placehub.monitoring.suppression import hidden, pooled
from placehub.monitoring.tables import AGREEMENT, DECLINED_CLAUSE, TENDER_CLAUSE
from placehub.monitoring.view import OPERATORS_OWN, View, named


def _opened(row: Row, event: TenderOpened, attributes: Attributes) -> dict[str, Any]:
    number, clause = next(
        (number, one) for number, one in enumerate(event.clauses) if one.clause_id == row["clause_id"]
    )
    told = {name: getattr(event, name) for name in ("agreement_id", "lead", "title", "opened_on", "closes_on")}
    return {**told, "told": list(event.to), "position": number, "about": clause.about, "text": clause.text}


def _flagged(row: Row, event: ClauseFlagged, attributes: Attributes) -> dict[str, Any]:
    return {"flagged_at": attributes.time}


def _answered(row: Row, event: ClauseAnswered, attributes: Attributes) -> dict[str, Any]:
    return {"answered_at": attributes.time, "answer": event.answer, "words": event.words}


def _declined(row: Row, event: BidDeclined, attributes: Attributes) -> dict[str, Any]:
    return {"declined_at": row.get("declined_at") or attributes.taken_at}


CLAUSES: Final[Mapping[type, Fold]] = {TenderOpened: _opened, ClauseFlagged: _flagged, ClauseAnswered: _answered}
"""Events of the `agreement` stream, in their one order, and what each changes in the row of a tender's clause."""
DECLINED: Final[Mapping[type, Fold]] = {BidDeclined: _declined}


def clauses_of(event: TenderOpened | ClauseFlagged | ClauseAnswered) -> list[Key]:
    """Return each tender and clause that the event speaks of."""
    if isinstance(event, TenderOpened):
        return [(event.tender_id, one.clause_id) for one in event.clauses]
    return [(event.tender_id, event.clause_id)]


def declined_of(event: BidDeclined) -> list[Key]:
    """Return the tender, each clause and the provider."""
    return [(event.tender_id, one, event.sender) for one in event.clause_ids]


def _quarter(at: ColumnElement[Any]) -> ColumnElement[date]:
    return cast(func.date_trunc("quarter", func.timezone("UTC", at)), Date)


def _bids(as_of: ColumnElement[Any]) -> Select[Any]:
    """Return, for each subject, who did not bid in which tender because of it, in quarters that are over."""
    quarter = _quarter(DECLINED_CLAUSE.c.declined_at)
    of = (
        TENDER_CLAUSE.c.about,
        DECLINED_CLAUSE.c.tender_id,
        DECLINED_CLAUSE.c.provider,
        func.min(quarter).label("quarter"),
    )
    same = (TENDER_CLAUSE.c.tender_id == DECLINED_CLAUSE.c.tender_id) & (
        TENDER_CLAUSE.c.clause_id == DECLINED_CLAUSE.c.clause_id
    )
    return (
        select(*of)
        .select_from(DECLINED_CLAUSE.join(TENDER_CLAUSE, same))
        .where(quarter < _quarter(as_of))
        .group_by(*of[:3])
        .order_by(of[0], func.min(quarter))
    )


def by_subject(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return declined bids by subject, of all agreements, over as many quarters as make them more than a few.

    `rows` are one for each subject, tender and provider, with the quarter, ordered by subject and quarter. Quarters are
    put together until more than five *different* providers are in them (`suppression.pooled`).
    """
    return [
        {
            "about": about,
            "after": _word(after),
            "until": _word(until),
            "declined": hidden(len(those)) if until else None,
        }
        for about, some in groupby(rows, lambda row: row["about"])
        for after, until, those in pooled(some, period="quarter", who="provider")
    ]


def _word(quarter: date | None) -> str | None:
    return f"{quarter.year} Q{(quarter.month + 2) // 3}" if quarter else None


DECLINED_CLAUSES: Final = View(
    name="declined_clauses",
    title="Bids that were not made because of a clause, by what it is about (small numbers are hidden)",
    says="All agreements together, and as many quarters as it takes until more than five different providers are in a "
    "count; so a subject that worries a few in each quarter is not hidden for ever. A count that is closed never "
    "changes. Quarters that are not over are left out. Rounded to 5. Nobody is named, no tender and no agreement. From "
    "BidDeclined and TenderOpened; owner: monitoring.",
    columns={
        "about": "What the clause is about (list `clause_subject`), from TenderOpened",
        "after": "The quarter after which the count begins, `2026 Q1`; empty: with the first",
        "until": "The last quarter in the count; empty: it is not closed yet",
        "declined": "Tenders times providers that did not bid because of such a clause, rounded to 5; empty: still few",
    },
    select=_bids,
    share=by_subject,
    entitled=EVERYONE,
)


def _clauses(as_of: ColumnElement[Any]) -> Select[Any]:
    of = TENDER_CLAUSE.c
    told = (of.flagged_at.is_not(None).label("flagged"), of.answer, of.words)
    columns = (of.agreement_id, named(of.lead), of.tender_id, of.title, of.closes_on, of.clause_id, of.about)
    return select(*columns, *told).where(of.lead.is_not(None)).order_by(of.opened_on.desc(), of.tender_id, of.position)


def _told(organisation: str) -> ColumnElement[bool]:
    of, who = TENDER_CLAUSE.c, literal(organisation)
    under = of.agreement_id.in_(select(AGREEMENT.c.agreement_id).where(party(organisation)))
    return or_(of.lead == who, who == func.any(of.told), under)


TENDER_CLAUSES: Final = View(
    name="tender_clauses",
    title="The clauses of each tender, which of them kept somebody from bidding, and the answers" + OPERATORS_OWN,
    says="One row for each clause of a tender. That one was flagged is shown once the tender has closed, without who "
    "or how many. From TenderOpened, ClauseFlagged and ClauseAnswered; owner: monitoring.",
    columns={
        "agreement_id": "The agreement it is, or is to be, under",
        "lead": "Name of the lead commissioner's organisation",
        "tender_id": "The tender",
        "title": "What it is called",
        "closes_on": "Last day for bids",
        "clause_id": "The clause's number in the tender",
        "about": "What it is about (list `clause_subject`)",
        "flagged": "Whether it kept somebody from bidding, from ClauseFlagged",
        "answer": "changed, removed or kept, from ClauseAnswered; empty: no answer",
        "words": "What the lead says to it",
    },
    select=_clauses,
    entitled=party_s("an organisation sees the tenders it was told of and those of its agreements", _told),
)
