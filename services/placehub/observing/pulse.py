"""Does it still turn? A loop or thread beats; one that beats no more while it should be at work is stuck."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LATE_SECONDS: Final = 60.0
"""How long one turn may take. Waiting for a server that is away does not count."""


class Pulse:
    """The last beat of one loop or thread; it may be read from any other."""

    def __init__(self, name: str, late_seconds: float = LATE_SECONDS) -> None:
        self.name = name
        self._late_seconds = late_seconds
        self._since: float | None = None

    def beat(self) -> None:
        """Tell that another turn begins."""
        self._since = time.monotonic()

    async def keep(self) -> None:
        """Beat once a second for as long as the event loop turns."""
        while True:
            self.beat()
            await asyncio.sleep(1)

    def rest(self) -> None:
        """Tell that nothing turns until the next beat, and that this is as it should be."""
        self._since = None

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Beat, and rest when the work is done or has failed."""
        self.beat()
        try:
            yield
        finally:
            self.rest()

    def late(self) -> float | None:
        """Return the seconds since the last beat when they are too many, else None."""
        since = self._since
        passed = 0.0 if since is None else time.monotonic() - since
        return passed if passed > self._late_seconds else None
