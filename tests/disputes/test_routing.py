"""A dispute goes to the first in line who is there and has no part in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.agreements.events import ContractManager
from placehub.disputes.events import ConcernedPost
from placehub.disputes.routing import ROLES, Office, line, route


def post(organisation: str, name: str = "contract manager") -> ContractManager:
    """Return a post."""
    return ContractManager(organisation=organisation, post=name, contact="post@example.org")


def named(of: ContractManager) -> ConcernedPost:
    """Return a post as an event names it."""
    return ConcernedPost(organisation=of.organisation, post=of.post)


A2, A3, CHAIR = post("A2", "deputy"), post("A3", "deputy"), post("NEUTRAL", "chair")
OFFICE = Office(lead="LEAD", manager=post("LEAD"), deputies=(A2, A3), neutral=CHAIR)
AWAY = replace(OFFICE, away=True, covers=A3)
BOTH = ("A1", "P1")


@pytest.mark.parametrize(
    ("office", "sides", "concerns", "passed", "expected"),
    [
        (OFFICE, BOTH, (), (), ("manager", "LEAD", "in line")),
        (AWAY, BOTH, (), (), ("deputy", "A3", "manager away")),  # the one that covers
        (AWAY, ("A3", "P1"), (), (), ("deputy", "A2", "conflict of interest")),
        (OFFICE, ("LEAD", "P1"), (), (), ("deputy", "A2", "conflict of interest")),
        (OFFICE, BOTH, (OFFICE.manager,), (), ("deputy", "A2", "conflict of interest")),  # by the post itself
        (OFFICE, BOTH, (), (OFFICE.manager,), ("deputy", "A2", "in line")),
        (OFFICE, BOTH, (), (OFFICE.manager, A2), ("deputy", "A3", "in line")),
        (OFFICE, BOTH, (), (OFFICE.manager, A2, A3), ("lead", "LEAD", "in line")),
        (OFFICE, ("LEAD", "P1"), (), (A2, A3), ("neutral", "NEUTRAL", "conflict of interest")),
    ],
)
def test_the_first_who_is_there_and_has_no_part_in_it(
    office: Office,
    sides: tuple[str, str],
    concerns: tuple[ContractManager, ...],
    passed: tuple[ContractManager, ...],
    expected: tuple[str, str, str],
) -> None:
    """Manager, deputies, lead, neutral: who is away, has a part in it or was escalated past is passed over."""
    found = route(office, sides, tuple(map(named, concerns)), map(named, passed))
    assert found.place is not None
    assert (found.place.role, found.place.post.organisation, found.because) == expected


def test_without_a_neutral_nobody_settles_their_own() -> None:
    """Where everybody has a part in it and no neutral is agreed, it goes to nobody, and that is said."""
    office = Office(lead="LEAD", manager=post("LEAD"), deputies=(post("LEAD", "deputy"),))
    found = route(office, ("LEAD", "P1"))
    assert (found.place, found.because) == (None, "no neutral agreed")


def test_what_was_moved_on_does_not_come_back_with_a_new_manager() -> None:
    """Nobody of an earlier role is asked than it was moved on to."""
    office = replace(OFFICE, manager=post("A4", "new manager"))
    found = route(office, BOTH, passed=(named(OFFICE.manager),), floor="deputy")
    assert found.place is not None
    assert found.place.post == A2


@given(
    st.lists(st.sampled_from(["LEAD", "A1", "A2", "P1", "NEUTRAL"]), min_size=2, max_size=2, unique=True),
    st.booleans(),
    st.lists(st.sampled_from([OFFICE.manager, A2, A3, CHAIR])),
    st.sampled_from(ROLES),
)
def test_no_side_is_ever_its_own_judge(sides: list[str], away: bool, passed: list[ContractManager], floor: str) -> None:
    """Whoever the sides are, and however often it is moved on, no side's organisation settles it."""
    office = AWAY if away else OFFICE
    found = route(office, tuple(sides), passed=map(named, passed), floor=floor)
    if found.place is not None:
        assert found.place.post.organisation not in sides
        assert found.place.post not in passed
        assert found.place in list(line(office))
