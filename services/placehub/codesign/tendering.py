"""What intake holds tenders against: agreed terms, clauses that exist, providers that were told; pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from placehub.codesign.checking import check_both
from placehub.codesign.documents import Documents, digest, name_of
from placehub.codesign.events import BidDeclined, ClauseAnswered, TenderOpened
from placehub.codesign.tenders import Tender, Tenders
from placehub.errors import Rejected


def check_tender(event: Any) -> None:
    """Refuse a tender without clauses, one that names half a document, or a declined bid that names no clause."""
    if isinstance(event, BidDeclined) and not event.clause_ids:
        raise Rejected("clause_ids", "must name at least one clause", "Name the clauses that carried the risk.")
    if not isinstance(event, TenderOpened):
        return
    if not event.clauses:
        raise Rejected("clauses", "must be in the tender", "Send the clauses that bids are bound to.")
    if (event.document_id is None) != (event.document_version is None):
        raise Rejected("document_version", "goes with document_id", "Name both, or neither.")


def check_tendered(event: Any, known: Tenders, of: Documents, parties: Collection[str], at: datetime) -> None:
    """Refuse what is said of a tender that does not stand so; `parties` are those of the agreement but its lead."""
    if isinstance(event, TenderOpened):
        if event.tender_id in known.tenders:
            raise Rejected("tender_id", "is in use already", "Choose a new id for another tender.")
        _check_terms(event, of, at)
    elif isinstance(event, BidDeclined):
        tender = _tender(event, known)
        if event.sender not in (*tender.to, *parties):
            raise Rejected("sender", "must be a provider that was told of the tender", "Ask its lead to be told.")
        for number, one in enumerate(event.clause_ids):
            _check_clause(one, tender, f"clause_ids.{number}")
    elif isinstance(event, ClauseAnswered):
        _check_clause(event.clause_id, _tender(event, known), "clause_id")


def _check_terms(event: TenderOpened, of: Documents, at: datetime) -> None:
    if event.document_id is None or event.document_version is None:
        return
    version = of.versions.get(name_of(event.document_id, event.document_version))
    if version is None:
        rule = "must be a version of a document that was proposed under this agreement"
        raise Rejected("document_version", rule, "Name the document and its version, or neither.")
    check_both(of.voices(at.date()), version, set(version.agreed_by), "document_version")
    if {one.clause_id: digest(one) for one in event.clauses} != version.clauses:
        rule = "must be those of the document that both sectors have agreed, word by word"
        raise Rejected("clauses", rule, "Send them as agreed, or propose another version.")


def _tender(event: BidDeclined | ClauseAnswered, known: Tenders) -> Tender:
    found = known.tenders.get(event.tender_id)
    if found is None:
        raise Rejected("tender_id", "must be a tender that was opened under this agreement", "Name one you were sent.")
    return found


def _check_clause(clause_id: str, tender: Tender, field: str) -> None:
    # whether it was flagged is not asked: the refusal would tell before the tender has closed
    if clause_id not in tender.clauses:
        raise Rejected(field, "must be a clause of the tender", "Name one as the tender numbers it.")
