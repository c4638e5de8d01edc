"""How a relay learns that there is something to send, and makes sure that it is the only one."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

from sqlalchemy import Engine

from placehub.errors import Conflict, Misconfigured
from placehub_connectors.outbox.table import NAME

Wait = Callable[[float], None]
"""Returns when something may have been written, or after so many seconds."""
POLL_SECONDS: Final = 0.2
_LOCK: Final = 0x706C6163
_BUSY: Final = "Another relay sends from this outbox already. Let it, or stop it first."


@contextmanager
def only_relay(engine: Engine) -> Iterator[Wait]:
    """Yield what to wait with while this process is the only relay of the outbox; Conflict when another one is.

    PostgreSQL tells of a new row at once; in SQLite it is looked for five times a second. A relay that died holds
    nothing.
    """
    kind = engine.dialect.name
    if kind == "postgresql":
        with _listening(engine) as wait:
            yield wait
    elif kind == "sqlite" and engine.url.database:
        with _locked(f"{engine.url.database}.relay"):
            yield lambda seconds: time.sleep(min(seconds, POLL_SECONDS))
    else:
        raise Misconfigured("The outbox works in PostgreSQL and in a file of SQLite. Keep it in one of them.")


@contextmanager
def _listening(engine: Engine) -> Iterator[Wait]:
    # a connection of its own, beside the pool: it is held as long as the relay runs
    pooled = engine.raw_connection()
    driver: Any = pooled.driver_connection
    pooled.detach()
    with closing(driver):
        driver.rollback()
        driver.autocommit = True
        mine = f"SELECT pg_try_advisory_lock({_LOCK}, hashtext(current_schema()))"
        if not driver.execute(mine).fetchone()[0]:
            raise Conflict(_BUSY)
        driver.execute(f"LISTEN {NAME}")

        def wait(seconds: float) -> None:
            for _ in driver.notifies(timeout=seconds, stop_after=1):
                return

        yield wait


@contextmanager
def _locked(path: str) -> Iterator[None]:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Conflict(_BUSY) from None
    finally:
        os.close(handle)
