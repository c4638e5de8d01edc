"""What the views say of support: what was refused before a placement, and what came of it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, literal, select

from placehub.monitoring.entitlement import own
from placehub.monitoring.tables import OFFER, PLACEMENT, SUPPORT_AGREED, SUPPORT_REFUSED
from placehub.monitoring.view import OPERATORS_OWN, View, days, named


def _support_refused_then_agreed(as_of: ColumnElement[Any]) -> Select[Any]:
    refused, agreed, placed = SUPPORT_REFUSED.c, SUPPORT_AGREED.c, PLACEMENT.c
    same = func.lower(agreed.what) == func.lower(refused.what)
    later = (
        select(agreed.what, agreed.by, agreed.agreed_at)
        .join(PLACEMENT, placed.placement_id == agreed.placement_id)
        .where(placed.referral_id == refused.referral_id, agreed.agreed_at >= refused.refused_at)
        .order_by(same.desc(), agreed.agreed_at, agreed.what)
        .limit(1)
        .lateral("later")
    )
    ended = (
        select(func.min(placed.ended_on).label("ended_on"))
        .where(placed.referral_id == refused.referral_id, placed.planned_end.is_(False))
        .lateral("ended")
    )
    return (
        select(
            named(refused.authority),
            refused.referral_id,
            refused.what,
            refused.reason,
            refused.by.label("refused_by"),
            refused.refused_at,
            later.c.what.label("agreed_what"),
            later.c.by.label("agreed_by"),
            later.c.agreed_at,
            days(refused.refused_at, later.c.agreed_at).label("days_to_agree"),
            ended.c.ended_on.label("ended_unplanned_on"),
        )
        .outerjoin_from(SUPPORT_REFUSED, later, literal(True))
        .outerjoin(ended, literal(True))
        .order_by(refused.refused_at, refused.referral_id, refused.what)
    )


def _of_offers_of(provider: str) -> ColumnElement[bool]:
    """Lines of its offers, unless the case came to a placement with another: what was agreed there is not its own."""
    refused, placed = SUPPORT_REFUSED.c, PLACEMENT.c
    offered = select(OFFER.c.offer_id).where(OFFER.c.provider == provider)
    elsewhere = exists().where(placed.referral_id == refused.referral_id, placed.provider != provider)
    return refused.offer_id.in_(offered) & ~elsewhere.correlate(SUPPORT_REFUSED)


SUPPORT_REFUSED_THEN_AGREED: Final = View(
    name="support_refused_then_agreed",
    title="Support refused before a placement, and what came of it" + OPERATORS_OWN,
    says="One row for each SupportLineRefused; the first later SupportAgreed counts, in the same words if any.",
    columns={
        "authority": "Name of the authority",
        "referral_id": "The case",
        "what": "The line, in the offer's words",
        "reason": "Why it was refused, from SupportLineRefused",
        "refused_by": "Role of who refused it",
        "refused_at": "When",
        "agreed_what": "The support that was agreed later, from SupportAgreed; empty: none",
        "agreed_by": "Role of who agreed to it",
        "agreed_at": "When",
        "days_to_agree": "Days from the refusal to it",
        "ended_unplanned_on": "The first day a placement of the case ended unplanned, from PlacementEnded",
    },
    select=_support_refused_then_agreed,
    entitled=own(
        "an authority sees what it refused; a provider what was refused in its offers, while no other has the child",
        "See 'placehub views list' for what it is entitled to.",
        authority=lambda authority: SUPPORT_REFUSED.c.authority == authority,
        provider=_of_offers_of,
    ),
)
