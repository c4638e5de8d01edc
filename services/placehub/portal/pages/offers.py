"""An offer that stands: revised as a whole, or said again for a later version of the referral."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.contracts.codec import to_json
from placehub.portal.acting import Act
from placehub.portal.case_parts import Offer
from placehub.portal.fees import filled_lines, typed_lines
from placehub.portal.pages.searches import ANSWERS, Search, about, home_meant, offer_form, own_search, show_again
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Doors, Open, Sent, done, filled_form, go_to, try_act
from placehub.portal.words import as_typed
from placehub.portal.words import gettext as _

router = APIRouter()
NOTICES.update(
    {
        "offer-revised": lambda: _("The offer was revised. The authority sees what is another."),
        "reconfirmed": lambda: _("The authority knows that the offer stands."),
    }
)


@router.get("/searches/{case_id}/revise")
def revise_offer_page(request: Request, door: Open, case_id: UUID, offer: str = "", who: Signed = ANSWERS) -> Response:
    """Ask for the offer as it is to stand now."""
    search, standing = _standing(door, who, case_id, offer)
    told = standing.told
    days = [("available_from", as_typed(told.available_from)), ("valid_until", as_typed(told.valid_until))]
    fields = [*filled_lines(told.fee_lines), *days, ("vacancy_id", str(told.vacancy_id))]
    return offer_form(request, door, who, search, filled_form(fields), standing)


@router.post("/searches/{case_id}/revise")
def offer_revised(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = ANSWERS) -> Response:
    """Send it; the child or children stay those it was made for."""
    search, standing = _standing(door, who, case_id, form.text("offer_id"))
    starts = form.day("available_from", _("Enter the day a child could come."))
    until = form.day("valid_until", _("Enter the day until which the offer stands."))
    document: dict[str, Any] = to_json(standing.told) | {
        "vacancy_id": home_meant(search, form),
        "referral_version": search.case.version,
        "fee_lines": typed_lines(form, standing.told.fee_lines),
        "available_from": starts,
        "valid_until": f"{until}T23:59:59+00:00" if until else "",
    }
    taken = try_act(door, who, form, [Act("OfferRevised", document)], {"fee_lines.0": "amount_0"})
    if taken is None:
        return offer_form(request, door, who, search, form, standing)
    return go_to(f"/searches/{case_id}", done(taken, "offer-revised"))


@router.post("/searches/{case_id}/reconfirm")
def offer_reconfirmed(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = ANSWERS) -> Response:
    """Say that the offer stands for the referral's version of now."""
    search, standing = _standing(door, who, case_id, form.text("offer_id"))
    document = about(who, search) | {
        "offer_id": str(standing.told.offer_id),
        "referral_version": search.case.version,
    }
    taken = try_act(door, who, form, [Act("OfferReconfirmed", document)])
    if taken is None:
        return show_again(request, door, who, case_id, form)
    return go_to(f"/searches/{case_id}", done(taken, "reconfirmed"))


def _standing(door: Doors, who: Signed, case_id: UUID, offer_id: str) -> tuple[Search, Offer]:
    """Return an own offer that may still be revised; 404 for any other."""
    search = own_search(door, who, case_id)
    offers = {str(id): one for id, one in search.case.offers.items() if one.state in ("open", "to reconfirm")}
    if offer_id not in offers or search.case.closed:
        raise HTTPException(404)
    return search, offers[offer_id]
