"""Wiping destroyed keys out of the database's files, where a row that was changed still lies as it was before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select, text, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, ProgrammingError

from placehub.keys.erasing import OF_A_DRAFT
from placehub.keys.tables import subject_key

LOCK_WAIT: Final = "2s"
"""How long the table is waited for: while we wait, nobody else is given a key."""
DRAFTS_WAIT: Final = timedelta(hours=1)
"""How long the destroyed keys of drafts wait for others, so that one writing is for many."""
_LEFT: Final = re.compile(r"^(\d+)")
_WAITS: Final = subject_key.c.destroyed_at.is_not(None) & subject_key.c.wiped.is_(False)


@dataclass(frozen=True, slots=True)
class Wiped:
    """What came of it."""

    keys: int
    """Destroyed keys that lie in no file of the table any more."""
    log: bool
    """Whether they are out of the write-ahead log as well: that needs the rights `docs/production.md` names."""


def waiting_to_be_wiped(conn: Connection) -> list[str]:
    """Return the ids of destroyed keys that may still lie in the database's files."""
    return list(conn.scalars(select(subject_key.c.key_id).where(_WAITS)))


def is_due(conn: Connection, now: datetime) -> bool:
    """Tell whether the table is to be written anew now: for an erasure at once, for drafts' own keys once an hour.

    People throw drafts away all day, and while the table is written nobody is given a key.
    """
    at_once = subject_key.c.destroyed_reason != OF_A_DRAFT
    long_enough = subject_key.c.destroyed_at <= now - DRAFTS_WAIT
    due = select(subject_key.c.key_id).where(_WAITS, or_(at_once, long_enough)).limit(1)
    return conn.scalar(due) is not None


def wipe(engine: Engine) -> Wiped:
    """Write the table of keys anew without the destroyed ones, and let go of the log that has them.

    For as long as that takes (a second for some hundred thousand keys) nobody is given a key. Where an older
    transaction could still see them, or the table is in use (by a backup), nothing is noted: wipe again later.
    Outside any transaction.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        keys = waiting_to_be_wiped(conn)
        if not keys or not _written_anew(conn):
            return Wiped(0, log=False)
        log = _log_let_go(conn)
        conn.execute(update(subject_key).where(subject_key.c.key_id.in_(keys)).values(wiped=True))
        return Wiped(len(keys), log)


def _written_anew(conn: Connection) -> bool:
    """Write the table anew; tell whether nothing that is destroyed was carried over for an older transaction's sake."""
    left: list[str] = []

    def hear(notice: Any) -> None:
        left.extend(_LEFT.findall(notice.message_detail or ""))

    driver: Any = conn.connection.driver_connection
    driver.add_notice_handler(hear)
    try:
        conn.execute(text(f"SET lock_timeout = '{LOCK_WAIT}'"))
        conn.execute(text("VACUUM (FULL, VERBOSE) keys.subject_key"))
    except DBAPIError:  # in use: the backup, or whatever it is, comes to an end
        return False
    finally:
        driver.remove_notice_handler(hear)
        conn.execute(text("RESET lock_timeout"))
    return left != [] and set(left) == {"0"}


def _log_let_go(conn: Connection) -> bool:
    """Begin a new file of the write-ahead log and let go of those before it; False where we have no right to."""
    try:
        conn.execute(text("SELECT pg_switch_wal()"))
        conn.execute(text("CHECKPOINT"))
    except ProgrammingError:
        return False
    return str(conn.execute(text("SHOW wal_recycle")).scalar_one()) == "off"
