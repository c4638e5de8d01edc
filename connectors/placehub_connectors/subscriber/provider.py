"""The subscriber with plain calls, on kafka-python."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeVar
from uuid import UUID

from placehub.contracts.parts import FeeLine
from placehub.errors import Unavailable
from placehub.mailboxes.access import Access
from placehub.mailboxes.events import DataUseEnded
from placehub.mailboxes.inbox import Received
from placehub_connectors.subscriber import answers
from placehub_connectors.subscriber.invitations import Invitation
from placehub_connectors.subscriber.office import Office

LOG = logging.getLogger(__name__)
LOOK_SECONDS: Final = 1.0
"""How long one look into the inbox waits for something to come."""
LONGEST_PAUSE: Final = 30.0
T = TypeVar("T")
Purge = Callable[[UUID], None]
"""Deletes what the provider's own systems hold of a case; called again if it failed or was broken off."""


def machine_time() -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)


def pause_after(failures: int) -> float:
    """Return how many seconds to wait after so many failures in a row: longer each time, never the same for all."""
    return random.uniform(0.5, 1.0) * min(LONGEST_PAUSE, 0.25 * 2.0 ** min(failures, 10))  # noqa: S311 - no secret


class Provider:
    """One provider's subscription: what comes to its inbox, each event once, and its answers.

    An event is acknowledged when the next one is asked for, so when the work on it is done; one that was being worked
    on when the process died, or when the loop was left, comes again. `memory` is a file of the provider's own: what is
    in it was dealt with, and is not given again. A hub that is away is waited for. Use one from one thread.
    """

    def __init__(
        self, access: Access, memory: Path, purge: Purge, *, now: Callable[[], datetime] = machine_time
    ) -> None:
        """Connect to nothing yet; Misconfigured when the file cannot be used."""
        self._office = Office(access, memory, now)
        self._purge = purge

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections and file; harmless twice. What was given last is not acknowledged."""
        self._office.close()

    def invitations(self, to_end: bool = False) -> Iterator[Invitation]:
        """Yield every invitation, and again whenever it or its referral changes; other events are only noted.

        Goes on for ever, or with `to_end` until all that stands in the inbox has been given. Raises Misconfigured, and
        Conflict when another process of the provider's has begun to read.
        """
        for received in self.events(to_end):
            invitation = self._waited(partial(self._office.invitation, received))
            if invitation is not None:
                yield invitation

    def events(self, to_end: bool = False) -> Iterator[Received]:
        """As `invitations`, with everything that comes to the inbox."""
        while (received := self._next(to_end)) is not None:
            self._office.note(received)
            if isinstance(received.event, DataUseEnded):
                self._purge(received.event.referral_id)
                self._office.purge(received.event.referral_id)
            yield received
            self._office.acknowledge(received)

    def replay(self, since: datetime) -> None:
        """Give again all that came at or after a time, by the broker's clock; Unavailable while another process reads.

        What is answered again has one effect.
        """
        self._office.replay(since)

    def purged(self) -> dict[UUID, datetime]:
        """Return the cases that were purged, and when."""
        return self._office.memory.purged()

    def express_interest(self, invitation: Invitation, vacancy_id: UUID | None = None) -> UUID:
        """Say that the carer of a home is being asked, of the best unless one is named; return the event's ce_id.

        Answers raise Rejected before anything is sent, and Unavailable: try again, it has one effect.
        """
        return self._office.send(answers.interest(self._office.code, invitation, vacancy_id))

    def offer(
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
        """Offer a home all-in, the best unless one is named, for all children unless some are; return the offer's id.

        The same home for the same children of the same version of the referral is the same offer, with the terms it was
        first made with, unless `offer_id` says otherwise.
        """
        answer = answers.offer(
            self._office.code, invitation, fee_lines, available_from, valid_until, vacancy_id, children, offer_id
        )
        self._office.send(answer)
        return UUID(str(answer.event.offer_id))

    def decline(
        self, invitation: Invitation, reason: str, fact: str | None = None, vacancy_id: UUID | None = None
    ) -> UUID:
        """Say that there will be no offer, and why (list `decline_reason`); return the event's ce_id.

        Said again for another reason it is refused: an `EventRejected` comes to the inbox.
        """
        return self._office.send(answers.decline(self._office.code, invitation, reason, fact, vacancy_id))

    def ask(self, invitation: Invitation, child_id: UUID, about: str, question: str | None = None) -> UUID:
        """Ask about one field of the referral, as `children.pets`; words are sealed. Returns the event's ce_id."""
        return self._office.send(answers.ask(self._office.code, invitation, child_id, about, question))

    def _next(self, to_end: bool) -> Received | None:
        while True:
            received = self._waited(lambda: self._office.next(LOOK_SECONDS), self._office.reconnect)
            if received is not None or (to_end and self._waited(self._office.is_done)):
                return received

    def _waited(self, act: Callable[[], T], between: Callable[[], None] = lambda: None) -> T:
        failures = 0
        while True:
            try:
                return act()
            except Unavailable as error:
                failures += 1
                LOG.warning("the hub is away and is tried again (%s times): %s", failures, error)
                between()
                time.sleep(pause_after(failures))
