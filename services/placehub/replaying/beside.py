"""Several processes side by side, forked from this one, each with a part of one piece of work."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Final

from placehub.errors import Unavailable
from placehub.observing.usage import most_memory_mb

Part = Callable[[Callable[[int], object]], object]
"""One process's work; it is given what tells how far it has come."""
_LOOK_SECONDS: Final = 0.2


def side_by_side(parts: Sequence[Part], tell: Callable[[Sequence[int], float], object]) -> list[int]:
    """Do each part in a process of its own; `tell` is called with how far each is, and the seconds since they began.

    Returns the megabytes that each held at most.

    What a part raises is raised here, once all have ended. Unavailable when a process was ended from outside.
    """
    context, started = get_context("fork"), time.monotonic()
    done: Any = context.Array("q", len(parts))
    memory: Any = context.Array("q", len(parts))
    with ProcessPoolExecutor(len(parts), context, _adopt, (parts, done, memory)) as pool:
        running = [pool.submit(_work, number) for number in range(len(parts))]
        while wait(running, _LOOK_SECONDS).not_done:
            tell(list(done), time.monotonic() - started)
    tell(list(done), time.monotonic() - started)
    try:
        for one in running:
            one.result()
    except BrokenProcessPool:
        raise Unavailable(
            "A process of this work was ended. Ask for the same again: it goes on where it was."
        ) from None
    return list(memory)


_MINE: dict[str, Any] = {}
"""What a forked process was given: it cannot be sent there."""


def _adopt(parts: Sequence[Part], done: Any, memory: Any) -> None:
    _MINE.update(parts=parts, done=done, memory=memory)


def _work(number: int) -> None:
    def tell(so_far: int) -> None:
        _MINE["done"][number] = so_far

    _MINE["parts"][number](tell)
    _MINE["memory"][number] = most_memory_mb()
