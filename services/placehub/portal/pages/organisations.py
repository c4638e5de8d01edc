"""Who takes part: an operator registers organisations, gives them new credentials, shuts them out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from placehub.errors import Conflict, Rejected
from placehub.operating import handed_over
from placehub.organisations.joining import Credentials, Organisation, SharingAgreement
from placehub.organisations.register import add_organisation, disable, list_organisations, rotate, show
from placehub.portal.accounts import HUB
from placehub.portal.pages.operations import OPERATORS, acted
from placehub.portal.people import Signed
from placehub.portal.refusing import why_not
from placehub.portal.sitting import NOTICES, Doors, Entry, Form, Open, Sent, Who, go_to, page
from placehub.portal.words import day, label, typed_day, when
from placehub.portal.words import gettext as _

router = APIRouter(dependencies=[OPERATORS])
NOTICES["shut-out"] = lambda: _("It is shut out.")


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    says = _("Register one, give it new credentials, shut it out.")
    return [Entry("/organisations", _("Organisations"), says)] if who.acting.kind == HUB else []


@router.get("/organisations")
def organisations_page(request: Request, door: Open) -> Response:
    """Show who takes part."""
    return _list(request, door, Form())


@router.post("/organisations")
def organisation_registered(request: Request, door: Open, who: Who, form: Sent) -> Response:
    """Register an organisation and show its credentials, this once."""
    now = door.operating.now()
    try:
        signed_on = typed_day("signed_on", form.text("signed_on")) or now.date()
        agreement = SharingAgreement(
            reference=form.text("sharing_agreement"),
            signed_on=signed_on,
            contact=form.text("contact"),
            role=form.text("role"),
        )
        facts = {name: form.text(name) for name in ("code", "scheme", "kind", "name", "nation")}
        made = add_organisation(door.operating.settings, Organisation(**facts, agreement=agreement), now)
    except Rejected as why:
        form.refuse(why)
    except Conflict as why:
        form.wrong("code", why_not(why))
    else:
        acted(door, who, "register", made.code)
        return _credentials(request, door, made)
    return _list(request, door, form)


@router.get("/organisations/{code}")
def organisation_page(request: Request, door: Open, code: str) -> Response:
    """Show one organisation and its data-sharing agreement."""
    return _show(request, door, code, Form())


@router.post("/organisations/{code}/rotate")
def organisation_rotated(request: Request, door: Open, who: Who, code: str, form: Sent) -> Response:
    """Give an organisation new credentials and show them, this once."""
    made = rotate(door.operating.settings, code, door.operating.now())
    acted(door, who, "rotate", code)
    return _credentials(request, door, made)


@router.post("/organisations/{code}/disable")
def organisation_disabled(request: Request, door: Open, who: Who, code: str, form: Sent) -> Response:
    """Shut an organisation out at once and for good."""
    reason = form.need("reason", _("Say why the organisation is shut out."))
    if form.errors:
        return _show(request, door, code, form)
    disable(door.operating.settings, code, reason, door.operating.now())
    acted(door, who, "disable", code, reason)
    return go_to(f"/organisations/{code}", "shut-out")


def _list(request: Request, door: Doors, form: Form) -> Response:
    with door.reads.connect() as connection:
        found = list_organisations(connection)
    rows = [
        ({"href": f"/organisations/{one['code']}", "text": one["name"]}, one["code"], *_kind(one), one["state"])
        for one in found
    ]
    return page(request, "organisations.html", form=form, organisations=rows)


def _kind(one: dict[str, Any]) -> tuple[str, str]:
    return label("organisation_kind", one["kind"]), one["nation"]


def _show(request: Request, door: Doors, code: str, form: Form) -> Response:
    with door.reads.connect() as connection:
        try:
            one = show(connection, code)
        except Rejected:
            return page(request, "problem.html", status=404, code=404)
    rows = [
        (_("Code"), f"{one['code']} ({one['scheme']})"),
        (_("Kind"), label("organisation_kind", one["kind"])),
        (_("Nation"), one["nation"]),
        (_("State"), one["state"]),
        (_("Registered"), when(one["registered_at"])),
        (_("Shut out"), when(one["disabled_at"])),
        (_("Data-sharing agreement"), one["agreement_reference"]),
        (_("Signed on"), day(one["agreement_signed_on"])),
        (_("Ends on"), day(one["agreement_ends_on"])),
        (_("Role under data protection law"), label("data_role", one["data_role"])),
        (_("Data protection post"), one["data_contact"]),
    ]
    return page(request, "organisation.html", form=form, one=one, rows=rows)


def _credentials(request: Request, door: Doors, made: Credentials) -> Response:
    access = handed_over(made, door.operating.settings)
    return page(request, "credentials.html", code=made.code, access=list(access.facts().items()))
