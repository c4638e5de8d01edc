"""From the ledger to the organisation's outbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol
from uuid import UUID

from placehub.errors import Rejected
from placehub.mailboxes.documents import Prepared
from placehub.mailboxes.events import EventRejected
from placehub.mailboxes.inbox import Mark, Received
from placehub_connectors.ledger import Ledger
from placehub_connectors.letters import Refusal, Waiting

BATCH: Final = 200


class Post(Protocol):
    """What is posted with: `placehub.mailboxes.mailbox.Mailbox`."""

    def post_prepared(self, prepared: Sequence[Prepared]) -> list[UUID]:
        """Seal and post, in order; none unless all can be."""
        ...

    def read_to_end(self, after: Mark | None = None) -> list[Received]:
        """Return what has come to the inbox and was not returned before; the first call goes on after a mark."""
        ...


def hear_refusals(ledger: Ledger, mailbox: Post) -> None:
    """Note which events of the ledger the hub has refused since last time, and then how far the inbox was heard."""
    received = mailbox.read_to_end(ledger.heard())
    for one in received:
        event = one.event
        if isinstance(event, EventRejected) and event.rejected_id is not None:
            ledger.rejected(event.rejected_id, Refusal(event.field, event.rule, event.remedy))
    if received:  # only now: killed before, all of it is heard again, and what was noted is known
        ledger.hear(received[-1].mark)


def post_waiting(ledger: Ledger, mailbox: Post) -> int:
    """Post everything that was written down and return how much it was; Unavailable leaves the rest for later."""
    posted = 0
    while letters := ledger.waiting(BATCH):
        try:
            mailbox.post_prepared([one.letter.prepared() for one in letters])
            ledger.sent(letters)
            posted += len(letters)
        except Rejected:
            posted += sum(_posted(ledger, mailbox, one) for one in letters)
    return posted


def _posted(ledger: Ledger, mailbox: Post, one: Waiting) -> bool:
    try:
        mailbox.post_prepared([one.letter.prepared()])
    except Rejected as error:
        ledger.refused(one, Refusal(error.field, error.rule, error.remedy))
        return False
    ledger.sent([one])
    return True
