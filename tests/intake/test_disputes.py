"""A dispute is between two parties to an agreement, and only they speak in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from placehub.errors import Rejected
from placehub.intake import disputes, rules
from placehub.intake.rules import Aggregate, Sender

from .test_rules import NOW, example

RAISED = example("agreement.DisputeRaised")
KNOWN = Aggregate("LEAD", (RAISED.sender, RAISED.against, "THIRD"), 0, state="in force")


def refused(event: Any, known: Aggregate = KNOWN) -> str | None:
    """Return the field for which the event is refused; None when it is taken."""
    try:
        rules.check_aggregate(event, known, Sender(event.sender, "provider", "England", True), NOW)
    except Rejected as why:
        return why.field
    return None


def raised() -> Aggregate:
    """Return the agreement once the dispute was raised."""
    return rules.check_aggregate(RAISED, KNOWN, Sender(RAISED.sender, "provider", "England", True), NOW)


def test_a_dispute_is_between_two_parties() -> None:
    """A stranger raises none, and nobody one with a stranger or with itself; an id is used once."""
    assert refused(RAISED) is None
    assert refused(replace(RAISED, against="LEAD")) is None
    assert refused(replace(RAISED, sender="STRANGER")) == "sender"
    assert refused(replace(RAISED, against="STRANGER")) == "against"
    assert refused(replace(RAISED, against=RAISED.sender)) == "against"
    assert refused(RAISED, raised()) == "dispute_id"
    assert refused(replace(RAISED, dispute_id=uuid4()), raised()) is None


@pytest.mark.parametrize("name", ["StatementGiven", "DisputeEscalated", "DisputeResolved", "DisputeOutcomeAnswered"])
def test_nothing_is_said_of_a_dispute_that_nobody_raised(name: str) -> None:
    """Nor by one who is no side of it, but for its outcome and a step aside, which the hub holds against its route."""
    event = replace(example(f"agreement.{name}"), sender=RAISED.sender)
    assert refused(event) == "dispute_id"
    assert refused(replace(event, dispute_id=uuid4()), raised()) == "dispute_id"
    assert refused(event, raised()) == ("sender" if name == "DisputeResolved" else None)
    sides_alone = name in ("StatementGiven", "DisputeOutcomeAnswered")
    assert refused(replace(event, sender="THIRD"), raised()) == ("sender" if sides_alone else None)


def test_a_provider_does_not_learn_who_else_is_party() -> None:
    """Its dispute with another provider is refused alike, whether that is party, stranger or not known at all."""
    for against in ("provider", None):
        with pytest.raises(Rejected, match="named member"):
            disputes.check_against(RAISED, "provider", against)
    for kind, against in (("provider", "authority"), ("provider", "consortium"), ("authority", "provider")):
        disputes.check_against(RAISED, kind, against)


@pytest.mark.parametrize(
    ("kind", "sender", "against", "parties", "taken"),
    [
        ("provider", "IFA", "LEAD", ("A", "IFA"), True),
        ("provider", "IFA", "A", ("A", "OTHER-IFA"), False),
        ("provider", "IFA", "LEAD", ("B", "OTHER-IFA"), False),
        ("provider", "IFA", "LEAD", (), False),
        ("authority", "A", "IFA", ("A", "IFA"), True),
        ("authority", "B", "IFA", ("A", "IFA"), True),
        ("consortium", "LEAD", "IFA", ("A", "IFA"), True),
        ("authority", "B", "IFA", ("A", "OTHER-IFA"), False),
        ("authority", "B", "IFA", (), False),
    ],
)
def test_a_dispute_is_about_a_placement_of_its_sides(
    kind: str, sender: str, against: str, parties: tuple[str, ...], taken: bool
) -> None:
    """Nobody holds somebody else's child by a dispute; a placement that is not known is refused in the same words."""
    event = replace(RAISED, sender=sender, against=against, placement_id=uuid4())
    disputes.check_placement(replace(event, placement_id=None), kind, ())
    if taken:
        disputes.check_placement(event, kind, parties)
        return
    with pytest.raises(Rejected, match="one of the two sides") as refused:
        disputes.check_placement(event, kind, parties)
    assert refused.value.field == "placement_id"


def test_no_party_fills_what_is_kept() -> None:
    """The disputes of an agreement are so many at most; what else is said under it goes on."""
    full = replace(KNOWN, documents=tuple(f"dispute {one} A B" for one in range(disputes.MOST_DISPUTES)))
    assert refused(RAISED, full) == "dispute_id"
    assert refused(example("agreement.DocumentProposed"), replace(full, owner="SAMPLE-LEAD-01")) is None
