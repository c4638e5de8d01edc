"""What is noted of cases and placements, whichever way their records come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.placements.events import PlacementEnded, PlacementStarted
from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, LawfulBasis, Wanted
from placehub.retention.following import Case, Known, Stay, counts, follow
from placehub.search.events import SearchClosed, SearchReopened

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CASE, STAY, CHILD = UUID(int=1), UUID(int=2), UUID(int=3)


def a_notice(child: UUID = CHILD) -> EarlyNoticeGiven:
    """Return an early notice of a child."""
    basis = LawfulBasis(basis="public task", condition="safeguarding of children", purpose="x", authorised_by="manager")
    return EarlyNoticeGiven(
        referral_id=CASE,
        authority="A",
        need_known_at=NOW,
        lawful_basis=basis,
        wanted=Wanted(kind="long term", needed_by="today"),
        children=(NotedChild(child_id=child),),
    )


CLOSED = SearchClosed(referral_id=CASE, outcome="withdrawn")
REOPENED = SearchReopened(referral_id=CASE, previous_placement=STAY, because="NoticeGiven")
STARTED = PlacementStarted(
    placement_id=STAY,
    referral_id=CASE,
    vacancy_id=UUID(int=4),
    child_id=CHILD,
    started_on=date(2026, 3, 2),
    authority="A",
    provider="P",
)
ENDED = PlacementEnded(
    placement_id=STAY, referral_id=CASE, ended_on=date(2026, 3, 9), planned=True, authority="A", provider="P"
)
TOLD: list[tuple[UUID, str, Any]] = [
    (CASE, "referral", a_notice()),
    (CASE, "referral", None),
    (CASE, "referral", CLOSED),
    (STAY, "placement", STARTED),
    (CASE, "referral", REOPENED),
    (STAY, "placement", ENDED),
    (CASE, "referral", CLOSED),
]
"""A story, an hour apart."""


def noted(order: list[int]) -> dict[UUID, Known]:
    """Return what is known once these of the story's records were taken in, in that order."""

    def take(known: dict[UUID, Known], at: int) -> dict[UUID, Known]:
        key, stream, event = TOLD[at]
        return known | {key: follow(known, key, stream, event, hours(at))}

    return reduce(take, order, {})


def hours(number: int) -> datetime:
    """Return when that record of the story came."""
    return NOW + timedelta(hours=number)


def test_a_story() -> None:
    """A case and its placement are known by their latest word."""
    known = noted(list(range(len(TOLD))))
    assert known[CASE] == Case(
        referral_id=CASE,
        authority="A",
        children=frozenset({CHILD}),
        closed_at=hours(6),
        reopened_at=hours(4),
        last_event_at=hours(6),
    )
    assert known[STAY] == Stay(
        placement_id=STAY,
        referral_id=CASE,
        child_id=CHILD,
        authority="A",
        vacancy_id=UUID(int=4),
        started_at=hours(3),
        ended_at=hours(5),
        last_event_at=hours(5),
    )


@given(st.permutations(range(len(TOLD))), st.lists(st.integers(0, len(TOLD) - 1), max_size=5))
def test_order_and_repeats_change_nothing(order: list[int], again: list[int]) -> None:
    """Records read in any order, and some of them again, come to the same."""
    assert noted([*order, *again]) == noted(list(range(len(TOLD))))


@pytest.mark.parametrize("key", [CASE, STAY])
def test_what_is_not_opened_counts_in_time_alone(key: UUID) -> None:
    """Of an event that is not opened its time is noted: an export before it is no export of all."""
    stream = "referral" if key == CASE else "placement"
    known = follow({}, key, stream, None, NOW)
    assert known.last_event_at == NOW
    assert follow({key: known}, key, stream, None, NOW + timedelta(hours=1)).last_event_at == NOW + timedelta(hours=1)


def test_whose_word_counts() -> None:
    """Of which case a placement is its authority says: the provider's word, and a stranger's, count in time alone."""
    assert [counts(STARTED, f"/organisations/{one}") for one in ("A", "P", "B")] == [True, False, False]
    assert counts(a_notice(), "/organisations/A")
    assert counts(None, "/hub")
