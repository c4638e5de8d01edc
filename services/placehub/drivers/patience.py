"""Trying again while a server is away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from kafka.errors import KafkaError
from sqlalchemy.exc import InterfaceError, OperationalError
from tenacity import retry, retry_if_exception, wait_exponential

from placehub.errors import Unavailable
from placehub.observing.metrics import RETRIES

LOG = structlog.get_logger()
PATIENCE_SECONDS: Final = 180.0
"""How long an act waits for servers that are away: one that was killed is back in ten."""
T = TypeVar("T")


def away(error: BaseException) -> bool:
    """Tell whether the fault lies with a server, so that the same act may be tried again."""
    return isinstance(error, Unavailable | OperationalError | InterfaceError)


def _waits(attempt: int, error: BaseException | None) -> None:
    RETRIES.labels(error.server if isinstance(error, Unavailable) else "database").inc()
    LOG.warning("waiting for a server", attempt=attempt, cause=type(error).__name__)


patient = retry(
    retry=retry_if_exception(away),
    wait=wait_exponential(multiplier=0.1, max=5),
    before_sleep=lambda state: _waits(state.attempt_number, state.outcome.exception() if state.outcome else None),
)
"""Tries for ever while a server is away; an event's own fault is never retried."""


def patiently(act: Callable[[], T], seconds: float = PATIENCE_SECONDS) -> T:
    """Return what `act` returns, trying it again for up to `seconds` while a server is away; then its error is raised.

    It may be tried again after it had its effect, so it must be an act that may be done twice.
    """
    deadline = time.monotonic() + seconds
    pause = 0.05
    while True:
        try:
            return act()
        except (Unavailable, OperationalError, InterfaceError, KafkaError):
            if time.monotonic() > deadline:
                raise
            time.sleep(pause)
            pause = min(2 * pause, 1.0)
