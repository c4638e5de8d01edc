"""Who speaks for each sector of an agreement: the posts that are named, for which term, and who has a voice now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.codesign.agreeing import COMMISSIONERS, PROVIDERS, SMALL_AGENCY
from placehub.codesign.documents import Documents
from placehub.portal.acting import Act
from placehub.portal.pages.agreements import PARTNERS
from placehub.portal.pages.documents import heard
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Doors, Form, Open, Sent, Who, done, go_to, name_of, page, try_act
from placehub.portal.words import choices, day, label
from placehub.portal.words import gettext as _

router = APIRouter(dependencies=[PARTNERS])
NOTICES["represented"] = lambda: _("The representative is named, and every party is told.")


@router.get("/agreements/{agreement_id}/representatives")
def representatives_page(request: Request, door: Open, who: Who, agreement_id: UUID) -> Response:
    """Show who is named, and who has a voice now."""
    return _shown(request, door, who, agreement_id, Form())


@router.post("/agreements/{agreement_id}/representatives")
def representative_named(request: Request, door: Open, who: Who, agreement_id: UUID, form: Sent) -> Response:
    """Name a post: the lead one of the commissioners', a provider its own."""
    _one, known, _events = heard(door, who, agreement_id)
    sector = _names_for(known.documents, who)
    if sector is None:
        raise HTTPException(404)
    of_lead = sector == COMMISSIONERS
    facts: dict[str, Any] = {
        "agreement_id": str(agreement_id),
        "sender": who.organisation,
        "sector": sector,
        "seat": "general" if of_lead else form.need("seat", _("Choose the seat.")),
        "representative": form.need("representative", _("Choose whose post it is.")) if of_lead else who.organisation,
        "post": form.need("post", _("Enter the post's title, never a person's name.")),
        "term_from": form.day("term_from", _("Enter the first day of the term.")),
        "term_until": form.day("term_until", _("Enter the last day of the term.")),
    }
    taken = try_act(door, who, form, [Act("agreement.RepresentativeNamed", facts)])
    if taken is None:
        return _shown(request, door, who, agreement_id, form)
    return go_to(f"/agreements/{agreement_id}/representatives", done(taken, "represented"))


def _names_for(known: Documents, who: Signed) -> str | None:
    """Return the sector somebody may name a representative of; None: of none."""
    if who.organisation == known.lead:
        return COMMISSIONERS
    return PROVIDERS if who.organisation in known.providers else None


def _shown(request: Request, door: Doors, who: Signed, agreement_id: UUID, form: Form) -> Response:
    one, known, _events = heard(door, who, agreement_id)
    name, today = name_of(door), door.acting.now().date()
    of = known.documents
    rows = [
        (
            label("agreement_sector", each.sector),
            each.post,
            name(each.representative),
            label("representative_seat", each.seat),
            _("{first} to {last}").format(first=day(each.term_from), last=day(each.term_until)),
            _("now") if each.held(today) else _("not now"),
        )
        for each in of.seats
    ]
    voices = [
        (label("agreement_sector", sector), sorted(map(name, those))) for sector, those in of.voices(today).items()
    ]
    held = any(each.held(today) and each.seat == SMALL_AGENCY for each in of.seats)
    return page(
        request,
        "agreements/representatives.html",
        form=form,
        one=one,
        seats=rows,
        voices=voices,
        small_agency_held=held,
        names_for=_names_for(of, who),
        members=[(code, name(code)) for code in dict.fromkeys(filter(None, (of.lead, *of.authorities)))],
        kinds=choices("representative_seat", today),
        today=today,
    )
