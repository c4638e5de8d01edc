"""What a subscriber remembers on its own disk: which events were dealt with, and the cases it is invited to."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from placehub.contracts.codec import event_class, from_json, to_json
from placehub.contracts.headers import Attributes
from placehub.streams import full_name
from placehub_connectors.owned import open_memory
from placehub_connectors.subscriber.invitations import INVITED, TOLD, Case
from placehub_connectors.transactions import at_once

KEPT_DAYS: Final = 100
"""How long an event is remembered: longer than an inbox keeps it, so that none is taken for new while it may come."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS taken (ce_id TEXT PRIMARY KEY, position INTEGER NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS told (
    number INTEGER PRIMARY KEY, ce_id TEXT UNIQUE NOT NULL, referral_id TEXT NOT NULL,
    type TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS told_of_case ON told (referral_id);
CREATE TABLE IF NOT EXISTS invited (
    referral_id TEXT PRIMARY KEY, type TEXT NOT NULL, body TEXT NOT NULL, round TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS purged (referral_id TEXT PRIMARY KEY, at TEXT NOT NULL);
"""


def _with_rounds(database: sqlite3.Connection) -> None:
    """Files of before had no `round`: which event began an invitation is not known, so its case stands for it."""
    columns = [row[1] for row in database.execute("PRAGMA table_info(invited)")]
    if "round" not in columns:
        database.execute("ALTER TABLE invited ADD COLUMN round TEXT NOT NULL DEFAULT ''")
        database.execute("UPDATE invited SET round = referral_id")


CHANGES: Final = (_with_rounds,)
"""What leads from each version of the file to the next."""


class Memory:
    """One provider's SQLite file, readable by its user alone; personal parts lie in it sealed, as they came.

    A process that is killed at any point leaves it whole. Use one from one thread, and one in one process at a time.
    """

    def __init__(self, path: Path, organisation: str, now: datetime) -> None:
        """Open the file, made if there is none; what is older than `KEPT_DAYS` is forgotten.

        Misconfigured when it cannot be used, or is another organisation's.
        """
        self._database = open_memory(path, _TABLES, "the subscriber's memory", organisation, CHANGES)
        oldest = (now - timedelta(days=KEPT_DAYS)).isoformat()
        self._database.execute("DELETE FROM taken WHERE at < ?", (oldest,))

    def close(self) -> None:
        """Close the file; harmless twice."""
        self._database.close()

    def is_taken(self, ce_id: UUID) -> bool:
        """Tell whether an event has been dealt with."""
        return self._database.execute("SELECT 1 FROM taken WHERE ce_id = ?", (str(ce_id),)).fetchone() is not None

    def take(self, about: Attributes, position: int, now: datetime) -> None:
        """Note that an event has been dealt with."""
        row = str(about.id), position, now.isoformat()
        self._database.execute("INSERT OR IGNORE INTO taken VALUES (?, ?, ?)", row)

    def forget_from(self, position: int) -> None:
        """Take every event that stood at or after a position of the inbox for one that has not been dealt with."""
        self._database.execute("DELETE FROM taken WHERE position >= ?", (position,))

    def case(self, referral_id: UUID) -> Case:
        """Return what is kept of a case."""
        mine = (str(referral_id),)
        told = self._database.execute("SELECT ce_id, type, body FROM told WHERE referral_id = ? ORDER BY number", mine)
        events = {UUID(ce_id): _event(kind, body) for ce_id, kind, body in told}
        invited = self._database.execute("SELECT type, body, round FROM invited WHERE referral_id = ?", mine).fetchone()
        if invited is None:
            return Case(told=events)
        return Case(told=events, invited=_event(*invited[:2]), round=UUID(invited[2]))

    def keep(self, referral_id: UUID, before: Case, after: Case) -> None:
        """Keep a case as it stands now."""
        with at_once(self._database):
            for ce_id in before.told.keys() - after.told.keys():
                self._database.execute("DELETE FROM told WHERE ce_id = ?", (str(ce_id),))
            for ce_id in after.told.keys() - before.told.keys():
                row = str(ce_id), str(referral_id), *_row(after.told[ce_id])
                self._database.execute("INSERT INTO told (ce_id, referral_id, type, body) VALUES (?, ?, ?, ?)", row)
            if after.invited is not None:
                whole = str(referral_id), *_row(after.invited), str(after.round)
                self._database.execute("INSERT OR REPLACE INTO invited VALUES (?, ?, ?, ?)", whole)
            else:
                self._database.execute("DELETE FROM invited WHERE referral_id = ?", (str(referral_id),))

    def purge(self, referral_id: UUID, now: datetime) -> None:
        """Keep nothing of a case but that it was purged, and when."""
        mine = str(referral_id)
        with at_once(self._database):
            self._database.execute("DELETE FROM told WHERE referral_id = ?", (mine,))
            self._database.execute("DELETE FROM invited WHERE referral_id = ?", (mine,))
            self._database.execute("INSERT OR REPLACE INTO purged VALUES (?, ?)", (mine, now.isoformat()))

    def purged(self) -> dict[UUID, datetime]:
        """Return the cases that were purged, and when: the provider's evidence that it was done."""
        rows = self._database.execute("SELECT referral_id, at FROM purged ORDER BY at")
        return {UUID(referral_id): datetime.fromisoformat(at) for referral_id, at in rows}


def concerns_case(event: Any) -> bool:
    """Tell whether an event may change what is kept of a case."""
    return getattr(event, "referral_id", None) is not None and event.STREAM == "referral"


def _row(event: Any) -> tuple[str, str]:
    return full_name(type(event)), json.dumps(to_json(event))


def _event(kind: str, body: str) -> Any:
    cls = event_class(kind)
    assert cls in (*TOLD, *INVITED), "only these are kept"
    return from_json(cls, json.loads(body))
