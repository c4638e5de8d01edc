"""What stands in the streams, with every sealed part masked; and how the evidence log stands."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from placehub.errors import NotFound
from placehub.portal.accounts import HUB
from placehub.portal.pages.operations import OPERATORS, acted
from placehub.portal.people import Signed
from placehub.portal.refusing import why_not
from placehub.portal.sitting import Entry, Open, Who, page
from placehub.portal.words import gettext as _
from placehub.portal.words import when
from placehub.streams import DEADLETTER, STREAMS

MOST: Final = 50
"""Records shown of a stream."""
TOPICS: Final = tuple(one.name for one in STREAMS if one.name != DEADLETTER)
"""The streams that can be looked at; no organisation's mailbox is among them."""
router = APIRouter(dependencies=[OPERATORS])


def menu(who: Signed) -> list[Entry]:
    """Return where these begin."""
    if who.acting.kind != HUB:
        return []
    return [
        Entry("/messages", _("Messages"), _("The last records of a stream, sealed parts masked.")),
        Entry("/evidence", _("Evidence"), _("How large the log is, when it was signed, how far it was verified.")),
    ]


@router.get("/messages")
def messages_page(request: Request, door: Open, who: Who, topic: str = "") -> Response:
    """Show the last records of a stream; who looked at which is put on record."""
    if topic and topic not in TOPICS:
        raise NotFound("There is no such stream.")
    found = door.operating.browse(topic, MOST)[::-1] if topic else []
    if topic:
        acted(door, who, "look at messages", topic)
    streams = [(one, one) for one in TOPICS]
    return page(request, "messages.html", topic=topic, streams=streams, records=[_shown(one) for one in found])


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    facts = [
        (_("Place"), f"{one['topic']}/{one['partition']}/{one['offset']}"),
        (_("Time"), one.get("time", "")),
        (_("Subject"), one.get("subject", "")),
        (_("Sender"), one.get("source", "")),
        (_("Its id"), one.get("id", "")),
        (_("Marks"), ", ".join(one.get("marks", ()))),
    ]
    body = json.dumps(one.get("data", one.get("headers")), indent=1, ensure_ascii=False)
    return {"name": one.get("type", _("not readable")), "facts": facts, "body": body}


@router.get("/evidence")
def evidence_page(request: Request, door: Open) -> Response:
    """Show how the evidence log stands."""
    with door.reads.connect() as connection:
        try:
            found = door.operating.evidence(connection)
        except NotFound as why:
            return page(request, "evidence.html", none_yet=why_not(why))
    rows = [
        (_("Log"), str(found.log_id)),
        (_("Records"), str(found.size)),
        (_("Last signed head"), when(found.head_at) or _("none yet")),
        (_("Records it covers"), str(found.head_size)),
        (_("Verified last"), when(found.checked_at) or _("not known")),
        (_("Records verified"), str(found.checked) if found.checked is not None else _("none yet")),
    ]
    return page(request, "evidence.html", rows=rows, key=found.public_key)
