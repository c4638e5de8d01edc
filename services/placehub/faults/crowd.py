"""A provider beside the world that is under no agreement: more work for the hub under faults, and nothing else changed.

It confirms its homes in a burst each time the hub's clock has moved on, so that the hub comes to rest in between, as
the world's own clock waits for; and whenever it is asked to. Nobody is ever invited to it, so that what the world comes
to stays what it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final
from uuid import UUID, uuid5

from placehub.drivers.patience import patiently
from placehub.errors import Unavailable
from placehub.faults.beside import join_beside
from placehub.faults.watching import Watch
from placehub.mailboxes.mailbox import Mailbox
from placehub.sample.world import FIRST_DAY
from placehub.vacancies.events import Home, VacancyConfirmed, VacancyOpened

CODE: Final = "SAMPLE-CROWD"
HOMES: Final = 20
LOOK_SECONDS: Final = 0.1
HEARD_SECONDS: Final = 300
"""How long the last receipt may take once no fault is done any more."""
_NAMES: Final = UUID("7d3b0d5e-52b8-4a5c-9f3e-6a4b1c1f0e11")
Act = tuple[object, datetime, UUID | None]


class Crowd:
    """Posts `burst` events each time the clock moves on, until it is ended."""

    def __init__(self, folder: Path, watch: Watch, burst: int) -> None:
        self._folder, self._watch, self._burst = folder, watch, burst
        self._enough = threading.Event()
        self._asked: SimpleQueue[Future[None]] = SimpleQueue()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="crowd")
        self._posting: Future[None] | None = None
        self._mailbox: Mailbox | None = None
        self._posted: list[UUID] = []

    def begin(self) -> None:
        """Join, and begin to post, on a thread of its own; call it before the first fault. Unavailable, as joining."""
        if not self._burst:
            return
        self._mailbox = Mailbox.of(join_beside(self._folder, CODE, "Made-up crowd", "data@crowd.example"))
        self._posting = self._pool.submit(self._post, self._mailbox)

    def post(self) -> None:
        """Post a burst, beside those at the clock's moves; return once the broker has it."""
        if self._posting is None:
            return
        asked: Future[None] = Future()
        self._asked.put(asked)
        wait((asked, self._posting), return_when=FIRST_COMPLETED)
        if self._posting.done():  # it failed
            self._posting.result()

    def end(self) -> None:
        """Post no more, and return once the last receipt has come; Unavailable when it does not come."""
        self._enough.set()
        if self._mailbox is None or self._posting is None:
            return
        self._posting.result()
        self._pool.shutdown()
        awaited, deadline = set(self._posted[-1:]), time.monotonic() + HEARD_SECONDS
        while awaited:
            awaited -= {one.attributes.id for one in patiently(self._mailbox.read)}
            if awaited and time.monotonic() > deadline:
                raise Unavailable(f"{CODE} has no receipt of {awaited} after {HEARD_SECONDS} s")
        self._mailbox.close()

    def stop(self) -> None:
        """Post no more; harmless twice."""
        self._enough.set()
        self._pool.shutdown()

    def _post(self, mailbox: Mailbox) -> None:
        ticks, bursts = self._watch.ticks, bursts_of(self._burst)
        while not self._enough.is_set():
            asked = self._next_asked()
            if asked or self._watch.ticks > ticks:
                ticks = self._watch.ticks
                acts = next(bursts)
                # an act has the same id each time
                self._posted += patiently(partial(mailbox.post_many, acts))
            if asked:
                asked.set_result(None)

    def _next_asked(self) -> Future[None] | None:
        try:
            return self._asked.get(timeout=LOOK_SECONDS)
        except Empty:
            return None


@contextmanager
def crowded(folder: Path, watch: Watch, burst: int) -> Iterator[Crowd]:
    """Yield a crowd for the hub of a folder; it posts no more once the block has ended, however that was."""
    one = Crowd(folder, watch, burst)
    try:
        yield one
    finally:
        one.stop()


def bursts_of(size: int) -> Iterator[list[Act]]:
    """Yield what is posted at one move of the clock after the other: homes first, then that they are still willing."""
    homes = [uuid5(_NAMES, f"home {nth}") for nth in range(HOMES)]
    yield [(_opened(one), FIRST_DAY, uuid5(one, "opened")) for one in homes]
    nth = 0
    while True:
        yield [(_confirmed(homes[at % HOMES], at), FIRST_DAY, uuid5(_NAMES, str(at))) for at in range(nth, nth + size)]
        nth += size


def _opened(vacancy_id: UUID) -> VacancyOpened:
    return VacancyOpened(
        vacancy_id=vacancy_id,
        provider=CODE,
        household_ref=uuid5(vacancy_id, "household"),
        home=Home(
            postcode_sector="LS6 2",
            places=1,
            kinds=("short term",),
            min_age=0,
            max_age=17,
            sex="any",
            state="now",
            available_from=FIRST_DAY.date(),
            willing_until=FIRST_DAY + timedelta(days=28),
        ),
    )


def _confirmed(vacancy_id: UUID, nth: int) -> VacancyConfirmed:
    return VacancyConfirmed(
        vacancy_id=vacancy_id, provider=CODE, willing_until=FIRST_DAY + timedelta(days=28, seconds=nth)
    )
