"""The monitoring views an organisation is entitled to, each as a table, and as a chart where it has one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from placehub.errors import NotFound
from placehub.portal.pages.agreements import PARTNERS, is_partner
from placehub.portal.people import Signed
from placehub.portal.sitting import Entry, Open, Who, page
from placehub.portal.words import gettext as _

MOST = 500
"""Rows shown on a page at most."""
router = APIRouter(dependencies=[PARTNERS])


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    says = _("Sufficiency, fees and their drift, balance, trust both ways: figures with small numbers hidden.")
    return [Entry("/views", _("Figures"), says)] if is_partner(who) else []


@router.get("/views")
def views_page(request: Request, door: Open, who: Who) -> Response:
    """List the views of which the person's organisation may see anything."""
    found = door.views.listed(who.organisation)
    rows = [({"href": f"/views/{one['name']}", "text": one["title"]}, one["entitled"]) for one in found]
    return page(request, "views/list.html", views=rows)


@router.get("/views/{name}")
def view_page(request: Request, door: Open, who: Who, name: str) -> Response:
    """Show one view: its chart, and the same as a table."""
    found = door.views.shown(who.organisation, name)
    columns = list(found["columns"])
    rows = [[_cell(row.get(column)) for column in columns] for row in found["rows"][:MOST]]
    numeric = [at for at, column in enumerate(columns) if any(_number(row.get(column)) for row in found["rows"])]
    return page(
        request,
        "views/view.html",
        title=found["title"],
        name=name,
        heads=[column.replace("_", " ") for column in columns],
        meanings=[(column.replace("_", " "), says) for column, says in found["columns"].items()],
        rows=rows,
        numeric=numeric,
        more=max(0, len(found["rows"]) - MOST),
        has_chart=_has_chart(door.views, who.organisation, name),
    )


def _has_chart(views: Any, organisation: str, name: str) -> bool:
    try:
        return bool(views.chart(organisation, name))
    except NotFound:
        return False


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return _("yes") if value else _("no")
        case float():
            return f"{value:,.2f}".rstrip("0").rstrip(".")
        case list():
            return ", ".join(map(str, value))
    return str(value)


@router.get("/views/{name}/chart.svg")
def view_chart(door: Open, who: Who, name: str) -> Response:
    """Give a view's picture."""
    return Response(door.views.chart(who.organisation, name), media_type="image/svg+xml")
