"""What a webhook keeps on its own disk: what waits to be delivered, and the dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from placehub.errors import NotFound
from placehub.mailboxes.events import DataUseEnded
from placehub.mailboxes.inbox import Received
from placehub_connectors.owned import claim, open_memory
from placehub_connectors.transactions import at_once
from placehub_connectors.webhook.signing import body_of

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS delivery (
    number INTEGER PRIMARY KEY AUTOINCREMENT, ce_id TEXT UNIQUE NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL,
    body TEXT, came_at TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0,
    next_at TEXT NOT NULL, problem TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS delivery_waiting ON delivery (subject, number) WHERE state = 'waiting';
"""
_CAME: Final = "ce_id, type, subject, body, came_at, next_at"
_NEXT: Final = """
SELECT ce_id, body, came_at, attempts FROM delivery AS this
WHERE state = 'waiting' AND next_at <= ? AND NOT EXISTS (
    SELECT 1 FROM delivery AS earlier
    WHERE earlier.state = 'waiting' AND earlier.subject = this.subject AND earlier.number < this.number
) ORDER BY number LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Due:
    """One delivery to be made now."""

    id: str
    body: str
    came_at: datetime
    attempts: int


class Memory:
    """One webhook's SQLite file, readable by its user alone; a process that is killed at any point leaves it whole.

    Of one subject (case, vacancy) the next event waits until the one before was delivered or given up. What was
    delivered is blanked. Use one from one thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = open_memory(path, _TABLES, "the webhook's memory")

    def close(self) -> None:
        """Close the file; harmless twice."""
        self._database.close()

    def claim(self, organisation: str) -> None:
        """Note whose inbox is delivered from here; Misconfigured when it is another organisation's."""
        claim(self._database, organisation, self._path)

    def keep(self, received: Sequence[Received], now: datetime) -> None:
        """Keep events to be delivered, each once; when the use of data ends, the case's dead letters go."""
        at = now.isoformat()
        with at_once(self._database):
            for one in received:
                about = one.attributes
                row = str(about.id), about.type, about.subject, body_of(one), at, at
                self._database.execute(
                    f"INSERT OR IGNORE INTO delivery ({_CAME}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own words
                    row,
                )
                if isinstance(one.event, DataUseEnded):
                    case = (str(one.event.referral_id),)
                    self._database.execute("DELETE FROM delivery WHERE state = 'dead' AND subject = ?", case)

    def due(self, now: datetime) -> Due | None:
        """Return the next delivery to be made; None when none is due."""
        found = self._database.execute(_NEXT, (now.isoformat(),)).fetchone()
        return Due(found[0], found[1], datetime.fromisoformat(found[2]), found[3]) if found else None

    def delivered(self, id: str) -> None:
        """Note that the receiver has taken a delivery."""
        change = "UPDATE delivery SET state = 'delivered', body = NULL, problem = '' WHERE ce_id = ?"
        self._database.execute(change, (id,))

    def failed(self, id: str, problem: str, next_at: datetime | None) -> None:
        """Note that a delivery was not taken, why, and when it is tried again; None: it is given up."""
        change = "UPDATE delivery SET attempts = attempts + 1, problem = ?, state = ?, next_at = ? WHERE ce_id = ?"
        state, at = ("waiting", next_at.isoformat()) if next_at else ("dead", "")
        self._database.execute(change, (problem, state, at, id))

    def redrive(self, now: datetime, id: str | None = None) -> int:
        """Let dead letters (one, or all) be tried again from now, and return how many; NotFound when there is none."""
        change = "UPDATE delivery SET state = 'waiting', attempts = 0, came_at = ?, next_at = ? WHERE state = 'dead'"
        at = now.isoformat()
        count = self._database.execute(f"{change} AND (? IS NULL OR ce_id = ?)", (at, at, id, id)).rowcount
        if id is not None and count == 0:
            raise NotFound(f"There is no dead letter {id} here. 'placehub-connect webhook dead' lists them.")
        return count

    def dead(self) -> list[dict[str, Any]]:
        """Return the dead letters, oldest first: what they are and why, without what they say."""
        rows = self._database.execute(
            "SELECT ce_id, type, subject, came_at, attempts, problem FROM delivery WHERE state = 'dead' ORDER BY number"
        )
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        rows = self._database.execute("SELECT state, count(*) FROM delivery GROUP BY state")
        return {"waiting": 0, "delivered": 0, "dead": 0} | dict(rows.fetchall())
