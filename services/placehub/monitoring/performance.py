"""What reviews, missing episodes and endings say of each provider's placements: never a league table.

Beside every figure stands who the children were (case-mix), and a share is an interval, not a point: few placements say
little, and the interval says how little. Rows are in the order of names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, null, select

from placehub.monitoring.entitlement import EVERYONE
from placehub.monitoring.partnership import context_of
from placehub.monitoring.suppression import SMALL, hidden, suppressed
from placehub.monitoring.tables import PLACEMENT, SEARCH
from placehub.monitoring.view import View, named
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

    Where a part or its rest is small, both are hidden: one would tell the other.
    """
    return [_shown(row, _hidden(row)) for row in rows]


def _hidden(row: Mapping[str, Any]) -> dict[str, int | None]:
    counts = {name: hidden(row[name]) for name in (*COUNTS, *MIX)}
    for part, whole in (
        ("ended", "started"),
        ("ended_early", "ended"),
        ("plans_changed", "reviews"),
        *_SHARES.values(),
    ):
        if 1 <= row[whole] - row[part] <= SMALL:
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
    "beside it. Counts of 1 to 5 are left out, the rest rounded to 5. Shares are intervals (Wilson, 95 in 100) of the "
    "rounded counts. A provider reads its own row as it is (`placehub views performance --as CODE`).",
    columns={
        "provider": "Name of the provider",
        "started": "Placements that started, from PlacementStarted",
        "ended": "... of which ended, from PlacementEnded",
        "unplanned": "... of which not as planned, from the same",
        "ended_early": "... of which within 7 days",
        "reviews": "Statutory reviews, from PlacementReviewed",
        "took_part": "... to which the child's views came (participation PN1, PN2, PN3, PN5 or PN6)",
        "plans_changed": "... that changed the plan",
        "missing": "Missing episodes, from MissingEpisodeRecorded; being away without authorisation is not counted",
        "unplanned_share": "Unplanned endings of all endings, as an interval",
        "took_part_share": "Reviews with the child's views of all reviews, as an interval",
        "emergency_share": "Case-mix: placements that began as an emergency, as an interval",
        "siblings_share": "Case-mix: placements of siblings looked for together, as an interval",
        "older_share": "Case-mix: placements after a search for a child of 11 or over, as an interval",
        "context": "What the provider itself says of its figures, in its own words, from ProviderContextAdded",
    },
    select=_performance,
    share=_shared,
    entitled=EVERYONE,
)


def _changes(as_of: ColumnElement[Any]) -> Select[Any]:
    row = PLACEMENT.c
    reason = func.coalesce(row.reason, "not told").label("reason")
    return (
        select(named(row.authority), reason, func.count().label("endings"))
        .where(row.ended_on.is_not(None), row.authority.is_not(None))
        .group_by(row.authority, reason)
        .order_by(named(row.authority), reason)
    )


def _share_changes(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    margins: Sequence[tuple[str, ...]] = (("authority",), ("reason",))
    return suppressed(rows, "endings", margins)


PLACEMENT_CHANGES: Final = View(
    name="placement_changes",
    title="Why placements ended, by authority (small numbers are hidden)",
    says="Endings by the reason the 903 return asks for (list `reason_place_change`). Counts of 1 to 5 are left out, "
    "and others with them where one alone could be worked out; the rest are rounded to 5.",
    columns={
        "authority": "Name of the authority",
        "reason": "The reason, from PlacementEnded; `not told` where it has none",
        "endings": "Placements that ended for it, rounded to 5; empty: hidden",
    },
    select=_changes,
    share=_share_changes,
    entitled=EVERYONE,
)
