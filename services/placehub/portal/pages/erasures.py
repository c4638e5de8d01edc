"""Erasing a household or a child by two people, and holding what must be kept: what the API does, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from placehub.errors import Conflict, NotFound, Rejected
from placehub.portal.keeping import homes_of
from placehub.portal.people import Signed
from placehub.portal.refusing import why_not
from placehub.portal.sitting import NOTICES, Doors, Entry, Form, Open, Sent, go_to, only, page
from placehub.portal.words import choices, day, label, when
from placehub.portal.words import gettext as _

router = APIRouter()
ROLES: Final = ("referral manager", "team manager", "nominated officer", "director")
"""Who may; nobody of the duty desk, and nobody who only makes placements."""
MAY: Final = only("authority", "provider", roles=ROLES)
NAMED_BY: Final = {"authority": "child_id", "provider": "household_ref"}
"""Whose each organisation may erase: the field that names it."""
BY_ITSELF: Final = "notice came to nothing"
"""The reason of what the hub erases by itself; nobody may give it."""
NOTICES.update(
    {
        "erasure-asked": lambda: _("It is asked for. Nothing is destroyed before a second person confirms it."),
        "erased": lambda: _("It is erased: its keys are destroyed, and nobody can read what they sealed."),
        "erasure-withdrawn": lambda: _("It was taken back. Nothing is erased."),
        "hold-placed": lambda: _("The hold stands. Nothing of it is erased until the hold is lifted."),
        "hold-lifted": lambda: _("The hold was lifted. Nothing is erased by that alone."),
    }
)


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    if who.acting.kind not in NAMED_BY or who.acting.role not in ROLES:
        return []
    says = _("Erase for good, with a second person, what is sealed; hold what must be kept.")
    return [Entry("/erasures", _("Erasures"), says)]


@router.get("/erasures")
def erasures_page(request: Request, door: Open, who: Signed = MAY) -> Response:
    """Show what waits for a second person, what is held, and what was erased."""
    return _shown(request, door, who, Form())


@router.post("/erasures")
def erasure_asked(request: Request, door: Open, form: Sent, who: Signed = MAY) -> Response:
    """Ask that one be erased: nothing is destroyed by that."""
    reason = form.need("reason", _("Choose why it is to be erased."))
    subject = _subject(form, "subject", who)
    return _done(request, door, who, form, "subject", "/v1/erasures", subject | {"reason": reason}, "erasure-asked")


@router.post("/erasures/confirm")
def erasure_confirmed(request: Request, door: Open, form: Sent, who: Signed = MAY) -> Response:
    """Confirm, as a second person, what another asked for: the keys are destroyed, at once and for good."""
    sure = f"sure_{form.text('subject')}"
    if not form.has(sure):
        form.wrong(sure, _("Tick the box if it is to be erased for good."))
    subject = _subject(form, "subject", who)
    return _done(request, door, who, form, sure, "/v1/erasures/confirm", subject, "erased")


@router.post("/erasures/withdraw")
def erasure_withdrawn(request: Request, door: Open, form: Sent, who: Signed = MAY) -> Response:
    """Take back what waits for a second person."""
    subject = _subject(form, "subject", who)
    field = f"sure_{form.text('subject')}"
    return _done(request, door, who, form, field, "/v1/erasures/withdraw", subject, "erasure-withdrawn")


@router.post("/erasures/hold")
def hold_placed(request: Request, door: Open, form: Sent, who: Signed = MAY) -> Response:
    """Let nothing of one be erased until the hold is lifted."""
    ground = form.need("ground", _("Choose why it is held."))
    subject = _subject(form, "held", who)
    return _done(request, door, who, form, "held", "/v1/holds", subject | {"ground": ground}, "hold-placed")


@router.post("/erasures/lift")
def hold_lifted(request: Request, door: Open, form: Sent, who: Signed = MAY) -> Response:
    """Lift a hold."""
    hold = _id(form.text("hold"))
    if hold is None:
        form.wrong("held", _("There is no such hold."))
    return _done(request, door, who, form, "held", f"/v1/holds/{hold}/lift", {}, "hold-lifted")


def _done(
    request: Request, door: Doors, who: Signed, form: Form, field: str, path: str, body: Mapping[str, Any], what: str
) -> Response:
    """Ask the API in the organisation's name; what it refuses stands beside the field it is about."""
    if form.errors:
        return _shown(request, door, who, form)
    try:
        with closing(door.acting.keys(who.organisation)) as api:
            api.post(path, {**body, "by": who.name})
    except Rejected as why:
        form.refuse(why, {"--reason": "reason", "--ground": "ground", NAMED_BY[who.acting.kind]: field})
    except (Conflict, NotFound) as why:
        form.wrong(field, why_not(why))
    return _shown(request, door, who, form) if form.errors else go_to("/erasures", what)


def _subject(form: Form, field: str, who: Signed) -> dict[str, str]:
    """Return which one is meant, as the API names it."""
    child = who.acting.kind == "authority"
    missing = _("Enter the id of the child.") if child else _("Choose a household.")
    given = form.need(field, missing)
    if given and _id(given) is None:
        form.wrong(field, _("Must be an id, like 0b9f4c1e-3a57-4a5e-9a55-1d2f6c7b8e90."))
    return {NAMED_BY[who.acting.kind]: given}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shown(request: Request, door: Doors, who: Signed, form: Form) -> Response:
    named = NAMED_BY[who.acting.kind]
    with closing(door.acting.keys(who.organisation)) as api:
        erasures = [one for one in api.get("/v1/erasures")["erasures"] if one[named]]
        holds = [one for one in api.get("/v1/holds")["holds"] if one[named]]
    today = door.acting.now().date()
    return page(
        request,
        "erasures.html",
        form=form,
        of_child=who.acting.kind == "authority",
        waiting=[_waiting(one, one[named]) for one in erasures if not one["erased_at"]],
        erased=[_erased(one, one[named]) for one in erasures if one["erased_at"]],
        holds=[_held(one, one[named]) for one in holds],
        households=_households(door, who),
        reasons=[one for one in choices("erasure_reason", today) if one[0] != BY_ITSELF],
        grounds=choices("hold_ground", today),
    )


def _waiting(one: Mapping[str, Any], subject: str) -> dict[str, Any]:
    asked = _("{name}, {when}").format(name=one["asked_by"], when=when(datetime.fromisoformat(one["asked_at"])))
    return {
        "subject": subject,
        "reason": label("erasure_reason", one["reason"]),
        "asked": asked,
        "asked_by": one["asked_by"],
        "until": when(datetime.fromisoformat(one["expires_at"])),
    }


def _erased(one: Mapping[str, Any], subject: str) -> tuple[object, ...]:
    by = [name for name in (one["asked_by"], one["confirmed_by"]) if name] or [_("the hub itself")]
    at = when(datetime.fromisoformat(one["erased_at"]))
    return subject[:8], label("erasure_reason", one["reason"]), at, ", ".join(by), one["keys_destroyed"]


def _held(one: Mapping[str, Any], subject: str) -> dict[str, str]:
    placed_on = day(datetime.fromisoformat(one["placed_at"]).date())
    placed = _("{name}, {when}").format(name=one["placed_by"], when=placed_on)
    return {"hold": one["hold_id"], "subject": subject, "ground": label("hold_ground", one["ground"]), "placed": placed}


def _households(door: Doors, who: Signed) -> list[tuple[str, str]]:
    """Return a provider's households as they may be chosen, those whose homes are closed too."""
    if who.acting.kind != "provider":
        return []
    with door.engine.connect() as connection:
        homes = homes_of(connection, who.organisation).values()
    says = {str(one.household_ref): one.home.postcode_sector for one in homes}
    named = _("Household {short} in {sector}")
    return sorted((ref, named.format(short=ref[:8], sector=sector)) for ref, sector in says.items())
