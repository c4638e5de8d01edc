"""Who is invited, and what becomes of an invitation when homes change."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from placehub.contracts.parts import Finding
from placehub.offers.events import InvitationDeclined, OfferMade, OfferWithdrawn
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade
from placehub.search import inviting
from placehub.search.case import Case
from placehub.search.deciding import decide, due
from placehub.search.events import (
    InvitationClosed,
    InvitationLapsed,
    InvitationUpdated,
    NoFitFound,
    ProviderInvited,
    ReferralAssessed,
    SearchStarted,
)

from .cases import HOME, OTHER, OTHER_HOME, OTHER_OFFER, PROVIDER, Given, a_case, a_fit, an_act

THIRD_HOME = UUID(int=8)


def begun(view: Given, cls: type = EarlyNoticeGiven) -> tuple[Case, list[type]]:
    """Return a case that has just begun, and the kinds of event that followed, before the assessment."""
    decided = decide(None, an_act(cls), 4, view)
    return decided.case, [type(one) for one in decided.events[:-1]]


def test_a_search_starts() -> None:
    """Each provider is invited once, with all its homes, best band first; the basis goes with it."""
    homes = {HOME: (PROVIDER, a_fit(HOME, "stretch")), THIRD_HOME: (PROVIDER, a_fit(THIRD_HOME))}
    decided = decide(None, an_act(EarlyNoticeGiven), 4, Given(homes | {OTHER_HOME: (OTHER, a_fit(OTHER_HOME))}))
    start, first, second, assessed = decided.events
    assert isinstance(start, SearchStarted)
    assert (start.homes_considered, start.homes_fitting) == (4, 3)
    assert (first.provider, first.band, len(first.homes), first.interest_only) == (PROVIDER, "fits", 2, True)
    assert (second.provider, second.released_at) == (OTHER, first.released_at)
    assert first.basis is not None
    assert isinstance(assessed, ReferralAssessed)


def test_a_provider_with_very_many_homes() -> None:
    """An invitation tells of the best so many, also when more come in sight: a record has an end."""
    many = [UUID(int=1000 + number) for number in range(inviting.MOST_HOMES + 20)]
    homes = {one: (PROVIDER, a_fit(one, "stretch")) for one in many} | {HOME: (PROVIDER, a_fit(HOME))}
    view = Given(homes)
    decided = decide(None, an_act(EarlyNoticeGiven), 4, view)
    (invited,) = [one for one in decided.events if isinstance(one, ProviderInvited)]
    assert len(invited.homes) == inviting.MOST_HOMES
    assert invited.homes[0].vacancy_id == HOME
    later = {OTHER_HOME: (PROVIDER, a_fit(OTHER_HOME))}
    (updated,) = inviting.homes_changed(decided.case, Given(homes | later), PROVIDER, [OTHER_HOME]).events
    assert len(updated.homes) == inviting.MOST_HOMES
    assert {HOME, OTHER_HOME} == {one.vacancy_id for one in updated.homes[:2]}


def test_nothing_fits() -> None:
    """Where no home fits, the authority is told which rules removed how many; rules that removed none are left out."""
    decided = decide(None, an_act(ReferralMade), 4, Given())
    none = decided.events[-2]
    assert isinstance(none, NoFitFound)
    assert [(one.criterion, one.homes) for one in none.removed] == [("distance", 1)]


def test_the_next_best_is_invited_for_who_declines() -> None:
    """As many as the policy says are asked at a time: a decline makes room for the next best, an equal offer none."""
    third = UUID(int=8), ("P3", a_fit(UUID(int=8)))
    view = Given({HOME: (PROVIDER, a_fit()), OTHER_HOME: (OTHER, a_fit(OTHER_HOME)), third[0]: third[1]}, most=1)
    case, _ = begun(view, ReferralMade)
    declined = decide(case, an_act(InvitationDeclined), 5, view)
    assert [(type(one), one.provider) for one in declined.events] == [(ProviderInvited, OTHER)]
    offered = decide(declined.case, an_act(OfferMade, provider=OTHER, vacancy_id=OTHER_HOME), 6, view)
    assert inviting.next_best(offered.case, view).events == ()
    gone = decide(offered.case, an_act(OfferWithdrawn, provider=OTHER, offer_id=OTHER_OFFER), 7, view)
    assert [one.provider for one in gone.events] == ["P3"]


def test_an_offer_of_a_lesser_band_does_not_end_the_asking() -> None:
    """Where only a stretch is on offer, a home that fits is asked in its provider's place, but no other stretch."""
    third, fourth = UUID(int=8), UUID(int=10)
    homes = {HOME: (PROVIDER, a_fit()), OTHER_HOME: (OTHER, a_fit(OTHER_HOME, "stretch")), third: ("P3", a_fit(third))}
    view = Given(homes | {fourth: ("P4", a_fit(fourth, "stretch"))}, most=2)
    case, _ = begun(view, ReferralMade)
    offered = decide(case, an_act(OfferMade, provider=OTHER, vacancy_id=OTHER_HOME), 5, view)
    assert [one.provider for one in offered.events if isinstance(one, ProviderInvited)] == ["P3"]
    assert decide(offered.case, an_act(InvitationDeclined), 6, view).events == ()


@pytest.mark.parametrize(("verdict", "asked"), [("fits", ["P3"]), ("needs support", []), ("needs variation", [])])
def test_a_carer_whose_word_has_run_out_is_asked_where_the_home_may_fit_better(verdict: str, asked: list[str]) -> None:
    """A stretch for that alone is no lesser home than what is on offer: nobody knows, and the invitation asks."""
    skills = Finding(criterion="skills", verdict=verdict, facts={})
    stale = Finding(criterion="freshness", verdict="ask", facts={"ask": "carer"})
    unsure = replace(a_fit(THIRD_HOME, "stretch"), findings=(stale, skills), questions=("freshness",))
    on_offer = a_fit(OTHER_HOME, "fits with named support")
    view = Given({OTHER_HOME: (OTHER, on_offer), THIRD_HOME: ("P3", unsure)}, most=1)
    case, _ = begun(view, ReferralMade)
    assert list(case.invitations) == [OTHER]
    offered = decide(case, an_act(OfferMade, provider=OTHER, vacancy_id=OTHER_HOME), 5, view)
    assert [one.provider for one in offered.events if isinstance(one, ProviderInvited)] == asked


def test_the_next_best_is_invited_for_who_is_silent() -> None:
    """Silence is never a decline, but whoever let the time pass holds nobody else's invitation up."""
    view = Given({HOME: (PROVIDER, a_fit()), OTHER_HOME: (OTHER, a_fit(OTHER_HOME))}, most=1)
    case, _ = begun(view, ReferralMade)
    later = replace(view, now=case.invitations[PROVIDER].respond_by)
    lapsed, _, next_one = due(case, later).events
    assert isinstance(lapsed, InvitationLapsed)
    assert (type(next_one), next_one.provider) == (ProviderInvited, OTHER)


def test_the_most_invited_at_the_start() -> None:
    """The start invites the best so many; a home that comes in sight later does not count against them.

    One that was seen at the start, and came after those that fitted better, is not invited for being heard of again;
    but once another home of its provider is, it is told of too.
    """
    view = Given({HOME: (PROVIDER, a_fit()), OTHER_HOME: (OTHER, a_fit(OTHER_HOME))}, most=1)
    case, kinds = begun(view)
    assert kinds == [SearchStarted, ProviderInvited]
    assert inviting.homes_changed(case, view, OTHER, [OTHER_HOME]).events == ()
    view.homes[THIRD_HOME] = (OTHER, a_fit(THIRD_HOME))
    view.new = frozenset({THIRD_HOME})
    (later,) = inviting.homes_changed(case, view, OTHER, [THIRD_HOME]).events
    assert isinstance(later, ProviderInvited)
    assert [home.vacancy_id for home in later.homes] == [OTHER_HOME, THIRD_HOME]
    assert later.basis is not None
    assert later.basis.changed == (THIRD_HOME,)


def test_a_provider_joins_the_agreement() -> None:
    """All its homes are new to the search, however long they have been open."""
    view = Given({HOME: (PROVIDER, a_fit()), OTHER_HOME: (OTHER, a_fit(OTHER_HOME))}, most=1)
    case, _ = begun(view)
    events = inviting.homes_changed(case, view, OTHER, [OTHER_HOME], joined=True).events
    assert [type(one) for one in events] == [ProviderInvited]


def test_a_home_changes() -> None:
    """What is worth telling is told; the same again is not; the last home gone closes the invitation."""
    view = Given({HOME: (PROVIDER, a_fit())})
    case, _ = begun(view)
    assert inviting.homes_changed(case, view, PROVIDER, [HOME]).events == ()
    view.homes[HOME] = (PROVIDER, a_fit(band="stretch"))
    updated = inviting.homes_changed(case, view, PROVIDER, [HOME])
    assert [(type(one), one.band) for one in updated.events] == [(InvitationUpdated, "stretch")]
    view.homes.clear()
    closed = inviting.homes_changed(updated.case, view, PROVIDER, [HOME])
    assert [(type(one), one.reason) for one in closed.events] == [(InvitationClosed, "no longer fits")]
    assert [one.basis.changed for one in (*updated.events, *closed.events)] == [(HOME,), (HOME,)]
    assert inviting.homes_changed(closed.case, Given({HOME: (PROVIDER, a_fit())}), PROVIDER, [HOME]).events == ()


def test_a_home_that_brings_no_news_brings_no_look_at_the_others() -> None:
    """Of a home that fits as before nothing is told, though another would be told otherwise by now; it is with news."""
    case, _ = begun(Given({HOME: (PROVIDER, a_fit()), OTHER_HOME: (PROVIDER, a_fit(OTHER_HOME))}))
    view = Given({HOME: (PROVIDER, a_fit()), OTHER_HOME: (PROVIDER, a_fit(OTHER_HOME, band="stretch"))})
    assert inviting.homes_changed(case, view, PROVIDER, [HOME]).events == ()
    (updated,) = inviting.homes_changed(case, view, PROVIDER, [OTHER_HOME]).events
    assert [(home.vacancy_id, home.band) for home in updated.homes] == [(HOME, "fits"), (OTHER_HOME, "stretch")]


def test_an_offer_that_stands_keeps_its_invitation() -> None:
    """A home that fits no longer does not take away the invitation under an offer: that is the authority's to judge."""
    assert inviting.homes_changed(a_case("referred", "offered"), Given(), PROVIDER, [HOME]).events == ()


@pytest.mark.parametrize("state", ["declined", "closed"])
def test_who_is_out_is_left_alone(state: str) -> None:
    """A provider that declined, or was closed, hears no more of the case."""
    view = Given({OTHER_HOME: (PROVIDER, a_fit(OTHER_HOME))})
    assert inviting.homes_changed(a_case("referred", state), view, PROVIDER, [OTHER_HOME]).events == ()
    assert not [one for one in inviting.again(a_case("referred", state), view).events if hasattr(one, "provider")]


def test_new_facts_are_told_to_everybody_invited() -> None:
    """The referral is told to all whom the notice reached, changed or not; a lapsed invitation is open again."""
    view = Given({HOME: (PROVIDER, a_fit())})
    (told,) = inviting.again(a_case("referred", "lapsed"), view).events
    assert isinstance(told, InvitationUpdated)
    assert inviting.again(a_case("referred", "lapsed"), view).case.invitations[PROVIDER].state == "invited"


def test_a_search_that_stood_still_catches_up() -> None:
    """What opened meanwhile is invited, what changed is updated, and who has heard it all hears nothing."""
    view = Given({HOME: (PROVIDER, a_fit()), OTHER_HOME: (OTHER, a_fit(OTHER_HOME))})
    events = inviting.again(a_case("referred", "interested"), view, told_anew=False).events
    assert [(type(one), one.provider) for one in events] == [(ProviderInvited, OTHER)]
