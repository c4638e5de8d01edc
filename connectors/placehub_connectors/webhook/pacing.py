"""When a delivery is tried again, and when a target is left alone for a while; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

FIRST: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(hours=1)
GIVEN_UP: Final = timedelta(hours=72)
"""After so long a delivery becomes a dead letter, counted from when the event came."""
OPENS_AFTER: Final = 5
"""Failures in a row, of whatever, after which a target is left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """How a target has answered lately; while it is open one delivery is tried at the end of each pause."""

    failures: int = 0
    open_until: datetime | None = None

    def lets(self, now: datetime) -> bool:
        """Tell whether a delivery may be tried."""
        return self.open_until is None or now >= self.open_until

    def after(self, ok: bool, now: datetime, chance: Callable[[], float], first: timedelta = FIRST) -> Breaker:
        """Return the breaker after a delivery."""
        if ok:
            return Breaker()
        failed = replace(self, failures=self.failures + 1)
        if failed.failures < OPENS_AFTER:
            return failed
        return replace(failed, open_until=now + pause(failed.failures - OPENS_AFTER, chance, first))


def pause(failures: int, chance: Callable[[], float], first: timedelta = FIRST) -> timedelta:
    """Return how long to wait after so many failures: twice as long each time, less a part that is left to chance."""
    doubled: timedelta = first * (1 << min(failures, 12))
    return min(LONGEST, doubled) * (0.5 + chance() / 2)
