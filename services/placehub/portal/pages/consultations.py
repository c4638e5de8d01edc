"""Consultations on an agreement: the lead asks, each party answers, the lead decides and replies to every answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.errors import NotFound
from placehub.portal.acting import ACTS, Act
from placehub.portal.consulting import Consultation, consultations
from placehub.portal.pages.agreements import PARTNERS, partners_of
from placehub.portal.partners import Partners
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Doors, Form, Open, Sent, Who, done, go_to, name_of, page, try_act
from placehub.portal.told import told_about
from placehub.portal.words import day, label
from placehub.portal.words import gettext as _

router = APIRouter(dependencies=[PARTNERS])
NOTICES.update(
    {
        "consulted": lambda: _("Every party is asked, and reminded until the last day for answers."),
        "consultation-answered": lambda: _("The lead and the named members read your answer."),
        "decided": lambda: _("The decision is recorded, and every party is told."),
    }
)


def _heard(door: Doors, who: Signed, agreement_id: UUID) -> tuple[Partners, Mapping[UUID, Consultation]]:
    with door.reads.connect() as connection:
        one = partners_of(connection, who, agreement_id)
        return one, consultations(told_about(connection, who.organisation, str(agreement_id)))


def _as_lead(door: Doors, who: Signed, agreement_id: UUID) -> Mapping[UUID, Consultation]:
    one, known = _heard(door, who, agreement_id)
    if one.lead != who.organisation:
        raise HTTPException(404)
    return known


@router.get("/agreements/{agreement_id}/consultations")
def consultations_page(request: Request, door: Open, who: Who, agreement_id: UUID) -> Response:
    """Show what was asked and decided; the lead may ask, or decide without having asked."""
    return _list(request, door, who, agreement_id, Form())


@router.post("/agreements/{agreement_id}/consultations")
def consultation_opened(request: Request, door: Open, who: Who, agreement_id: UUID, form: Sent) -> Response:
    """Ask the parties."""
    _as_lead(door, who, agreement_id)
    consultation_id = uuid5(ACTS, f"consultation {form.act_id}")
    facts = {
        "agreement_id": str(agreement_id),
        "lead": who.organisation,
        "consultation_id": str(consultation_id),
        "about": form.need("about", _("Choose what it is about.")),
        "question": form.need("question", _("Write what you ask the parties.")),
        "proposed_end": form.day("proposed_end", "") if form.text("proposed_end") else None,
        "opened_on": door.acting.now().date().isoformat(),
        "closes_on": form.day("closes_on", _("Enter the last day for answers.")),
    }
    taken = try_act(door, who, form, [Act("agreement.ConsultationOpened", facts)])
    if taken is None:
        return _list(request, door, who, agreement_id, form)
    return go_to(f"/agreements/{agreement_id}/consultations", done(taken, "consulted"))


@router.post("/agreements/{agreement_id}/decide")
def decided_unasked(request: Request, door: Open, who: Who, agreement_id: UUID, form: Sent) -> Response:
    """Decide without a consultation, which every party is told."""
    _as_lead(door, who, agreement_id)
    taken = try_act(door, who, form, [_decision(door, who, agreement_id, form, None)])
    if taken is None:
        return _list(request, door, who, agreement_id, form)
    return go_to(f"/agreements/{agreement_id}/consultations", done(taken, "decided"))


@router.get("/agreements/{agreement_id}/consultations/{consultation_id}")
def consultation_page(request: Request, door: Open, who: Who, agreement_id: UUID, consultation_id: UUID) -> Response:
    """Show the question, the answers one may read, and the decision with its replies."""
    return _one(request, door, who, agreement_id, consultation_id, Form())


@router.post("/agreements/{agreement_id}/consultations/{consultation_id}/answer")
def consultation_answered(
    request: Request, door: Open, who: Who, agreement_id: UUID, consultation_id: UUID, form: Sent
) -> Response:
    """Answer for one's organisation."""
    _consultation(door, who, agreement_id, consultation_id)
    facts = {
        "agreement_id": str(agreement_id),
        "sender": who.organisation,
        "consultation_id": str(consultation_id),
        "answer_id": str(uuid5(ACTS, f"answer {form.act_id}")),
        "answer": form.need("answer", _("Choose your answer.")),
        "words": form.text("words") or None,
    }
    act = Act("agreement.ConsultationAnswered", facts)
    return _said(request, door, who, (agreement_id, consultation_id), form, act, "consultation-answered")


@router.post("/agreements/{agreement_id}/consultations/{consultation_id}/decide")
def consultation_decided(
    request: Request, door: Open, who: Who, agreement_id: UUID, consultation_id: UUID, form: Sent
) -> Response:
    """Decide on what was answered, with a reply to each answer."""
    _as_lead(door, who, agreement_id)
    _partners, known = _consultation(door, who, agreement_id, consultation_id)
    act = _decision(door, who, agreement_id, form, known)
    return _said(request, door, who, (agreement_id, consultation_id), form, act, "decided")


def _decision(door: Doors, who: Signed, agreement_id: UUID, form: Form, known: Consultation | None) -> Act:
    decision = form.need("decision", _("Choose whether it goes on."))
    last = form.day("last_day", _("Enter its last day."))
    answers = known.answers if known else ()
    replies = [
        {"answer_id": str(one.answer_id), "reply": said}
        for one in answers
        if (said := form.text(f"reply_{one.answer_id}"))
    ]
    facts = {
        "agreement_id": str(agreement_id),
        "lead": who.organisation,
        "consultation_id": str(known.opened.consultation_id) if known else None,
        "decided_on": door.acting.now().date().isoformat(),
        "replies": replies,
    }
    if decision == "termination":
        return Act("agreement.TerminationDecided", {**facts, "ends_on": last})
    return Act("agreement.ExtensionDecided", {**facts, "extended_until": last})


def _said(
    request: Request, door: Doors, who: Signed, of: tuple[UUID, UUID], form: Form, act: Act, notice: str
) -> Response:
    names = {"extended_until": "last_day", "ends_on": "last_day"}
    taken = try_act(door, who, form, [act], names)
    if taken is None:
        return _one(request, door, who, *of, form)
    return go_to(f"/agreements/{of[0]}/consultations/{of[1]}", done(taken, notice))


def _consultation(door: Doors, who: Signed, agreement_id: UUID, consultation_id: UUID) -> tuple[Partners, Consultation]:
    one, known = _heard(door, who, agreement_id)
    if consultation_id not in known:
        raise NotFound("Your organisation was told of no such consultation.")
    return one, known[consultation_id]


def _list(request: Request, door: Doors, who: Signed, agreement_id: UUID, form: Form) -> Response:
    one, known = _heard(door, who, agreement_id)
    return page(
        request,
        "agreements/consultations.html",
        form=form,
        one=one,
        leads=one.lead == who.organisation,
        rows=[_row(agreement_id, each) for each in reversed(list(known.values()))],
        decisions=_decisions(),
    )


def _row(agreement_id: UUID, one: Consultation) -> tuple[object, ...]:
    address = f"/agreements/{agreement_id}/consultations/{one.opened.consultation_id}"
    link = {"href": address, "text": label("consultation_about", one.opened.about)}
    state = _("decided") if one.decision else _("open")
    return (link, day(one.opened.opened_on), day(one.opened.closes_on), len(one.answers), state)


def _decisions() -> Sequence[tuple[str, str]]:
    return (("extension", _("It goes on until another day")), ("termination", _("It ends")))


def _one(request: Request, door: Doors, who: Signed, agreement_id: UUID, consultation_id: UUID, form: Form) -> Response:
    one, known = _consultation(door, who, agreement_id, consultation_id)
    names = name_of(door)
    answers: list[dict[str, Any]] = [
        {
            "id": each.answer_id,
            "by": names(each.sender),
            "answer": label("consultation_answer", each.answer),
            "words": each.words or "",
            "reply": known.reply_to(each.answer_id),
        }
        for each in known.answers
    ]
    return page(
        request,
        "agreements/consultation.html",
        form=form,
        one=one,
        opened=known.opened,
        here_is=f"/agreements/{agreement_id}/consultations/{consultation_id}",
        rows=[
            (_("About"), label("consultation_about", known.opened.about)),
            (_("Proposed last day"), day(known.opened.proposed_end)),
            (_("Asked on"), day(known.opened.opened_on)),
            (_("Answers until"), day(known.opened.closes_on)),
            (_("Decision"), _decided(known)),
        ],
        answers=answers,
        can_answer=known.may_answer(who.organisation, door.acting.now().date()),
        can_decide=known.may_decide(who.organisation),
        decisions=_decisions(),
    )


def _decided(known: Consultation) -> str:
    if known.decision is None:
        return ""
    until = getattr(known.decision, "extended_until", None)
    if until:
        return _("It goes on until {day}.").format(day=day(until))
    return _("It ends on {day}.").format(day=day(getattr(known.decision, "ends_on", None)))
