"""How a hub under faults gets on, as its database has it: asked past the relays, so that it is asked at any time."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import psycopg

from placehub.embedded.identity import Identity
from placehub.embedded.ports import LOOPBACK
from placehub.embedded.postgres import DATABASE

EVERY_SECONDS: Final = 0.25
ANSWER_SECONDS: Final = 3
ASKED: Final = """
SELECT coalesce(sum(next_offset), 0), coalesce(max((world->'clock'->>0)::bigint), 0),
       coalesce(sum(epoch) FILTER (WHERE processor = 'search'), 0)
FROM drivers.position
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at one moment."""

    at: float
    """In the machine's own seconds."""
    taken_in: int
    """Records that all processors have taken in."""
    ticks: int
    """Times the clock was moved on; that is done once all that came before is done."""
    epochs: int
    """Times a partition of the searches was taken over."""


@dataclass
class Watch:
    """Looks again and again, on a thread of its own, until it is closed."""

    identity: Identity
    seen: list[Sight] = field(default_factory=list)
    """What was seen, whenever the database answered."""
    _enough: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._look, name="watch", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._enough.set()

    @property
    def ticks(self) -> int:
        """Times the clock was moved on, as last seen."""
        return self.seen[-1].ticks if self.seen else 0

    def _look(self) -> None:
        while not self._enough.is_set():
            with suppress(psycopg.Error), self._connect() as connection:
                while not self._enough.wait(EVERY_SECONDS):
                    row = connection.execute(ASKED).fetchone() or (0, 0, 0)
                    self.seen.append(Sight(time.monotonic(), *map(int, row)))
            self._enough.wait(EVERY_SECONDS)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=LOOPBACK,
            port=self.identity.listens_on("postgres"),
            user=DATABASE,
            password=self.identity.database_password,
            dbname=DATABASE,
            connect_timeout=ANSWER_SECONDS,
            options="-c statement_timeout=3000",
            autocommit=True,
        )


def longest_stall(seen: list[Sight]) -> float:
    """Return the longest time, in seconds, in which no processor took anything in."""
    longest, since = 0.0, seen[0] if seen else None
    for one in seen:
        longest = max(longest, one.at - since.at) if since else longest
        since = since if since and one.taken_in == since.taken_in else one
    return round(longest, 1)


def undisturbed(seen: list[Sight], spans: Sequence[tuple[float, float]]) -> list[float | None]:
    """Return for each fault, from `begun` to `over`, how long it took from its end to catch up, in seconds.

    That is until everything before the clock's next move was done. It counts the work of that step, too: what it takes
    to catch up is less. None where another fault lasted or began meanwhile, or the clock moved no more.
    """
    took: list[float | None] = []
    for nth, (_, over) in enumerate(spans):
        before = max((one.ticks for one in seen if one.at <= over), default=0)
        done = next((one.at for one in seen if one.at > over and one.ticks > before), None)
        others = [span for at, span in enumerate(spans) if at != nth]
        alone = done is not None and not any(begun <= done and end >= over for begun, end in others)
        took.append(round(done - over, 1) if alone and done is not None else None)
    return took
