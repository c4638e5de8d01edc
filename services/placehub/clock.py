"""The hub's one clock: the wall, or ticks on the `clock` stream (demo, tests, what-if).

Nothing else in the hub asks the machine for the time; a test forbids it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is for the hub; always in UTC."""

    def now(self) -> datetime:
        """Return the hub's time."""
        ...


class WallClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)


class TickedClock:
    """The time of the last tick this process has read; it never goes back."""

    def __init__(self, start: datetime = datetime(2000, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the time of the last tick."""
        return self._now

    def tick(self, now: datetime) -> None:
        """Move on to a later time; an earlier one changes nothing."""
        self._now = max(self._now, now)
