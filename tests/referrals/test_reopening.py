"""The new notice when a placement ends: the last referral's bands and codes, for the child who moves on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from placehub.errors import NotFound
from placehub.keys.sealed import Sealed
from placehub.placements.events import NoticeGiven, PlacementEnded, PlacementStarted
from placehub.referrals.child import Child, NotedChild
from placehub.referrals.events import LawfulBasis, ReferralMade, Wanted
from placehub.referrals.reopening import notice_again

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CASE, CHILD, SIBLING, PLACEMENT = (UUID(int=number) for number in range(1, 5))
SEALED = Sealed(key_id="k", nonce=b"twelve bytes", ciphertext=b"sealed")
PARTIES: dict[str, Any] = {"placement_id": PLACEMENT, "referral_id": CASE, "authority": "A1", "provider": "P1"}
ENDS = NOW.date() + timedelta(days=28)


def referral(*children: Child) -> ReferralMade:
    """Return the referral as the authority received it back."""
    basis = LawfulBasis(
        basis="public task", condition="vital interests", purpose="find a foster home", authorised_by="director"
    )
    return ReferralMade(
        referral_id=CASE,
        authority="A1",
        need_known_at=NOW,
        lawful_basis=basis,
        wanted=Wanted(kind="long term", needed_by="Today", planned_start=date(2026, 1, 1), siblings_plan="apart"),
        children=children,
    )


FIRST = Child(child_id=CHILD, age_band="8-10", need=SEALED, identity=SEALED)
STARTED = PlacementStarted(**PARTIES, vacancy_id=UUID(int=9), child_id=CHILD, started_on=date(2026, 1, 5))
NOTICE = NoticeGiven(**PARTIES, given_by="provider", ends_on=ENDS, reason="CARPL")


def test_the_notice_is_of_the_child_who_moves_on() -> None:
    """A brother placed elsewhere is not in it, nothing sealed is, and the home is needed when the placement ends."""
    events = [referral(FIRST, Child(child_id=SIBLING)), STARTED, NOTICE]
    notice = notice_again(events, CASE, PLACEMENT, NOW)
    assert notice.children == (NotedChild(child_id=CHILD, age_band="8-10"),)
    assert (notice.previous_placement, notice.need_known_at) == (PLACEMENT, NOW)
    assert (notice.wanted.kind, notice.wanted.needed_by, notice.wanted.planned_start) == ("long term", None, ENDS)


def test_a_placement_that_has_ended_tells_no_day_ahead() -> None:
    """Once the child has moved on, the day of the notice says nothing any more."""
    ended = PlacementEnded(**PARTIES, ended_on=NOW.date(), planned=False)
    assert notice_again([referral(FIRST), STARTED, NOTICE, ended], CASE, PLACEMENT, NOW).wanted.planned_start is None


def test_a_parent_comes_along() -> None:
    """Whoever was placed with the child stays with the child."""
    parent = Child(child_id=SIBLING, role="parent")
    assert len(notice_again([referral(FIRST, parent), STARTED], CASE, PLACEMENT, NOW).children) == 2


@pytest.mark.parametrize("events", [[], [STARTED], [referral(FIRST)]], ids=["nothing", "no referral", "no placement"])
def test_what_is_not_there_is_said(events: list[Any]) -> None:
    """Without the referral or the placement there is nothing to make a notice of."""
    with pytest.raises(NotFound):
        notice_again(events, CASE, PLACEMENT, NOW)
