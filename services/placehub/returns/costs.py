"""What a placement has cost in a period, day by day, as its fee was agreed; pure.

A day is paid from the one on which the child moves in to the one before it moves on. A line by the week costs a seventh
a day; one paid once counts on its first day; one by the hour has no fixed amount, so it is counted and not added up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from placehub.contracts.parts import FeeLine
from placehub.returns.facts import Placement

BASE_FEE: Final = "base fee"
"""How the base fee is worded; each other line is a support."""
DAYS: Final = {"week": Decimal(7), "day": Decimal(1)}
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both ends included; none where the last lies before the first."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many there are."""
        return max(0, (self.last - self.first).days + 1)

    def within(self, first: date | None, last: date | None) -> Span:
        """Return the days of it that lie between two others, each of which may be open."""
        return Span(max(self.first, first or self.first), min(self.last, last or self.last))


@dataclass(frozen=True, slots=True)
class Cost:
    """What one line has cost: `base` or support; None where it is paid by the hour."""

    base: bool
    amount: Decimal | None


def care(placement: Placement, period: Span) -> Span:
    """Return the days of care in a period."""
    if placement.started_on is None:
        return Span(period.first, period.first - ONE_DAY)
    last = placement.ended_on - ONE_DAY if placement.ended_on else None
    return period.within(placement.started_on, last)


def costs(placement: Placement, period: Span) -> tuple[Cost, ...]:
    """Return what each line in force has cost in a period."""
    days = care(placement, period)
    if not days.days:
        return ()
    found = (_cost(line, held.within(placement.started_on, None), days) for held, line in _lines(placement))
    return tuple(one for one in found if one is not None)


def _lines(placement: Placement) -> Iterator[tuple[Span, FeeLine]]:
    """Yield each line with the days for which it holds, until a later fee takes the place of its own.

    The first fee begins when the child moves in, if that was before the agreed day.
    """
    fees = placement.fees()
    seen: set[tuple[str, Decimal]] = set()
    for number, (since, lines) in enumerate(fees):
        begins = min(since, placement.started_on or since) if number == 0 else since
        until = fees[number + 1][0] - ONE_DAY if number + 1 < len(fees) else date.max
        for line in lines:
            if line.unit == "once" and (line.what, line.amount) in seen:  # a later fee repeats what was paid already
                continue
            seen.add((line.what, line.amount))
            yield Span(begins, until).within(line.starts_on, line.ends_on), line
    for since, line in placement.supports:
        if not any(line.what == one.what for day, lines in fees if day >= since for one in lines):
            yield Span(since, line.ends_on or date.max), line


def _cost(line: FeeLine, held: Span, days: Span) -> Cost | None:
    base, paid = line.what == BASE_FEE, days.within(held.first, held.last)
    if line.unit == "once":
        return Cost(base, line.amount) if days.first <= held.first <= days.last else None
    if not paid.days:
        return None
    return Cost(base, line.amount / DAYS[line.unit] * paid.days if line.unit in DAYS else None)
