"""How a test waits for what servers and other processes do in their own time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text


def until(
    holds: Callable[[], bool], seconds: float = 60, said: Callable[[], str] = lambda: "it did not come to hold"
) -> None:
    """Return once it holds; fail with what is `said` when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, said()
        time.sleep(0.1)


@contextmanager
def waiting(act: Callable[[], None]) -> Iterator[None]:
    """Let something run in another thread; joined at the end, its fault is ours."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(30)
    if faults:
        raise faults[0]


def until_waits(engine: Engine) -> None:
    """Return once a transaction waits for another's lock."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        locked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        until(lambda: bool(connection.execute(locked).scalar_one()), said=lambda: "nobody waits")
