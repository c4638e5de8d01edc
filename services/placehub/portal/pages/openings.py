"""Who opened or read what of an organisation's cases, and what for: for its administrators."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.evidence.events import RecordRead, SealedOpened
from placehub.portal.case import fold
from placehub.portal.opening import openings
from placehub.portal.people import Signed
from placehub.portal.sitting import Entry, Open, Who, name_of, page
from placehub.portal.told import Told, told_about, told_events
from placehub.portal.words import gettext as _
from placehub.portal.words import label, when, word

KINDS: Final = ("authority", "provider")
MOST: Final = 500
"""Rows shown at most, the newest."""
_COMPARTMENTS: Final = {
    "need": lambda: _("Need"),
    "identity": lambda: _("Who the child is"),
    "household": lambda: _("Household"),
}
"""What sealed parts are called."""
router = APIRouter()


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    says = _("Each reading of what is sealed: by whom, of which case, when and what for.")
    return [Entry("/openings", _("Openings"), says)] if may_audit(who) else []


def may_audit(who: Signed) -> bool:
    """Tell whether somebody may see what others of their organisation opened."""
    return who.acting.kind in KINDS and who.acting.administrator


@router.get("/openings")
def openings_page(request: Request, door: Open, who: Who, about: UUID | None = None) -> Response:
    """Show what the organisation's own people opened, and others of what is its own; of one case if it is named."""
    if not may_audit(who):
        raise HTTPException(404)
    with door.reads.connect() as connection:
        case = fold(told_about(connection, who.organisation, str(about))) if about else None
        if about and case is None:
            raise HTTPException(404)
        own = openings(connection, who.organisation, MOST, str(about or ""))
        told = told_events(connection, who.organisation, MOST, SealedOpened, RecordRead)
    subjects = {about, *(child.child_id for child in case.facts.children)} if case and case.facts else None
    cases = "/cases" if who.acting.kind == "authority" else "/searches"
    return page(
        request,
        "openings.html",
        case=case,
        cases=cases,
        own=[
            (
                when(one["opened_at"]),
                one["name"] or _("somebody who has left"),
                {"href": f"{cases}/{one['about']}", "text": one["about"][:8]},
                word(one["purpose"]),
            )
            for one in own
        ],
        others=_by_others(told, subjects, name_of(door)),
    )


def _by_others(
    told: Collection[Told], subjects: Collection[UUID | None] | None, names: Callable[[str], str]
) -> list[tuple[object, ...]]:
    found = [one.event for one in reversed(list(told)) if subjects is None or one.event.subject_id in subjects]
    return [
        (
            when(event.opened_at),
            names(event.organisation),
            f"{_COMPARTMENTS.get(event.compartment, str)()}, {str(event.subject_id)[:8]}",
            word(event.purpose),
        )
        if isinstance(event, SealedOpened)
        else (
            when(event.read_at),
            _("{name}, for the hub").format(name=event.by),
            f"{label('record_part', event.what)}, {str(event.subject_id)[:8]}",
            label("reading_purpose", event.purpose),
        )
        for event in found
    ]
