"""What a connector keeps on disk is one organisation's: for its user alone to read, and nobody else's to go on with."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from placehub.errors import Misconfigured
from placehub_connectors.transactions import at_once


def open_private(path: Path) -> sqlite3.Connection:
    """Open a SQLite file, made for this user alone if there is none; OSError or DatabaseError when it is none."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return sqlite3.connect(path, isolation_level=None)


Change = Callable[[sqlite3.Connection], None]
"""Makes a file of the version before into one of the next, in one transaction with the new version's number."""


def open_memory(
    path: Path, tables: str, what: str, organisation: str | None = None, changes: Sequence[Change] = ()
) -> sqlite3.Connection:
    """Open a connector's file with its tables; where the organisation is told, it is claimed before anything else.

    `changes`, oldest first, lead from each version of the file (its `user_version`) to the next; a file that is new
    has the last. Misconfigured when it cannot be used as `what`, is another organisation's, or is of a later version.
    """
    try:
        database = open_private(path)
        if organisation is not None:
            claim(database, organisation, path)
        database.execute("PRAGMA journal_mode = WAL")
        _bring_up(database, path, changes)
        database.executescript(tables)
    except (OSError, sqlite3.DatabaseError):
        raise Misconfigured(f"{path} cannot be used as {what}. Name another file.") from None
    return database


def _bring_up(database: sqlite3.Connection, path: Path, changes: Sequence[Change]) -> None:
    is_new = not database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name <> 'owner'").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(changes):
        database.close()
        raise Misconfigured(f"{path} was written by a later version. Use that one, or name another file.")
    for number, change in enumerate(changes[version:], start=version + 1):
        with at_once(database):
            if not is_new:
                change(database)
            database.execute(f"PRAGMA user_version = {number}")


def claim(database: sqlite3.Connection, organisation: str, path: Path) -> None:
    """Note whose file it is, the first time; when it is another organisation's, close it and raise Misconfigured."""
    with at_once(database):
        database.execute("CREATE TABLE IF NOT EXISTS owner (organisation TEXT NOT NULL)")
        found = database.execute("SELECT organisation FROM owner").fetchone()
        if found is None:
            database.execute("INSERT INTO owner VALUES (?)", (organisation,))
    if found is not None and found[0] != organisation:
        database.close()
        raise Misconfigured(f"{path} belongs to {found[0]}, not to {organisation}. Name one of your own.")
