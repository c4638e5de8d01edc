"""What a connector that reads files remembers, on the organisation's own machine, in one SQLite file.

What is to be sent is written down, with all that follows from it, in one transaction before any of it is sent; so a
process killed at any point loses nothing, and says again only what has the same id. A document is kept until the
broker has it, and not longer.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from placehub.errors import Conflict, Misconfigured
from placehub.mailboxes.inbox import Mark
from placehub_connectors.letters import Letter, Refusal, Said, Waiting
from placehub_connectors.owned import claim, open_private
from placehub_connectors.pseudonyms import SECRET_BYTES, Pseudonyms
from placehub_connectors.transactions import at_once

STATE: Final = ".placehub"
"""Folder, beside what is read, of the ledger and the secret of the pseudonyms."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS names (names TEXT, id TEXT, number TEXT NOT NULL, PRIMARY KEY (names, id));
CREATE TABLE IF NOT EXISTS said (
    mapping TEXT, key TEXT, digest TEXT NOT NULL, version INTEGER NOT NULL, own TEXT NOT NULL,
    refusal TEXT, PRIMARY KEY (mapping, key)
);
CREATE TABLE IF NOT EXISTS letters (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, type TEXT NOT NULL, time TEXT NOT NULL,
    document TEXT, file TEXT NOT NULL, line INTEGER NOT NULL, mapping TEXT NOT NULL, key TEXT NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS files (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, report TEXT NOT NULL, done INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS heard (
    one INTEGER PRIMARY KEY CHECK (one = 1), inbox_offset INTEGER NOT NULL, id TEXT NOT NULL
);
"""


class Ledger:
    """One folder's ledger; only one process at a time holds it. Misconfigured when it belongs to another."""

    def __init__(self, folder: Path, organisation: str) -> None:
        state = _private(folder / STATE)
        self._lock = _locked(state / "lock")
        try:
            self._database = open_private(state / "ledger.sqlite")
            claim(self._database, organisation, state)
            self._database.executescript(_TABLES)
            known = self._database.execute("SELECT names, id, number FROM names").fetchall()
        except (OSError, sqlite3.DatabaseError) as error:
            os.close(self._lock)
            raise Misconfigured(f"The ledger in {state} cannot be used: {error}.") from None
        except Misconfigured:
            os.close(self._lock)
            raise
        self.names = Pseudonyms(
            organisation, _secret(state / "secret"), {(names, UUID(id)): number for names, id, number in known}
        )
        self._kept = set(self.names.known)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        self._database.close()
        os.close(self._lock)

    def said(self, mapping: str) -> dict[str, Said]:
        """Return what was last told under each key of a mapping."""
        rows = self._database.execute(
            "SELECT key, digest, version, own, refusal FROM said WHERE mapping = ?", (mapping,)
        )
        return {
            key: Said(digest, version, own, Refusal(*json.loads(refusal)) if refusal else None)
            for key, digest, version, own, refusal in rows
        }

    def report(self, digest: str) -> list[dict[str, Any]] | None:
        """Return the report of a file that was written down and is not done with, or None."""
        row = self._database.execute("SELECT report FROM files WHERE digest = ? AND NOT done", (digest,)).fetchone()
        return None if row is None else json.loads(row[0])

    def write_down(
        self,
        name: str,
        digest: str,
        report: Sequence[dict[str, Any]],
        letters: Sequence[Waiting],
        mapping: str,
        said: Mapping[str, Said],
    ) -> None:
        """Note a file's report, what is to be sent of it and what a mapping's keys have then said: all, or nothing."""
        with at_once(self._database):
            self._database.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, 0)", (digest, name, json.dumps(list(report)))
            )
            for one in letters:
                self._note(one)
            self._database.executemany(
                "INSERT OR REPLACE INTO said VALUES (?, ?, ?, ?, ?, NULL)",
                [(mapping, key, one.digest, one.version, one.own) for key, one in said.items()],
            )
            self._keep_names()
        self._kept = set(self.names.known)

    def keep_names(self) -> None:
        """Keep every pseudonym made since the ledger was opened."""
        with at_once(self._database):
            self._keep_names()
        self._kept = set(self.names.known)

    def _keep_names(self) -> None:
        new = [one for one in self.names.known if one not in self._kept]
        self._database.executemany(
            "INSERT OR IGNORE INTO names VALUES (?, ?, ?)",
            [(names, str(id), self.names.known[names, id]) for names, id in new],
        )

    def _note(self, one: Waiting) -> None:
        letter = one.letter
        self._database.execute(
            "INSERT OR IGNORE INTO letters (id, type, time, document, file, line, mapping, key)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (str(letter.id), letter.type, letter.time.isoformat(), json.dumps(letter.document), one.file, one.line,
             one.mapping, one.key),
        )  # fmt: skip

    def waiting(self, at_most: int) -> list[Waiting]:
        """Return the next letters to send, in the order they were written down."""
        rows = self._database.execute(
            "SELECT type, document, time, id, file, line, mapping, key FROM letters WHERE document IS NOT NULL"
            " ORDER BY position LIMIT ?",
            (at_most,),
        )
        return [
            Waiting(
                Letter(type, json.loads(document), datetime.fromisoformat(time), UUID(id)), file, line, mapping, key
            )
            for type, document, time, id, file, line, mapping, key in rows
        ]

    def sent(self, letters: Sequence[Waiting]) -> None:
        """Note that the broker has these letters; their documents are forgotten."""
        with at_once(self._database):
            self._database.executemany(
                "UPDATE letters SET document = NULL WHERE id = ?", [(str(one.letter.id),) for one in letters]
            )

    def refused(self, one: Waiting, refusal: Refusal) -> None:
        """Note that a letter cannot be sent, and say so in its file's report; its row told again is tried again."""
        with at_once(self._database):
            self._database.execute("DELETE FROM letters WHERE id = ?", (str(one.letter.id),))
            self._not_taken(one.mapping, one.key, None)
            self._retell(one.file, one.line, refusal)

    def rejected(self, id: UUID, refusal: Refusal) -> None:
        """Note once that the hub refused an event; its file is then to be told anew (`untold`)."""
        found = self._database.execute(
            "SELECT mapping, key, file, line FROM letters WHERE id = ? AND NOT refused", (str(id),)
        ).fetchone()
        if found is None:
            return
        mapping, key, file, line = found
        with at_once(self._database):
            self._database.execute("UPDATE letters SET refused = 1 WHERE id = ?", (str(id),))
            self._not_taken(mapping, key, refusal)
            self._retell(file, line, refusal)

    def _not_taken(self, mapping: str, key: str, refusal: Refusal | None) -> None:
        digest = "''" if refusal is None else "digest"
        told = None if refusal is None else json.dumps([refusal.field, refusal.rule, refusal.remedy])
        self._database.execute(
            f"UPDATE said SET digest = {digest}, version = max(version - 1, 0), refusal = ?"  # noqa: S608  # no input
            " WHERE mapping = ? AND key = ?",
            (told, mapping, key),
        )

    def _retell(self, file: str, line: int, refusal: Refusal) -> None:
        row = self._database.execute("SELECT report FROM files WHERE digest = ?", (file,)).fetchone()
        if row is not None:
            report = json.dumps([_with_refusal(one, line, refusal) for one in json.loads(row[0])])
            # A file still to be put away (0) tells it then; one put away (1) is to be told anew (2).
            update = "UPDATE files SET report = ?, done = CASE done WHEN 0 THEN 0 ELSE 2 END WHERE digest = ?"
            self._database.execute(update, (report, file))

    def heard(self) -> Mark | None:
        """Return the last event of the inbox of which all was noted, and of all before it; None when none was."""
        row = self._database.execute("SELECT inbox_offset, id FROM heard").fetchone()
        return None if row is None else Mark(row[0], UUID(row[1]))

    def hear(self, mark: Mark) -> None:
        """Note that all the inbox said up to an event has been noted."""
        self._database.execute("INSERT OR REPLACE INTO heard VALUES (1, ?, ?)", (mark.offset, str(mark.id)))

    def untold(self) -> list[tuple[str, str, list[dict[str, Any]]]]:
        """Return (digest, name, report) of every file put away whose report has changed since, until it is `done`."""
        rows = self._database.execute("SELECT digest, name, report FROM files WHERE done = 2").fetchall()
        return [(digest, name, json.loads(report)) for digest, name, report in rows]

    def done(self, digest: str) -> None:
        """Note that a file is done with: sent, reported and put away."""
        self._database.execute("UPDATE files SET done = 1 WHERE digest = ?", (digest,))

    def gone(self, there: Mapping[str, str]) -> None:
        """Note as done with every file that is not there any more as it was: `there` has names and digests."""
        rows = self._database.execute("SELECT digest, name FROM files WHERE NOT done").fetchall()
        for digest, name in rows:
            if there.get(name) != digest:
                self.done(digest)


def _with_refusal(line: dict[str, Any], number: int, refusal: Refusal) -> dict[str, Any]:
    if line["line"] != number or not line["event"]:
        return line
    return line | {"came": "set aside", "column": refusal.field, "rule": refusal.rule, "remedy": refusal.remedy}


def _private(folder: Path) -> Path:
    if not folder.parent.is_dir():
        raise Misconfigured(f"There is no folder {folder.parent}. Make it first.")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _locked(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise Conflict("Another process reads this folder. Stop it, or let it go on.") from None
    return handle


def _secret(path: Path) -> bytes:
    """Return the folder's secret; it is made whole or not at all the first time."""
    if not path.exists():
        part = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise Misconfigured(f"{path} holds no secret of {SECRET_BYTES} bytes in hexadecimal. Restore it.")
    return secret
