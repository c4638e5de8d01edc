"""When an agreement is to be consulted on and decided, and what is noted beside a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from placehub.agreements.events import (
    AgreementRegistered,
    ConsultationAnswered,
    ConsultationOpened,
    ContractManager,
    ContractManagerAway,
    ContractManagerChanged,
    ExtensionDecided,
    ProviderJoined,
    ProviderLeft,
    Reply,
    TerminationDecided,
)
from placehub.governance.agreements import AgreementClock, Decision, assess, dues, follow

ID, ASKED, DECISION = UUID(int=1), UUID(int=2), UUID(int=3)
STARTS, ENDS = date(2026, 1, 1), date(2027, 12, 31)
MANAGER = ContractManager(organisation="LEAD", post="manager", contact="manager@lead.example")
DEPUTY = ContractManager(organisation="LA", post="deputy", contact="deputy@la.example")
REGISTERED = AgreementRegistered(
    agreement_id=ID,
    lead="LEAD",
    name="Test agreement (made up)",
    kind="framework",
    nation="England",
    authorities=("LA", "LB"),
    manager=MANAGER,
    deputies=(DEPUTY,),
    starts_on=STARTS,
    ends_on=ENDS,
    consult_by=date(2027, 3, 1),
    decide_by=date(2027, 6, 1),
    consultation_days=42,
)
OPENED = ConsultationOpened(
    agreement_id=ID,
    lead="LEAD",
    consultation_id=ASKED,
    about="extension",
    question="Shall it go on?",
    opened_on=date(2027, 2, 1),
    closes_on=date(2027, 3, 15),
)
EXTENDED = ExtensionDecided(
    agreement_id=ID, lead="LEAD", consultation_id=ASKED, decided_on=date(2027, 5, 1), extended_until=date(2029, 12, 31)
)
TERMINATED = TerminationDecided(agreement_id=ID, lead="LEAD", decided_on=date(2027, 5, 1), ends_on=ENDS)


def joined(provider: str) -> ProviderJoined:
    """Return a provider's joining."""
    return ProviderJoined(agreement_id=ID, lead="LEAD", provider=provider, joined_on=STARTS)


def answered(sender: str, number: int) -> ConsultationAnswered:
    """Return a party's answer."""
    return ConsultationAnswered(
        agreement_id=ID, sender=sender, consultation_id=ASKED, answer_id=UUID(int=number), answer="agrees"
    )


def clock(*events: Any, registered: AgreementRegistered = REGISTERED) -> AgreementClock:
    """Return the clock after the agreement was registered, two providers joined and these events."""
    known = None
    for event in (registered, joined("P"), joined("Q"), *events):
        known = follow(known, event)
    assert known is not None
    return known


def days(known: AgreementClock) -> dict[str, date]:
    """Return what is due, and when."""
    return {one.kind: one.due_on for one in dues(known, STARTS)}


def test_the_days_of_the_terms_and_else_the_policy_s() -> None:
    """What the agreement says goes before the policy; one without an end has no days."""
    notice = ENDS - timedelta(weeks=13)
    assert days(clock()) == {
        "consult by": date(2027, 3, 1),
        "decide by": date(2027, 6, 1),
        "notice": notice,
        "end": ENDS,
    }
    silent = replace(REGISTERED, consult_by=None, decide_by=None, notice_weeks=26)
    before = {kind: ENDS - timedelta(weeks=weeks) for kind, weeks in (("consult by", 40), ("decide by", 26))}
    assert days(clock(registered=silent)) == {**before, "notice": ENDS - timedelta(weeks=26), "end": ENDS}
    assert days(clock(registered=replace(silent, ends_on=None))) == {}
    short = replace(silent, ends_on=STARTS + timedelta(weeks=20))
    assert "consult by" not in days(clock(registered=short)), "a spot agreement is not consulted on before it starts"


def test_manager_and_deputy_are_told_and_the_deputy_that_covers_is_named() -> None:
    """Both organisations are reminded; posts are named; while the manager is away, who covers is too."""
    away = ContractManagerAway(
        agreement_id=ID, sender="LEAD", away_from=STARTS, away_until=STARTS + timedelta(days=7), deputy=DEPUTY
    )
    known = clock(away)
    one = dues(known, STARTS)[0]
    assert (one.to, one.posts, one.covered_by) == (("LA", "LEAD"), (MANAGER, DEPUTY), DEPUTY)
    assert one.seen_by == ("LA", "LB", "LEAD", "P", "Q")
    assert dues(known, STARTS + timedelta(days=8))[0].covered_by is None
    changed = ContractManagerChanged(
        agreement_id=ID, lead="LEAD", manager=DEPUTY, deputies=(replace(MANAGER, organisation="LB"),), changes_on=STARTS
    )
    assert dues(clock(changed), STARTS)[0].to == ("LA", "LB")


def test_a_consultation_asks_every_party_until_it_has_answered() -> None:
    """The reminder to consult is done; each party but the lead is due to answer, who has or has left is not."""
    left = ProviderLeft(agreement_id=ID, sender="Q", provider="Q", left_on=STARTS)
    known = clock(OPENED, answered("P", 7), left)
    assert "consult by" not in days(known)
    (due,) = [one for one in dues(known, STARTS) if one.kind == "answer"]
    assert (due.to, due.due_on) == (("LA", "LB"), OPENED.closes_on)
    assert "answer" not in days(clock(OPENED, EXTENDED))


def test_an_extension_starts_the_next_clock() -> None:
    """From the new end, by the policy: the days of the terms were those of the old end."""
    end = EXTENDED.extended_until
    found = days(clock(OPENED, EXTENDED))
    assert found["consult by"] == end - timedelta(weeks=40)
    assert found["decide by"] == end - timedelta(weeks=26)
    assert found["end"] == end


def test_a_termination_leaves_the_last_day() -> None:
    """Nothing is to be decided any more."""
    assert days(clock(TERMINATED)) == {"end": ENDS}


def test_an_early_termination_starts_the_same_clock() -> None:
    """Counted from the end that the consultation proposes; the day for notice is the day to decide by."""
    early = date(2026, 12, 31)
    asked = replace(OPENED, about="termination", proposed_end=early, opened_on=STARTS, closes_on=date(2026, 2, 1))
    notice = early - timedelta(weeks=13)
    assert days(clock(asked)) == {"decide by": notice, "notice": notice, "end": early, "answer": asked.closes_on}


FULL = (OPENED, answered("P", 7), answered("LA", 8))
REPLIES = (Reply(answer_id=UUID(int=7), reply="Agreed."), Reply(answer_id=UUID(int=8), reply="Noted."))


@pytest.mark.parametrize(
    ("before", "decision", "late", "not_consulted", "unanswered"),
    [
        (FULL, replace(EXTENDED, replies=REPLIES), 0, False, ()),
        (FULL, replace(EXTENDED, replies=REPLIES[:1]), 0, False, (UUID(int=8),)),
        (FULL, replace(EXTENDED, replies=REPLIES, decided_on=date(2027, 6, 10)), 9, False, ()),
        ((), TERMINATED, 0, True, ()),
        ((), EXTENDED, 0, True, ()),  # it names a consultation that nobody knows
        ((replace(OPENED, closes_on=date(2027, 2, 20)),), EXTENDED, 0, True, ()),  # open for less than was agreed
        (FULL, replace(EXTENDED, replies=REPLIES, decided_on=date(2027, 2, 10)), 0, True, ()),  # before it was over
        ((), replace(TERMINATED, decided_on=date(2028, 2, 1)), 245, True, ()),
    ],
)
def test_what_is_noted_beside_a_decision(
    before: tuple[Any, ...], decision: Decision, late: int, not_consulted: bool, unanswered: tuple[UUID, ...]
) -> None:
    """Late by so many days, consulted for the agreed time or not, and the answers it does not reply to."""
    found = assess(clock(*before), decision, DECISION)
    assert (found.late_days, found.not_consulted, found.unanswered) == (late, not_consulted, unanswered)
