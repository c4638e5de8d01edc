"""Placements: both sides agree the same terms."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.contracts.codec import to_json
from placehub.portal.accounts import ANSWERING, PLACING
from placehub.portal.acting import Act
from placehub.portal.pages import cases, searches
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Open, Sent, done, go_to, only, try_act
from placehub.portal.words import gettext as _

router = APIRouter()
PARTIES: Final = only("authority", "provider", roles=(*PLACING, *ANSWERING))
MOVES: Final = only("authority", roles=PLACING)
NOTICES.update(
    {
        "agreed": lambda: _("Your side has agreed the placement."),
        "moved-in": lambda: _("It is recorded that the child has moved in."),
    }
)


@router.post("/placements/{case_id}/{placement_id}/agree")
def placement_agreed(
    request: Request,
    door: Open,
    form: Sent,
    case_id: UUID,
    placement_id: UUID,
    who: Signed = PARTIES,
) -> Response:
    """Post this side's terms: the first day as typed, the fees of the offer."""
    case = cases.own_case(door, who, case_id)
    place = case.places.get(placement_id)
    offer = case.offers.get(place.offer_id) if place else None
    if place is None or offer is None or who.organisation not in (place.authority, place.provider):
        raise HTTPException(404)
    lines = to_json(offer.told)["fee_lines"]
    document: dict[str, Any] = {
        "placement_id": str(placement_id),
        "referral_id": str(case_id),
        "offer_id": str(place.offer_id),
        "vacancy_id": str(place.vacancy_id),
        "child_id": str(place.child_id),
        "authority": place.authority,
        "provider": place.provider,
        "starts_on": form.day("starts_on", _("Enter the first day.")),
        "fee_lines": lines,
    }
    taken = try_act(door, who, form, [Act("PlacementAgreed", document)])
    at = "cases" if who.acting.kind == "authority" else "searches"
    if taken is None:
        again = cases.show_again if at == "cases" else searches.show_again
        return again(request, door, who, case_id, form)
    return go_to(f"/{at}/{case_id}", done(taken, "agreed"))


@router.post("/placements/{case_id}/{placement_id}/start")
def child_moved_in(
    request: Request, door: Open, form: Sent, case_id: UUID, placement_id: UUID, who: Signed = MOVES
) -> Response:
    """Record that the child has moved in: the place is filled, and the search ends."""
    place = cases.own_case(door, who, case_id).places.get(placement_id)
    if place is None or place.authority != who.organisation:
        raise HTTPException(404)
    document: dict[str, Any] = {
        "placement_id": str(placement_id),
        "referral_id": str(case_id),
        "vacancy_id": str(place.vacancy_id),
        "child_id": str(place.child_id),
        "authority": place.authority,
        "provider": place.provider,
        "started_on": form.day("starts_on", _("Enter the first day.")),
    }
    taken = try_act(door, who, form, [Act("PlacementStarted", document)], {"started_on": "starts_on"})
    if taken is None:
        return cases.show_again(request, door, who, case_id, form)
    return go_to(f"/cases/{case_id}", done(taken, "moved-in"))
