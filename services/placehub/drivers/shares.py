"""Shares: which outboxes are this intake's, where several run. They deal them among themselves; nothing is set.

Every outbox belongs to one of `SHARES` shares by its name, for ever. Whoever runs holds as many shares as fall to each
of those that run, each by an advisory lock of a session with PostgreSQL: who dies has let go of all at once. A share
only says who should take its outboxes; that nothing of an outbox is taken in twice is up to its epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import Final
from zlib import crc32

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

LOG = structlog.get_logger()
SHARES: Final = 64
"""Into how many shares outboxes are divided: of more intakes than that some stand idle."""
LOOK_SECONDS: Final = 1.0
"""How often an intake looks who else there is, at least."""
_LOCKS: Final = 1_986_356_271
"""The first key of all locks of shares; the second is the share, and `SHARES` itself of whoever takes part."""

_TAKES_PART: Final = text("SELECT pg_advisory_lock_shared(:locks, :shares)")
_WHO: Final = text(
    "SELECT objid AS share, pid = pg_backend_pid() AS mine FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND objsubid = 2 AND classid = :locks"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_CLAIM: Final = text(
    "SELECT share FROM unnest(CAST(:wanted AS integer[])) AS share WHERE pg_try_advisory_lock(:locks, share)"
)
_LET_GO: Final = text("SELECT pg_advisory_unlock(:locks, share) FROM unnest(CAST(:given AS integer[])) AS share")
_KEPT_ALIVE: Final = text(
    "SELECT set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '5', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)


def share_of(outbox: str) -> int:
    """Return the share an outbox belongs to, by its topic's name: the same in every process and version."""
    return crc32(outbox.encode()) % SHARES


@dataclass(frozen=True, slots=True)
class Deal:
    """What one who takes part should hold: shares to give up, and how many more to claim of those that are free."""

    give: frozenset[int]
    claim: int
    free: frozenset[int]


def deal(held: Collection[int], taken: Collection[int], members: int) -> Deal:
    """Return how one who holds shares comes to its part; pure.

    `taken` are those that anybody holds, `members` is how many take part, this one too. Nobody keeps more than falls to
    each, rounded up, so whatever is given up finds somebody with room.
    """
    most = ceil(SHARES / max(members, 1))
    free = frozenset(range(SHARES)) - frozenset(taken) - frozenset(held)
    return Deal(frozenset(sorted(held)[most:]), max(0, most - len(held)), free)


class Shares:
    """One process's shares, by a session of its own."""

    def __init__(self, engine: Engine) -> None:
        """`engine` is for this alone: one connection of it is kept open."""
        self._engine = engine
        self._connection: Connection | None = None
        self._chance = Random()  # noqa: S311 - two that start together should not claim the same ones
        self.held: frozenset[int] = frozenset()
        """The shares this process holds; none before the first look."""

    def look(self, let_go: Callable[[frozenset[int]], None]) -> None:
        """Look who takes part, give up what falls to others, claim what is free and falls to this one.

        `let_go` is called for shares before others may claim them, or once it is known that they were lost with the
        session. While the database is away everything stays as it is: without it nobody takes anything in.
        """
        try:
            self._look(let_go)
        except (OperationalError, InterfaceError) as error:
            LOG.warning("shares are looked at again later", cause=type(error).__name__)
            self.close()

    def _look(self, let_go: Callable[[frozenset[int]], None]) -> None:
        connection = self._connection or self._begin(let_go)
        rows = connection.execute(_WHO, {"locks": _LOCKS}).all()
        members = sum(row.share == SHARES for row in rows)
        found = deal(self.held, [row.share for row in rows if row.share != SHARES], members)
        if found.give:
            let_go(found.give)
            self.held -= found.give
            connection.execute(_LET_GO, {"locks": _LOCKS, "given": sorted(found.give)}).all()
        elif found.claim and found.free:
            wanted = self._chance.sample(sorted(found.free), min(found.claim, len(found.free)))
            self.held |= self._claimed(connection, wanted)

    def _begin(self, let_go: Callable[[frozenset[int]], None]) -> Connection:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection = connection
        connection.execute(_KEPT_ALIVE)  # a machine that is gone is found to be within half a minute
        connection.execute(_TAKES_PART, {"locks": _LOCKS, "shares": SHARES})
        kept = self._claimed(connection, sorted(self.held)) if self.held else frozenset()
        if lost := self.held - kept:
            let_go(lost)
            self.held = kept
        return connection

    @staticmethod
    def _claimed(connection: Connection, wanted: Collection[int]) -> frozenset[int]:
        return frozenset(connection.execute(_CLAIM, {"locks": _LOCKS, "wanted": list(wanted)}).scalars())

    def close(self) -> None:
        """End the session: once the server has ended it too, a moment later, others may claim what was held."""
        if self._connection is not None:
            with suppress(DBAPIError):
                self._connection.invalidate()
                self._connection.close()
            self._connection = None
