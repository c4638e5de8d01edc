"""What the views of trust have alike: whose rows they are, how long something took, and what is hidden of a part.

What is shared is counted by the week in which it came to be, and told as every shared count is (`suppression`). What is
taken back goes in the week in which it is: what was told of the weeks before stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Label, Numeric, Text, cast, func, literal, select

from placehub.contracts.headers import Attributes
from placehub.monitoring.fold import Fold, Row
from placehub.monitoring.suppression import Cell, Margins, hidden, published
from placehub.monitoring.tables import ORGANISATION
from placehub.monitoring.view import PUBLISHED

OWNER: Final = "Owner: the partnership's contract managers."
HIDING: Final = f"{PUBLISHED} A part is left out where its rest is small. "
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One row of a shared view: its cells as they were told last, and what may be shown of each."""

    key: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    """What came to it, by week."""
    cells: Mapping[str, Cell]
    counts: Mapping[str, int | None]

    def of(self, count: str, column: str) -> list[Any]:
        """Return the column's values of the weeks that are in the count as it was told last."""
        until = self.cells[count].until
        return [row[column] for row in self.rows if until is not None and row["week"] <= until]

    def lists(self, count: str, column: str) -> list[Decimal]:
        """Return the same of a column of lists, put together."""
        return [one for some in self.of(count, column) for one in some or ()]


def share_parts(
    rows: Iterable[Mapping[str, Any]],
    *,
    key: Sequence[str],
    whole: str,
    parts: Sequence[str] = (),
    margins: Margins = (),
) -> list[Told]:
    """Return, for each key, the whole as it is published with these margins, and each part of it.

    A part is hidden where the whole is, and where it or its rest is small: one would tell the other.
    """
    given = list(rows)
    of: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in given:
        of.setdefault(tuple(row[name] for name in key), []).append(row)
    counted = [published(given, cells=key, count=whole, margins=margins)]
    counted += [published(given, cells=key, count=part) for part in parts]
    names = (whole, *parts)
    found = (dict(zip(names, cells, strict=True)) for cells in zip(*counted, strict=True))
    return [
        Told(
            key=dict(zip(key, those, strict=True)),
            rows=of[those],
            cells=cells,
            counts={name: _shown(cells[whole], cells[name]) for name in names},
        )
        for those, cells in zip(of, found, strict=True)
    ]


def _shown(whole: Cell, part: Cell) -> int | None:
    if part is whole:
        return whole.shown
    rest = whole.count - part.count
    return None if whole.shown is None or rest < 0 or hidden(rest) is None else part.shown


def quantile_of(of: Iterable[Decimal], share: str) -> Decimal | None:
    """Return a quantile to a tenth, as `quantile` has it of a column; None where there is nothing."""
    ordered = sorted(of)
    if not ordered:
        return None
    below, part = divmod(Decimal(share) * (len(ordered) - 1), 1)
    low, high = ordered[int(below)], ordered[min(int(below) + 1, len(ordered) - 1)]
    return round(low + (high - low) * part, 1)
