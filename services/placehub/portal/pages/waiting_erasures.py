"""Erasures that wait for a second person, for the hub's operators: one of them may be that person."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.errors import Conflict, NotFound
from placehub.portal.accounts import HUB
from placehub.portal.pages.operations import OPERATORS, acted
from placehub.portal.people import Signed
from placehub.portal.refusing import why_not
from placehub.portal.sitting import NOTICES, Doors, Entry, Form, Open, Sent, Who, go_to, page
from placehub.portal.words import gettext as _
from placehub.portal.words import label, when
from placehub.retention.erasing import confirm
from placehub.retention.rules import Person
from placehub.retention.store import erasures_waiting

MOST: Final = 200
"""Erasures that are shown, those whose time ends first."""
router = APIRouter(dependencies=[OPERATORS])
NOTICES["waiting-erased"] = lambda: _("It is erased: its keys are destroyed, and nobody can read what they sealed.")


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    says = _("Confirm, as a second person, what an organisation asks to have erased.")
    return [Entry("/waiting-erasures", _("Waiting erasures"), says)] if who.acting.kind == HUB else []


@router.get("/waiting-erasures")
def waiting_erasures_page(request: Request, door: Open) -> Response:
    """Show what waits for a second person, of every organisation."""
    return _shown(request, door, Form())


@router.post("/waiting-erasures/{erasure_id}")
def waiting_erasure_confirmed(request: Request, door: Open, who: Who, form: Sent, erasure_id: UUID) -> Response:
    """Confirm one that somebody else asked for: the keys are destroyed, at once and for good."""
    found = next((one for one in _waiting(door) if one["erasure_id"] == erasure_id), None)
    if found is None:
        raise HTTPException(404)
    sure = f"sure_{erasure_id}"
    if not form.has(sure):
        form.wrong(sure, _("Tick the box if it is to be erased for good."))
        return _shown(request, door, form)
    try:
        with door.engine.begin() as connection:
            confirm(connection, found["subject_id"], Person(who.name), door.acting.now(), found["subject_kind"])
    except (Conflict, NotFound) as why:
        form.wrong(sure, why_not(why))
        return _shown(request, door, form)
    acted(door, who, "confirm erasure", str(erasure_id))
    return go_to("/waiting-erasures", "waiting-erased")


def _waiting(door: Doors) -> list[dict[str, Any]]:
    with door.reads.connect() as connection:
        return erasures_waiting(connection, door.acting.now(), MOST)


def _shown(request: Request, door: Doors, form: Form) -> Response:
    waiting = [
        {
            "id": str(one["erasure_id"]),
            "of_child": one["subject_kind"] == "child",
            "short": str(one["subject_id"])[:8],
            "owner": door.names.of(one["owner"]),
            "reason": label("erasure_reason", one["reason"]),
            "asked": _("{name}, {when}").format(name=one["asked_by"], when=when(one["asked_at"])),
            "asked_by": one["asked_by"],
            "until": when(one["expires_at"]),
        }
        for one in _waiting(door)
    ]
    return page(request, "waiting_erasures.html", form=form, waiting=waiting)
