"""Presence: each process notes itself in the database while it runs, so that an operator sees who does what."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from placehub.drivers.records import Partition
from placehub.drivers.tables import WORKER

STALE: Final = timedelta(seconds=30)
"""Whoever was not seen for this long is taken for gone: it was killed, or its machine is."""


def worker_id() -> UUID:
    """Return who this process is, in the table of those that run and in its log lines."""
    return _id_of(os.getpid())


@cache
def _id_of(_: int) -> UUID:
    return uuid4()  # of its own for whoever was forked from a process that has one


@dataclass(frozen=True, slots=True)
class Present:
    """One process as it noted itself; times are the database's."""

    worker_id: UUID
    processor: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    observe: str
    partitions: dict[str, list[int]]


class Presence:
    """This process's own note."""

    def __init__(self, processor: str, observe: str, held: Callable[[], Collection[Partition]]) -> None:
        self._processor = processor
        self._observe = observe
        self._held = held
        self._started: datetime | None = None

    def note(self, connection: Connection) -> None:
        """Tell that this process runs and what it holds; clear those who were not seen for long."""
        values: dict[str, Any] = {
            "worker_id": worker_id(),
            "processor": self._processor,
            "host": platform.node(),
            "pid": os.getpid(),
            "started_at": self._started or func.clock_timestamp(),
            "seen_at": func.clock_timestamp(),
            "observe": self._observe,
            "partitions": _by_topic(self._held()),
        }
        new = insert(WORKER).values(values)
        known = {"seen_at": new.excluded.seen_at, "partitions": new.excluded.partitions}
        stored = new.on_conflict_do_update(index_elements=["worker_id"], set_=known).returning(WORKER.c.started_at)
        self._started = connection.execute(stored).scalar_one()
        connection.execute(delete(WORKER).where(WORKER.c.seen_at < func.clock_timestamp() - STALE))

    def forget(self, engine: Engine) -> None:
        """Take the note away: this process ends."""
        with engine.begin() as connection:
            connection.execute(delete(WORKER).where(WORKER.c.worker_id == worker_id()))


def present(connection: Connection) -> list[Present]:
    """Return the processes seen lately, by processor and start."""
    lately = WORKER.c.seen_at >= func.clock_timestamp() - STALE
    columns = [WORKER.c[one.name] for one in fields(Present)]
    rows = connection.execute(select(*columns).where(lately).order_by(WORKER.c.processor, WORKER.c.started_at))
    return [Present(**row) for row in rows.mappings()]


def _by_topic(held: Collection[Partition]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in sorted(held):
        found.setdefault(one.topic, []).append(one.number)
    return found
