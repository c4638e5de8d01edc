"""An authority's cases: early notice, referral, the search as it goes on, offers and the selection."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.datastructures import FormData

from placehub.agreements.events import AgreementRegistered
from placehub.codes import code_list
from placehub.portal import telling
from placehub.portal.accounts import PLACING
from placehub.portal.acting import ACTS, Act
from placehub.portal.case import Case, fold
from placehub.portal.comparing import revisions
from placehub.portal.drafts import Place
from placehub.portal.pages.unfinished import begun, save, sent
from placehub.portal.people import Signed
from placehub.portal.posted import is_on_its_way
from placehub.portal.referring import (
    MOST_CHILDREN,
    Quality,
    basis,
    child,
    child_id,
    fields_of,
    how_many,
    noted_child,
    quality,
    wanted,
)
from placehub.portal.sitting import (
    NOTICES,
    Doors,
    Entry,
    Form,
    Open,
    Sent,
    done,
    go_to,
    name_of,
    only,
    page,
    try_act,
)
from placehub.portal.told import told_about, told_last, told_lately
from placehub.portal.words import choices, label
from placehub.portal.words import gettext as _
from placehub.referrals.quality import RISKS

router = APIRouter()
READS: Final = only("authority")
PLACES: Final = only("authority", roles=PLACING)
SHOWN: Final = 50
"""Cases on the list, those heard of last."""
NOTICES.update(
    {
        "noticed": lambda: _("The early notice was given. The search has begun."),
        "referred": lambda: _("The referral was made. Every provider with a home that fits is told now."),
        "ended": lambda: _("The search was ended. Every provider that was invited is told."),
        "selected": lambda: _("The offer was selected. The place is being asked for."),
    }
)
USUAL_FEEDBACK: Final = "another home fitted better"
"""What a provider is told whose offer was not selected, unless something else is chosen."""
ENDINGS: Final = ("in-house", "kin", "residential", "home", "withdrawn")
"""How an authority may end a search itself, of `search_outcome`."""
_ON_FORM: Final = {
    "wanted.near_sector": "near_sector",
    "wanted.within_miles": "within_miles",
    "wanted.kind": "kind",
    "wanted.needed_by": "needed_by",
}
"""A field of the event -> the form's field."""


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    if who.acting.kind != "authority":
        return []
    first = Entry("/cases", _("Cases"), _("Searches that are on: who was invited, who offers, what to decide."))
    if who.acting.role not in PLACING:
        return [first]
    return [first, Entry("/notices/new", _("Early notice"), _("A home may be needed: the search begins at once."))]


@router.get("/cases")
def cases_page(request: Request, door: Open, who: Signed = READS) -> Response:
    """Show the cases heard of last."""
    with door.reads.connect() as connection:
        told = told_lately(connection, who.organisation, "referral", SHOWN)
    found = [case for each in told.values() if (case := fold(each)) is not None]
    return page(request, "cases/list.html", cases=found)


@router.get("/notices/new")
def notice_page(request: Request, door: Open, who: Signed = PLACES) -> Response:
    """Ask for an early notice."""
    return _notice(request, door, who, begun(request, door, who) or Form())


@router.post("/notices/new")
def notice_sent(request: Request, door: Open, form: Sent, who: Signed = PLACES) -> Response:
    """Give early notice, or ask for one more child."""
    if form.has("add_child"):
        return _notice(request, door, who, form)
    if form.has("save"):
        return save(door, who, form, _to_keep("notice", "/notices/new", None))
    case_id, count = uuid5(ACTS, str(form.act_id)), how_many(form)
    document = {
        "referral_id": str(case_id),
        "authority": who.organisation,
        "need_known_at": door.acting.now().isoformat(),
        "lawful_basis": basis(who.acting.role),
        "wanted": wanted(form, count),
        "children": [noted_child(form, number, case_id) for number in range(count)],
        **_agreement(form),
    }
    taken = try_act(door, who, form, [Act("EarlyNoticeGiven", document)], _ON_FORM)
    if taken is None:
        return _notice(request, door, who, form)
    sent(door, who, form)
    return go_to(f"/cases/{case_id}", done(taken, "noticed"))


def _to_keep(kind: str, address: str, case: Case | None) -> Place:
    """Return where a draft is gone on with, and whose key seals it: the first child's where a case tells of it."""
    noticed = case.notice.children[0].child_id if case and case.notice else None
    about = str(case.case_id) if case else ""
    subject_id = str(noticed) if noticed else None
    return Place(kind=kind, address=address, about=about, subject_kind="child", subject_id=subject_id)


def _notice(request: Request, door: Doors, who: Signed, form: Form) -> Response:
    return page(request, "cases/notice.html", form=form, **asked(door, who, how_many(form)))


@router.get("/cases/{case_id}")
def case_page(request: Request, door: Open, case_id: UUID, who: Signed = READS) -> Response:
    """Show a case and its search; one that was begun here a moment ago is waited for."""
    with door.reads.connect() as connection:
        known = told_about(connection, who.organisation, str(case_id))
        waited_for = not known and is_on_its_way(connection, who.organisation, str(case_id))
    if waited_for:
        return page(request, "cases/waited_for.html", case_id=case_id)
    return _case(request, door, who, _known(fold(known)), "cases/case.html", Form())


@router.get("/cases/{case_id}/progress")
def case_progress(request: Request, door: Open, case_id: UUID, who: Signed = READS) -> Response:
    """Give the part of the case's page that changes by itself."""
    return _case(request, door, who, own_case(door, who, case_id), "cases/progress.html", Form())


def _case(request: Request, door: Doors, who: Signed, case: Case, template: str, form: Form) -> Response:
    name = name_of(door)
    best = next((one for one in case.by_fit() if one.state == "open" and one.home), None)
    return page(
        request,
        template,
        form=form,
        case=case,
        revisions=revisions(case),
        name=name,
        telling=telling,
        line=telling.time_line(case, name),
        best=best.told.offer_id if best else None,
        may_place=who.acting.role in PLACING,
        feedbacks=choices("offer_feedback", door.acting.now().date()),
        usual_feedback=USUAL_FEEDBACK,
        reasons=choices("selection_reason", door.acting.now().date()),
        outcomes=[(one.code, _(one.meaning)) for one in code_list("search_outcome").values if one.code in ENDINGS],
    )


def show_again(request: Request, door: Doors, who: Signed, case_id: UUID, form: Form) -> Response:
    """Return the case's page with what is wrong on it."""
    return _case(request, door, who, own_case(door, who, case_id), "cases/case.html", form)


def own_case(door: Doors, who: Signed, case_id: UUID) -> Case:
    """Return a case the person's organisation was told of; 404 for any other."""
    with door.reads.connect() as connection:
        return _known(fold(told_about(connection, who.organisation, str(case_id))))


def _known(case: Case | None) -> Case:
    if case is None:
        raise HTTPException(404)
    return case


@router.get("/referrals/new")
def new_referral_page(request: Request, door: Open, who: Signed = PLACES) -> Response:
    """Ask for a referral of a child nobody gave notice of."""
    return _referral(request, door, who, None, begun(request, door, who) or Form())


@router.post("/referrals/new")
def new_referral_sent(request: Request, door: Open, form: Sent, who: Signed = PLACES) -> Response:
    """Make it."""
    return _refer(request, door, who, None, form)


@router.get("/cases/{case_id}/referral")
def referral_page(request: Request, door: Open, case_id: UUID, who: Signed = PLACES) -> Response:
    """Ask for the referral of a child early notice was given of."""
    form = begun(request, door, who) or Form()
    return _referral(request, door, who, _to_refer(door, who, case_id), form)


@router.post("/cases/{case_id}/referral")
def referral_sent(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = PLACES) -> Response:
    """Make it."""
    return _refer(request, door, who, _to_refer(door, who, case_id), form)


@router.post("/quality")
def quality_part(request: Request, door: Open, form: Sent, who: Signed = PLACES) -> Response:
    """Give the panel that says how complete what was typed is."""
    case_id = form.text("case_id")
    case = own_case(door, who, UUID(case_id)) if case_id else None
    looked_at = _quality(door, who, case, form)
    form.errors.clear()
    return page(request, "cases/quality.html", form=form, quality=looked_at)


def _to_refer(door: Doors, who: Signed, case_id: UUID) -> Case:
    case = own_case(door, who, case_id)
    if case.referral is not None:
        raise HTTPException(404)
    return case


def _refer(request: Request, door: Doors, who: Signed, case: Case | None, form: Form) -> Response:
    if form.has("add_child") or form.has("check"):
        return _referral(request, door, who, case, form)
    if form.has("save"):
        return save(door, who, form, _to_keep("referral", request.url.path, case))
    document = _document(door, who, case, form)
    taken = try_act(door, who, form, [Act("ReferralMade", document)], on_form())
    if taken is None:
        return _referral(request, door, who, case, form)
    sent(door, who, form)
    return go_to(f"/cases/{document['referral_id']}", done(taken, "referred"))


def on_form() -> dict[str, str]:
    """Return, for a field of a referral, the form's field."""
    return _ON_FORM | {path: name for number in range(MOST_CHILDREN) for path, name in fields_of(number).items()}


def _document(door: Doors, who: Signed, case: Case | None, form: Form) -> dict[str, Any]:
    case_id = case.case_id if case else uuid5(ACTS, str(form.act_id))
    known = [one.child_id for one in case.notice.children] if case and case.notice else []
    count = how_many(form, len(known) or 1)
    ids = [known[number] if number < len(known) else child_id(case_id, number) for number in range(count)]
    desk = form.text("out_of_hours_contact")
    since = case.notice.need_known_at if case and case.notice else door.acting.now()
    return {
        "referral_id": str(case_id),
        "authority": who.organisation,
        "need_known_at": since.isoformat(),
        "lawful_basis": basis(who.acting.role),
        "wanted": wanted(form, count),
        "children": [child(form, number, id) for number, id in enumerate(ids)],
        **_agreement(form),
        **({"out_of_hours_contact": desk} if desk else {}),
    }


def _quality(door: Doors, who: Signed, case: Case | None, form: Form) -> Quality:
    """Look at what was typed; what is wrong with it is said when it is sent, not while it is typed."""
    return quality(_document(door, who, case, Form(form.data)), case)


def _referral(request: Request, door: Doors, who: Signed, case: Case | None, form: Form) -> Response:
    count = how_many(form, len(case.notice.children) if case and case.notice else 1)
    given = form if form.has("form_token") else _from_notice(case)
    written = [True] * count
    facts = asked(door, who, count) | {"case": case, "quality": _quality(door, who, case, given), "given": given}
    facts |= {"written": written, "unnamed": written}
    return page(request, "cases/referral.html", form=form, **facts)


def _from_notice(case: Case | None) -> Form:
    """Return a form filled with what an early notice has told already."""
    notice = case.notice if case else None
    if notice is None:
        return Form()
    told = notice.wanted
    known: dict[str, Any] = {name: getattr(told, name) for name in ("kind", "needed_by", "near_sector", "within_miles")}
    known |= {"siblings_plan": told.siblings_plan, "agreement_id": notice.agreement_id}
    known |= {f"sex_{number}": one.sex for number, one in enumerate(notice.children)}
    return Form(FormData({name: str(value) for name, value in known.items() if value is not None}))


def asked(door: Doors, who: Signed, count: int) -> dict[str, Any]:
    """Return what the forms of a notice and of a referral let people choose from."""
    today = door.acting.now().date()
    with door.reads.connect() as connection:
        told = told_last(connection, who.organisation, "agreement", AgreementRegistered)
    agreements = [one.event for one in told]
    return {
        "count": count,
        "most": MOST_CHILDREN,
        "kinds": choices("placement_kind", today),
        "when": choices("needed_by", today),
        "plans": choices("siblings_plan", today),
        "ages": choices("age_band", today),
        "sexes": choices("sex", today, only=("F", "M")),
        "risks": [(one, label("risk", one)) for one in RISKS],
        "pets": choices("pets", today),
        "companions": choices("living_companions", today),
        "statuses": _with_code("legal_status", today),
        "ethnicities": _with_code("ethnicity", today),
        "languages": choices("language", today),
        "categories": _with_code("category_of_need", today),
        "agreements": [(str(one.agreement_id), one.name) for one in agreements],
    }


def _with_code(name: str, today: date) -> list[tuple[str, str]]:
    return [(code, f"{says} ({code})") for code, says in choices(name, today)]


def _agreement(form: Form) -> dict[str, str]:
    given = form.text("agreement_id")
    return {"agreement_id": given} if given else {}


@router.post("/cases/{case_id}/select")
def offer_selected(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = PLACES) -> Response:
    """Select an offer: its place is asked for, and the others get feedback."""
    case = own_case(door, who, case_id)
    chosen = next((one for id, one in case.offers.items() if str(id) == form.text("offer_id")), None)
    if chosen is None:
        raise HTTPException(404)
    others = [id for id, one in case.offers.items() if one is not chosen and one.state in ("open", "to reconfirm")]
    told = {one: form.text(f"feedback_{one}", USUAL_FEEDBACK) for one in others}
    document: dict[str, Any] = {
        "referral_id": str(case_id),
        "authority": who.organisation,
        "offer_id": form.text("offer_id"),
        "by": who.acting.role,
        "feedback": [{"offer_id": str(one), "feedback": said} for one, said in told.items()],
    }
    if form.text("reason"):
        document["reason"] = form.text("reason")
    taken = try_act(door, who, form, [Act("OfferSelected", document)], {"reason": "reason"})
    if taken is None:
        return show_again(request, door, who, case_id, form)
    return go_to(f"/cases/{case_id}", done(taken, "selected"))


@router.post("/cases/{case_id}/end")
def search_ended(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = PLACES) -> Response:
    """End the search: the home is not needed any more, and why."""
    case = own_case(door, who, case_id)
    outcome = form.need("outcome", _("Choose how the search ended."))
    document = {"referral_id": str(case_id), "authority": who.organisation, "reason": outcome}
    event = "ReferralWithdrawn" if case.referral else "EarlyNoticeWithdrawn"
    taken = try_act(door, who, form, [Act(event, document)], {"reason": "outcome"})
    if taken is None:
        return show_again(request, door, who, case_id, form)
    return go_to(f"/cases/{case_id}", done(taken, "ended"))
