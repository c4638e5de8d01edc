"""Which views there are, by name and for whom."""

from __future__ import annotations

from sqlalchemy import Connection

from placehub.errors import NotFound
from placehub.monitoring.entitlement import UNKNOWN, kind_of
from placehub.monitoring.view import View
from placehub.monitoring.views import VIEWS


def view_named(name: str) -> View:
    """Return that view; NotFound where there is none of that name."""
    if name not in VIEWS:
        raise NotFound(f"There is no such view. Use one of: {', '.join(VIEWS)}.")
    return VIEWS[name]


def views_for(connection: Connection, organisation: str) -> list[View]:
    """Return the views of which an organisation may see anything; NotFound while none of that code is known."""
    kind = known_kind(connection, organisation)
    return [view for view in VIEWS.values() if kind in view.entitled.parts]


def known_kind(connection: Connection, organisation: str) -> str:
    """Return which kind of organisation this is; NotFound while none of that code is known."""
    kind = kind_of(connection, organisation)
    if kind is None:
        raise NotFound(UNKNOWN)
    return kind
