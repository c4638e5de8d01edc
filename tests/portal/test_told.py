"""What is kept of an inbox, in a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy.engine import Engine

from placehub.contracts.headers import Attributes
from placehub.mailboxes.events import DataUseEnded, EventRejected
from placehub.portal.told import answered, keep, told_about
from placehub.search.events import InvitationLapsed
from placehub.streams import full_name

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def about(case: UUID, cls: type, sequence: int) -> Attributes:
    """Return the attributes of something an inbox holds."""
    subject = str(case)
    return Attributes(
        id=uuid4(), source="/hub/search", type=full_name(cls), subject=subject, time=NOW, sequence=sequence
    )


def test_what_comes_again_is_kept_once(engine: Engine) -> None:
    """The hub may deliver an event twice, never out of order: a sequence that was passed is dropped."""
    case, organisation = uuid4(), f"T{uuid4()}"
    event = InvitationLapsed(referral_id=case, provider=organisation, respond_by=NOW)
    first = about(case, InvitationLapsed, 1)
    with engine.begin() as connection:
        assert keep(connection, organisation, [(first, event), (first, event)]) == [str(case), None]
        again = [(first, event), (replace(first, id=uuid4(), sequence=2), event)]
        assert keep(connection, organisation, again) == [None, str(case)]
        assert len(told_about(connection, organisation, str(case))) == 2
        assert told_about(connection, "another", str(case)) == []


def test_when_the_use_ends_what_was_told_is_gone(engine: Engine) -> None:
    """Of a case whose data may be used no more only that it ended is left, for this organisation alone."""
    case, ours, theirs = uuid4(), f"T{uuid4()}", f"T{uuid4()}"
    with engine.begin() as connection:
        for one in (ours, theirs):
            event = InvitationLapsed(referral_id=case, provider=one, respond_by=NOW)
            keep(connection, one, [(about(case, InvitationLapsed, 1), event)])
        late = InvitationLapsed(referral_id=case, provider=ours, respond_by=NOW)
        ended = DataUseEnded(organisation=ours, referral_id=case)
        both = [(about(case, InvitationLapsed, 2), late), (about(case, DataUseEnded, 3), ended)]
        assert keep(connection, ours, both) == [str(case), str(case)]
        assert [one.name for one in told_about(connection, ours, str(case))] == ["DataUseEnded"]
        assert [one.name for one in told_about(connection, theirs, str(case))] == ["InvitationLapsed"]


def test_a_refusal_is_found_by_the_event_it_is_about(engine: Engine) -> None:
    """Whoever posted an event learns whether it was taken or refused, and of its own events alone."""
    case, organisation, posted = uuid4(), f"T{uuid4()}", uuid4()
    refusal = EventRejected(
        organisation=organisation,
        rejected_id=posted,
        subject=str(case),
        position="outbox/0/1",
        field="wanted.near_sector",
        rule="must be a postcode sector that exists",
        remedy="Correct it.",
    )
    with engine.begin() as connection:
        assert keep(connection, organisation, [(about(case, EventRejected, 1), refusal)]) == [str(case)]
        assert answered(connection, organisation, [posted]) == (set(), [refusal])
        assert answered(connection, organisation, [uuid4()]) == (set(), [])
        assert answered(connection, "another", [posted]) == (set(), [])
