"""What the views say of homes that are lacking, and of providers that were not invited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, literal_column, null, select

from placehub.monitoring.suppression import suppressed
from placehub.monitoring.tables import SEARCH, WITHHELD


def homes_we_lack(as_of: ColumnElement[Any]) -> Select[Any]:
    """Return searches that found nothing, by area, kind, age band and the relaxation that would have brought most."""
    bands = func.unnest(SEARCH.c.age_bands).table_valued("age_band").render_derived()
    lacking = func.coalesce(SEARCH.c.lacking, literal_column("'several at once'")).label("lacking")
    grouped = (SEARCH.c.area, SEARCH.c.kind, bands.c.age_band, lacking)
    return (
        select(*grouped, func.count().label("searches"))
        .select_from(SEARCH)
        .join(bands, literal(True))
        .where(SEARCH.c.no_fit_at.is_not(None))
        .group_by(*grouped)
        .order_by(*grouped)
    )


def hide_homes_we_lack(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Hide small numbers, also where one could be worked out from another's total."""
    return suppressed(rows, "searches", (("area",), ("kind", "age_band"), ("lacking",)))


def not_invited(as_of: ColumnElement[Any]) -> Select[Any]:
    """Return, by provider and what kept its best home out, to how many searches it was never invited."""
    grouped = (WITHHELD.c.provider, WITHHELD.c.criterion)
    return (
        select(*grouped, func.count().label("searches"))
        .where(WITHHELD.c.invited_at.is_(None), WITHHELD.c.criterion.is_not(None))
        .group_by(*grouped)
        .order_by(WITHHELD.c.provider, func.count().desc(), WITHHELD.c.criterion)
    )


def missed(connection: Connection, provider: str) -> list[dict[str, Any]]:
    """Return how many searches one provider was not invited to, by what kept its best home out; most first."""
    own = not_invited(null()).where(WITHHELD.c.provider == provider)
    return [{"criterion": row.criterion, "searches": row.searches} for row in connection.execute(own)]
