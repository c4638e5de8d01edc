"""Revising a referral: a form filled with what it tells, what would be another is looked at, then the next version."""

from __future__ import annotations

import json
from hashlib import sha256
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.portal.acting import Act
from placehub.portal.case import Case
from placehub.portal.comparing import Change, referral_changes
from placehub.portal.drafts import Place
from placehub.portal.opening import PURPOSES, open_parts, purposes
from placehub.portal.pages.cases import PLACES, asked, on_form, own_case
from placehub.portal.pages.unfinished import begun, save, sent
from placehub.portal.people import Signed
from placehub.portal.referring import how_many
from placehub.portal.sitting import NOTICES, Doors, Form, Open, Sent, done, filled_form, go_to, page, try_act
from placehub.portal.versions import Needs, Referral, filled, need_filled, needs_told, next_version, side_by_side
from placehub.portal.words import gettext as _
from placehub.referrals.child import ChildNeed

router = APIRouter()
NOTICES.update({"revised": lambda: _("The referral was revised. Every provider that is invited is told.")})


@router.get("/cases/{case_id}/revise")
def revise_page(request: Request, door: Open, case_id: UUID, who: Signed = PLACES) -> Response:
    """Ask for the next version: what is sealed stays so until it is opened."""
    case, referral = _to_revise(door, who, case_id)
    form = begun(request, door, who)
    if form is not None:
        return _shown(request, door, who, case, form, _as_opened(door, who, case, referral, form))
    needs = needs_told(referral)
    return _shown(request, door, who, case, filled_form(filled(referral, needs)), needs)


@router.post("/cases/{case_id}/revise")
def referral_revised(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = PLACES) -> Response:
    """Open what is written, ask for one more child, show what would be another, or send the next version."""
    case, referral = _to_revise(door, who, case_id)
    if form.has("open"):
        return _open(request, door, who, case, referral, form)
    if form.has("save"):
        first = str(referral.children[0].child_id)
        place = Place(
            kind="revision",
            address=request.url.path,
            about=str(case_id),
            subject_kind="child",
            subject_id=first,
        )
        return save(door, who, form, place)
    needs = _as_opened(door, who, case, referral, form)
    if form.has("add_child"):
        return _shown(request, door, who, case, form, needs)
    count = how_many(form, len(referral.children))
    document = next_version(form, referral, needs, count)
    changes = referral_changes(*side_by_side(referral, needs, document))
    if not changes and not form.errors:
        form.wrong("needed_by", _("Nothing is another yet. Change what is, then look again."))
    seen = sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    if form.errors or not form.has("send") or form.text("seen") != seen:
        return _shown(request, door, who, case, form, needs, changes=changes, seen=seen)
    taken = try_act(door, who, form, [Act("ReferralRevised", document)], on_form())
    if taken is None:
        return _shown(request, door, who, case, form, needs, changes=changes, seen=seen)
    sent(door, who, form)
    return go_to(f"/cases/{case_id}", done(taken, "revised"))


def _to_revise(door: Doors, who: Signed, case_id: UUID) -> tuple[Case, Referral]:
    case = own_case(door, who, case_id)
    if case.referral is None or case.closed:
        raise HTTPException(404)
    return case, case.referral


def _open(request: Request, door: Doors, who: Signed, case: Case, referral: Referral, form: Form) -> Response:
    """Fill in what is written about the children; what was typed already stays."""
    purpose = form.text("purpose")
    if purpose not in PURPOSES:
        form.wrong("purpose", _("Choose what you open it for."))
        return _shown(request, door, who, case, form, needs_told(referral))
    needs = _needs(door, who, case, referral, purpose)
    written = [one for number, need in enumerate(needs) if need for one in need_filled(number, need)]
    typed = [
        (name, value)
        for name, value in form.data.multi_items()
        if isinstance(value, str) and name not in ("opened", "form_token")
    ]
    names = {name for name, _value in typed}
    fresh = [one for one in written if one[0] not in names]
    return _shown(request, door, who, case, filled_form([*typed, *fresh, ("opened", purpose)]), needs)


def _as_opened(door: Doors, who: Signed, case: Case, referral: Referral, form: Form) -> Needs:
    """Open what the form says was opened, for the same purpose: it is compared with what was typed."""
    opened = form.text("opened")
    return _needs(door, who, case, referral, opened) if opened in PURPOSES else needs_told(referral)


def _needs(door: Doors, who: Signed, case: Case, referral: Referral, purpose: str) -> Needs:
    """Open what is written about each child; where nothing is written, nothing is opened."""
    needs = needs_told(referral)
    closed = [number for number, need in enumerate(needs) if need is None]
    sealed = [one.need for one in referral.children if one.need is not None]
    found = open_parts(door.engine, door.acting, who, str(case.case_id), purpose, sealed, ChildNeed) if sealed else []
    for number, need in zip(closed, found, strict=True):
        needs[number] = need
    return needs


def _shown(
    request: Request,
    door: Doors,
    who: Signed,
    case: Case,
    form: Form,
    needs: Needs,
    *,
    changes: list[Change] | None = None,
    seen: str = "",
) -> Response:
    referral = case.referral
    children = referral.children if referral else ()
    known, count = len(children), how_many(form, len(children))
    return page(
        request,
        "cases/revise.html",
        form=form,
        given=form,
        case=case,
        changes=changes,
        seen=seen,
        written=[number >= known or needs[number] is not None for number in range(count)],
        unnamed=[number >= known or children[number].identity is None for number in range(count)],
        sealed=any(one is None for one in needs),
        purposes=purposes(),
        **asked(door, who, count),
    )
