"""What the views say of offers: each case's, by fit; fees stand beside and never order."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from placehub.monitoring.entitlement import Part, own
from placehub.monitoring.tables import OFFER, SEARCH
from placehub.monitoring.view import OPERATORS_OWN, View, named, yes


def _offers(as_of: ColumnElement[Any]) -> Select[Any]:
    offer = OFFER.c
    bands = {"fits": 0, "fits with named support": 1, "stretch": 2}
    fit = (
        case(bands, value=offer.band, else_=len(bands)),
        offer.need.desc().nulls_last(),
        offer.distance_miles.asc().nulls_last(),
        offer.offer_id,
    )
    standing = case((offer.state.in_(("open", "queried", "to reconfirm")), 0), else_=1)
    return (
        select(
            offer.referral_id,
            offer.offer_id,
            named(offer.provider),
            func.coalesce(offer.band, "does not fit now").label("band"),
            offer.need,
            offer.distance_miles,
            yes(offer.elsewhere).label("also_offered_elsewhere"),
            case((offer.reserved, "reserved"), else_=offer.state).label("state"),
            func.array_to_string(offer.to_reconfirm, ", ").label("to_reconfirm"),
            offer.children,
            offer.available_from,
            offer.valid_until,
            offer.base_weekly,
            offer.weekly,
            func.array_to_string(offer.support, "; ").label("support"),
            offer.feedback,
        )
        .where(offer.assessed_at.is_not(None), offer.referral_id.is_not(None))
        .order_by(offer.referral_id, standing, *fit)
    )


def _in_cases_of(authority: str) -> ColumnElement[bool]:
    return OFFER.c.referral_id.in_(select(SEARCH.c.referral_id).where(SEARCH.c.authority == authority))


OFFERS: Final = View(
    name="offers",
    title="Offers of each case by fit" + OPERATORS_OWN,
    says="Offers that stand come first, best fit first: band, need, distance. Fees stand beside and never order.",
    columns={
        "referral_id": "The case",
        "offer_id": "The offer",
        "provider": "Name of the provider, from OrganisationRegistered",
        "band": "How its home fits, from the latest OfferAssessed",
        "need": "Share of the need criteria met, 0 to 1000, from the same",
        "distance_miles": "From the same; empty: not known",
        "also_offered_elsewhere": "yes: an offer of the home stands in another case, from the same",
        "state": "open, queried, to reconfirm, withdrawn, expired, refused, not selected or reserved",
        "to_reconfirm": "Fields of the referral that were revised after the offer, from ReconfirmationAsked",
        "children": "How many children it is for, from the latest OfferMade or OfferRevised",
        "available_from": "From the same",
        "valid_until": "From the same",
        "base_weekly": "Base fee in pounds a week, from the same",
        "weekly": "Base fee and support paid by the week or day, in pounds a week; other lines are left out",
        "support": "Each further line: what, amount, unit, from, until",
        "feedback": "What the provider was told, from OfferNotSelected",
    },
    select=_offers,
    entitled=own(
        "an authority sees the offers in its cases; a provider its own, without how they were assessed",
        "See 'placehub views list' for what it is entitled to.",
        authority=_in_cases_of,
        # OfferAssessed goes to the authority alone
        provider=Part(
            rows=lambda provider: OFFER.c.provider == provider,
            without=("band", "need", "distance_miles", "also_offered_elsewhere"),
        ),
    ),
)


def search_offers(connection: Connection, referral_id: UUID) -> list[dict[str, Any]]:
    """Return the offers of one case, best fit first; empty when there is none."""
    return [row for row in OFFERS.rows(connection) if row["referral_id"] == referral_id]
