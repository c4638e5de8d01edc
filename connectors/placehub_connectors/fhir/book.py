"""Every case and home the organisation's own inbox tells of, kept in memory alone and brought up to date when asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from placehub.contracts.corrections import VacancyEventCorrected
from placehub.mailboxes.access import Access
from placehub.mailboxes.events import DataUseEnded
from placehub.mailboxes.inbox import Received
from placehub.mailboxes.mailbox import Mailbox
from placehub_connectors.fhir.following import CORRECTIONS, Case, case_of
from placehub_connectors.fhir.homes import Vacancy, vacancy_of

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
        self._of_homes: dict[UUID, list[Received]] = {}
        self._vacancies: dict[UUID, Vacancy] = {}

    def close(self) -> None:
        """Let go of the connections; harmless twice."""
        self._mailbox.close()

    def cases(self) -> Mapping[UUID, Case]:
        """Return every case as it is known now; Unavailable when the hub cannot be asked."""
        with self._lock:
            self._look()
            return self._cases

    def vacancies(self) -> Mapping[UUID, Vacancy]:
        """Return every home of the organisation's own as it is known now; Unavailable when the hub cannot be asked."""
        with self._lock:
            self._look()
            return self._vacancies

    def _look(self) -> None:
        if self._seconds() - self._looked < FRESH_SECONDS:
            return
        touched: dict[UUID, None] = {}
        homes: dict[UUID, None] = {}
        for one in self._mailbox.read_to_end():
            self._note_case(one, touched)
            self._note_home(one, homes)
        made = {one: case_of(self._events[one], self.organisation) for one in touched}
        kept = {one: case for one, case in self._cases.items() if one in self._events}
        self._cases = kept | {one: case for one, case in made.items() if case is not None}
        found = {one: vacancy_of(self._of_homes[one]) for one in homes}
        self._vacancies = self._vacancies | {one: home for one, home in found.items() if home is not None}
        self._looked = self._seconds()

    def _note_case(self, one: Received, touched: dict[UUID, None]) -> None:
        about = self._case_of(one.event)
        if about is None:
            return
        if isinstance(one.event, DataUseEnded):
            self._events.pop(about, None)
            touched.pop(about, None)
            return
        self._events.setdefault(about, []).append(one)
        touched[about] = None

    def _note_home(self, one: Received, touched: dict[UUID, None]) -> None:
        event = one.event
        of = event.sender if isinstance(event, VacancyEventCorrected) else getattr(event, "provider", None)
        if event.STREAM == "vacancy" and of == self.organisation:
            self._of_homes.setdefault(event.vacancy_id, []).append(one)
            touched[event.vacancy_id] = None

    def _case_of(self, event: Any) -> UUID | None:
        about: UUID | None = getattr(event, "referral_id", None)
        if about is None and isinstance(event, CORRECTIONS):  # of a placement: it names the event alone
            has = (case for case, events in self._events.items() if _holds(events, event.corrects))
            about = next(has, None)
        return about


def _holds(events: list[Received], id: UUID) -> bool:
    return any(one.attributes.id == id for one in events)
