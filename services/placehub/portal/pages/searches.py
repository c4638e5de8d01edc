"""A provider's searches: those that fit, with why and what to ask; interest, offer or a decline with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.mailboxes.events import DataUseEnded
from placehub.portal import telling
from placehub.portal.accounts import ANSWERING
from placehub.portal.acting import Act
from placehub.portal.case import STANDING, WAITING, Case, fold
from placehub.portal.case_parts import Invitation, Offer
from placehub.portal.comparing import revisions
from placehub.portal.drafts import Place
from placehub.portal.fees import lines_for, typed_lines
from placehub.portal.keeping import Kept, homes_of
from placehub.portal.opening import PURPOSES, open_parts, purposes
from placehub.portal.pages.unfinished import begun, save, sent
from placehub.portal.people import Signed
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
from placehub.portal.told import told_about, told_lately
from placehub.portal.words import HERE, choices
from placehub.portal.words import gettext as _
from placehub.referrals.child import Child, ChildNeed

router = APIRouter()
READS: Final = only("provider")
ANSWERS: Final = only("provider", roles=ANSWERING)
SHOWN: Final = 100
"""Searches on the list, those heard of last."""
STANDS_DAYS: Final = 7
"""How long an offer stands unless something else is said."""
NOTICES.update(
    {
        "interested": lambda: _("The authority knows that you are asking the carer."),
        "offered": lambda: _("The offer was made."),
        "withdrawn": lambda: _("Your offer was withdrawn."),
        "declined": lambda: _("The authority has your reason. Your other homes are not affected."),
    }
)


@dataclass(frozen=True, slots=True)
class Search:
    """One search a provider is invited to."""

    case: Case
    invitation: Invitation

    @property
    def open(self) -> bool:
        """Whether it may still be answered: it is not over, and no offer stands already."""
        standing = any(one.state in STANDING for one in self.case.offers.values())
        return self.invitation.state in WAITING and not self.case.closed and not standing

    @property
    def urgent(self) -> bool:
        """Whether a home is needed today, and may be offered now."""
        return self.open and self.case.emergency and self.case.referral is not None

    @property
    def taking_part(self) -> bool:
        """Whether the provider still has a part in it."""
        return self.invitation.state in WAITING and not self.case.closed


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    if who.acting.kind != "provider":
        return []
    return [Entry("/searches", _("Searches"), _("Searches that one of your homes fits: ask, offer or decline."))]


@router.get("/searches")
def searches_page(request: Request, door: Open, who: Signed = READS) -> Response:
    """Show the searches that fit, those to be answered first."""
    with door.reads.connect() as connection:
        told = told_lately(connection, who.organisation, "referral", SHOWN)
    found = [one for each in told.values() if (one := _search(who, fold(each))) is not None]
    found.sort(key=lambda one: (not one.open, not one.urgent, one.invitation.told.respond_by))
    may_place = who.acting.role in ANSWERING
    return page(request, "searches/list.html", searches=found, telling=telling, name=name_of(door), may_place=may_place)


def _search(who: Signed, case: Case | None) -> Search | None:
    invitation = case.invitations.get(who.organisation) if case else None
    return Search(case, invitation) if case and invitation else None


def own_search(door: Doors, who: Signed, case_id: UUID) -> Search:
    """Return a search the person's organisation is invited to; 410 when its part has ended, 404 for any other."""
    with door.reads.connect() as connection:
        told = told_about(connection, who.organisation, str(case_id))
    found = _search(who, fold(told))
    if found is None:
        raise HTTPException(410 if any(one.name == DataUseEnded.__name__ for one in told) else 404)
    return found


def show_again(request: Request, door: Doors, who: Signed, case_id: UUID, form: Form) -> Response:
    """Return the search's page with what is wrong on it."""
    return _shown(request, door, who, own_search(door, who, case_id), "searches/search.html", form)


@router.get("/searches/{case_id}")
def search_page(request: Request, door: Open, case_id: UUID, who: Signed = READS) -> Response:
    """Show a search: what is told of the child, why the home fits, what to ask."""
    return _shown(request, door, who, own_search(door, who, case_id), "searches/search.html", Form())


@router.get("/searches/{case_id}/progress")
def search_progress(request: Request, door: Open, case_id: UUID, who: Signed = READS) -> Response:
    """Give the part of the page that changes by itself."""
    return _shown(request, door, who, own_search(door, who, case_id), "searches/part.html", Form())


@router.post("/searches/{case_id}/need")
def need_opened(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = ANSWERS) -> Response:
    """Open what is written about the children: it is recorded who did, and what for."""
    search = own_search(door, who, case_id)
    purpose = form.text("purpose")
    if purpose not in PURPOSES:
        form.wrong("purpose", _("Choose what you open it for."))
        return _shown(request, door, who, search, "searches/search.html", form)
    children = [one for one in search.case.facts.children if isinstance(one, Child)] if search.case.facts else []
    sealed = [one.need for one in children if one.need is not None]
    needs = open_parts(door.engine, door.acting, who, str(case_id), purpose, sealed, ChildNeed)
    return _shown(request, door, who, search, "searches/search.html", Form(), needs=needs, purpose=purpose)


@router.post("/searches/{case_id}/interest")
def interest_expressed(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = ANSWERS) -> Response:
    """Say that the carer is being asked."""
    search = own_search(door, who, case_id)
    document = about(who, search) | {"vacancy_id": home_meant(search, form)}
    taken = try_act(door, who, form, [Act("InterestExpressed", document)])
    if taken is None:
        return _shown(request, door, who, search, "searches/search.html", form)
    return go_to(f"/searches/{case_id}", done(taken, "interested"))


@router.post("/searches/{case_id}/decline")
def invitation_declined(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = ANSWERS) -> Response:
    """Decline, and say why."""
    search = own_search(door, who, case_id)
    reason = form.need("reason", _("Choose why you decline."))
    taken = try_act(door, who, form, [Act("InvitationDeclined", about(who, search) | {"reason": reason})])
    if taken is None:
        return _shown(request, door, who, search, "searches/search.html", form)
    return go_to(f"/searches/{case_id}", done(taken, "declined"))


@router.post("/searches/{case_id}/withdraw")
def offer_withdrawn(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = ANSWERS) -> Response:
    """Take an offer back, and say why."""
    search = own_search(door, who, case_id)
    mine = {str(id) for id, one in search.case.offers.items() if one.state in STANDING}
    if form.text("offer_id") not in mine:
        raise HTTPException(404)
    reason = form.need("withdrawn_because", _("Choose why you take the offer back."))
    document = about(who, search) | {"offer_id": form.text("offer_id"), "reason": reason}
    taken = try_act(door, who, form, [Act("OfferWithdrawn", document)], {"reason": "withdrawn_because"})
    if taken is None:
        return _shown(request, door, who, search, "searches/search.html", form)
    return go_to(f"/searches/{case_id}", done(taken, "withdrawn"))


@router.get("/searches/{case_id}/offer")
def offer_page(request: Request, door: Open, case_id: UUID, who: Signed = ANSWERS) -> Response:
    """Ask for an offer."""
    form = begun(request, door, who) or Form()
    return offer_form(request, door, who, to_offer(door, who, case_id), form)


@router.post("/searches/{case_id}/offer")
def offer_made(request: Request, door: Open, form: Sent, case_id: UUID, who: Signed = ANSWERS) -> Response:
    """Offer a home, all-in."""
    search = to_offer(door, who, case_id)
    fitting = search.invitation.told.homes
    if form.has("save") and fitting:
        place = Place(
            kind="offer",
            address=request.url.path,
            about=str(case_id),
            subject_kind="household",
            subject_id=str(fitting[0].household_ref),
        )
        return save(door, who, form, place)
    facts = search.case.facts
    starts = form.day("available_from", _("Enter the day a child could come."))
    until = form.day("valid_until", _("Enter the day until which the offer stands."))
    document = about(who, search) | {
        "offer_id": str(uuid5(form.act_id, "offer")),
        "vacancy_id": home_meant(search, form),
        "referral_version": search.case.version,
        "children": [str(one.child_id) for one in facts.children] if facts else [],
        "fee_lines": typed_lines(form),
        "available_from": starts,
        "valid_until": f"{until}T23:59:59+00:00" if until else "",
    }
    taken = try_act(door, who, form, [Act("OfferMade", document)], {"fee_lines.0": "amount_0"})
    if taken is None:
        return offer_form(request, door, who, search, form)
    sent(door, who, form)
    return go_to(f"/searches/{case_id}", done(taken, "offered"))


def to_offer(door: Doors, who: Signed, case_id: UUID) -> Search:
    """Return a search an offer may be made in; 404 for any other."""
    search = own_search(door, who, case_id)
    if not search.open or search.case.referral is None:
        raise HTTPException(404)
    return search


def about(who: Signed, search: Search) -> dict[str, Any]:
    """Return what every answer to an invitation tells: the case, and whose answer it is."""
    return {"referral_id": str(search.case.case_id), "provider": who.organisation}


def home_meant(search: Search, form: Form) -> str:
    """Return the home that is meant: one of the invitation's, the first unless another was chosen."""
    homes = [str(one.vacancy_id) for one in search.invitation.told.homes]
    given = form.text("vacancy_id", homes[0] if homes else "")
    if given not in homes:
        form.wrong("vacancy_id", _("Choose one of the homes that fit."))
    return given


def offer_form(
    request: Request, door: Doors, who: Signed, search: Search, form: Form, standing: Offer | None = None
) -> Response:
    """Return the page that asks for an offer, or for one that stands as it is to stand now."""
    homes = _homes(door, who)
    now = door.acting.now()
    fitting = search.invitation.told.homes
    first = homes.get(fitting[0].vacancy_id) if fitting else None
    starts = max(now.date(), fitting[0].available_from or now.date()) if fitting else now.date()
    return page(
        request,
        "searches/offer.html",
        form=form,
        search=search,
        homes=[(str(one.vacancy_id), named(homes.get(one.vacancy_id), one.vacancy_id)) for one in fitting],
        fee=first.home.weekly_fee if first else None,
        supports=lines_for(standing.told.fee_lines if standing else ()),
        standing=standing,
        units=choices("fee_unit", now.date()),
        starts=starts,
        until=(_here(now) + timedelta(days=STANDS_DAYS)).date(),
        telling=telling,
    )


def _here(now: datetime) -> datetime:
    return now.astimezone(HERE)


def _homes(door: Doors, who: Signed) -> dict[UUID, Kept]:
    with door.reads.connect() as connection:
        return homes_of(connection, who.organisation)


def named(home: Kept | None, vacancy_id: UUID) -> str:
    """Return how people speak of a home: its sector and the first characters of its reference."""
    if home is None:
        return _("Home {short}").format(short=str(vacancy_id)[:8])
    return _("Home {short} in {sector}").format(short=str(home.household_ref)[:8], sector=home.home.postcode_sector)


def _shown(
    request: Request, door: Doors, who: Signed, search: Search, template: str, form: Form, **opened: Any
) -> Response:
    homes = _homes(door, who)
    return page(
        request,
        template,
        form=form,
        search=search,
        case=search.case,
        revisions=revisions(search.case),
        offers=search.case.by_fit(),
        standing=next((one for one in search.case.offers.values() if one.state in STANDING), None),
        fitting=[(one, named(homes.get(one.vacancy_id), one.vacancy_id)) for one in search.invitation.told.homes],
        name=name_of(door),
        telling=telling,
        line=telling.time_line(search.case, name_of(door)),
        may_place=who.acting.role in ANSWERING,
        reasons=choices("decline_reason", door.acting.now().date()),
        purposes=purposes(),
        **({"needs": None} | opened),
    )
