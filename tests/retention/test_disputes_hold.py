"""A dispute about a placement holds the children of its case, as long as it is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from placehub.agreements.events import ContractManager
from placehub.contracts.codec import Codec, Folder
from placehub.contracts.headers import Attributes, write_headers
from placehub.disputes.events import DisputeRaised, DisputeResolved, DisputeRouted
from placehub.drivers.records import NOTHING_KNOWN, Record
from placehub.drivers.step import Step
from placehub.errors import Conflict
from placehub.evidence.processor import SEAT
from placehub.keys.store import make_keys
from placehub.placements.events import PlacementAgreed
from placehub.retention.erasing import ask
from placehub.retention.noting import note_records
from placehub.retention.reporting import retention
from placehub.retention.rules import NOTICE_KEPT, Person
from placehub.retention.running import run_retention
from placehub.retention.tables import CASE, DISPUTE, STAY
from placehub.streams import full_name

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = NOW.date()
CODEC = Codec(Folder())
LEAD, PROVIDER = "T-LEAD", "T-IFA"


class Disputed:
    """A child whose placement has ended, in a case never referred that closed long ago, and a dispute about it."""

    def __init__(self, connection: Connection, owner: str) -> None:
        self.child, self.case, self.placement = uuid4(), uuid4(), uuid4()
        self.dispute, self.agreement = uuid4(), uuid4()
        self._connection = connection
        self._by = Person("made up officer", owner)
        self._owner = owner
        make_keys(connection, bytes(32), owner, "child", str(self.child), ["need"], NOW)
        case = {"referral_id": self.case, "authority": owner, "children": [self.child], "referred": False}
        connection.execute(insert(CASE).values(case | {"closed_at": NOW - NOTICE_KEPT, "last_event_at": NOW}))
        stay = {"placement_id": self.placement, "referral_id": self.case, "child_id": self.child, "authority": owner}
        connection.execute(insert(STAY).values(stay | {"started_at": NOW, "ended_at": NOW, "last_event_at": NOW}))

    def placed(self, placement: UUID, authority: str, sender: str) -> None:
        """Note that somebody says, in the name of an authority, that a placement is of the case and its child."""
        event = PlacementAgreed(
            placement_id=placement,
            referral_id=self.case,
            offer_id=uuid4(),
            vacancy_id=uuid4(),
            child_id=self.child,
            authority=authority,
            provider=PROVIDER,
            starts_on=TODAY,
            fee_lines=(),
        )
        self._note(_record(event, 0, placement, f"/organisations/{sender}"))

    def raised(self, **other: Any) -> DisputeRaised:
        """Return how it was raised."""
        known: dict[str, Any] = {"agreement_id": self.agreement, "dispute_id": self.dispute}
        said = {
            "placement_id": self.placement,
            "sender": PROVIDER,
            "against": LEAD,
            "about": "fees",
            "statement": "x",
            "raised_on": TODAY,
        }
        return DisputeRaised(**(known | said | other))

    def routed(self, to: str | None, because: str = "first in line") -> DisputeRouted:
        """Return to whom it was routed."""
        manager = ContractManager(organisation=to, post="x", contact="x@example.org") if to else None
        known = {"agreement_id": self.agreement, "dispute_id": self.dispute, "to": manager, "role": "manager"}
        return DisputeRouted(**known, because=because, answer_by=TODAY, resolve_by=TODAY)  # type: ignore[arg-type]  # as named

    def resolved(self, sender: str) -> DisputeResolved:
        """Return what somebody says has come of it."""
        known = {"agreement_id": self.agreement, "dispute_id": self.dispute, "sender": sender, "outcome": "agreed"}
        return DisputeResolved(**known, finding="x", resolved_on=TODAY)  # type: ignore[arg-type]  # as named

    def note(self, *events: Any) -> None:
        """Note events, a minute apart."""
        self._note(*(_record(one, number, one.agreement_id, "/x") for number, one in enumerate(events)))

    def _note(self, *records: Record) -> None:
        note_records(self._connection, CODEC, records)

    def refusal(self) -> str:
        """Return why the child may not be erased; empty where it may."""
        try:
            with self._connection.begin_nested() as tried:
                ask(self._connection, self.child, self._by, "kept long enough", NOW)
                tried.rollback()
        except Conflict as refused:
            return str(refused)
        return ""

    def runs_out(self) -> bool:
        """Return whether a turn of the timers erases the child."""
        with self._connection.begin_nested() as tried:
            step = Step(self._connection, processor="evidence", partition=SEAT, now=NOW, codec=CODEC)
            run_retention(step)
            gone = self._connection.scalar(select(CASE.c.ran_out_at).where(CASE.c.referral_id == self.case))
            tried.rollback()
        return gone is not None


def _record(event: Any, number: int, subject: UUID, source: str) -> Record:
    at = NOW + timedelta(minutes=number)
    kind, key = full_name(type(event)), str(subject)
    about = Attributes(id=uuid4(), source=source, type=kind, subject=key, time=at, recorded_at=at)
    return Record(type(event).STREAM, 0, number, key, NOTHING_KNOWN, None, CODEC.encode(event), write_headers(about))


@pytest.fixture
def disputed(connection: Connection, owner: str) -> Disputed:
    """A child and a dispute that is still to be raised."""
    return Disputed(connection, owner)


def test_open_until_it_is_resolved(connection: Connection, disputed: Disputed) -> None:
    """While it is open an erasure is refused, naming it, and nothing runs out; once resolved both go on."""
    assert disputed.refusal() == ""
    assert disputed.runs_out()
    held = {one.data: one.held for one in retention(connection, NOW, 90)}["early notices that came to nothing"]
    story = [disputed.raised(), disputed.routed(LEAD)]
    disputed.note(*story)
    assert str(disputed.dispute) in disputed.refusal()
    assert not disputed.runs_out()
    then = {one.data: one.held for one in retention(connection, NOW, 90)}["early notices that came to nothing"]
    assert (held or 0) + 1 == then
    disputed.note(*story, disputed.resolved(LEAD))
    assert disputed.refusal() == ""
    assert disputed.runs_out()


def test_who_resolves_it(disputed: Disputed) -> None:
    """The word of somebody it is not routed to ends no hold, not even where it is routed to them later."""
    story = [disputed.raised(), disputed.routed(LEAD), disputed.resolved(PROVIDER), disputed.routed(PROVIDER)]
    disputed.note(*story)
    assert disputed.refusal()
    disputed.note(*story)
    assert disputed.refusal(), "read again it is not theirs either"


def test_routed_anew(disputed: Disputed) -> None:
    """Routed to the next in line it is open again; where there is nobody further its outcome stands."""
    story = [disputed.raised(), disputed.routed(LEAD), disputed.resolved(LEAD)]
    disputed.note(*story, disputed.routed(LEAD, "nobody further"))
    assert disputed.refusal() == ""
    disputed.note(*story, disputed.routed(LEAD, "nobody further"), disputed.routed("T-NEXT", "escalated"))
    assert disputed.refusal()


def test_another_agreements_dispute(disputed: Disputed) -> None:
    """A dispute of the same id under another agreement resolves nothing here."""
    disputed.note(disputed.raised(), disputed.routed(LEAD))
    other: UUID = uuid4()
    events = (disputed.raised(placement_id=uuid4()), disputed.routed(LEAD), disputed.resolved(LEAD))
    disputed.note(*(replace(one, agreement_id=other) for one in events))
    assert disputed.refusal()


def test_no_placement_named(connection: Connection, disputed: Disputed) -> None:
    """A dispute that names no placement holds nobody, and nothing of it is noted."""
    disputed.note(disputed.raised(placement_id=None), disputed.routed(LEAD), disputed.resolved(LEAD))
    assert disputed.refusal() == ""
    assert not connection.execute(select(DISPUTE).where(DISPUTE.c.agreement_id == disputed.agreement)).all()


@pytest.mark.parametrize(
    ("authority", "sender"), [("{owner}", PROVIDER), ("T-OTHER", "T-OTHER"), ("{owner}", "T-OTHER")]
)
def test_a_placement_that_only_others_say_is_the_cases(
    disputed: Disputed, owner: str, authority: str, sender: str
) -> None:
    """A provider's terms, or another authority's, that name the case make none of it: their dispute holds nobody."""
    made_up = uuid4()
    disputed.placed(made_up, authority.format(owner=owner), sender)
    disputed.note(disputed.raised(placement_id=made_up))
    assert disputed.refusal() == ""
    assert disputed.runs_out()
    disputed.placed(made_up, owner, owner)
    assert disputed.refusal(), "its own authority says so"
    assert not disputed.runs_out()
