"""How often an organisation may call."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from typing import Final

AT_ONCE: Final = 100
"""Calls an organisation may make at once, ..."""
A_SECOND: Final = 10
"""... and how many of them it has again after each second."""


class Pace:
    """Counts calls by organisation, in this process; may be shared between threads."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, datetime]] = {}
        self._lock = Lock()

    def may_call(self, organisation: str, now: datetime) -> bool:
        """Count a call and tell whether it may be made."""
        with self._lock:
            left, at = self._left.get(organisation, (float(AT_ONCE), now))
            passed = max(now - at, timedelta()).total_seconds()
            left = min(float(AT_ONCE), left + passed * A_SECOND)
            self._left[organisation] = max(left - 1, 0.0), now
            return left >= 1
