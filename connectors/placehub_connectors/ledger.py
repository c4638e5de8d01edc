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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from placehub.errors import Conflict, Misconfigured, Rejected
from placehub_connectors.letters import Letter
from placehub_connectors.pseudonyms import SECRET_BYTES, Pseudonyms

STATE: Final = ".placehub"
"""Folder, beside what is read, of the ledger and the secret of the pseudonyms."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS names (names TEXT, id TEXT, number TEXT NOT NULL, PRIMARY KEY (names, id));
CREATE TABLE IF NOT EXISTS said (
    mapping TEXT, key TEXT, digest TEXT NOT NULL, version INTEGER NOT NULL, own TEXT NOT NULL,
    PRIMARY KEY (mapping, key)
);
CREATE TABLE IF NOT EXISTS letters (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, type TEXT NOT NULL, time TEXT NOT NULL,
    document TEXT, file TEXT NOT NULL, line INTEGER NOT NULL, mapping TEXT NOT NULL, key TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, report TEXT NOT NULL, done INTEGER NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What was last told under one key. `own` is its aggregate id."""

    digest: str
    version: int
    own: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that is written down and not sent yet, and the row it came from."""

    letter: Letter
    file: str
    line: int
    mapping: str
    key: str


class Ledger:
    """One folder's ledger; only one process at a time holds it. Misconfigured when it belongs to another."""

    def __init__(self, folder: Path, organisation: str) -> None:
        state = _private(folder / STATE)
        self._lock = _locked(state / "lock")
        try:
            self._database = sqlite3.connect(state / "ledger.sqlite", isolation_level=None)
            self._database.executescript(_TABLES)
            known = self._database.execute("SELECT names, id, number FROM names").fetchall()
        except sqlite3.DatabaseError as error:
            os.close(self._lock)
            raise Misconfigured(f"The ledger in {state} cannot be used: {error}.") from None
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

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def said(self, mapping: str) -> dict[str, Said]:
        """Return what was last told under each key of a mapping."""
        rows = self._database.execute("SELECT key, digest, version, own FROM said WHERE mapping = ?", (mapping,))
        return {key: Said(digest, version, own) for key, digest, version, own in rows}

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
        said: dict[str, Said],
    ) -> None:
        """Note a file's report, what is to be sent of it and what has then been said: all of it, or nothing."""
        with self._at_once():
            self._database.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, 0)", (digest, name, json.dumps(list(report)))
            )
            for one in letters:
                self._note(one, said[one.key])
            self._database.executemany(
                "INSERT OR IGNORE INTO names VALUES (?, ?, ?)",
                [(names, str(id), number) for (names, id), number in self.names.known.items()
                 if (names, id) not in self._kept],
            )  # fmt: skip
        self._kept = set(self.names.known)

    def _note(self, one: Waiting, said: Said) -> None:
        letter = one.letter
        self._database.execute(
            "INSERT OR IGNORE INTO letters (id, type, time, document, file, line, mapping, key)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (str(letter.id), letter.type, letter.time.isoformat(), json.dumps(letter.document), one.file, one.line,
             one.mapping, one.key),
        )  # fmt: skip
        self._database.execute(
            "INSERT OR REPLACE INTO said VALUES (?, ?, ?, ?, ?)",
            (one.mapping, one.key, said.digest, said.version, said.own),
        )

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
        with self._at_once():
            self._database.executemany(
                "UPDATE letters SET document = NULL WHERE id = ?", [(str(one.letter.id),) for one in letters]
            )

    def refused(self, one: Waiting, error: Rejected) -> None:
        """Note that a letter can never be sent, and say so in its file's report; its row told again is new."""
        with self._at_once():
            self._database.execute("DELETE FROM letters WHERE id = ?", (str(one.letter.id),))
            self._database.execute(
                "UPDATE said SET digest = '', version = version - 1 WHERE mapping = ? AND key = ?",
                (one.mapping, one.key),
            )
            self._database.execute("DELETE FROM said WHERE version < 1")
            rows = self._database.execute("SELECT digest, report FROM files WHERE name = ? AND NOT done", (one.file,))
            for digest, text in rows.fetchall():
                report = _with_refusal(json.loads(text), one.line, error)
                self._database.execute("UPDATE files SET report = ? WHERE digest = ?", (json.dumps(report), digest))

    def done(self, digest: str) -> None:
        """Note that a file is done with: sent, reported and put away."""
        self._database.execute("UPDATE files SET done = 1 WHERE digest = ?", (digest,))

    def gone(self, there: Mapping[str, str]) -> None:
        """Note as done with every file that is not there any more as it was: `there` has names and digests."""
        rows = self._database.execute("SELECT digest, name FROM files WHERE NOT done").fetchall()
        for digest, name in rows:
            if there.get(name) != digest:
                self.done(digest)

    def origin(self, id: UUID) -> tuple[str, int] | None:
        """Return the file and line an event came from, or None when it is not of this folder."""
        found = self._database.execute("SELECT file, line FROM letters WHERE id = ?", (str(id),)).fetchone()
        return None if found is None else (found[0], found[1])


def _with_refusal(report: list[dict[str, Any]], line: int, error: Rejected) -> list[dict[str, Any]]:
    told = {"came": "set aside", "column": error.field, "rule": error.rule, "remedy": error.remedy, "event": ""}
    return [one | told if one["line"] == line and one["event"] else one for one in report]


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
