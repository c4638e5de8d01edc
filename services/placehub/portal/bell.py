"""The bell: rings when an organisation was told something, for those who wait in this process."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Final

QUEUED: Final = 100
"""Rings kept for one who listens; whoever is that far behind misses the next, and looks anew with each all the same."""
LOOK_SECONDS: Final = 0.5
"""How often whoever waits looks without a ring: another process may have read the inbox."""


class Bell:
    """Rung by whoever reads inboxes; heard by acts that wait for their receipt and by pages that follow a case."""

    def __init__(self) -> None:
        self._told = Condition()
        self._listening: dict[str, list[tuple[asyncio.AbstractEventLoop, asyncio.Queue[str]]]] = defaultdict(list)
        self._read: set[str] = set()

    def has_read(self, organisation: str) -> bool:
        """Tell whether all is kept that stood in an inbox when this process began to read it."""
        return organisation in self._read

    def note_read(self, organisation: str) -> None:
        """Note that all of that is kept."""
        self._read.add(organisation)

    def ring(self, told: Collection[tuple[str, str]]) -> None:
        """Say that these organisations were told of these cases or subjects; it is committed already."""
        with self._told:
            self._told.notify_all()
        for organisation, about in told:
            for loop, queue in list(self._listening[organisation]):
                loop.call_soon_threadsafe(_put, queue, about)

    def wait_for(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds, looking again at each ring and now and then; tell whether it does in the end."""
        with self._told:
            for _ in range(int(seconds / LOOK_SECONDS)):
                if self._told.wait_for(holds, LOOK_SECONDS):
                    return True
        return False

    @contextmanager
    def listening(self, organisation: str) -> Iterator[asyncio.Queue[str]]:
        """Give a queue of what this organisation is told of; call it from the loop that reads the queue."""
        one = asyncio.get_running_loop(), asyncio.Queue[str](QUEUED)
        self._listening[organisation].append(one)
        try:
            yield one[1]
        finally:
            self._listening[organisation].remove(one)


def _put(queue: asyncio.Queue[str], about: str) -> None:
    if not queue.full():
        queue.put_nowait(about)
