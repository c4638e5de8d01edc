"""What reviews, missing episodes and endings say of each provider's placements: never a league table.

Beside every figure stands who the children were (case-mix), and a share is an interval, not a point: few placements say
little, and the interval says how little. Rows are in the order of names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, literal, null, select, union_all

from placehub.monitoring.entitlement import EVERYONE
from placehub.monitoring.partnership import context_of
from placehub.monitoring.suppression import Cell, hidden, published, shared_table
from placehub.monitoring.tables import PLACEMENT, SEARCH
from placehub.monitoring.view import PUBLISHED, View, named, week
from placehub.placements.lifecycle import EARLY

CONFIDENCE: Final = 0.95
OLDER: Final = ("11-13", "14-15", "16-17")
"""Age bands counted as older children: older age goes with instability (Konijn 2019)."""
COUNTS: Final = ("started", "ended", "unplanned", "ended_early", "reviews", "took_part", "plans_changed", "missing")
MIX: Final = ("emergency", "siblings", "older")
_SHARES: Final = {
    "unplanned_share": ("unplanned", "ended"),
    "took_part_share": ("took_part", "reviews"),
    **{f"{one}_share": (one, "started") for one in MIX},
}
"""Share -> (what of, of how many)."""


def _performance(as_of: ColumnElement[Any]) -> Select[Any]:
    row, case = PLACEMENT.c, SEARCH.c
    days = row.ended_on - row.started_on
    counted = {
        "started": row.started_on.is_not(None),
        "ended": row.ended_on.is_not(None),
        "unplanned": row.planned_end.is_(False),
        "ended_early": days <= EARLY.days,
        "emergency": row.started_on.is_not(None) & (case.kind == "emergency"),
        "siblings": row.started_on.is_not(None) & (case.children > 1),
        "older": row.started_on.is_not(None) & case.age_bands.overlap(list(OLDER)),
    }
    sums = [func.sum(row[name]).label(name) for name in ("reviews", "took_part", "plans_changed", "missing")]
    return (
        select(
            row.provider.label("code"),
            named(row.provider),
            *(func.count().filter(holds).label(name) for name, holds in counted.items()),
            *sums,
            context_of(row.provider).label("context"),
        )
        .select_from(PLACEMENT.outerjoin(SEARCH, SEARCH.c.referral_id == PLACEMENT.c.referral_id))
        .where(row.provider.is_not(None))
        .group_by(row.provider)
        .order_by(named(row.provider), row.provider)
    )


def _weekly(as_of: ColumnElement[Any]) -> Select[Any]:
    """Return the same counts by the week they came to be, for weeks that are over; each provider has a first row."""
    row, case = PLACEMENT.c, SEARCH.c
    ended: dict[str, ColumnElement[Any]] = {
        "ended": func.count(),
        "unplanned": func.count().filter(row.planned_end.is_(False)),
        "ended_early": func.count().filter(row.ended_on - row.started_on <= EARLY.days),
        **{name: func.sum(row[name]) for name in ("reviews", "took_part", "plans_changed", "missing")},
    }
    started: dict[str, ColumnElement[Any]] = {
        "started": func.count(),
        "emergency": func.count().filter(case.kind == "emergency"),
        "siblings": func.count().filter(case.children > 1),
        "older": func.count().filter(case.age_bands.overlap(list(OLDER))),
    }
    known = select(row.provider, literal(_BEGINNING).label("week"), *_columns({}))
    parts = (_of_weeks(row.started_on, started, as_of), _of_weeks(row.ended_on, ended, as_of), known.distinct())
    rows = union_all(*(part.where(row.provider.is_not(None)) for part in parts)).subquery()
    of = (rows.c.provider.label("code"), named(rows.c.provider), context_of(rows.c.provider).label("context"))
    counts = (rows.c[name] for name in (*COUNTS, *MIX))
    return select(*of, rows.c.week, *counts).order_by(named(rows.c.provider), rows.c.provider, rows.c.week)


_BEGINNING: Final = date(1970, 1, 5)


def _of_weeks(
    day: ColumnElement[Any], counts: Mapping[str, ColumnElement[Any]], as_of: ColumnElement[Any]
) -> Select[Any]:
    since = week(day)
    return (
        select(PLACEMENT.c.provider, since.label("week"), *_columns(counts))
        .select_from(PLACEMENT.outerjoin(SEARCH, SEARCH.c.referral_id == PLACEMENT.c.referral_id))
        .where(since < week(as_of))
        .group_by(PLACEMENT.c.provider, since)
    )


def _columns(counts: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [counts.get(name, literal(0)).label(name) for name in (*COUNTS, *MIX)]


def interval(part: int, whole: int) -> str | None:
    """Return between which shares the true one lies (Wilson, 95 in 100), as `12-31%`; None where there is nothing."""
    from scipy.stats import binomtest  # a heavy import, for the views alone

    if whole <= 0:
        return None
    found = binomtest(min(part, whole), whole).proportion_ci(CONFIDENCE, method="wilson")
    return f"{found.low * 100:.0f}-{found.high * 100:.0f}%"


def _shown(row: Mapping[str, Any], counts: Mapping[str, int | None]) -> dict[str, Any]:
    shares = {}
    for name, (part, whole) in _SHARES.items():
        told, of = counts[part], counts[whole]
        shares[name] = None if told is None or of is None else interval(told, of)
    own = {name: counts[name] for name in COUNTS}
    return {"provider": row["provider"], **own, **shares, "context": row["context"]}


def _shared(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Hide small numbers; a share follows from the counts as they are shown, so that it tells no more than they do.

    Where a part or its rest is small, the part is hidden: one would tell the other.
    """
    given = list(rows)
    of = {row["code"]: row for row in given}
    cells = {name: published(given, cells=("code",), count=name) for name in (*COUNTS, *MIX)}
    rows_of = zip(of.values(), *cells.values(), strict=True)
    return [_shown(row, _hidden(dict(zip(cells, counts, strict=True)))) for row, *counts in rows_of]


def _hidden(cells: Mapping[str, Cell]) -> dict[str, int | None]:
    counts = {name: cell.shown for name, cell in cells.items()}
    for part, whole in (
        ("ended", "started"),
        ("ended_early", "ended"),
        ("plans_changed", "reviews"),
        *_SHARES.values(),
    ):
        rest = cells[whole].count - cells[part].count
        if rest < 0 or hidden(rest) is None:
            counts[part] = None
    return counts


def own_performance(connection: Connection, provider: str) -> list[dict[str, Any]]:
    """Return a provider's own row, every number as it is; empty where none of its placements is known."""
    found = connection.execute(_performance(null()).where(PLACEMENT.c.provider == provider)).mappings()
    return [_shown(dict(row), {name: row[name] for name in (*COUNTS, *MIX)}) for row in found]


PROVIDER_PERFORMANCE: Final = View(
    name="provider_performance",
    title="Reviews, missing episodes and endings by provider, with case-mix (small numbers are hidden)",
    says="One row for each provider, in the order of their names: not a ranking. Read no figure without the case-mix "
    "beside it. Counts follow the "
    "weeks in which placements started and ended. " + PUBLISHED + " Shares are intervals (Wilson, 95 in 100) of the "
    "rounded counts. A provider reads its own row as it is (`placehub views performance --as CODE`).",
    columns={
        "provider": "Name of the provider",
        "started": "Placements that started, from PlacementStarted",
        "ended": "... of which ended, from PlacementEnded",
        "unplanned": "... of which not as planned, from the same",
        "ended_early": "... of which within 7 days",
        "reviews": "Statutory reviews of placements that have ended, from PlacementReviewed",
        "took_part": "... to which the child's views came (participation PN1, PN2, PN3, PN5 or PN6)",
        "plans_changed": "... that changed the plan",
        "missing": "Missing episodes of the same, from MissingEpisodeRecorded; those who were away are not counted",
        "unplanned_share": "Unplanned endings of all endings, as an interval",
        "took_part_share": "Reviews with the child's views of all reviews, as an interval",
        "emergency_share": "Case-mix: placements that began as an emergency, as an interval",
        "siblings_share": "Case-mix: placements of siblings looked for together, as an interval",
        "older_share": "Case-mix: placements after a search for a child of 11 or over, as an interval",
        "context": "What the provider itself says of its figures, in its own words, from ProviderContextAdded",
    },
    select=_weekly,
    share=_shared,
    entitled=EVERYONE,
)


def _changes(as_of: ColumnElement[Any]) -> Select[Any]:
    row = PLACEMENT.c
    reason = func.coalesce(row.reason, "not told").label("reason")
    since = week(row.ended_on).label("week")
    return (
        select(named(row.authority), reason, since, func.count().label("endings"))
        .where(since < week(as_of), row.authority.is_not(None))
        .group_by(row.authority, reason, since)
        .order_by(named(row.authority), reason, since)
    )


def _share_changes(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    margins = (("authority",), ("reason",))
    return shared_table(rows, cells=("authority", "reason"), count="endings", margins=margins)


PLACEMENT_CHANGES: Final = View(
    name="placement_changes",
    title="Why placements ended, by authority (small numbers are hidden)",
    says="Endings by the reason the 903 return asks for (list `reason_place_change`). " + PUBLISHED,
    columns={
        "authority": "Name of the authority",
        "reason": "The reason, from PlacementEnded; `not told` where it has none",
        "endings": "Placements that ended for it, rounded to 5; empty: hidden",
    },
    select=_changes,
    share=_share_changes,
    entitled=EVERYONE,
)
