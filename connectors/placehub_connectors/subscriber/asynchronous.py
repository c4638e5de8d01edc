"""The subscriber for asyncio: the plain one, in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from operator import methodcaller
from pathlib import Path
from typing import Self, TypeVar
from uuid import UUID

from placehub.contracts.parts import FeeLine
from placehub.errors import Unavailable
from placehub.mailboxes.access import Access
from placehub.mailboxes.events import DataUseEnded
from placehub.mailboxes.inbox import Received
from placehub_connectors.subscriber import answers
from placehub_connectors.subscriber.answers import Answer
from placehub_connectors.subscriber.invitations import Invitation
from placehub_connectors.subscriber.office import Office
from placehub_connectors.subscriber.provider import machine_time, pause_after

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 0.25
"""How long one look into the inbox waits; an answer given meanwhile by another task waits as long."""
T = TypeVar("T")
Purge = Callable[[UUID], Awaitable[None]]
"""As of the plain subscriber."""


class AsyncProvider:
    """As `Provider`, word for word, to be awaited; from one event loop."""

    def __init__(
        self, access: Access, memory: Path, purge: Purge, *, now: Callable[[], datetime] = machine_time
    ) -> None:
        """Connect to nothing yet."""
        self._thread = ThreadPoolExecutor(1, "placehub-subscriber")
        self._made: Office | None = None
        self._make: Callable[[], Office] = lambda: Office(access, memory, now)
        self._code = access.organisation
        self._purge = purge

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of connections and file; harmless twice. What was given last is not acknowledged."""
        made, self._made = self._made, None
        if made is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, made.close)
        self._thread.shutdown()

    async def invitations(self, to_end: bool = False) -> AsyncIterator[Invitation]:
        """Yield every invitation, and again whenever it or its referral changes; other events are only noted."""
        async for received in self.events(to_end):
            invitation = await self._waited(methodcaller("invitation", received))
            if invitation is not None:
                yield invitation

    async def events(self, to_end: bool = False) -> AsyncIterator[Received]:
        """As `invitations`, with everything that comes to the inbox."""
        while (received := await self._next(to_end)) is not None:
            await self._run(methodcaller("note", received))
            if isinstance(received.event, DataUseEnded):
                await self._purge(received.event.referral_id)
                await self._run(methodcaller("purge", received.event.referral_id))
            yield received
            await self._run(methodcaller("acknowledge", received))

    async def replay(self, since: datetime) -> None:
        """Give again all that came at or after a time, by the broker's clock."""
        await self._run(methodcaller("replay", since))

    async def purged(self) -> dict[UUID, datetime]:
        """Return the cases that were purged, and when."""
        return await self._run(lambda office: office.memory.purged())

    async def express_interest(self, invitation: Invitation, vacancy_id: UUID | None = None) -> UUID:
        """Say that the carer of a home is being asked, of the best unless one is named; return the event's ce_id."""
        return await self._send(answers.interest(self._code, invitation, vacancy_id))

    async def offer(
        self,
        invitation: Invitation,
        *,
        fee_lines: Sequence[FeeLine],
        available_from: date,
        valid_until: datetime,
        vacancy_id: UUID | None = None,
        children: Sequence[UUID] | None = None,
        offer_id: UUID | None = None,
    ) -> UUID:
        """Offer a home all-in, the best unless one is named, all children unless some are; return the offer's id."""
        answer = answers.offer(
            self._code, invitation, fee_lines, available_from, valid_until, vacancy_id, children, offer_id
        )
        await self._send(answer)
        return UUID(str(answer.event.offer_id))

    async def decline(
        self, invitation: Invitation, reason: str, fact: str | None = None, vacancy_id: UUID | None = None
    ) -> UUID:
        """Say that there will be no offer, and why (list `decline_reason`); return the event's ce_id."""
        return await self._send(answers.decline(self._code, invitation, reason, fact, vacancy_id))

    async def ask(self, invitation: Invitation, child_id: UUID, about: str, question: str | None = None) -> UUID:
        """Ask about one field of the referral, as `children.pets`; words are sealed. Returns the event's ce_id."""
        return await self._send(answers.ask(self._code, invitation, child_id, about, question))

    async def _send(self, answer: Answer) -> UUID:
        return await self._run(lambda office: office.send(answer))

    async def _run(self, act: Callable[[Office], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: act(self._office()))

    def _office(self) -> Office:
        # made in its thread, because SQLite holds a connection to the thread that opened it
        if self._made is None:
            self._made = self._make()
        return self._made

    async def _next(self, to_end: bool) -> Received | None:
        while True:
            received = await self._waited(lambda office: office.next(LOOK_SECONDS), Office.reconnect)
            if received is not None or (to_end and await self._waited(Office.is_done)):
                return received

    async def _waited(self, act: Callable[[Office], T], between: Callable[[Office], None] | None = None) -> T:
        failures = 0
        while True:
            try:
                return await self._run(act)
            except Unavailable as error:
                failures += 1
                LOG.warning("the hub is away and is tried again (%s times): %s", failures, error)
                if between is not None:
                    await self._run(between)
                await asyncio.sleep(pause_after(failures))
