"""The first page: where each kind of organisation begins its day."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from placehub.portal.sitting import Who, page

router = APIRouter()


@router.get("/")
def home(request: Request, who: Who) -> Response:
    """Show where to begin."""
    return page(request, "home.html")


@router.get("/favicon.ico")
def favicon() -> Response:
    """There is none."""
    return Response(status_code=204, headers={"Cache-Control": "public, max-age=86400"})
