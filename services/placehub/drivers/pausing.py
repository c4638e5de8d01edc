"""A processor that an operator has paused: it takes in nothing, keeps its partitions, and goes on where it stood."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InterfaceError, OperationalError

from placehub.drivers.restarting import begin_anew_if_asked
from placehub.drivers.tables import PAUSED
from placehub.errors import Conflict

LOG = structlog.get_logger()
ASK_SECONDS: Final = 1.0
"""How often a process asks whether it is paused."""
REST_SECONDS: Final = 0.5
"""How long a paused process rests before it looks again."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when, by whom and why a processor is paused."""

    processor: str
    since: datetime
    by: str
    reason: str

    def __str__(self) -> str:
        return f"{self.processor} is paused since {self.since:%Y-%m-%d %H:%M} by {self.by}: {self.reason}"


def pause(connection: Connection, wanted: Pause) -> None:
    """Pause a processor, in all its processes, until it is resumed; Conflict when it is paused already."""
    row = {name: getattr(wanted, name) for name in ("processor", "since", "by", "reason")}
    made = insert(PAUSED).values(row).on_conflict_do_nothing().returning(PAUSED.c.processor)
    if connection.execute(made).one_or_none() is None:
        raise Conflict(f"{paused(connection)[wanted.processor]}. Resume it first.")


def resume(connection: Connection, processor: str) -> None:
    """Let a processor go on; Conflict when it is not paused."""
    gone = delete(PAUSED).where(PAUSED.c.processor == processor).returning(PAUSED.c.processor)
    if connection.execute(gone).one_or_none() is None:
        raise Conflict(f"{processor} is not paused. See 'placehub status'.")


def paused(connection: Connection) -> Mapping[str, Pause]:
    """Return the processors that are paused, by name."""
    rows = connection.execute(select(PAUSED).order_by(PAUSED.c.processor))
    return {row.processor: Pause(row.processor, row.since, row.by, row.reason) for row in rows}


class Gate:
    """Tells one process whether its processor is paused."""

    def __init__(self, engine: Engine, processor: str) -> None:
        self._engine = engine
        self._processor = processor
        self._ask_at = 0.0
        self._pause: Pause | None = None

    @property
    def since(self) -> datetime | None:
        """Since when it is shut, as known from the last look; None when it is open."""
        return self._pause.since if self._pause else None

    def shut(self) -> bool:
        """Tell whether nothing may be taken in now. Asks the database once a second; while that is away, as before."""
        if time.monotonic() >= self._ask_at:
            self._ask_at = time.monotonic() + ASK_SECONDS
            self._ask()
        return self._pause is not None

    def _ask(self) -> None:
        try:
            with self._engine.connect() as connection:
                found = paused(connection).get(self._processor)
                begin_anew_if_asked(connection)
        except (OperationalError, InterfaceError):
            return
        if found and not self._pause:
            LOG.warning("paused", processor=self._processor, since=found.since.isoformat(), by=found.by)
        if self._pause and not found:
            LOG.warning("resumed", processor=self._processor)
        self._pause = found
