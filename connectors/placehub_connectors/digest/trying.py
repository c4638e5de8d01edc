"""When what failed is tried again: pauses double, so that a server that takes mails and does not say so is spared."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

FIRST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=2)


class Trying:
    """How often each thing has failed, and until when it rests; a new process begins with a clean sheet."""

    def __init__(self) -> None:
        self._failed: dict[str, tuple[int, datetime]] = {}

    def rests(self, what: str, now: datetime) -> bool:
        """Tell whether it is not to be tried now."""
        return what in self._failed and now < self._failed[what][1]

    def failed(self, what: str, now: datetime) -> None:
        """Note that it has failed, once more."""
        times = self._failed[what][0] + 1 if what in self._failed else 0
        self._failed[what] = times, now + min(LONGEST, FIRST * 2 ** min(times, 10))

    def worked(self, what: str) -> None:
        """Forget that it ever failed."""
        self._failed.pop(what, None)
