"""The relay: what stands in the outbox reaches the hub, in order, whatever is killed meanwhile."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import OperationalError as DriverError
from sqlalchemy import Engine, RowMapping
from sqlalchemy.exc import DBAPIError

from placehub.errors import Conflict, Rejected, Unavailable
from placehub.mailboxes.access import Access
from placehub.mailboxes.documents import Prepared, prepare
from placehub.mailboxes.mailbox import Mailbox
from placehub_connectors.outbox.bell import Wait, only_relay
from placehub_connectors.outbox.table import note_sent, set_aside, waiting

LOG = logging.getLogger(__name__)
BATCH: Final = 100
LOOK_SECONDS: Final = 1.0
"""How long nothing is looked for when nothing rings: a row may have waited for another's transaction to end."""
LONGEST_PAUSE: Final = 30.0
SENDERS: Final = ("sender", "organisation", "lead", "authority", "provider")
"""Fields of which one names whoever sends an event."""


def machine_time() -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)


class Relay:
    """Sends one outbox as one organisation.

    Killed between sending and noting it, it sends again under the same ids, which the hub takes once.
    """

    def __init__(self, engine: Engine, access: Access, *, now: Callable[[], datetime] = machine_time) -> None:
        """Connect to nothing yet."""
        self._engine = engine
        self._access = access
        self._mailbox = Mailbox.of(access)
        self._now = now

    def close(self) -> None:
        """Let go of the connections; harmless twice."""
        self._mailbox.close()
        self._engine.dispose()

    def run(self, stopped: Callable[[], bool]) -> None:
        """Send what comes until told to stop; hub and database are waited for. Raises Misconfigured, Conflict."""
        failures = 0
        while not stopped():
            try:
                with only_relay(self._engine) as wait:
                    failures = 0
                    self._follow(wait, stopped)
            except (Unavailable, DBAPIError, DriverError) as error:
                # the database's own words may quote what was written
                failures += 1
                self._mailbox.close()
                self._mailbox = Mailbox.of(self._access)
                LOG.warning("sending is tried again (%s times): %s", failures, type(error).__name__)
                pause = min(LONGEST_PAUSE, 0.1 * 2.0 ** min(failures, 10))
                time.sleep(random.uniform(0.5, 1.0) * pause)  # noqa: S311 - no secret

    def _follow(self, wait: Wait, stopped: Callable[[], bool]) -> None:
        while not stopped():
            if not self.turn():
                wait(LOOK_SECONDS)

    def send_all(self) -> int:
        """Send all that waits now; return how many rows were dealt with. Raises Unavailable: make it again."""
        with only_relay(self._engine):
            done = 0
            while count := self.turn():
                done += count
            return done

    def turn(self) -> int:
        """Send the next rows, at most `BATCH`, and return how many were sent or set aside."""
        with self._engine.connect() as connection:
            rows = waiting(connection, BATCH)
        ready = [(row, one) for row in rows if (one := self._prepared(row)) is not None]
        if ready:
            self._send(ready)
        return len(rows)

    def _prepared(self, row: RowMapping) -> Prepared | None:
        try:
            self._check_sender(row["document"])
            return prepare(row["type"], row["document"], datetime.fromisoformat(row["time"]), UUID(row["id"]))
        except Rejected as why:
            self._set_aside(row, why)
            return None

    def _check_sender(self, document: dict[str, Any]) -> None:
        """Refuse another organisation's event: the hub would, and what was sent is blanked here."""
        own = self._access.organisation
        if own not in [document.get(name) for name in SENDERS]:
            field = next((name for name in SENDERS if name in document), SENDERS[0])
            raise Rejected(field, "names another organisation", f"Send it with its own credentials; these are {own}'s.")

    def _send(self, ready: Sequence[tuple[RowMapping, Prepared]]) -> None:
        """Send rows together where they can be; else one by one, so that each that cannot be sent is found."""
        traces = {row["traceparent"] for row, _ in ready}
        if len(ready) > 1 and (len(traces) > 1 or not self._try(ready)):
            for one in ready:
                self._send([one])
        elif len(ready) == 1:
            self._try(ready, alone=True)

    def _try(self, ready: Sequence[tuple[RowMapping, Prepared]], *, alone: bool = False) -> bool:
        try:
            self._mailbox.post_prepared([one for _, one in ready], traceparent=ready[0][0]["traceparent"])
        except Rejected as why:
            if alone:
                self._set_aside(ready[0][0], why)
            return False
        except Conflict as why:
            if alone:
                self._set_aside(ready[0][0], Rejected("children", str(why), "Look at what became of the child's keys."))
            return False
        with self._engine.begin() as connection:
            note_sent(connection, [row["id"] for row, _ in ready], self._now())
        return True

    def _set_aside(self, row: RowMapping, why: Rejected) -> None:
        LOG.warning("event %s is set aside: %s", row["id"], why)
        with self._engine.begin() as connection:
            set_aside(connection, row["id"], why)


def facts_of(state: dict[str, Any]) -> list[str]:
    """Return an outbox's state as lines for a person."""
    lines = [f"waiting  {state['waiting']}" + (f"  since {state['since']}" if state["since"] else "")]
    lines.append(f"sent     {state['sent']}")
    aside = state["set_aside"]
    lines.append(f"aside    {len(aside)}")
    return lines + [f"  {one['id']} {one['type']} {one['field']}: {one['rule']}. {one['remedy']}" for one in aside]
