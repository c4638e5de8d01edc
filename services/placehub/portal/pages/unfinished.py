"""Drafts: what a person has begun and goes on with later, or throws away."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from placehub.portal.drafts import Place, draft_of
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Doors, Form, Open, Sent, Who, filled_form, go_to
from placehub.portal.words import gettext as _

router = APIRouter()
NOTICES.update(
    {
        "saved": lambda: _("It is saved, sealed and for you alone. You find it on this page for 14 days."),
        "thrown-away": lambda: _("The draft was thrown away."),
    }
)


def save(door: Doors, who: Signed, form: Form, place: Place) -> Response:
    """Keep what was typed, as it is, and send the person to the first page, which lists it."""
    fields = [(name, value) for name, value in form.data.multi_items() if isinstance(value, str)]
    door.drafts.save(who, draft_of(form.text("draft"), form.act_id), place, fields)
    return go_to("/", "saved")


def begun(request: Request, door: Doors, who: Signed) -> Form | None:
    """Return the form as it was saved, where the page's address names a draft; NotFound where it is not theirs."""
    given = request.query_params.get("draft", "")
    if not given:
        return None
    return filled_form(door.drafts.taken_up(who, draft_of(given, UUID(int=0)), request.url.path))


def sent(door: Doors, who: Signed, form: Form) -> None:
    """Remove the draft that was taken up: it is sent now."""
    if form.text("draft"):
        door.drafts.throw_away(who, draft_of(form.text("draft"), form.act_id))


@router.get("/drafts/{draft_id}")
def draft_taken_up(door: Open, draft_id: UUID, who: Who) -> Response:
    """Go on with a draft on the page it was typed on."""
    return go_to(f"{door.drafts.address(who, draft_id)}?draft={draft_id}")


@router.post("/drafts/{draft_id}/throw-away")
def draft_thrown_away(door: Open, form: Sent, draft_id: UUID, who: Who) -> Response:
    """Throw a draft away."""
    door.drafts.address(who, draft_id)
    door.drafts.throw_away(who, draft_id)
    return go_to("/", "thrown-away")
