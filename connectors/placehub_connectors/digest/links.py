"""The weekly link: signed, for one purpose, ending."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from placehub.errors import Rejected

LASTS: Final = timedelta(days=7)
_PURPOSE: Final = "confirm all homes"
_REMEDY: Final = "Use the link of the latest weekly e-mail"


def make_token(secret: str, link: str, until: datetime) -> str:
    """Return the token of a link that ends at a time."""
    return str(URLSafeSerializer(secret, salt=_PURPOSE).dumps([link, until.isoformat()]))


def read_token(secret: str, token: str, now: datetime) -> str:
    """Return the link a token is of; Rejected when it was not made here for this, or has ended."""
    try:
        link, until = URLSafeSerializer(secret, salt=_PURPOSE).loads(token)
    except BadData:
        raise Rejected("link", "is not one that was sent to you, or not the whole of it", _REMEDY) from None
    if now >= datetime.fromisoformat(until):
        raise Rejected("link", "has ended: each works for a week", _REMEDY)
    return str(link)
