"""Sufficiency: what is looked for in each area beside what is offered there, why nothing fitted, and how far away.

Authorities must take steps to secure enough homes in their own area (Children Act 1989, section 22G): this is what the
hub's streams say of it, by area and never by household.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, Text, case, func, literal, select, union_all

from placehub.monitoring.charts import Bar, Group, Panel
from placehub.monitoring.entitlement import EVERYONE, party_s
from placehub.monitoring.suppression import Cell, hidden, published
from placehub.monitoring.tables import PLACEMENT, SEARCH, VACANCY
from placehub.monitoring.view import OPERATORS_OWN, PUBLISHED, View, named, week

SEARCHES, SEARCHES_BY_KIND = "searches", "searches by kind"
HOMES, HOMES_BY_KIND = "homes", "homes by kind"
NO_FIT, DISTANCE = "no fit", "distance"
FIGURES: Final = (SEARCHES, HOMES, SEARCHES_BY_KIND, HOMES_BY_KIND, NO_FIT, DISTANCE)
"""What is counted, in the order in which it is told."""
TITLES: Final = (
    "Searches for a home, and homes that opened",
    "Searches in which nothing fitted, by what was lacking most",
    "Placements, by miles from home",
)
"""Of the chart's panels."""
ANY: Final = "any kind"
NOT_TOLD: Final = "not told"
MILES: Final = ((5, "up to 5 miles"), (10, "over 5, up to 10 miles"), (20, "over 10, up to 20 miles"))
"""Bands of distance; that over 20 miles is what the 903 return counts as far."""
BANDS: Final = (*(band for _, band in MILES), "over 20 miles", NOT_TOLD)
CELLS: Final = ("area", "figure", "what")


def _fact(
    figure: str,
    area: ColumnElement[Any],
    what: ColumnElement[Any],
    organisation: ColumnElement[Any],
    at: ColumnElement[Any],
) -> Select[Any]:
    """Return one thing to count: of which figure and area, whose it is, and in which week it came to be."""
    columns = (
        literal(figure, Text).label("figure"),
        func.coalesce(area, NOT_TOLD).label("area"),
        what.label("what"),
        organisation.label("organisation"),
        week(at).label("week"),
    )
    return select(*columns).where(organisation.is_not(None), at.is_not(None))


def _looked_for() -> list[Select[Any]]:
    of = SEARCH.c
    told = (of.area, of.authority, of.search_started_at)
    kind = func.coalesce(of.kind, NOT_TOLD)
    lacking = func.coalesce(of.lacking, "several at once")
    return [
        _fact(SEARCHES, told[0], literal(ANY, Text), *told[1:]),
        _fact(SEARCHES_BY_KIND, told[0], kind, *told[1:]),
        _fact(NO_FIT, of.area, lacking, of.authority, of.no_fit_at),
    ]


def _offered() -> list[Select[Any]]:
    of = VACANCY.c
    kinds = func.unnest(of.kinds).table_valued("kind").render_derived()
    by_kind = _fact(HOMES_BY_KIND, of.area, kinds.c.kind, of.provider, of.opened_at)
    return [
        _fact(HOMES, of.area, literal(ANY, Text), of.provider, of.opened_at),
        by_kind.select_from(VACANCY).join(kinds, literal(True)),
    ]


def _lived() -> Select[Any]:
    of, miles = PLACEMENT.c, PLACEMENT.c.distance_miles
    band = case(
        (miles.is_(None), NOT_TOLD),
        *((miles <= most, band) for most, band in MILES),
        else_=BANDS[len(MILES)],
    )
    placed = _fact(DISTANCE, SEARCH.c.area, band, of.authority, of.started_on)
    return placed.select_from(PLACEMENT.outerjoin(SEARCH, SEARCH.c.referral_id == of.referral_id))


_FACTS: Final[Subquery] = union_all(*_looked_for(), *_offered(), _lived()).subquery("facts")


def _in_order() -> tuple[ColumnElement[Any], ...]:
    """Return what facts are ordered by: areas by name, then figures and bands as they stand here."""
    figures, bands = ({name: number for number, name in enumerate(names)} for names in (FIGURES, BANDS))
    of = _FACTS.c
    return of.area, case(figures, value=of.figure), case(bands, value=of.what, else_=-1), of.what


def _own(as_of: ColumnElement[Any]) -> Select[Any]:
    of = _FACTS.c
    grouped = (of.organisation, of.area, of.figure, of.what)
    columns = (named(of.organisation), *grouped[1:], func.count().label("count"))
    return select(*columns).group_by(*grouped).order_by(of.organisation, *_in_order())


def _weekly(as_of: ColumnElement[Any]) -> Select[Any]:
    of = _FACTS.c
    grouped = (of.area, of.figure, of.what, of.week)
    counted = select(*grouped, func.count().label("count")).where(of.week < week(as_of))
    return counted.group_by(*grouped).order_by(*_in_order(), of.week)


def _share(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Hide small numbers; of an area's homes also a kind that all but a few take: the two would tell the few."""
    margins = (("figure", "area"), ("figure", "what"))
    cells = published(rows, cells=CELLS, count="count", margins=margins)
    homes = {cell.key[0]: cell.count for cell in cells if cell.key[1] == HOMES}
    return [{**dict(zip(CELLS, cell.key, strict=True)), "count": _told(cell, homes)} for cell in cells]


def _told(cell: Cell, homes: Mapping[str, int]) -> int | None:
    area, figure, _ = cell.key
    if figure != HOMES_BY_KIND:
        return cell.shown
    rest = homes[area] - cell.count
    return None if rest < 0 or hidden(rest) is None else cell.shown


def _panels(rows: Iterable[Mapping[str, Any]]) -> tuple[Panel, ...]:
    """Draw, area by area, searches beside homes, why nothing fitted, and how far from home children live."""
    told: dict[str, dict[str, dict[str, int | None]]] = {}
    for row in rows:
        where = f"{row['area']}, {row['organisation']}" if "organisation" in row else row["area"]
        told.setdefault(where, {}).setdefault(row["figure"], {})[row["what"]] = row["count"]
    drawn = (
        Panel(title=title, groups=groups)
        for title, groups in zip(TITLES, (_beside(told), _of(told, NO_FIT), _of(told, DISTANCE)), strict=True)
    )
    return tuple(panel for panel in drawn if panel.groups)


def _beside(told: Mapping[str, Mapping[str, Mapping[str, int | None]]]) -> tuple[Group, ...]:
    """Return searches beside homes; where there is no row of one there was none at all."""
    two = ((SEARCHES, 0), (HOMES, 1))
    return tuple(
        Group(
            heading=where,
            bars=tuple(Bar(label=name, count=of.get(name, {ANY: 0})[ANY], series=series) for name, series in two),
        )
        for where, of in told.items()
        if SEARCHES in of or HOMES in of
    )


def _of(told: Mapping[str, Mapping[str, Mapping[str, int | None]]], figure: str) -> tuple[Group, ...]:
    return tuple(
        Group(heading=where, bars=tuple(Bar(label=what, count=count) for what, count in of[figure].items()))
        for where, of in told.items()
        if figure in of
    )


_SAYS: Final = (
    "Searches count in the area they were centred on and in the week of SearchStarted; homes in the area they are in "
    "and in the week of VacancyOpened, whatever became of them; a search in which nothing fitted in the week of its "
    "first NoFitFound; a placement in the area of its search and in the week the child moved in (PlacementStarted). "
)
_COLUMNS: Final = {
    "area": "Authority whose area it is, by its postcode sector",
    "figure": "searches, homes, no fit or distance; searches and homes also by kind",
    "what": "any kind; by kind, the kind of placement wanted, or taken: a home that takes several counts in each; of "
    "no fit, the one rule whose relaxation would have brought the most homes (several at once: none alone); of "
    "distance, miles from home to placement as the 903 return asks",
}
_OWNER: Final = "Owner: the commissioners of each area."

SUFFICIENCY: Final = View(
    name="sufficiency",
    title="What is looked for and what is offered in each area, why nothing fitted, and how far away (small numbers "
    "are hidden)",
    says=f"One row for each area, figure and part of it. {_SAYS}{PUBLISHED} {_OWNER}",
    columns={**_COLUMNS, "count": "How many, rounded to 5; empty: hidden"},
    select=_weekly,
    share=_share,
    entitled=EVERYONE,
    panels=_panels,
)

OWN_SUFFICIENCY: Final = View(
    name="own_sufficiency",
    title="What each organisation's own searches, homes and placements say of sufficiency" + OPERATORS_OWN,
    says=f"The figures of `sufficiency`, of each organisation as they are now. {_SAYS}{_OWNER}",
    columns={
        "organisation": "Name of the authority whose searches and placements they are, or of the provider of the homes",
        **_COLUMNS,
        "count": "How many",
    },
    select=_own,
    entitled=party_s(
        "an authority sees its own searches and placements, a provider its own homes",
        lambda organisation: _FACTS.c.organisation == organisation,
    ),
    panels=_panels,
)
