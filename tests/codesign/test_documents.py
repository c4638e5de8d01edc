"""Who speaks for each sector, when a document is in force, and what is refused of co-design."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from placehub.codesign.checking import check_document, check_said
from placehub.codesign.documents import Documents, follow
from placehub.codesign.events import DocumentCommented
from placehub.errors import Rejected
from placehub.search.policy import DEFAULT

from .making import (
    AGREEMENT,
    CLAUSES,
    DOCUMENT,
    LEAD,
    MEMBER,
    START,
    agrees,
    joined,
    named,
    proposed,
    registered,
)

THREE = (registered(), joined("P1"), joined("P2"), joined("P3"))


def told(*events: Any) -> Documents:
    """Return the documents after these events."""
    known = Documents()
    for event in events:
        known = follow(known, event, START)
    return known


def in_force(*events: Any) -> bool:
    """Tell whether the terms run after these events."""
    return told(*events).in_force("contract terms", START) is not None


def refused(event: Any, *before: Any) -> str | None:
    """Return the field for which an event is refused after others; None when it is taken."""
    try:
        check_document(event)
        check_said(event, told(*before), START)
    except Rejected as why:
        return why.field if why.rule and why.remedy else "nothing told"
    return None


def test_one_sector_alone_brings_nothing_into_force() -> None:
    """Not the lead, not every provider, and not the lead where nobody has joined."""
    assert not in_force(*THREE, proposed())
    assert not in_force(*THREE, proposed("P1"), agrees("P2"), agrees("P3"))
    assert not in_force(registered(), proposed())
    assert in_force(*THREE, proposed("P1"), agrees("P2"), agrees(LEAD))


def test_representatives_speak_once_the_seat_for_small_agencies_is_held() -> None:
    """Until then every provider has a vote, so that whoever sits down first cannot speak for the others."""
    first = (*THREE, named("P1"))
    assert not in_force(*first, proposed(), agrees("P1"))
    both = (*first, named("P2", "small agency"))
    assert not in_force(*both, proposed(), agrees("P1"))
    assert in_force(*both, proposed(), agrees("P1"), agrees("P2"))
    assert refused(agrees("P3"), *both, proposed()) == "sender"
    assert refused(agrees("P3"), *first, proposed()) is None


def test_a_term_that_is_over_gives_no_voice() -> None:
    """The commissioners' representative speaks in its term, and after it the lead again."""
    yesterday = START.date() - timedelta(days=1)
    over = named(MEMBER, term_from=yesterday, term_until=yesterday)
    assert not in_force(*THREE, named(MEMBER), proposed(), agrees("P1"), agrees("P2"))
    assert in_force(*THREE, named(MEMBER), proposed(MEMBER), agrees("P1"), agrees("P2"))
    assert in_force(*THREE, over, proposed(), agrees("P1"), agrees("P2"))


@pytest.mark.parametrize(
    ("rule", "enough"), [("majority of each sector", 2), ("two thirds of each sector", 3), ("everyone", 4)]
)
def test_the_rule_agreed_beforehand(rule: str, enough: int) -> None:
    """Of four, or three, providers; a rule that changes after the proposal does not count for it."""
    providers = ("P1", "P2", "P3", "P4")
    joining = [joined(one) for one in providers[: 3 if enough == 2 else 4]]
    before = (registered(rule), *joining, proposed(), registered("majority of each sector"))
    yes = [agrees(one) for one in providers[:enough]]
    assert not in_force(*before, *yes[:-1])
    assert in_force(*before, *yes)


def test_the_agreed_version_runs_from_its_date() -> None:
    """Agreed early it waits for its day; a higher version replaces it from its own."""
    later = START + timedelta(days=30)
    known = told(*THREE, proposed(), agrees("P1"), agrees("P2"))
    known = follow(follow(known, proposed(version=2, in_force_from=later), START), agrees("P1", 2), START)
    known = follow(known, agrees("P2", 2), START)
    assert known.in_force("contract terms", later - timedelta(seconds=1)) == f"{DOCUMENT} v1"
    assert known.in_force("contract terms", later) == f"{DOCUMENT} v2"
    assert known.in_force("monitoring template", later) is None


def test_effect_claimed_by_one_sector_alone_is_refused_with_the_reason() -> None:
    """The yes that says it concludes is taken only when with it both sectors have agreed."""
    claim = agrees("P2", concludes=True)
    with pytest.raises(Rejected, match="of the commissioners 0 of 1 have agreed"):
        check_said(claim, told(*THREE, proposed("P1")), START)
    assert refused(claim, *THREE, proposed("P1")) == "concludes"
    assert refused(agrees(LEAD, concludes=True), *THREE, proposed("P1")) == "concludes"
    assert refused(agrees(LEAD, concludes=True), *THREE, proposed("P1"), agrees("P2")) is None


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (named(MEMBER), None),
        (named("P1", "small agency"), None),
        (named(MEMBER, sender="P1"), "sender"),
        (named("A9"), "representative"),
        (named("P1", sender="P2"), "representative"),
        (named("P9"), "representative"),
        (named(MEMBER, "small agency"), "seat"),
        (named("P1", term_until=START.date() - timedelta(days=1)), "term_until"),
        (proposed(clauses=()), "clauses"),
        (proposed(policy=DEFAULT), "policy"),
        (proposed(kind="matching policy"), "policy"),
        (proposed(clauses=(CLAUSES[0], CLAUSES[0])), "clauses.1.clause_id"),
        (proposed(clauses=(replace(CLAUSES[0], clause_id="policy.order"),)), "clauses.0.clause_id"),
    ],
)
def test_what_is_refused(event: Any, field: str | None) -> None:
    """A representative whom nobody of its sector could name, and a document that is not whole."""
    assert refused(event, *THREE) == field


def test_comments_name_a_clause() -> None:
    """A clause of that version, or a number of a policy; nothing else."""
    comment = DocumentCommented(
        agreement_id=AGREEMENT,
        document_id=DOCUMENT,
        document_version=1,
        sender="P1",
        clause_id="9.1",
        says="objects",
    )
    policy = proposed(kind="matching policy", policy=DEFAULT, clauses=())
    assert refused(comment, *THREE, proposed()) is None
    assert refused(comment, *THREE) == "document_version"
    assert refused(comment, *THREE, policy) == "clause_id"
    assert refused(replace(comment, clause_id="policy.radius_miles"), *THREE, policy) is None
    assert refused(replace(comment, clause_id="policy.radius_miles"), *THREE, proposed()) == "clause_id"
