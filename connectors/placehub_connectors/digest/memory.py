"""What the digest keeps on its own disk: what it has seen, which mails it has sent, and its links."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter

from placehub_connectors.digest.picture import Picture
from placehub_connectors.owned import open_memory
from placehub_connectors.transactions import at_once

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS secret (value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS picture (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS mail (id TEXT PRIMARY KEY, at TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS urgent (ce_id TEXT PRIMARY KEY, respond_by TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS link (
    id TEXT PRIMARY KEY, homes BLOB NOT NULL, used_at TEXT, confirmed BLOB, done INTEGER NOT NULL DEFAULT 0
);
"""
_LINKS: Final = "SELECT id, homes, used_at, confirmed, done FROM link"
_PICTURE: Final = TypeAdapter(Picture)
_IDS: Final = TypeAdapter(tuple[UUID, ...])


@dataclass(frozen=True, slots=True)
class Link:
    """One weekly link: the homes it was sent for; once used, when, and which of them it confirms; `done`: they are."""

    id: str
    homes: tuple[UUID, ...]
    used_at: datetime | None = None
    confirmed: tuple[UUID, ...] = ()
    done: bool = False


class Memory:
    """One provider's SQLite file, readable by its user alone; a process that is killed at any point leaves it whole.

    Use it from one thread.
    """

    def __init__(self, path: Path, organisation: str) -> None:
        """Open the file, made if there is none; Misconfigured when it is another organisation's."""
        self._database = open_memory(path, _TABLES, "the digest's memory", organisation)
        self.secret = self._secret()
        """What links are signed with."""

    def close(self) -> None:
        """Close the file; harmless twice."""
        self._database.close()

    def _secret(self) -> str:
        with at_once(self._database):
            found = self._database.execute("SELECT value FROM secret").fetchone()
            if found is None:
                found = (secrets.token_urlsafe(32),)
                self._database.execute("INSERT INTO secret VALUES (?)", found)
        return str(found[0])

    def picture(self) -> Picture:
        """Return what was seen last."""
        found = self._database.execute("SELECT body FROM picture").fetchone()
        return _PICTURE.validate_json(found[0]) if found else Picture()

    def keep(self, picture: Picture, urgent: dict[UUID, datetime]) -> None:
        """Keep what is seen, and the emergencies to tell of (by event id: until when), each once."""
        with at_once(self._database):
            self._database.execute("INSERT OR REPLACE INTO picture VALUES (1, ?)", (_PICTURE.dump_json(picture),))
            rows = [(str(id), until.isoformat()) for id, until in urgent.items()]
            self._database.executemany("INSERT OR IGNORE INTO urgent VALUES (?, ?)", rows)

    def urgent(self) -> dict[UUID, datetime]:
        """Return the emergencies whose mail has not been taken yet, by event id: until when an answer is of use."""
        told = "SELECT ce_id, respond_by FROM urgent WHERE ce_id NOT IN (SELECT id FROM mail WHERE sent)"
        return {UUID(id): datetime.fromisoformat(until) for id, until in self._database.execute(told)}

    def is_sent(self, mail: str) -> bool:
        """Tell whether a mail was taken by the mail server, as far as is known."""
        return self._database.execute("SELECT 1 FROM mail WHERE id = ? AND sent", (mail,)).fetchone() is not None

    def sent(self, mail: str, now: datetime) -> None:
        """Note that a mail was taken by the mail server."""
        self._database.execute("INSERT OR REPLACE INTO mail VALUES (?, ?, 1)", (mail, now.isoformat()))

    def make_link(self, id: str, homes: tuple[UUID, ...]) -> None:
        """Keep a link; one of that id is left as it is."""
        self._database.execute("INSERT OR IGNORE INTO link (id, homes) VALUES (?, ?)", (id, _IDS.dump_json(homes)))

    def link(self, id: str) -> Link | None:
        """Return a link; None when there is none of that id."""
        row = self._database.execute(f"{_LINKS} WHERE id = ?", (id,))
        return _link(row.fetchone())

    def half_used(self) -> list[Link]:
        """Return the links that were used and whose homes may not all have been posted."""
        rows = self._database.execute(f"{_LINKS} WHERE used_at IS NOT NULL AND NOT done")
        return [one for row in rows.fetchall() if (one := _link(row))]

    def use_link(self, id: str, now: datetime, confirmed: tuple[UUID, ...]) -> bool:
        """Note that a link is used now, and what it confirms; False when it was used before."""
        change = "UPDATE link SET used_at = ?, confirmed = ? WHERE id = ? AND used_at IS NULL"
        return self._database.execute(change, (now.isoformat(), _IDS.dump_json(confirmed), id)).rowcount == 1

    def link_done(self, id: str) -> None:
        """Note that everything a link confirms was posted."""
        self._database.execute("UPDATE link SET done = 1 WHERE id = ?", (id,))


def _link(row: tuple[str, bytes, str | None, bytes | None, int] | None) -> Link | None:
    if row is None:
        return None
    id, homes, used_at, confirmed, done = row
    return Link(
        id,
        _IDS.validate_json(homes),
        datetime.fromisoformat(used_at) if used_at else None,
        _IDS.validate_json(confirmed) if confirmed else (),
        bool(done),
    )
