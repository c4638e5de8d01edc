"""Pages that follow what happens: a stream of events that say only that something new was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from placehub.portal.people import signed
from placehub.portal.sitting import SESSION_COOKIE, Doors, Open, Who

BREATH_SECONDS: Final = 15.0
"""How often a line is sent though nothing came: the browser's going shows, and a session's end is looked for."""
router = APIRouter()


@router.get("/live")
async def live(request: Request, door: Open, who: Who, about: str = "") -> StreamingResponse:
    """Say whenever the person's organisation was told something, of one case if it is named; no content is sent."""
    return StreamingResponse(
        _told(request, door, who.organisation, about),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _told(request: Request, door: Doors, organisation: str, about: str) -> AsyncIterator[str]:
    with door.bell.listening(organisation) as queue:
        yield "data: listening\n\n"  # what was told between the page and now is not told again: look once
        while not await request.is_disconnected():
            try:
                subject = await asyncio.wait_for(queue.get(), BREATH_SECONDS)
            except TimeoutError:
                if not await run_in_threadpool(_still_signed_in, request, door):
                    return
                yield ": still here\n\n"
                continue
            if not about or about == subject:
                yield "data: told\n\n"


def _still_signed_in(request: Request, door: Doors) -> bool:
    with door.reads.connect() as connection:
        return signed(connection, request.cookies.get(SESSION_COOKIE, ""), door.wall()) is not None
