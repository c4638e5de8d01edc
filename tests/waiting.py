"""How a test waits for what servers and other processes do in their own time."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(
    holds: Callable[[], bool], seconds: float = 60, said: Callable[[], str] = lambda: "it did not come to hold"
) -> None:
    """Return once it holds; fail with what is `said` when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, said()
        time.sleep(0.1)
