"""An organisation's people: its administrators invite them and let them go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from fastapi import APIRouter, HTTPException, Request, Response

from placehub.errors import Conflict, HubError, Rejected
from placehub.portal.accounts import ROLES
from placehub.portal.mailing import mail_invitation
from placehub.portal.people import Signed, invite, invited_to, people_of, remove
from placehub.portal.refusing import why_not
from placehub.portal.sitting import Entry, Form, Open, Sent, Who, go_to, page
from placehub.portal.words import gettext as _
from placehub.portal.words import label

LOG = structlog.get_logger()
router = APIRouter()


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    return [Entry("/people", _("People"), _("Who acts for your organisation; invite others."))]


@router.get("/people")
def people_page(request: Request, door: Open, who: Who) -> Response:
    """Show who acts for the organisation."""
    return _people(request, door, who, Form())


@router.post("/people/invite")
def people_invited(request: Request, door: Open, who: Who, form: Sent) -> Response:
    """Invite somebody and show the one link to give them."""
    _check_administrator(who)
    try:
        with door.engine.begin() as connection:
            token = invite(
                connection,
                organisation=who.organisation,
                email=form.text("email"),
                role=form.text("role"),
                administrator=form.has("administrator"),
                by=f"{who.name}, {who.email}",
                now=door.wall(),
            )
    except Rejected as why:
        form.refuse(why)
    except Conflict as why:
        form.wrong("email", why_not(why))
    else:
        link, email = f"{door.root}/join/{token}", form.text("email")
        return _people(request, door, who, Form(), link=link, invited=email, mailed=_mailed(door, who, form, link))
    return _people(request, door, who, form)


@router.post("/people/{person_id}/remove")
def person_removed(door: Open, who: Who, person_id: UUID, form: Sent) -> Response:
    """Let somebody act for the organisation no more; nobody removes themselves."""
    _check_administrator(who)
    if person_id == who.person_id:
        raise HTTPException(404)
    with door.engine.begin() as connection:
        remove(connection, who.organisation, person_id, door.acting.now())
    return go_to("/people", "removed")


def _check_administrator(who: Signed) -> None:
    if not who.acting.administrator:
        raise HTTPException(404)


def _mailed(door: Open, who: Signed, form: Form, link: str) -> bool | None:
    """Send the link by mail, and tell whether it went; None where no mail is sent. It is kept nowhere until then."""
    if door.mail is None:
        return None
    try:
        mail_invitation(door.mail, form.text("email"), who.acting.organisation_name, form.text("role"), link)
    except HubError as error:
        LOG.warning("an invitation was not mailed", says=str(error))
        return False
    return True


def _people(
    request: Request,
    door: Open,
    who: Signed,
    form: Form,
    *,
    link: str = "",
    invited: str = "",
    mailed: bool | None = None,
) -> Response:
    with door.reads.connect() as connection:
        here, waiting = people_of(connection, who.organisation), invited_to(connection, who.organisation, door.wall())
    roles = [(one, label("officer_role", one)) for one in ROLES[who.acting.kind]]
    facts: dict[str, Any] = {"people": here, "waiting": waiting, "roles": roles, "link": link, "invited": invited}
    facts["mailed"] = mailed
    return page(request, "people.html", form=form, **facts)
