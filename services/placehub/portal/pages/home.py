"""The first page: where each kind of organisation begins its day."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from placehub.portal.sitting import Open, Who, page
from placehub.portal.words import gettext as _

router = APIRouter()
DRAFTED: Final = {
    "notice": lambda: _("Early notice"),
    "referral": lambda: _("Referral"),
    "revision": lambda: _("Next version of a referral"),
    "offer": lambda: _("Offer"),
}
"""Kind of a draft -> what it is."""


@router.get("/")
def home(request: Request, door: Open, who: Who) -> Response:
    """Show where to begin, and what was begun and not sent yet."""
    return page(request, "home.html", drafts=door.drafts.listed(who), drafted=DRAFTED)


@router.get("/favicon.ico")
def favicon() -> Response:
    """There is none."""
    return Response(status_code=204, headers={"Cache-Control": "public, max-age=86400"})
