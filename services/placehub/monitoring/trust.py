"""What the views of trust have alike: whose rows they are, how long something took, and what is hidden of a part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Label, Numeric, Text, cast, func, literal, select

from placehub.contracts.headers import Attributes
from placehub.monitoring.fold import Fold, Row
from placehub.monitoring.suppression import hidden, suppressed
from placehub.monitoring.tables import ORGANISATION

OWNER: Final = "Owner: the partnership's contract managers."
HIDING: Final = (
    "Counts of 1 to 5 are left out, and others with them where one alone could be worked out; the rest are "
    "rounded to 5; a part is left out where its rest is small. "
)
"""How every shared view of trust hides small numbers."""


def once(column: str) -> Fold:
    """Return a fold that keeps when the hub took the first such event: nobody's own clock decides who was slow."""

    def fold(row: Row, event: Any, attributes: Attributes) -> dict[str, Any]:
        return {column: row.get(column) or attributes.taken_at}

    return fold


def sector(code: ColumnElement[Any]) -> Label[Any]:
    """Return which kind of organisation it is, of those that the hub knows."""
    kind = select(ORGANISATION.c.kind).where(ORGANISATION.c.organisation == code)
    return func.coalesce(kind.scalar_subquery(), literal("not known", Text)).label("sector")


def quantile(of: ColumnElement[Any], share: float) -> ColumnElement[Any]:
    """Return a quantile to a tenth; what is null is left out."""
    return func.round(cast(func.percentile_cont(share).within_group(of.asc()), Numeric), 1)


def share_parts(
    rows: Iterable[Mapping[str, Any]], whole: str, parts: Sequence[str], margins: Sequence[tuple[str, ...]]
) -> list[dict[str, Any]]:
    """Return the rows with the whole suppressed by these margins, and each part of it as it may be shared.

    A part is hidden where the whole is, and where it or its rest is small: one would tell the other.
    """
    kept = list(rows)
    both = zip(kept, suppressed(kept, whole, margins), strict=True)
    return [{**now, **{part: _part(was, now, whole, part) for part in parts}} for was, now in both]


def _part(was: Mapping[str, Any], now: Mapping[str, Any], whole: str, part: str) -> int | None:
    if now[whole] is None or hidden(was[whole] - was[part]) is None:
        return None
    return hidden(was[part])
