"""Hiding small numbers in what is shared beyond the parties, so that nobody can be counted out of it; pure.

The one module that every view with `share` uses. What it does, and what of it is whose rule:

- **Threshold**: counts of 1 to 5 are hidden and the rest are rounded to the nearest 5: rule 9 of those the hub never
  breaks (`docs/`: small numbers are hidden). In kind it is what the Department for Education does ("A guide to looked
  after children statistics in England", on rounding, suppression and grossing: numbers replaced to protect
  confidentiality, with secondary suppression); rounding authorities' own figures goes further than its later releases.
- **One publication**: where a hidden cell could be worked out from a total, others of its margin are
  hidden with it, until two or more are, and more than five are in them together (secondary suppression).
- **Two publications** (`published`): a cell is told anew only when more than five have come to it since it was told
  last; until then it stays as it was told. Where a margin has one such waiting cell, or few in them, the smallest
  other that has changed waits with it. So no difference of two publications, of a cell or of a sum of cells, is small.
  Where something may be taken off again, too, that holds of a cell in each publication and the next: later ones may
  come back to nearly the same, as more than five come and others go.
- **Counts of people** (`pooled`): periods are put together until more than five different ones are in a count.

Honest limits. Whoever knows exact totals from elsewhere *and* holds two publications against each other is kept from a
number by the rounding alone: to within 2, and 2 more for each other cell of the margin. Totals that are shared beside a
table must be hidden as its cells are, and of more than two margins at once only the rounding keeps what they tell
together. A margin of one cell cannot be protected: its total is the cell. Weeks follow the events' own times: what
arrives late, or is revised, counts in the week it happened, also in what was published before. Means and medians follow
the counts they are of, and are not blurred. No noise is added: two readings of the same streams, and a rebuild, are
equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

SMALL: Final = 5
"""Counts of 1 up to this are hidden, and changes of a count by as many."""
ROUNDED_TO: Final = 5
Margins = Sequence[tuple[str, ...]]
"""Columns by which somebody could add the rows of a table up and compare with a total."""


def hidden(count: int) -> int | None:
    """Return a count as it may be shared: None for 1 to 5, else rounded to the nearest 5; none at all stays 0."""
    if 1 <= count <= SMALL:
        return None
    return ROUNDED_TO * ((count + ROUNDED_TO // 2) // ROUNDED_TO)


def shared_share(part: int, whole: int) -> Decimal | None:
    """Return a share of shared counts, in hundredths; None where the part, the rest or the whole is small.

    It is the share of the rounded counts, so that it tells no more than they do.
    """
    counts = [hidden(one) for one in (part, whole - part, whole)]
    if whole == 0 or None in counts:
        return None
    rounded = hidden(part) or 0
    return round(Decimal(rounded) / max(hidden(whole) or 0, rounded, 1), 2)


@dataclass(slots=True)
class Cell:
    """One count of a table as it was published last: of how many, and by when they had come; None: never yet."""

    key: tuple[Any, ...]
    count: int = 0
    until: date | None = None
    is_hidden: bool = False

    @property
    def shown(self) -> int | None:
        """The count as it may be shared."""
        return None if self.is_hidden else hidden(self.count)


def published(
    rows: Iterable[Mapping[str, Any]], *, cells: Sequence[str], count: str, margins: Margins = (), week: str = "week"
) -> list[Cell]:
    """Return each cell of a table as it stands after a publication a week, in the order of first appearance.

    `rows` say how many came to a cell (named by the columns `cells`) in a week, and are in any order of weeks; the
    caller leaves out the week that is not over. A cell that has had five or fewer is hidden, not nought.
    """
    given = list(rows)
    keys = list(dict.fromkeys(tuple(row[name] for name in cells) for row in given))
    table = _Table([Cell(key) for key in keys], _groups([dict(zip(cells, key, strict=True)) for key in keys], margins))
    place = {key: number for number, key in enumerate(keys)}
    for on, some in groupby(sorted(given, key=lambda row: row[week]), lambda row: row[week]):
        table.publish(on, [(place[tuple(row[name] for name in cells)], row[count]) for row in some])
    return table.cells


class _Table:
    def __init__(self, cells: list[Cell], groups: Sequence[Sequence[int]]) -> None:
        self.cells = cells
        self._groups = groups
        self._come = [0] * len(cells)

    def publish(self, on: date, arrived: Iterable[tuple[int, int]]) -> None:
        for number, count in arrived:
            self._come[number] += count
        changes = [abs(come - cell.count) for come, cell in zip(self._come, self.cells, strict=True)]
        waiting = _protected(changes, self._groups)
        moved = {number for number, change in enumerate(changes) if change and number not in waiting}
        for number in moved:
            self.cells[number].count, self.cells[number].until = self._come[number], on
        self._hide(moved)

    def _hide(self, moved: Collection[int]) -> None:
        """Hide what was never told, and others with it; what was hidden and is the same stays so.

        Shown later, it would tell what it was hidden for.
        """
        still = {number for number, cell in enumerate(self.cells) if cell.is_hidden and number not in moved}
        new = {number for number, cell in enumerate(self.cells) if self._come[number] and not cell.count}
        told = [cell.count or come for cell, come in zip(self.cells, self._come, strict=True)]
        found = _protected(told, self._groups, still | new)
        for number, cell in enumerate(self.cells):
            cell.is_hidden = number in found


def shared_table(
    rows: Iterable[Mapping[str, Any]], *, cells: Sequence[str], count: str, margins: Margins = ()
) -> list[dict[str, Any]]:
    """Return a table of one count as it may be shared (`published`): a row a cell, the count last; None is hidden."""
    found = published(rows, cells=cells, count=count, margins=margins)
    return [{**dict(zip(cells, one.key, strict=True)), count: one.shown} for one in found]


def pooled(
    rows: Iterable[Mapping[str, Any]], *, period: str, who: str
) -> Iterator[tuple[Any, Any, list[Mapping[str, Any]]]]:
    """Put periods together until more than five different ones are in them: after which, until which, and the rows.

    Rows come in the order of periods. A count that is closed never changes, so that no two publications can be held
    against each other; what is left at the end waits, with None as its last period.
    """
    waiting: list[Mapping[str, Any]] = []
    after: Any = None
    for until, those in groupby(rows, lambda row: row[period]):
        waiting += those
        if len({row[who] for row in waiting}) > SMALL:
            yield after, until, waiting
            waiting, after = [], until
    if waiting:
        yield after, None, waiting


def _groups(rows: Sequence[Mapping[str, Any]], margins: Margins) -> list[list[int]]:
    """Return the numbers of the rows of each group of each margin."""
    found: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        for margin in margins:
            found[margin, *(row[column] for column in margin)].append(number)
    return list(found.values())


def _protected(counts: Sequence[int], groups: Sequence[Sequence[int]], also: Collection[int] = ()) -> set[int]:
    """Return which counts must be hidden: the small ones, those `also` named, and others of their groups with them."""
    found = {number for number, count in enumerate(counts) if 1 <= count <= SMALL} | set(also)
    again = bool(found)
    while again:
        more = [one for numbers in groups if (one := _more(counts, numbers, found)) is not None]
        found.update(more)
        again = bool(more)
    return found


def _more(counts: Sequence[int], numbers: Sequence[int], found: Collection[int]) -> int | None:
    """Return another count of the group that must be hidden, the smallest; None where enough are, or none is left."""
    of = [number for number in numbers if number in found and counts[number]]
    if not of or (len(of) > 1 and sum(counts[number] for number in of) > SMALL):
        return None
    others = [number for number in numbers if number not in found and counts[number]]
    return min(others, key=lambda number: (counts[number], number), default=None)
