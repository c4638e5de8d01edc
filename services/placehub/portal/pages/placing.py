"""Placements: agreed by word of mouth where it is urgent, then by both sides with the same terms."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.contracts.codec import to_json
from placehub.portal.accounts import ANSWERING, PLACING
from placehub.portal.acting import Act
from placehub.portal.case import Case
from placehub.portal.case_parts import Place
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
        "verbally-agreed": lambda: _("The verbal agreement is recorded. The paperwork follows: both sides agree here."),
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
    if place is None or who.organisation not in (place.authority, place.provider):
        raise HTTPException(404)
    first = {"starts_on": form.day("starts_on", _("Enter the first day."))}
    document = _about(case, place) | _terms(case, place) | first
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
    case = cases.own_case(door, who, case_id)
    place = case.places.get(placement_id)
    if place is None or place.authority != who.organisation:
        raise HTTPException(404)
    document = _about(case, place) | {"started_on": form.day("moved_in_on", _("Enter the first day."))}
    taken = try_act(door, who, form, [Act("PlacementStarted", document)], {"started_on": "moved_in_on"})
    if taken is None:
        return cases.show_again(request, door, who, case_id, form)
    return go_to(f"/cases/{case_id}", done(taken, "moved-in"))


@router.post("/cases/{case_id}/verbal")
def verbal_agreement_recorded(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = MOVES) -> Response:
    """Record what was agreed by word of mouth, for every child whose place is held; the fees are those of the offer."""
    case = cases.own_case(door, who, case_id)
    held = [one for one in case.places.values() if not (one.verbal or one.terms or one.started)]
    if not held:
        raise HTTPException(404)
    said = {
        "starts_on": form.day("spoken_start", _("Enter the first day.")),
        "agreed_at": form.moment("spoken"),
        "by": who.acting.role,
    }
    acts = [Act("VerbalAgreementRecorded", _about(case, one) | _terms(case, one) | said) for one in held]
    taken = try_act(door, who, form, acts, {"agreed_at": "spoken_on", "starts_on": "spoken_start"})
    if taken is None:
        return cases.show_again(request, door, who, case_id, form)
    return go_to(f"/cases/{case_id}", done(taken, "verbally-agreed"))


def _about(case: Case, place: Place) -> dict[str, Any]:
    return {
        "placement_id": str(place.placement_id),
        "referral_id": str(case.case_id),
        "vacancy_id": str(place.vacancy_id),
        "child_id": str(place.child_id),
        "authority": place.authority,
        "provider": place.provider,
    }


def _terms(case: Case, place: Place) -> dict[str, Any]:
    """Return the offer a place was held for and its fees; 404 where it is not told."""
    offer = case.offers.get(place.offer_id)
    if offer is None:
        raise HTTPException(404)
    return {"offer_id": str(place.offer_id), "fee_lines": to_json(offer.told)["fee_lines"]}
