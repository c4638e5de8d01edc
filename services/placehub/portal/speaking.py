"""The language a page is told in: the one that was chosen, else one the browser asks for, else English."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from placehub.portal.words import LANGUAGES, in_language, preferred

LANGUAGE_COOKIE: Final = "placehub_language"


class Speaking:
    """Answers each request in its reader's language."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        with in_language(chosen if chosen in LANGUAGES else preferred(request.headers.get("accept-language", ""))):
            await self._app(scope, receive, send)
