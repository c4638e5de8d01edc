"""Tenders: what is flagged and when it is told, what is answered or refused, how declined bids are counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.codesign.documents import Documents
from placehub.codesign.documents import follow as document
from placehub.codesign.events import BidDeclined, ClauseAnswered, ClauseFlagged, TenderOpened
from placehub.codesign.tendering import check_tender, check_tendered
from placehub.codesign.tenders import Tenders, flag, follow
from placehub.delivery.parties import Parties, Seat
from placehub.delivery.parties import follow as party
from placehub.delivery.rules import recipients
from placehub.delivery.stripping import strip
from placehub.errors import Rejected
from placehub.monitoring.declined import by_subject
from tests.delivery.making import said

from .making import AGREEMENT, CLAUSES, DOCUMENT, LEAD, START, agrees, joined, proposed, registered

TENDER, TODAY = UUID(int=7), START.date()
CLOSES = TODAY + timedelta(days=7)
AFTER = CLOSES + timedelta(days=1)
OPENED = TenderOpened(
    agreement_id=AGREEMENT,
    lead=LEAD,
    tender_id=TENDER,
    title="Lot 1 (made up)",
    to=("P8", "P9"),
    clauses=CLAUSES,
    opened_on=TODAY,
    closes_on=CLOSES,
)


def declined(*clause_ids: str, sender: str = "P9", **other: Any) -> BidDeclined:
    """Return a provider's word that it does not bid."""
    about: dict[str, Any] = {"agreement_id": AGREEMENT, "tender_id": TENDER} | other
    return BidDeclined(**about, sender=sender, clause_ids=clause_ids)


def answered(clause_id: str) -> ClauseAnswered:
    """Return the lead's answer."""
    return ClauseAnswered(
        agreement_id=AGREEMENT,
        lead=LEAD,
        tender_id=TENDER,
        clause_id=clause_id,
        answer="kept",
        words="By law.",
    )


def told(*events: tuple[Any, date]) -> Tenders:
    """Return the tenders after these events, each with the day on which it was taken in."""
    known = follow(Tenders(), OPENED, TODAY)
    for event, on in events:
        known = follow(known, event, on)
    return known


def flagged(known: Tenders, on: date) -> tuple[Tenders, list[str]]:
    """Return the tenders and the clauses that commissioners are told of on that day."""
    after, events = flag(known, AGREEMENT, on)
    return after, [one.clause_id for one in events]


def test_flags_are_told_together_after_the_tender_has_closed() -> None:
    """In the tender's order and once for a clause, whoever declined when; a later one on the day after."""
    known = told((declined("9.1"), TODAY), (declined("9.1", "4.2", sender="P8"), CLOSES))
    assert flagged(known, CLOSES) == (known, [])
    known, now = flagged(known, AFTER)
    assert now == ["4.2", "9.1"]
    assert not known.waiting
    assert flagged(known, AFTER)[1] == []
    late = follow(told(), declined("9.1"), AFTER)
    assert [flagged(late, AFTER + timedelta(days=days))[1] for days in (0, 1)] == [[], ["9.1"]]


def test_an_answer_is_due_once_the_flag_was_told() -> None:
    """Not before: a mark on the next tender would tell of it. An answer settles it."""
    known = told((declined("9.1", "4.2"), TODAY))
    assert known.unanswered(CLOSES) == ()
    assert known.unanswered(AFTER) == ((TENDER, "4.2"), (TENDER, "9.1"))
    assert follow(known, answered("4.2"), AFTER).unanswered(AFTER) == ((TENDER, "9.1"),)


def documents(*events: Any) -> Documents:
    """Return the documents after the agreement was registered, two providers joined, and these events."""
    known = Documents()
    for event in (registered(), joined("P1"), joined("P2"), *events):
        known = document(known, event, START)
    return known


def refused(event: Any, known: Tenders | None = None, *of: Any) -> str | None:
    """Return the field for which an event is refused; None when it is taken."""
    try:
        check_tender(event)
        check_tendered(event, known or told(), documents(*of), ("P1", "P2"), START)
    except Rejected as why:
        return why.field if why.rule and why.remedy else "nothing told"
    return None


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (declined("9.1"), None),
        (declined("9.1", sender="P1"), None),
        (declined("9.1", sender="P3"), "sender"),
        (declined(), "clause_ids"),
        (declined("9.1", "9.9"), "clause_ids.1"),
        (declined("9.1", tender_id=uuid4()), "tender_id"),
        (answered("4.2"), None),
        (answered("9.9"), "clause_id"),
        (OPENED, "tender_id"),
        (replace(OPENED, tender_id=uuid4()), None),
        (replace(OPENED, tender_id=uuid4(), clauses=()), "clauses"),
        (replace(OPENED, tender_id=uuid4(), document_id=DOCUMENT), "document_version"),
        (replace(OPENED, tender_id=uuid4(), document_id=DOCUMENT, document_version=1), "document_version"),
    ],
)
def test_what_is_refused(event: Any, field: str | None) -> None:
    """A bid declined by whom nobody told, a clause that is not in the tender, a document that nobody proposed."""
    assert refused(event) == field


def test_a_tender_on_terms_of_one_sector_alone_is_refused() -> None:
    """The reason names the sector that has not agreed; agreed by both, the clauses are the document's word by word."""
    tender = replace(OPENED, tender_id=uuid4(), document_id=DOCUMENT, document_version=1)
    assert refused(tender, None, proposed(), agrees("P1")) == "document_version"
    assert refused(tender, None, proposed(), agrees("P1"), agrees("P2")) is None
    other = replace(tender, clauses=(CLAUSES[0], replace(CLAUSES[1], text="Without limit, and for ever.")))
    assert refused(other, None, proposed(), agrees("P1"), agrees("P2")) == "clauses"


PARTIES = party(
    Parties(owner=LEAD, members=frozenset({"A1"}), seats={"P1": Seat(), "P2": Seat(open=False)}),
    OPENED,
    said(OPENED, LEAD),
)


@pytest.mark.parametrize(("named", "who"), [(False, ["P9"]), (True, ["P9", LEAD])])
def test_who_declined_is_the_lead_s_to_know_only_by_its_choice(named: bool, who: list[str]) -> None:
    """The sender has its receipt; nobody else gets it, but the lead when the sender says so."""
    event = replace(declined("9.1"), named=named)
    assert [one.organisation for one in recipients(event, said(event, "P9"), PARTIES)] == who


def test_who_is_told_of_a_tender_is_not_told_of_the_others() -> None:
    """The commissioners see who was told; providers do not. Flags and answers reach all that were told."""
    found = {one.organisation: strip(OPENED, one.without).to for one in recipients(OPENED, said(OPENED, LEAD), PARTIES)}
    assert found == {"A1": ("P8", "P9"), LEAD: ("P8", "P9"), "P1": (), "P8": (), "P9": ()}
    flag_of = ClauseFlagged(agreement_id=AGREEMENT, tender_id=TENDER, clause_id="9.1")
    for event, source in ((flag_of, "/hub/governance/agreement/0"), (answered("9.1"), LEAD)):
        assert {one.organisation for one in recipients(event, said(event, source), PARTIES)} == set(found)


def bids(*numbers: int) -> list[dict[str, Any]]:
    """Return the bids declined because of liability: so many different providers in each quarter from 2026 on."""
    quarters = [date(2026 + number // 4, 1 + 3 * (number % 4), 1) for number in range(len(numbers))]
    codes = iter(range(10_000))
    return [
        {"about": "liability", "tender_id": TENDER, "provider": f"P{next(codes)}", "quarter": quarter}
        for quarter, number in zip(quarters, numbers, strict=True)
        for _ in range(number)
    ]


def test_a_few_in_each_quarter_are_not_hidden_for_ever() -> None:
    """Quarters are put together until more than five providers are in them; what is left waits."""
    assert by_subject(bids(2, 2, 3, 4)) == [
        {"about": "liability", "after": None, "until": "2026 Q3", "declined": 5},
        {"about": "liability", "after": "2026 Q3", "until": None, "declined": None},
    ]


def test_many_bids_of_one_provider_are_not_many() -> None:
    """A count in which there are few providers stays hidden, however often they declined."""
    often = [{**one, "provider": "P1", "tender_id": uuid4()} for one in bids(4, 4, 4)]
    assert [row["declined"] for row in by_subject(often)] == [None]


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(0, 9))
def test_two_publications_cannot_be_held_against_each_other(numbers: list[int], more: int) -> None:
    """What was published of closed counts stays as it was when another quarter is over."""
    before = [row for row in by_subject(bids(*numbers)) if row["until"]]
    after = [row for row in by_subject(bids(*numbers, more)) if row["until"]]
    assert after[: len(before)] == before
    assert all(row["declined"] for row in after)
