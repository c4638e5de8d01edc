"""What an organisation reads of the views over HTTP: its own part of one, and nothing of anybody else's."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from placehub.keys.service import Caller, Service
from placehub.monitoring.charts import Panel, draw
from placehub.monitoring.fairness import missed
from placehub.monitoring.listing import view_named, views_for
from placehub.search.wording import because

router = APIRouter(prefix="/v1", tags=["views"])
"""Routes that the API serves beside the key service's, under the same credentials."""


class NotInvited(BaseModel):
    """Searches the caller was not invited to, for one reason."""

    criterion: Annotated[str, Field(description="What kept the caller's best home out, when every home was looked at")]
    because: Annotated[str, Field(description="The same in words")]
    searches: Annotated[int, Field(description="Searches under the caller's agreements to which it was never invited")]


@router.get("/not-invited")
def not_invited(service: Service, organisation: Caller) -> list[NotInvited]:
    """Tell how many searches the caller was not invited to, by which of its own facts caused it, most first.

    No case is named, and nobody else.
    """
    with service.engine.connect() as connection:
        rows = missed(connection, organisation)
    return [NotInvited(because=because(row["criterion"]), **row) for row in rows]


class Listed(BaseModel):
    """A view the caller is entitled to."""

    name: Annotated[str, Field(description="Its name, for `/v1/views/{name}`")]
    title: Annotated[str, Field(description="What it is called")]
    entitled: Annotated[str, Field(description="Who sees what of it")]


class Shown(BaseModel):
    """What the caller is entitled to of one view."""

    name: Annotated[str, Field(description="Its name")]
    title: Annotated[str, Field(description="What it is called")]
    columns: Annotated[dict[str, str], Field(description="What each column means, in their order")]
    rows: Annotated[list[dict[str, Any]], Field(description="Rows by column; a number that is hidden is null")]
    chart: Annotated[bool, Field(description="Whether it has a picture, at `/v1/views/{name}/chart`")]
    panels: Annotated[tuple[Panel, ...], Field(description="What its picture draws, to be drawn in other words")] = ()


@router.get("/views")
def list_views(service: Service, organisation: Caller) -> list[Listed]:
    """List the views of which the caller may see anything."""
    with service.engine.connect() as connection:
        listed = views_for(connection, organisation)
    return [Listed(name=one.name, title=one.titled(organisation), entitled=one.entitled.says) for one in listed]


Name = Annotated[str, Path(pattern="^[a-z_]{1,60}$")]


@router.get("/views/{name}")
def show_view(service: Service, organisation: Caller, name: Name) -> Shown:
    """Show what the caller is entitled to of one view: the rule is the view's own, the same as `placehub views show`.

    404 where there is no such view or none of it is the caller's to see; which, and what else to read, is said.
    """
    view = view_named(name)
    with service.engine.connect() as connection:
        rows = view.rows(connection, organisation=organisation)
    told = [{column: _plain(value) for column, value in row.items()} for row in rows]
    title, columns, charted = view.titled(organisation), dict(view.columns), view.panels is not None
    panels = view.panels(rows) if view.panels else ()
    return Shown(name=view.name, title=title, columns=columns, rows=told, chart=charted, panels=panels)


class Svg(Response):
    """A picture."""

    media_type = "image/svg+xml"


@router.get("/views/{name}/chart", response_class=Svg)
def show_chart(service: Service, organisation: Caller, name: Name) -> Svg:
    """Draw what the caller is entitled to of one view: the same bytes as `placehub views chart` writes.

    404 where there is no such view, it has no chart, or none of it is the caller's to see.
    """
    view = view_named(name)
    with service.engine.connect() as connection:
        chart = view.chart(connection, organisation=organisation)
    return Svg(draw(chart))


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: a number as a number, anything else that is no text as text."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value
