"""What the views say of homes that are lacking, and of providers that were not invited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, literal, literal_column, null, select

from placehub.monitoring.entitlement import EVERYONE, own
from placehub.monitoring.suppression import shared_table
from placehub.monitoring.tables import SEARCH, WITHHELD
from placehub.monitoring.view import OPERATORS_OWN, PUBLISHED, View, week


def _homes_we_lack(as_of: ColumnElement[Any]) -> Select[Any]:
    """Return searches that found nothing, by area, kind, age band and the relaxation that would have brought most."""
    bands = func.unnest(SEARCH.c.age_bands).table_valued("age_band").render_derived()
    lacking = func.coalesce(SEARCH.c.lacking, literal_column("'several at once'")).label("lacking")
    since = week(SEARCH.c.no_fit_at).label("week")
    grouped = (SEARCH.c.area, SEARCH.c.kind, bands.c.age_band, lacking, since)
    return (
        select(*grouped, func.count().label("searches"))
        .select_from(SEARCH)
        .join(bands, literal(True))
        .where(since < week(as_of))
        .group_by(*grouped)
        .order_by(*grouped)
    )


def _hide_homes_we_lack(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Hide small numbers, also where one could be worked out from another's total."""
    margins = (("area",), ("area", "lacking"), ("kind", "age_band"), ("lacking",))  # `sufficiency` tells the second
    return shared_table(rows, cells=("area", "kind", "age_band", "lacking"), count="searches", margins=margins)


def _not_invited(as_of: ColumnElement[Any]) -> Select[Any]:
    """Return, by provider and what kept its best home out, to how many searches it was never invited."""
    grouped = (WITHHELD.c.provider, WITHHELD.c.criterion)
    return (
        select(*grouped, func.count().label("searches"))
        .where(WITHHELD.c.invited_at.is_(None), WITHHELD.c.criterion.is_not(None))
        .group_by(*grouped)
        .order_by(WITHHELD.c.provider, func.count().desc(), WITHHELD.c.criterion)
    )


HOMES_WE_LACK: Final = View(
    name="homes_we_lack",
    title="Homes that were looked for and not found (small numbers are hidden)",
    says="Searches in which nothing fitted, however far they reached (the first NoFitFound). " + PUBLISHED,
    columns={
        "area": "Authority whose area the search was centred on",
        "kind": "Kind of placement wanted",
        "age_band": "Age band of a child; a search counts once in each band of its children",
        "lacking": "The one rule whose relaxation would have brought the most homes (the reach doubled, for the "
        "distance), as tried; several at once: none would do alone",
        "searches": "Searches counted in this row, rounded to 5; empty: hidden",
    },
    select=_homes_we_lack,
    share=_hide_homes_we_lack,
    entitled=EVERYONE,
)

NOT_INVITED: Final = View(
    name="not_invited",
    title="Searches a provider was not invited to, and why" + OPERATORS_OWN,
    says="From InvitationsWithheld. A provider reads the same over HTTP (`GET /v1/not-invited`). They name no case.",
    columns={
        "provider": "Code of the provider",
        "criterion": "What kept its best home out when every home was last looked at",
        "searches": "Searches under its agreements to which it was never invited",
    },
    select=_not_invited,
    entitled=own(
        "a provider sees its own, and nobody else",
        "See the view deliveries_per_placement for how many were invited.",
        provider=lambda provider: WITHHELD.c.provider == provider,
    ),
)


def missed(connection: Connection, provider: str) -> list[dict[str, Any]]:
    """Return how many searches one provider was not invited to, by what kept its best home out; most first."""
    asked = NOT_INVITED.entitled.parts["provider"].of(_not_invited(null()), provider)
    return [{"criterion": row.criterion, "searches": row.searches} for row in connection.execute(asked)]
