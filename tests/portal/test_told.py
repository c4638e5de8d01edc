"""What is kept of an inbox, in a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, insert
from sqlalchemy.engine import Engine

from placehub.contracts.headers import Attributes
from placehub.database import reading
from placehub.mailboxes.events import DataUseEnded, EventRejected
from placehub.organisations.tables import organisation as organisation_table
from placehub.portal.sitting import Names
from placehub.portal.told import Letter, answered, keep, keep_all, told_about, told_lately
from placehub.search.events import InvitationLapsed
from placehub.streams import full_name

from ..statements import counted

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


def test_a_list_asks_as_often_however_long_it_is(engine: Engine) -> None:
    """Cases heard of last come newest first with everything told of them; read again, no event is fetched again."""
    organisation, cases, reads = f"T{uuid4()}", [uuid4() for _ in range(7)], reading(engine)
    with engine.begin() as connection:
        for number, case in enumerate([*cases, cases[0]], 1):
            event = InvitationLapsed(referral_id=case, provider=organisation, respond_by=NOW)
            keep(connection, organisation, [(about(case, InvitationLapsed, number), event)])
    with counted(engine) as asked, reads.connect() as connection:
        found = told_lately(connection, organisation, "referral", 6)
        first = len(asked)
        again = told_lately(connection, organisation, "referral", 6)
        assert (first, len(asked) - first) == (2, 1)
    assert list(found) == [str(one) for one in (cases[0], *cases[:1:-1])]
    assert [len(told) for told in found.values()] == [2, 1, 1, 1, 1, 1]
    assert all(one.event.referral_id == UUID(case) for case, told in found.items() for one in told)
    assert again == found


def test_inboxes_are_kept_together(engine: Engine) -> None:
    """However many inboxes news came to the database is asked as often, and each keeps its own: none twice."""
    case, names = uuid4(), [f"T{number} {uuid4()}" for number in range(5)]
    gone = about(case, DataUseEnded, 2)
    came: dict[str, list[Letter]] = {
        one: [(about(case, InvitationLapsed, 1), InvitationLapsed(referral_id=case, provider=one, respond_by=NOW))]
        for one in names
    }
    came[names[0]].append((gone, DataUseEnded(organisation=names[0], referral_id=case)))
    with counted(engine) as asked, engine.begin() as connection:
        one_inbox = keep_all(connection, {names[-1]: came[names[-1]]})
        first = len(asked)
        assert keep_all(connection, {one: came[one] for one in names[1:]})[names[1]] == [str(case)]
        assert (one_inbox, len(asked) - first) == ({names[-1]: [str(case)]}, first)
        assert keep_all(connection, came) == {one: [str(case)] * 2 if one == names[0] else [None] for one in names}
        kept = {one: [told.name for told in told_about(connection, one, str(case))] for one in names}
    assert kept == {one: ["DataUseEnded" if one == names[0] else "InvitationLapsed"] for one in names}


def test_what_was_recalled_is_gone_with_its_row(engine: Engine) -> None:
    """An event that is still in memory is shown no more once the use of its case has ended."""
    case, organisation = uuid4(), f"T{uuid4()}"
    event = InvitationLapsed(referral_id=case, provider=organisation, respond_by=NOW)
    with engine.begin() as connection:
        keep(connection, organisation, [(about(case, InvitationLapsed, 1), event)])
        assert [one.event for one in told_about(connection, organisation, str(case))] == [event]
        ended = DataUseEnded(organisation=organisation, referral_id=case)
        keep(connection, organisation, [(about(case, DataUseEnded, 2), ended)])
        assert [one.event for one in told_about(connection, organisation, str(case))] == [ended]


def test_a_name_is_asked_for_once(engine: Engine) -> None:
    """The register is read for a code that is not known yet, not for each name, and never for the want of a code."""
    code, names = f"T{uuid4()}", Names(engine)
    entry = {"code": code, "scheme": "ons", "kind": "authority", "name": "Somewhere", "nation": "England"}
    sharing = {"agreement_reference": "DSA-1", "agreement_signed_on": NOW.date(), "data_role": "controller"}
    rest = {"data_contact": "data@example.org", "registered_at": NOW, "state": "active"}
    with engine.begin() as connection:
        connection.execute(insert(organisation_table).values(**entry, **sharing, **rest))
    try:
        with counted(engine) as asked:
            assert [names.of(one) for one in ("", code, code, "")] == ["", "Somewhere", "Somewhere", ""]
            assert len(asked) == 1
    finally:
        with engine.begin() as connection:
            connection.execute(delete(organisation_table).where(organisation_table.c.code == code))
