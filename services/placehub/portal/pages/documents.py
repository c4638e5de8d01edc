"""The documents of an agreement: proposed, commented on clause by clause, agreed by both sectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, time
from typing import Any, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.codesign.documents import POLICY, name_of
from placehub.codesign.events import Clause, ClauseAnswered, ClauseFlagged, DocumentProposed, TenderOpened
from placehub.codesign.listing import Told as Documents
from placehub.codesign.listing import clauses, told, versions
from placehub.portal.acting import ACTS, Act
from placehub.portal.pages.agreements import PARTNERS, partners_of
from placehub.portal.partners import Partners
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Doors, Form, Open, Sent, Who, done, go_to, page, try_act
from placehub.portal.sitting import name_of as naming
from placehub.portal.told import Told, told_about
from placehub.portal.words import HERE, choices, label, typed_day, when
from placehub.portal.words import gettext as _

EMPTY: Final = 3
"""Clauses a form has room for beyond those it holds."""
MOST: Final = 120
"""Clauses one form can hold; a longer document is proposed by an organisation's own system."""
OF_A_CLAUSE: Final = ("clause_id", "about", "text")
router = APIRouter(dependencies=[PARTNERS])
NOTICES.update(
    {
        "proposed": lambda: _(
            "The version is proposed, and every party is told. You have agreed to it by proposing it."
        ),
        "commented": lambda: _("Every party reads your comment."),
        "document-agreed": lambda: _("Your yes is recorded."),
        "clause-answered": lambda: _("The answer is recorded. Every provider that was told of the tender reads it."),
    }
)


def heard(door: Doors, who: Signed, agreement_id: UUID) -> tuple[Partners, Documents, list[Told]]:
    """Return an agreement as the person's organisation was told of it, its documents, and everything it was told."""
    with door.reads.connect() as connection:
        one = partners_of(connection, who, agreement_id)
        found = told_about(connection, who.organisation, str(agreement_id))
    # told a moment after the hub took it in, or later to who joined later: what is in force now is the same
    return one, told((each.event, each.told_at) for each in found), found


@router.get("/agreements/{agreement_id}/documents")
def documents_page(request: Request, door: Open, who: Who, agreement_id: UUID) -> Response:
    """Show every version with its votes, and the clauses that kept somebody from bidding."""
    return _documents(request, door, who, agreement_id, Form())


@router.post("/agreements/{agreement_id}/clauses")
def clause_answered(request: Request, door: Open, who: Who, agreement_id: UUID, form: Sent) -> Response:
    """Say what the lead does about a clause that was flagged."""
    one, _known, events = heard(door, who, agreement_id)
    open_ones = {code for code, _says in _unanswered(events)}
    if one.lead != who.organisation:
        raise HTTPException(404)
    chosen = form.need("clause", _("Choose the clause."))
    if chosen and chosen not in open_ones:
        form.wrong("clause", _("It has an answer already, or was not flagged. Choose another."))
    tender_id, _sign, clause_id = chosen.partition(" ")
    facts = {
        "agreement_id": str(agreement_id),
        "lead": who.organisation,
        "tender_id": tender_id,
        "clause_id": clause_id,
        "answer": form.need("answer", _("Choose what you do about it.")),
        "words": form.need("words", _("Say why, and what the clause says from now.")),
    }
    taken = try_act(door, who, form, [Act("agreement.ClauseAnswered", facts)], {"clause_id": "clause"})
    if taken is None:
        return _documents(request, door, who, agreement_id, form)
    return go_to(f"/agreements/{agreement_id}/documents", done(taken, "clause-answered"))


def _documents(request: Request, door: Doors, who: Signed, agreement_id: UUID, form: Form) -> Response:
    one, known, events = heard(door, who, agreement_id)
    rows = []
    for row in versions(known, door.acting.now()):
        event = known.proposed[row["document"]]
        address = f"/agreements/{agreement_id}/documents/{event.document_id}/{event.document_version}"
        link = {"href": address, "text": f"{event.title}, {_('version')} {event.document_version}"}
        state = f"{row['state']}{', ' + when(row['since']) if row['since'] else ''}"
        rows.append((link, label("document_kind", row["kind"]), state, row["commissioners"], row["providers"]))
    unanswered = _unanswered(events) if one.lead == who.organisation else []
    facts: dict[str, Any] = {"versions": rows, "flagged": _flagged(events), "unanswered": unanswered}
    return page(request, "agreements/documents.html", form=form, one=one, **facts)


def _unanswered(events: Sequence[Told]) -> list[tuple[str, str]]:
    """Return the flagged clauses without an answer, each with its tender."""
    tenders = {each.event.tender_id: each.event.title for each in events if isinstance(each.event, TenderOpened)}
    of = [(type(each.event), each.event) for each in events if isinstance(each.event, ClauseFlagged | ClauseAnswered)]
    answered = {(event.tender_id, event.clause_id) for kind, event in of if kind is ClauseAnswered}
    return [
        (f"{event.tender_id} {event.clause_id}", f"{tenders.get(event.tender_id, event.tender_id)}, {event.clause_id}")
        for kind, event in of
        if kind is ClauseFlagged and (event.tender_id, event.clause_id) not in answered
    ]


def _flagged(events: Sequence[Told]) -> list[tuple[object, ...]]:
    tenders = {each.event.tender_id: each.event for each in events if isinstance(each.event, TenderOpened)}
    answers = {
        (each.event.tender_id, each.event.clause_id): each.event
        for each in events
        if isinstance(each.event, ClauseAnswered)
    }
    return [
        (
            tenders[each.event.tender_id].title if each.event.tender_id in tenders else str(each.event.tender_id),
            each.event.clause_id,
            _text_of(tenders.get(each.event.tender_id), each.event.clause_id),
            _("answered") if (each.event.tender_id, each.event.clause_id) in answers else _("no answer yet"),
        )
        for each in events
        if isinstance(each.event, ClauseFlagged)
    ]


def _text_of(tender: TenderOpened | None, clause_id: str) -> str:
    return next((one.text for one in tender.clauses if one.clause_id == clause_id), "") if tender else ""


@router.get("/agreements/{agreement_id}/documents/{document_id}/{version}")
def document_page(
    request: Request, door: Open, who: Who, agreement_id: UUID, document_id: UUID, version: int
) -> Response:
    """Show one version: each clause with what was said of it."""
    return _document(request, door, who, agreement_id, name_of(document_id, version), Form())


@router.post("/agreements/{agreement_id}/documents/{document_id}/{version}/comment")
def document_commented(
    request: Request, door: Open, who: Who, agreement_id: UUID, document_id: UUID, version: int, form: Sent
) -> Response:
    """Say what one thinks of a clause."""
    facts = {
        "clause_id": form.need("clause_id", _("Choose the clause.")),
        "says": form.need("says", _("Choose what you say of it.")),
        "words": form.text("words") or None,
        "instead": form.text("instead") or None,
    }
    act = ("agreement.DocumentCommented", facts, "commented")
    return _say(request, door, who, agreement_id, (document_id, version), form, act)


@router.post("/agreements/{agreement_id}/documents/{document_id}/{version}/agree")
def document_agreed(
    request: Request, door: Open, who: Who, agreement_id: UUID, document_id: UUID, version: int, form: Sent
) -> Response:
    """Say yes to a version for one's sector."""
    act = ("agreement.DocumentAgreed", dict[str, Any](), "document-agreed")
    return _say(request, door, who, agreement_id, (document_id, version), form, act)


def _say(
    request: Request,
    door: Doors,
    who: Signed,
    agreement_id: UUID,
    of: tuple[UUID, int],
    form: Form,
    act: tuple[str, dict[str, Any], str],
) -> Response:
    _one, known, _told = heard(door, who, agreement_id)
    if name_of(*of) not in known.proposed:
        raise HTTPException(404)
    event, facts, notice = act
    about = {"agreement_id": str(agreement_id), "document_id": str(of[0]), "document_version": of[1]}
    taken = try_act(door, who, form, [Act(event, {**about, "sender": who.organisation, **facts})])
    if taken is None:
        return _document(request, door, who, agreement_id, name_of(*of), form)
    return go_to(f"/agreements/{agreement_id}/documents/{of[0]}/{of[1]}", done(taken, notice))


def _document(request: Request, door: Doors, who: Signed, agreement_id: UUID, name: str, form: Form) -> Response:
    one, known, _told = heard(door, who, agreement_id)
    event, now = known.proposed.get(name), door.acting.now()
    if event is None:
        raise HTTPException(404)
    (row,) = (each for each in versions(known, now) if each["document"] == name)
    clause_rows = clauses(known, name)
    voices = frozenset[str]().union(*known.documents.voices(now.date()).values())
    agreed = known.documents.versions[name].agreed_by
    names = naming(door)
    facts = [
        (_("Kind"), label("document_kind", event.kind)),
        (_("Proposed by"), names(event.sender)),
        (_("State"), f"{row['state']}{', ' + when(row['since']) if row['since'] else ''}"),
        (_("Not in force before"), when(event.in_force_from)),
        (_("Rule"), label("document_rule", row["rule"])),
        (_("Commissioners"), row["commissioners"]),
        (_("Providers"), row["providers"]),
        (_("Agreed by"), ", ".join(names(code) for code in agreed)),
    ]
    return page(
        request,
        "agreements/document.html",
        form=form,
        one=one,
        event=event,
        here_is=f"/agreements/{agreement_id}/documents/{event.document_id}/{event.document_version}",
        rows=facts,
        clauses=_grouped(clause_rows, names),
        clause_ids=[(each.clause_id, each.clause_id) for each in event.clauses] or _numbers(event),
        can_agree=who.organisation in voices and who.organisation not in agreed,
    )


def _numbers(event: DocumentProposed) -> list[tuple[str, str]]:
    return [(f"policy.{one.name}", one.name) for one in fields(event.policy)] if event.policy else []


def _grouped(rows: Sequence[dict[str, Any]], names: Any) -> list[dict[str, Any]]:
    """Return each clause once, with the comments on it."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        clause = found.setdefault(row["clause"], {**row, "comments": []})
        if row["says"]:
            clause["comments"].append({**row, "by": names(row["by"])})
    return list(found.values())


@router.get("/agreements/{agreement_id}/propose")
def propose_page(request: Request, door: Open, who: Who, agreement_id: UUID, document: str = "") -> Response:
    """Ask for the text of a document, clause by clause; of a document there is, its last version stands there."""
    return _propose(request, door, who, agreement_id, document, Form())


@router.post("/agreements/{agreement_id}/propose")
def document_proposed(
    request: Request, door: Open, who: Who, agreement_id: UUID, form: Sent, document: str = ""
) -> Response:
    """Propose a version of a document."""
    if form.has("more"):
        return _propose(request, door, who, agreement_id, document, form)
    _one, known, _told = heard(door, who, agreement_id)
    last = _last(known, document)
    typed = _typed(form)
    names = {
        f"clauses.{at}.{name}": f"{name}_{number}" for at, (number, _c) in enumerate(typed) for name in OF_A_CLAUSE
    }
    if not typed:
        form.wrong("clause_id_0", _("Enter the document clause by clause."))
    facts = {
        "agreement_id": str(agreement_id),
        "document_id": str(last.document_id if last else uuid5(ACTS, f"document {form.act_id}")),
        "document_version": last.document_version + 1 if last else 1,
        "sender": who.organisation,
        "kind": last.kind if last else form.need("kind", _("Choose what kind of document it is.")),
        "title": form.need("title", _("Enter its title.")),
        "clauses": [clause for _number, clause in typed],
        "in_force_from": from_day(form, door.acting.now()),
    }
    taken = try_act(door, who, form, [Act("agreement.DocumentProposed", facts)], names)
    if taken is None:
        return _propose(request, door, who, agreement_id, document, form)
    return go_to(f"/agreements/{agreement_id}/documents", done(taken, "proposed"))


def from_day(form: Form, now: datetime) -> str:
    """Return the time before which a document is not to run: the beginning of the day that was typed, else now."""
    first = form.read(typed_day, "in_force_from")
    return (datetime.combine(first, time(), HERE) if first else now).isoformat()


def _typed(form: Form) -> list[tuple[int, dict[str, str]]]:
    """Return the clauses that were typed, each with its place in the form; a row left empty is none."""
    rows = ((number, {name: form.text(f"{name}_{number}") for name in OF_A_CLAUSE}) for number in range(MOST))
    return [(number, row) for number, row in rows if row["clause_id"] or row["text"]]


def _last(known: Documents, document: str) -> DocumentProposed | None:
    """Return the last version of a document that is given by its id; None for a new one, 404 where there is none."""
    if not document:
        return None
    found = [each for each in known.proposed.values() if str(each.document_id) == document and each.kind != POLICY]
    if not found:
        raise HTTPException(404)
    return max(found, key=lambda each: each.document_version)


def _propose(request: Request, door: Doors, who: Signed, agreement_id: UUID, document: str, form: Form) -> Response:
    one, known, _told = heard(door, who, agreement_id)
    last = _last(known, document)
    held: Sequence[Clause] = last.clauses if last else ()
    typed = max((number + 1 for number, _clause in _typed(form)), default=0)
    now = door.acting.now()
    kinds = [(code, says) for code, says in choices("document_kind", now.date()) if code != POLICY]
    return page(
        request,
        "agreements/propose.html",
        form=form,
        one=one,
        last=last,
        kinds=kinds,
        held=held,
        count=min(MOST, max(len(held), typed) + EMPTY),
    )
