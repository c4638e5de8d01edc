"""What both subscribers stand on: one event after the other, what is kept of it, and the answers posted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from placehub.errors import NotFound
from placehub.mailboxes.access import Access
from placehub.mailboxes.inbox import Received
from placehub.mailboxes.mailbox import Mailbox
from placehub.referrals.child import ChildNeed
from placehub_connectors.subscriber.answers import Answer
from placehub_connectors.subscriber.invitations import Case, Invitation, follow, invitation_of, is_news
from placehub_connectors.subscriber.memory import Memory, concerns_case

MEMBER: Final = "subscriber"
"""The name of a subscriber's process among those that read an inbox."""


class Office:
    """One provider's mailbox and memory; every call may raise Unavailable, after which it may be made again."""

    def __init__(self, access: Access, memory: Path, now: Callable[[], datetime]) -> None:
        self.code = access.organisation
        self.memory = Memory(memory, access.organisation, now())
        self._access = access
        self._now = now
        self._mailbox = Mailbox.of(access, MEMBER)
        self._pending: deque[Received] = deque()

    def close(self) -> None:
        """Let go of connections and file; harmless twice."""
        self._mailbox.close()
        self.memory.close()

    def reconnect(self) -> None:
        """Begin with new connections where the last confirmed batch ended: a group that was left takes no commit."""
        self._mailbox.close()
        self._mailbox = Mailbox.of(self._access, MEMBER)
        self._pending.clear()

    def next(self, wait_seconds: float) -> Received | None:
        """Return the first event that is not acknowledged; None when nothing has come in that time."""
        if not self._pending:
            self._pending += self._mailbox.read(wait_seconds)
        while self._pending and self.memory.is_taken(self._pending[0].attributes.id):
            self._pending.popleft()
        return self._pending[0] if self._pending else None

    def is_done(self) -> bool:
        """Tell whether all that stands in the inbox has been acknowledged."""
        return not self._pending and self._mailbox.is_read()

    def note(self, received: Received) -> None:
        """Keep what an event says of its case; harmless twice."""
        if concerns_case(received.event):
            before = self.memory.case(received.event.referral_id)
            after = follow(before, received.event, received.attributes.id)
            self.memory.keep(received.event.referral_id, before, after)

    def invitation(self, received: Received) -> Invitation | None:
        """Return the invitation that an event has made or changed, with the needs that are open now."""
        if not concerns_case(received.event):
            return None
        case = self.memory.case(received.event.referral_id)
        if not is_news(case, received.event):
            return None
        return invitation_of(case, self._needs(case), received.event, received.attributes)

    def acknowledge(self, received: Received) -> None:
        """Note that an event has been dealt with."""
        self.memory.take(received.attributes, received.offset, self._now())
        if self._pending and self._pending[0] is received:
            self._pending.popleft()

    def purge(self, referral_id: UUID) -> None:
        """Keep nothing of a case, and no key."""
        self._mailbox.keys.forget()
        self.memory.purge(referral_id, self._now())

    def replay(self, since: datetime) -> None:
        """Begin again with what came at or after a time."""
        position = self._mailbox.rewind(since)
        self.memory.forget_from(position)
        self._pending.clear()

    def send(self, answer: Answer) -> UUID:
        """Post an answer in the trace of what it answers; return its ce_id."""
        about = {"time": self._now(), "id": answer.id, "traceparent": answer.invitation.attributes.traceparent}
        if answer.question is not None:
            return self._mailbox.post_document("ClarificationAsked", answer.question, **about)  # type: ignore[arg-type]
        return self._mailbox.post(answer.event, **about)  # type: ignore[arg-type]

    def _needs(self, case: Case) -> dict[UUID, ChildNeed]:
        found = {}
        for child in case.referral.children if case.referral else ():
            try:
                need = self._mailbox.open_need(child)
            except NotFound:  # not open to us, or not any more
                continue
            if need is not None:
                found[child.child_id] = need
        return found
