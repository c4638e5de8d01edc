"""When invitations leave: tiers and the in-house search delay them and never order them; fair notice goes to all."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, InHouseSearchConcluded, ReferralMade, Wanted
from placehub.search import inviting
from placehub.search.case import Case
from placehub.search.deciding import decide, due
from placehub.search.events import (
    InvitationsWithheld,
    InvitationUpdated,
    NoFitFound,
    OutOfHoursContactTold,
    ProviderInvited,
    ReferralAssessed,
    ReleaseDelayed,
    SearchAnnounced,
    SearchStarted,
    SearchWidened,
)
from placehub.search.policy import DEFAULT, TODAY, TierDelay, WideningStep

from .cases import AUTHORITY, CASE, CHILD, HOME, NOW, OTHER, OTHER_HOME, PROVIDER, Given, a_fit, facts_of

THIRD, THIRD_HOME = "P3", UUID(int=8)
BOTH = {HOME: (PROVIDER, a_fit()), OTHER_HOME: (OTHER, a_fit(OTHER_HOME))}
TIERED = replace(DEFAULT, tiers=(TierDelay(tier=1, hours=0), TierDelay(tier=2, hours=4)))
STEPPED = replace(DEFAULT, widening=(WideningStep(radius_miles=50), WideningStep(radius_miles=100, after_hours=24)))


def notice(**wanted: Any) -> EarlyNoticeGiven:
    """Return a notice of one child of eight to ten, near Leeds."""
    usual: dict[str, Any] = {"near_sector": "LS6 2", "kind": "long term"}
    child = NotedChild(child_id=CHILD, age_band="8-10")
    given: EarlyNoticeGiven = replace(facts_of(EarlyNoticeGiven), children=(child,), wanted=Wanted(**(usual | wanted)))
    return given


def begun(view: Given, **wanted: Any) -> tuple[Case, list[Any]]:
    """Return the case that begins with a notice, and the events that follow."""
    decided = decide(None, notice(**wanted), 4, view)
    return decided.case, list(decided.events)


def kinds(events: Any) -> list[type]:
    """Return the events' classes, but for the note of who was not invited and what is said of the referral itself."""
    return [type(one) for one in events if not isinstance(one, InvitationsWithheld | ReferralAssessed)]


def later(view: Given, hours: int) -> Given:
    """Return the view so many hours after the notice."""
    return replace(view, now=NOW + timedelta(hours=hours))


def test_a_later_tier_waits_and_is_matched_again() -> None:
    """The wait is on record; when it is over, the homes that fit then are told, and nobody is told twice."""
    view = Given(dict(BOTH), agreed=TIERED, tiers={PROVIDER: 1, OTHER: 2})
    case, events = begun(view, within_miles=20)
    assert kinds(events) == [SearchStarted, ProviderInvited, ReleaseDelayed]
    (delay,) = [one for one in events if isinstance(one, ReleaseDelayed)]
    assert (delay.until, delay.cause, delay.tier, delay.providers) == (NOW + timedelta(hours=4), "tier", 2, 1)
    assert due(case, later(view, 3)).events == ()
    view.homes[THIRD_HOME] = (OTHER, a_fit(THIRD_HOME))
    released = due(case, later(view, 4))
    (invited,) = [one for one in released.events if isinstance(one, ProviderInvited)]
    assert (invited.provider, invited.released_at, len(invited.homes)) == (OTHER, NOW + timedelta(hours=4), 2)
    assert due(released.case, later(view, 5)).events == ()


def test_a_home_that_fits_no_longer_ends_the_wait_in_silence() -> None:
    """Who waited and has no home that fits any more hears nothing, and is not looked at with every tick."""
    view = Given(dict(BOTH), agreed=TIERED, tiers={OTHER: 2})
    case, _ = begun(view, within_miles=20)
    del view.homes[OTHER_HOME]
    decided = due(case, later(view, 4))
    assert (kinds(decided.events), decided.case.waiting) == ([], {})
    assert due(decided.case, later(view, 5)).case is decided.case


def test_a_tier_never_changes_who_is_invited() -> None:
    """The best so many are chosen by fit alone; that the first of them waits brings nobody else in."""
    view = Given(dict(BOTH), agreed=TIERED, tiers={PROVIDER: 2}, most=1)
    case, events = begun(view, within_miles=20)
    assert kinds(events) == [SearchStarted, ReleaseDelayed]
    assert [one.provider for one in due(case, later(view, 4)).events if isinstance(one, ProviderInvited)] == [PROVIDER]


def test_an_emergency_waits_for_nothing() -> None:
    """Needed today: every tier at once; so too when a revision makes it one."""
    agreed = replace(TIERED, in_house_first_hours=12)
    view = Given(dict(BOTH), agreed=agreed, tiers={OTHER: 2})
    _, events = begun(view, within_miles=20, needed_by=TODAY)
    assert kinds(events) == [SearchStarted, ProviderInvited, ProviderInvited]
    case, events = begun(view, within_miles=20)
    assert kinds(events) == [SearchStarted, ReleaseDelayed, ReleaseDelayed]
    urgent = inviting.again(replace(case, facts=notice(needed_by=TODAY, within_miles=20)), view)
    assert kinds(urgent.events) == [ProviderInvited, ProviderInvited]


def test_in_an_emergency_the_duty_desk_is_told() -> None:
    """Only whoever is invited, has named one, and when a home is needed today: without a word of the case."""
    view = Given(dict(BOTH), desks={OTHER: "01632 960998", THIRD: "01632 960997"})
    _, events = begun(view, within_miles=20)
    assert OutOfHoursContactTold not in kinds(events)
    _, events = begun(view, within_miles=20, needed_by=TODAY)
    (told,) = [one for one in events if isinstance(one, OutOfHoursContactTold)]
    assert (told.provider, told.contact) == (OTHER, "01632 960998")
    assert {one.name for one in fields(told)} == {"referral_id", "provider", "contact", "respond_by"}
    case, _ = begun(view, within_miles=20)
    urgent = inviting.again(replace(case, facts=notice(needed_by=TODAY, within_miles=20)), view)
    assert [one.provider for one in urgent.events if isinstance(one, OutOfHoursContactTold)] == [OTHER]


def test_in_house_first_ends_when_nothing_was_found() -> None:
    """The sector waits for the authority's own carers, as long as the policy says or until they have none."""
    view = Given(dict(BOTH), agreed=replace(DEFAULT, in_house_first_hours=12))
    case, events = begun(view, within_miles=20)
    assert [(one.cause, one.providers) for one in events if isinstance(one, ReleaseDelayed)] == [("in-house first", 2)]
    waited = due(case, later(view, 12))
    assert kinds(waited.events) == [ProviderInvited, ProviderInvited]
    none = InHouseSearchConcluded(referral_id=CASE, authority=AUTHORITY, found=False)
    at_once = decide(case, none, 5, later(view, 1))
    assert [one.released_at for one in at_once.events if isinstance(one, ProviderInvited)] == [
        NOW + timedelta(hours=1)
    ] * 2


def test_a_policy_for_all_parties_gives_notice_to_those_without_a_home() -> None:
    """They are told in bands, once, and get no seat in the case."""
    agreed = replace(DEFAULT, audience="all parties")
    view = Given(dict(BOTH), agreed=agreed, parties=frozenset({PROVIDER, OTHER, THIRD}))
    case, events = begun(view, within_miles=20)
    (told,) = [one for one in events if isinstance(one, SearchAnnounced)]
    assert (told.providers, told.told, told.age_bands, told.district) == ((THIRD,), 1, ("8-10",), "LS6")
    assert THIRD not in case.invitations
    again = inviting.again(case, later(view, 1))
    assert SearchAnnounced not in kinds(again.events)


def test_a_search_widens_step_by_step_until_enough_fit() -> None:
    """The first step is taken at once, the next after its wait; what is found is invited, and it widens no more."""
    view = Given(agreed=replace(STEPPED, too_few=1), farther={2: dict(BOTH)})
    case, events = begun(view)
    assert kinds(events) == [SearchStarted, SearchWidened]
    assert due(case, later(view, 23)).events == ()
    widened = due(case, later(view, 24))
    assert kinds(widened.events) == [SearchWidened, ProviderInvited, ProviderInvited]
    steps = [one for one in (*events, *widened.events) if isinstance(one, SearchWidened)]
    assert [(one.step, one.within_miles, one.homes_fitting) for one in steps] == [(1, 50, 0), (2, 100, 2)]
    assert SearchWidened not in kinds(due(widened.case, later(view, 240)).events)


def test_a_search_that_finds_enough_meanwhile_stops_widening() -> None:
    """A home that opened during the wait makes the next step needless."""
    view = Given(agreed=replace(STEPPED, too_few=1))
    case, _ = begun(view)
    view.homes[HOME] = (PROVIDER, a_fit())
    decided = due(case, later(view, 24))
    assert (kinds(decided.events), decided.case.widened) == ([ProviderInvited], 1)


def test_every_party_has_fair_notice_before_nothing_is_found() -> None:
    """Last step, notice to all, `NoFitFound`: in this order; a revision keeps the steps and repeats none."""
    view = Given(agreed=STEPPED, parties=frozenset({PROVIDER, OTHER}))
    case, events = begun(view)
    assert NoFitFound not in kinds(events)
    none = due(case, later(view, 24))
    assert kinds(none.events) == [SearchWidened, SearchAnnounced, NoFitFound]
    assert none.events[2].relaxations
    assert due(none.case, later(view, 48)).events == ()
    revised = inviting.again(replace(none.case, facts=replace(none.case.facts)), later(view, 49))
    assert (kinds(revised.events), revised.case.widened) == ([NoFitFound], 2)


def test_a_reach_the_authority_named_is_kept() -> None:
    """No step is taken beyond it; that nothing fits is said at once."""
    _, events = begun(Given(agreed=STEPPED), within_miles=10)
    assert kinds(events) == [SearchStarted, NoFitFound]


def test_each_that_was_not_invited_is_noted_with_the_reason() -> None:
    """Whoever is invited or waits is not among them."""
    view = Given(dict(BOTH), agreed=TIERED, tiers={OTHER: 2}, parties=frozenset({PROVIDER, OTHER, THIRD}))
    _, events = begun(view, within_miles=20)
    (noted,) = [one for one in events if isinstance(one, InvitationsWithheld)]
    assert [(one.provider, one.criterion, one.homes) for one in noted.withheld] == [(THIRD, "distance", 1)]


@pytest.mark.parametrize("hours", [0, 4, 30])
def test_nobody_is_invited_twice_for_the_same_thing(hours: int) -> None:
    """Notice, referral, a tick, a home that changes: each provider has one ProviderInvited, and then updates only."""
    view = Given(
        dict(BOTH), agreed=replace(TIERED, audience="all parties"), tiers={OTHER: 2}, parties=frozenset({THIRD})
    )
    case, events = begun(view, within_miles=20)
    for decided_at in (0, hours, hours + 1):
        then = later(view, decided_at)
        referred = facts_of(ReferralMade)
        decided = inviting.again(replace(case, facts=replace(referred, wanted=notice(within_miles=20).wanted)), then)
        decided = decided.then(inviting.homes_changed(decided.case, then, OTHER, [OTHER_HOME]))
        decided = decided.then(due(decided.case, then))
        case, events = decided.case, [*events, *decided.events]
    invited = [one.provider for one in events if isinstance(one, ProviderInvited)]
    assert sorted(invited) == sorted(set(invited))
    assert invited[0] == PROVIDER
    assert {one.provider for one in events if isinstance(one, InvitationUpdated)} <= set(invited)
