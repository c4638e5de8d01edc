"""A placement that ends, or never began: how the search goes on, and where it does not ask again unasked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from placehub.errors import Rejected
from placehub.offers.events import OfferWithdrawn
from placehub.placements.events import NoticeGiven, PlacementEnded, PlacementStarted
from placehub.referrals import events as referrals
from placehub.search import answering
from placehub.search.case import Case
from placehub.search.deciding import decide
from placehub.search.events import (
    OfferAssessed,
    OfferExpired,
    ProviderInvited,
    ReferralAssessed,
    SearchReopened,
    SearchResumed,
    SearchStarted,
)
from placehub.vacancies.events import ReservationWithdrawn

from .cases import (
    AUTHORITY,
    CASE,
    CHILD,
    ENDING,
    HOME,
    LATER,
    NOW,
    OFFER,
    OTHER,
    OTHER_HOME,
    OTHER_OFFER,
    PROVIDER,
    Given,
    a_case,
    a_fit,
    a_stay,
    an_act,
    an_offer,
)

PARTIES: dict[str, Any] = {
    "placement_id": ENDING,
    "referral_id": CASE,
    "authority": AUTHORITY,
    "provider": PROVIDER,
}


def placed() -> Case:
    """Return a case that is closed, its child placed."""
    case = replace(a_case("reserved"), stays={})
    start = PlacementStarted(**PARTIES, vacancy_id=HOME, child_id=CHILD, started_on=NOW.date())
    return answering.started(case, start, Given({HOME: (PROVIDER, a_fit())})).case


def ended(case: Case, days: int, view: Given | None = None) -> Case:
    """Return the case after the placement ended so many days after its start."""
    end = PlacementEnded(**PARTIES, ended_on=NOW.date() + timedelta(days=days), planned=False)
    return answering.ending(case, end, view or Given()).case


def again(case: Case, **more: Any) -> Any:
    """Return what follows from a new early notice."""
    known = {"previous_placement": ENDING} | more
    return decide(case, replace(an_act(referrals.EarlyNoticeGiven), **known), 9, Given({HOME: (PROVIDER, a_fit())}))


def test_one_act_begins_the_search_that_follows() -> None:
    """A notice on a placement lets the closed case be searched again: told as reopened, everybody invited afresh."""
    notice = NoticeGiven(**PARTIES, given_by="provider", ends_on=LATER.date(), reason="CARPL")
    case = answering.ending(placed(), notice, Given()).case
    decided = again(case)
    assert [type(one) for one in decided.events] == [SearchReopened, SearchStarted, ProviderInvited, ReferralAssessed]
    assert (decided.events[0].previous_placement, decided.events[0].because) == (ENDING, "NoticeGiven")
    assert (decided.case.state, decided.case.started, decided.case.held) == ("noticed", (), frozenset())
    assert decided.case.offers[OFFER].state == "ended"


def test_a_search_is_not_reopened_without_an_ending() -> None:
    """A notice that names no placement, a placement without an end, or one of another case is rejected."""
    for case, named in ((placed(), ENDING), (placed(), None), (ended(placed(), 30), UUID(int=99))):
        with pytest.raises(Rejected) as why:
            again(case, previous_placement=named)
        assert why.value.field == "previous_placement"
    with pytest.raises(Rejected) as why:
        decide(None, replace(an_act(referrals.EarlyNoticeGiven), previous_placement=ENDING), 9, Given())
    assert why.value.field == "previous_placement"


@pytest.mark.parametrize(("days", "early"), [(0, True), (7, True), (8, False)])
def test_an_early_ending_is_within_a_week(days: int, early: bool) -> None:
    """Where a placement ended within 7 days the authority is asked before that home is asked again."""
    decided = again(ended(placed(), days))
    assert decided.events[0].ended_early == ((HOME,) if early else ())
    household = a_fit().household_ref
    assert decided.case.is_asked_first(OTHER_HOME, household) is early
    assert not decided.case.is_asked_first(OTHER_HOME, UUID(int=77))


def test_the_authority_may_let_the_home_be_asked_again() -> None:
    """Named in the new notice, the home is asked as any other."""
    wanted = referrals.Wanted(invite_again=(HOME,))
    case = again(ended(placed(), 2), wanted=wanted).case
    assert (case.ask_first, case.is_asked_first(HOME, a_fit().household_ref)) == ((), False)


def test_an_ending_told_after_the_new_search_began_counts() -> None:
    """Notice, new search, and only then the end, within the week: an invitation of that home is looked at again."""
    noticed = replace(placed(), stays={ENDING: a_stay(noticed=True, household_ref=a_fit().household_ref)})
    case = again(noticed).case
    assert case.ask_first == ()
    assert ended(case, 3).ask_first == (HOME,)
    assert ended(case, 3).invitations[PROVIDER].state == "closed"


@pytest.mark.parametrize("by", ["authority", "provider"])
def test_either_side_may_go_back_before_the_start(by: str) -> None:
    """The place is given back, the other offers are checked anew, and the search goes on."""
    late = replace(an_offer(OTHER_OFFER, PROVIDER, "not selected"), valid_until=NOW)
    fresh = replace(an_offer(UUID(int=61), PROVIDER, "not selected"), valid_until=LATER)
    case = a_case("reserved").with_offer(late).with_offer(fresh)
    cls = referrals.SelectionWithdrawn if by == "authority" else OfferWithdrawn
    decided = decide(case, an_act(cls), 9, Given({HOME: (PROVIDER, a_fit())}))
    expected = [ReservationWithdrawn, SearchResumed, OfferExpired, OfferAssessed]
    assert [type(one) for one in decided.events] == expected
    resumed = decided.events[1]
    assert (resumed.because, resumed.next_offers) == (cls.__name__, (UUID(int=61),))
    assert (decided.case.state, decided.case.offers[OFFER].state) == ("referred", "withdrawn")


@pytest.mark.parametrize("cls", [referrals.SelectionWithdrawn, OfferWithdrawn])
def test_nobody_goes_back_after_the_start(cls: type) -> None:
    """Once a child has moved in a placement is ended, not withdrawn."""
    case = a_case("reserved", started=(CHILD,))
    with pytest.raises(Rejected) as why:
        decide(case, an_act(cls), 9, Given())
    assert why.value.field == "offer_id"


def test_another_s_offer_is_not_withdrawn() -> None:
    """A provider takes back its own offer only."""
    with pytest.raises(Rejected):
        decide(a_case("reserved"), an_act(OfferWithdrawn, provider=OTHER), 9, Given())
