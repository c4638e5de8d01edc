"""Hiding small numbers in what is shared beyond the parties, so that nobody can be counted out of it; pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

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
