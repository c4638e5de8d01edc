"""A dispute is told to its two sides and to whoever it is routed to, who is sent all that was said; to nobody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from placehub.agreements.events import AgreementRegistered, ContractManager, ProviderJoined
from placehub.delivery.circle import Circle, Place, turn
from placehub.disputes.events import (
    DisputeEscalated,
    DisputeOutcomeAnswered,
    DisputeRaised,
    DisputeResolved,
    DisputeRouted,
    StatementGiven,
)

from .making import NOW, said, whole

HUB = "/hub/governance/agreement/0"


@dataclass
class Room:
    """An agreement of a lead, two authorities and two providers, and what each was sent of a dispute."""

    circle: Circle = field(default_factory=Circle)
    ids: dict[str, Any] = field(default_factory=lambda: {"agreement_id": uuid4(), "dispute_id": uuid4()})
    sent: dict[str, list[str]] = field(default_factory=dict)
    position: int = 0

    def __post_init__(self) -> None:
        """Register it, and let the providers join."""
        agreement: dict[str, Any] = {"agreement_id": self.ids["agreement_id"], "lead": "LEAD"}
        self.tell(whole(AgreementRegistered, **agreement, authorities=("LA", "LB")), "LEAD")
        for one in ("P", "Q"):
            self.tell(whole(ProviderJoined, **agreement, provider=one), "LEAD")
        self.sent.clear()

    def tell(self, event: Any, source: str) -> None:
        """Take in an event, and note who is sent it."""
        self.position += 1
        place = Place(position=self.position, now=NOW, source="/hub/delivery/agreement/0")
        self.circle, letters = turn(self.circle, event, said(event, source), place)
        for one in letters:
            self.sent.setdefault(one.organisation, []).append(type(one.event).__name__)

    def say(self, cls: type, sender: str, **more: Any) -> None:
        """Let an organisation say something of the dispute."""
        self.tell(whole(cls, **self.ids, sender=sender, **more), sender)

    def route(self, organisation: str | None, because: str = "in line") -> None:
        """Let the hub route the dispute."""
        to = whole(ContractManager, organisation=organisation) if organisation else None
        self.tell(whole(DisputeRouted, **self.ids, to=to, because=because), HUB)


def raised() -> Room:
    """Return a room in which P has raised a dispute with LA, which has spoken, routed to the lead."""
    room = Room()
    room.say(DisputeRaised, "P", against="LA")
    room.route("LEAD")
    room.say(StatementGiven, "LA")
    return room


def test_both_sides_and_whoever_it_is_routed_to() -> None:
    """Each gets the other's statement; no other member and no other provider gets anything."""
    room = raised()
    everything = ["DisputeRaised", "DisputeRouted", "StatementGiven"]
    assert room.sent == {"P": everything, "LA": everything, "LEAD": everything}


def test_whoever_it_goes_to_next_is_sent_all_that_was_said() -> None:
    """Before it is told that it is routed to it; who had it is told that it has it no more, and then nothing."""
    room = raised()
    room.say(DisputeResolved, "LEAD")
    room.say(DisputeEscalated, "P")
    room.sent.clear()
    room.route("NEUTRAL", "escalated")
    assert room.sent["NEUTRAL"] == ["DisputeRaised", "StatementGiven", "DisputeResolved", "DisputeRouted"]
    assert room.sent["LEAD"] == ["DisputeRouted"]
    room.say(StatementGiven, "P")
    assert room.sent["LEAD"] == ["DisputeRouted"]
    assert room.sent["NEUTRAL"][-1] == "StatementGiven"


def test_what_somebody_had_no_right_to_say_goes_to_nobody() -> None:
    """An outcome by one it is not routed to, a stranger's statement, an answer to no outcome."""
    room = raised()
    room.sent.clear()
    for sender in ("LB", "P", "STRANGER"):
        room.say(DisputeResolved, sender)
    room.say(StatementGiven, "Q")
    room.say(DisputeOutcomeAnswered, "P")
    assert room.sent == {}
    room.say(DisputeResolved, "LEAD")
    room.say(DisputeOutcomeAnswered, "P")
    assert room.sent["LA"] == ["DisputeResolved", "DisputeOutcomeAnswered"]


def test_a_provider_that_joins_later_is_told_of_no_dispute() -> None:
    """It gets the agreement as it stands."""
    room = raised()
    joined: Any = whole(ProviderJoined, agreement_id=room.ids["agreement_id"], lead="LEAD", provider="NEW")
    room.tell(joined, "LEAD")
    assert room.sent["NEW"] == ["AgreementRegistered", "ProviderJoined"]
