"""The monitoring views an organisation is entitled to, each as a table, and as a chart where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import TypeAdapter

from placehub.monitoring.charts import Chart, Panel, draw
from placehub.portal.area_map import drawn
from placehub.portal.pages.agreements import PARTNERS, is_partner
from placehub.portal.people import Signed
from placehub.portal.sitting import Entry, Open, Who, page
from placehub.portal.words import gettext as _
from placehub.portal.words import language, word
from placehub.postcodes import Postcodes, authority

MOST: Final = 500
"""Rows shown on a page at most."""
MAPPED: Final = ("sufficiency", "own_sufficiency")
"""Views that are drawn as a map as well."""
CODED: Final = frozenset(
    (
        *("about", "age_band", "answer", "band", "because", "began_with", "changed_by", "criterion", "decision"),
        *("feedback", "figure", "held", "kind", "lacking", "outcome", "planned", "question", "role", "sector"),
        *("shares_of", "stage", "state", "what"),
    )
)
"""Columns that hold words of the hub: told in the reader's language, where it has them."""
_PANELS: Final = TypeAdapter(tuple[Panel, ...]).validate_python
router = APIRouter(dependencies=[PARTNERS])


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    says = _("Sufficiency, fees and their drift, balance, trust both ways: figures with small numbers hidden.")
    return [Entry("/views", _("Figures"), says)] if is_partner(who) else []


@router.get("/views")
def views_page(request: Request, door: Open, who: Who) -> Response:
    """List the views of which the person's organisation may see anything."""
    found = door.views.listed(who.organisation)
    titles = [(one["name"], _titled(one["title"], who), _(one["entitled"])) for one in found]
    rows = [({"href": f"/views/{name}", "text": title}, entitled) for name, title, entitled in titles]
    return page(request, "views/list.html", views=rows)


@router.get("/views/{name}")
def view_page(request: Request, door: Open, who: Who, name: str) -> Response:
    """Show one view: its chart, and the same as a table."""
    found = door.views.shown(who.organisation, name)
    columns = list(found["columns"])
    rows = [[_cell(row.get(column), column in CODED) for column in columns] for row in found["rows"][:MOST]]
    numeric = [at for at, column in enumerate(columns) if any(_number(row.get(column)) for row in found["rows"])]
    return page(
        request,
        "views/view.html",
        title=_titled(found["title"], who),
        name=name,
        heads=[head(column) for column in columns],
        meanings=[(head(column), _(says)) for column, says in found["columns"].items()],
        rows=rows,
        numeric=numeric,
        more=max(0, len(found["rows"]) - MOST),
        has_chart=found["chart"],
        has_map=name in MAPPED and drawn(found["rows"], _centres()) is not None,
    )


def head(column: str) -> str:
    """Return what stands above a column."""
    return _(column.replace("_", " "))


def _titled(title: str, who: Signed) -> str:
    """Return a view's title in the reader's language; the API ends it with whose view it is where not everybody's."""
    bare = title.removesuffix(f", as {who.organisation}")
    if bare == title:
        return _(title)
    return _("{title}, as {organisation}").format(title=_(bare), organisation=who.organisation)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: object, coded: bool) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return _("yes") if value else _("no")
        case float():
            return f"{value:,.2f}".rstrip("0").rstrip(".")
        case list():
            return ", ".join(map(str, value))
    return word(str(value)) if coded else str(value)


@router.get("/views/{name}/chart.svg")
def view_chart(door: Open, who: Who, name: str) -> Response:
    """Give a view's picture, drawn in the reader's language; 404 where it has none."""
    found = door.views.shown(who.organisation, name)
    if not found["chart"]:
        raise HTTPException(404)
    note = _("The table says the same.")
    chart = Chart(name=name, title=_titled(found["title"], who), note=note, panels=_PANELS(found["panels"]))
    return Response(draw(chart, word, language()), media_type="image/svg+xml")


@router.get("/views/{name}/map.svg")
def view_map(door: Open, who: Who, name: str) -> Response:
    """Give the map of a view of areas; 404 where it has none."""
    if name not in MAPPED:
        raise HTTPException(404)
    found = drawn(door.views.shown(who.organisation, name)["rows"], _centres())
    if found is None:
        raise HTTPException(404)
    return Response(door.pages.get_template("views/map.svg").render(map=found), media_type="image/svg+xml")


@cache
def _centres() -> Mapping[str, tuple[float, float]]:
    """Return the centre of each area by the name it has in the views."""
    return {authority(code).name: point for code, point in Postcodes.open().centres().items()}
