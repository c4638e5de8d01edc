"""What a connector notes in its SQLite file is noted whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_once(database: sqlite3.Connection) -> Iterator[None]:
    """Make one transaction of what is done within; of what fails nothing stays."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
