"""Every case the organisation's own inbox tells of, kept in memory alone and brought up to date when it is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from placehub.mailboxes.access import Access
from placehub.mailboxes.events import DataUseEnded
from placehub.mailboxes.inbox import Received
from placehub.mailboxes.mailbox import Mailbox
from placehub_connectors.fhir.following import Case, case_of

FRESH_SECONDS: Final = 1.0
"""How old what is shown may be."""


class Book:
    """Reads one inbox from its start, outside any group: it takes nothing from whoever else reads it.

    Nothing is written down, so there is nothing to lose when it is killed and nothing to purge from a disk. A case
    whose use has ended is gone at once. It knows what the inbox still holds: some ninety days. Any thread may ask.
    """

    def __init__(self, access: Access, seconds: Callable[[], float] = time.monotonic) -> None:
        self.organisation = access.organisation
        self._mailbox = Mailbox.of(access)
        self._seconds = seconds
        self._looked = float("-inf")
        self._lock = threading.Lock()
        self._events: dict[UUID, list[Received]] = {}
        self._cases: dict[UUID, Case] = {}

    def close(self) -> None:
        """Let go of the connections; harmless twice."""
        self._mailbox.close()

    def cases(self) -> Mapping[UUID, Case]:
        """Return every case as it is known now; Unavailable when the hub cannot be asked."""
        with self._lock:
            if self._seconds() - self._looked >= FRESH_SECONDS:
                self._cases = self._cases | self._read()
                self._cases = {one: case for one, case in self._cases.items() if one in self._events}
                self._looked = self._seconds()
            return self._cases

    def _read(self) -> dict[UUID, Case]:
        touched: dict[UUID, None] = {}
        for one in self._mailbox.read_to_end():
            about = getattr(one.event, "referral_id", None)
            if about is None:
                continue
            if isinstance(one.event, DataUseEnded):
                self._events.pop(about, None)
                touched.pop(about, None)
                continue
            self._events.setdefault(about, []).append(one)
            touched[about] = None
        return {one: case for one in touched if (case := case_of(self._events[one])) is not None}
