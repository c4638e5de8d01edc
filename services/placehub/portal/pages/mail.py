"""How often somebody is told by mail what waits for them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from placehub.portal.mailing import choose, chosen
from placehub.portal.mails import CHOICES
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Form, Open, Sent, Who, go_to, page
from placehub.portal.words import gettext as _

router = APIRouter()
NOTICES["mail"] = lambda: _("How often you are told by mail was kept.")


@router.get("/mail")
def mail_page(request: Request, door: Open, who: Who) -> Response:
    """Show how often the person is told."""
    return _mail(request, door, who, Form())


@router.post("/mail")
def mail_chosen(request: Request, door: Open, who: Who, form: Sent) -> Response:
    """Keep how often the person wants to be told."""
    choice = form.text("mail")
    if choice not in CHOICES:
        form.wrong("mail", _("Choose how often."))
        return _mail(request, door, who, form)
    with door.engine.begin() as connection:
        choose(connection, who.person_id, choice)
    return go_to("/mail", "mail")


def _mail(request: Request, door: Open, who: Signed, form: Form) -> Response:
    says = {"at once": _("At once"), "daily": _("Once a day, at 8am"), "none": _("Never")}
    with door.reads.connect() as connection:
        now = chosen(connection, who.person_id)
    options = [(one, says[one]) for one in CHOICES]
    return page(request, "mail.html", form=form, chosen=now, options=options, sends=door.mail is not None)
