"""Hiding small numbers in what is shared beyond the parties, so that nobody can be counted out of it; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

SMALL: Final = 5
"""Counts of 1 up to this are hidden."""
ROUNDED_TO: Final = 5


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


def suppressed(
    rows: Iterable[Mapping[str, Any]], count: str, margins: Sequence[tuple[str, ...]]
) -> list[dict[str, Any]]:
    """Return the rows with the count hidden (None) or rounded.

    One hidden cell alone could be worked out from a total known elsewhere. So the smallest other cell of each margin
    is hidden with it (secondary suppression), until no margin has a single one.

    `margins` are the columns by which somebody could add the rows up and compare with a total.
    """
    kept = [dict(row) for row in rows]
    small = {number for number, row in enumerate(kept) if 1 <= row[count] <= SMALL}
    while more := _single(kept, count, margins, small):
        small |= more
    for number, row in enumerate(kept):
        row[count] = None if number in small else hidden(row[count])
    return kept


def _single(
    rows: Sequence[Mapping[str, Any]], count: str, margins: Sequence[tuple[str, ...]], small: set[int]
) -> set[int]:
    """Return a cell that must be hidden too, because a margin has one hidden cell only; none when all is well."""
    for margin in margins:
        groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            groups[tuple(row[column] for column in margin)].append(number)
        for numbers in groups.values():
            others = [number for number in numbers if number not in small and rows[number][count]]
            if sum(number in small for number in numbers) == 1 and others:
                return {min(others, key=lambda number: (rows[number][count], number))}
    return set()
