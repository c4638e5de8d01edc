"""The link at the foot of every page by which somebody chooses their language."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from placehub.portal.people import speak
from placehub.portal.sitting import Open, SignInFirst, set_cookie, signed_in
from placehub.portal.speaking import LANGUAGE_COOKIE
from placehub.portal.words import LANGUAGES

router = APIRouter()


@router.get("/language/{code}")
def language_chosen(request: Request, door: Open, code: str, back: str = "/") -> Response:
    """Speak a language from now on, and go back to the page the link stood on; mails speak it as well."""
    if code not in LANGUAGES:
        raise HTTPException(404)
    with suppress(SignInFirst):
        who = signed_in(request, door)
        with door.engine.begin() as connection:
            speak(connection, who.person_id, code)
    response = RedirectResponse("/" + back.lstrip("/\\"), 303)  # only ever to a page of ours
    set_cookie(response, door, LANGUAGE_COOKIE, code)
    return response
