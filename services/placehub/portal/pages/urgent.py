"""Where a home is needed today: it is offered in two taps, with the terms that are usual for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from placehub.agreements.events import AgreedFee, AgreementRegistered, ProviderJoined
from placehub.contracts.parts import FeeLine
from placehub.portal import telling
from placehub.portal.case_parts import weekly
from placehub.portal.keeping import homes_of
from placehub.portal.pages.searches import ANSWERS, Search, named, to_offer
from placehub.portal.people import Signed
from placehub.portal.sitting import Open, go_to, page
from placehub.portal.told import told_last
from placehub.portal.words import HERE
from placehub.portal.words import gettext as _

router = APIRouter()
BASE: Final = "base fee"
STANDS: Final = timedelta(days=1)
"""How long an offer made here stands: it is for today."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What a home is usually offered for."""

    line: FeeLine
    says: str
    """Where the fee is from, in words."""


@router.get("/searches/{case_id}/offer-now")
def offer_now_page(request: Request, door: Open, case_id: UUID, who: Signed = ANSWERS) -> Response:
    """Ask whether the home that fits is offered with its usual terms; where none are known, ask for them."""
    search = to_offer(door, who, case_id)
    fitting, now = search.invitation.told.homes, door.acting.now().astimezone(HERE)
    with door.reads.connect() as connection:
        homes = homes_of(connection, who.organisation)
        home = homes.get(fitting[0].vacancy_id) if fitting else None
        usual = _agreed_fee(connection, who.organisation, search, now.date())
    if usual is None and home and home.home.weekly_fee:
        line = FeeLine(what=BASE, amount=home.home.weekly_fee, unit="week")
        usual = Usual(line, _("The home's standard fee."))
    if usual is None or not fitting:
        return go_to(f"/searches/{case_id}/offer")
    return page(
        request,
        "searches/offer_now.html",
        search=search,
        home=fitting[0],
        called=named(home, fitting[0].vacancy_id),
        usual=usual,
        weekly=weekly([usual.line]),
        starts=max(now.date(), fitting[0].available_from or now.date()),
        until=(now + STANDS).date(),
        telling=telling,
    )


def _agreed_fee(connection: Connection, organisation: str, search: Search, on: date) -> Usual | None:
    """Return the base fee of the agreement it is searched under, the line that says most of kind and tier."""
    facts = search.case.facts
    told = told_last(connection, organisation, "agreement", AgreementRegistered, ProviderJoined)
    events = [one.event for one in told if facts and one.event.agreement_id == facts.agreement_id]
    agreement = next((one for one in events if isinstance(one, AgreementRegistered)), None)
    if agreement is None or facts is None:
        return None
    joined = (one for one in events if isinstance(one, ProviderJoined) and one.provider == organisation)
    tier = next((one.tier for one in joined), None)
    lines = [one for one in agreement.fee_schedule if _holds(one, facts.wanted.kind, tier, on)]
    if not lines:
        return None
    most = max(lines, key=lambda one: (one.placement_kind is not None, one.tier is not None))
    return Usual(most.line, _("As agreed: {agreement}.").format(agreement=agreement.name))


def _holds(fee: AgreedFee, kind: str | None, tier: int | None, on: date) -> bool:
    line = fee.line
    days = (line.starts_on is None or line.starts_on <= on) and (line.ends_on is None or on <= line.ends_on)
    return line.what == BASE and fee.placement_kind in (None, kind) and fee.tier in (None, tier) and days
