"""What the database is asked while something is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event


@contextmanager
def counted(of: Engine | Connection) -> Iterator[list[str]]:
    """Give a list that grows by each statement the database is asked."""
    asked: list[str] = []

    def note(*facts: object) -> None:
        asked.append(str(facts[2]))

    event.listen(of, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(of, "before_cursor_execute", note)
