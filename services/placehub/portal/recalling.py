"""Events that organisations were told, from their rows: each is decoded once in this process and recalled for a while.

A list of fifty cases is made of thousands of events, which never change once they are told. Which of them there are is
asked of the database each time: what was removed there is shown no more, whatever is still in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

from cachetools import TTLCache
from sqlalchemy import BigInteger, Connection, Row, Text, any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.pool import Pool

from placehub.contracts.codec import event_class, from_text
from placehub.portal.tables import TOLD

RECALLED: Final = 16_000_000
"""Characters of JSON whose events are recalled at most; as objects they take two and a half times as many bytes."""
RECALLED_SECONDS: Final = 900.0
"""How long an event is kept in memory: what was removed is out of it by then, here and in any other portal."""


class _Memory:
    """The events of one database by their rows' ids, those used last; safe between threads."""

    def __init__(self) -> None:
        self._kept: TTLCache[int, tuple[int, Any]] = TTLCache(RECALLED, RECALLED_SECONDS, getsizeof=lambda one: one[0])
        self._lock = Lock()

    def recall(self, ids: Sequence[int]) -> dict[int, Any]:
        with self._lock:
            found = ((one, self._kept.get(one)) for one in ids)
            return {one: entry[1] for one, entry in found if entry is not None}

    def keep(self, id: int, size: int, event: Any) -> None:
        with self._lock:
            if size <= RECALLED:
                self._kept[id] = size, event


_MEMORIES: Final[WeakKeyDictionary[Pool, _Memory]] = WeakKeyDictionary()
"""Of each database that this process reads: ids are those of its rows."""


def events(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, Any]:
    """Return the events of rows that have `id` and `event`; what this version does not know, or has gone, is left out.

    They are shared with whoever else reads them: nothing of them may be changed.
    """
    memory = _MEMORIES.setdefault(connection.engine.pool, _Memory())
    found = memory.recall([row.id for row in rows])
    new = {row.id: cls for row in rows if row.id not in found and (cls := event_class(row.event)) is not None}
    if new:
        wanted = TOLD.c.id == any_(cast(list(new), ARRAY(BigInteger)))
        for id, body in connection.execute(select(TOLD.c.id, cast(TOLD.c.body, Text)).where(wanted)):
            found[id] = from_text(new[id], body)
            memory.keep(id, len(body), found[id])
    return found
