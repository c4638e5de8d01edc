"""Questions about a referral: a provider asks, the authority answers, and every invited provider reads the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.portal.accounts import ANSWERING, PLACING
from placehub.portal.acting import Act
from placehub.portal.case import Case
from placehub.portal.case_parts import Question
from placehub.portal.opening import PURPOSES, open_parts, purposes
from placehub.portal.pages import cases, searches
from placehub.portal.people import Signed
from placehub.portal.referring import in_question
from placehub.portal.sitting import NOTICES, Doors, Form, Open, Sent, done, go_to, only, page, try_act
from placehub.portal.words import gettext as _
from placehub.referrals.events import FreeText

router = APIRouter()
READS: Final = only("authority", "provider", roles=(*PLACING, *ANSWERING))
ASKS: Final = only("provider", roles=ANSWERING)
ANSWERS: Final = only("authority", roles=PLACING)
ABOUT: Final = (
    "children.need.why_now",
    "children.need.own_words",
    "children.need.health",
    "children.need.school.must_keep",
    "children.need.family_time.who",
    "children.need.what_worked",
    "children.need.care_plan_aim",
    "children.risks_present",
    "children.communication",
    "children.home_adaptation",
    "children.pets",
    "children.living_companions",
    "children.need.support_agreed",
    "wanted.planned_start",
)
"""Fields of a referral that are asked about."""
NOTICES.update(
    {
        "asked": lambda: _("Your question was sent. The answer goes to every provider that is invited."),
        "answered": lambda: _("The answer was sent to every provider that is invited. It does not say who asked."),
    }
)


@router.get("/questions/{case_id}")
def questions_page(request: Request, door: Open, case_id: UUID, who: Signed = READS) -> Response:
    """Show what was asked and answered; what was written stays sealed until somebody asks for it."""
    return _shown(request, door, who, _case(door, who, case_id), Form())


@router.post("/questions/{case_id}/read")
def words_opened(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = READS) -> Response:
    """Open what is written in questions and answers: it is recorded who did, and what for."""
    case = _case(door, who, case_id)
    purpose = form.text("purpose")
    if purpose not in PURPOSES:
        form.wrong("purpose", _("Choose what you open it for."))
        return _shown(request, door, who, case, form)
    sealed = [part for one in case.questions.values() for part in one.words]
    found = open_parts(door.engine, door.acting, who, str(case_id), purpose, sealed, FreeText)
    opened = {part.nonce: one.text if one else _("Not open to you.") for part, one in zip(sealed, found, strict=True)}
    return _shown(request, door, who, case, Form(), opened=opened, purpose=purpose)


@router.post("/questions/{case_id}/ask")
def clarification_asked(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = ASKS) -> Response:
    """Ask about one field of the referral."""
    search = searches.own_search(door, who, case_id)
    case = search.case
    about = form.need("about", _("Choose what you ask about."))
    words = form.need("question", _("Write your question."))
    document = _document(case, about, uuid5(form.act_id, "question"), _child(case, form))
    document |= {"provider": who.organisation, "question": {"text": words}}
    taken = try_act(door, who, form, [Act("ClarificationAsked", document, case.need_keys)])
    if taken is None:
        return _shown(request, door, who, case, form)
    return go_to(f"/questions/{case_id}", done(taken, "asked"))


@router.post("/questions/{case_id}/answer")
def clarification_answered(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = ANSWERS) -> Response:
    """Answer a question, for everybody who is invited."""
    case = cases.own_case(door, who, case_id)
    question = next((one for id, one in case.questions.items() if str(id) == form.text("clarification_id")), None)
    if question is None:
        raise HTTPException(404)
    words = form.need("answer", _("Write your answer."))
    document = _document(case, question.about, question.clarification_id, question.child_id)
    document |= {"authority": who.organisation, "answer": {"text": words}}
    taken = try_act(door, who, form, [Act("ClarificationAnswered", document)])
    if taken is None:
        return _shown(request, door, who, case, form)
    return go_to(f"/questions/{case_id}", done(taken, "answered"))


def _case(door: Doors, who: Signed, case_id: UUID) -> Case:
    if who.acting.kind == "authority":
        return cases.own_case(door, who, case_id)
    return searches.own_search(door, who, case_id).case


def _child(case: Case, form: Form) -> UUID | None:
    """Return the child that is meant: the first unless another was chosen."""
    children = [one.child_id for one in case.facts.children] if case.facts else []
    given = form.text("child_id")
    return next((one for one in children if str(one) == given), children[0] if children else None)


def _document(case: Case, about: str, id: UUID, child_id: UUID | None) -> dict[str, Any]:
    document = {"referral_id": case.case_id, "clarification_id": id, "child_id": child_id, "about": about}
    return {name: str(value) for name, value in document.items()}


def _shown(request: Request, door: Doors, who: Signed, case: Case, form: Form, **opened: Any) -> Response:
    at = "cases" if who.acting.kind == "authority" else "searches"
    return page(
        request,
        "questions.html",
        form=form,
        case=case,
        back_to=f"/{at}/{case.case_id}",
        questions=_in_order(case.questions.values()),
        in_question=in_question,
        abouts=[(one, in_question(one)) for one in ABOUT],
        children=[(str(one.child_id), _("Child {number}").format(number=number + 1)) for number, one in _each(case)],
        asks=at == "searches" and case.referral is not None and not case.closed,
        answers=at == "cases" and not case.closed,
        written=any(one.words for one in case.questions.values()),
        purposes=purposes(),
        **({"opened": None} | opened),
    )


def _each(case: Case) -> list[tuple[int, Any]]:
    return list(enumerate(case.facts.children)) if case.facts else []


def _in_order(questions: Any) -> Sequence[Question]:
    """Return the questions that wait for an answer before the others."""
    return sorted(questions, key=lambda one: one.answered_at is not None)
