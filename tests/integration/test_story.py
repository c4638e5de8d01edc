"""The main job over real mailboxes: from an early notice to a child who has moved in."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from placehub.mailboxes.events import DataUseEnded, EventRejected
from placehub.offers.events import InterestExpressed, InvitationDeclined, OfferMade
from placehub.placements.events import PlacementAgreed, PlacementStarted
from placehub.referrals.child import Child
from placehub.referrals.events import (
    EarlyNoticeGiven,
    InHouseSearchConcluded,
    InHouseSearchStarted,
    OfferSelected,
    ReferralMade,
    SelectionWithdrawn,
)
from placehub.search.events import (
    InvitationClosed,
    InvitationLapsed,
    InvitationUpdated,
    NoFitFound,
    OfferExpired,
    OfferNotSelected,
    ProviderInvited,
    SearchClosed,
    SearchResumed,
    SearchStarted,
    SelectionRefused,
)
from placehub.vacancies.events import VacancyFilled, VacancyReleased, VacancyReserved

from .story import Desk, Town, play

pytestmark = pytest.mark.broker


def test_an_early_notice_is_searched_for_at_once(town: Town) -> None:
    """An early notice starts the search and invites a fitting home for interest only, with nothing sealed."""
    home = town.open_home(town.providers[0])
    town.hub.settle()
    case = town.case()
    case.notice()
    town.hub.settle()
    (started,) = town.authority.got(SearchStarted, case.id)
    assert (started.because, started.homes_fitting) == ("EarlyNoticeGiven", 1)
    (invited,) = town.providers[0].got(ProviderInvited, case.id)
    assert invited.interest_only
    assert [one.vacancy_id for one in invited.homes] == [home]
    (notice,) = town.providers[0].got(EarlyNoticeGiven, case.id)
    assert not any(isinstance(child, Child) for child in notice.children)


def test_the_referral_goes_on_with_the_same_search(town: Town) -> None:
    """The referral updates the invitation instead of sending a second; its need can be opened, its identity not."""
    provider = town.providers[0]
    town.open_home(provider)
    town.hub.settle()
    case = town.case()
    case.notice()
    case.refer(need={"age_years": 9, "why_now": "made up"})
    town.hub.settle()
    assert len(town.authority.got(SearchStarted, case.id)) == 1
    assert len(provider.got(ProviderInvited, case.id)) == 1
    (updated,) = provider.got(InvitationUpdated, case.id)
    assert not updated.interest_only
    (referral,) = provider.got(ReferralMade, case.id)
    opened = provider.mailbox.open_need(referral.children[0])
    assert opened is not None
    assert opened.why_now == "made up"
    assert referral.children[0].identity is None
    (own,) = town.authority.got(ReferralMade, case.id)
    assert town.authority.mailbox.open_identity(own.children[0]) is not None


def test_a_home_opened_later_is_invited_at_once(town: Town) -> None:
    """Where nothing fitted, a vacancy that opens later brings its provider the invitation."""
    case = town.case()
    town.hub.settle()
    case.notice(within_miles=30)
    town.hub.settle()
    assert len(town.authority.got(NoFitFound, case.id)) == 1
    assert not town.providers[1].got(ProviderInvited, case.id)
    home = town.open_home(town.providers[1])
    town.hub.settle()
    (invited,) = town.providers[1].got(ProviderInvited, case.id)
    assert [one.vacancy_id for one in invited.homes] == [home]


def test_a_home_that_does_not_fit_is_not_invited(town: Town) -> None:
    """Too far, the wrong age or the wrong kind: none of these providers hears of the case."""
    town.open_home(town.providers[0], postcode_sector="EX1 1")
    town.open_home(town.providers[1], min_age=14)
    town.open_home(town.providers[2], kinds=["short break"])
    town.hub.settle()
    case = town.case()
    case.notice(within_miles=30)
    town.hub.settle()
    (none,) = town.authority.got(NoFitFound, case.id)
    assert {"distance", "age", "kind"} <= {one.criterion for one in none.removed}
    assert not any(provider.got(EarlyNoticeGiven, case.id) for provider in town.providers)


def test_siblings_need_one_home_for_all(town: Town) -> None:
    """Two siblings who stay together are not offered to a home with one place, but to one with two."""
    town.open_home(town.providers[0], places=1)
    town.open_home(town.providers[1], places=2)
    town.hub.settle()
    case = town.case(children=2)
    case.notice()
    town.hub.settle()
    assert not town.providers[0].got(ProviderInvited, case.id)
    assert len(town.providers[1].got(ProviderInvited, case.id)) == 1


def test_the_in_house_search_runs_beside(town: Town) -> None:
    """A home found in house closes the independent search; who was invited is told, and to purge what it got."""
    provider = town.providers[0]
    town.open_home(provider)
    town.hub.settle()
    case = town.case()
    case.notice()
    town.authority.post(InHouseSearchStarted(referral_id=case.id, authority=town.authority.code))
    town.hub.settle()
    assert len(provider.got(ProviderInvited, case.id)) == 1
    assert not town.authority.got(SearchClosed, case.id)
    town.authority.post(InHouseSearchConcluded(referral_id=case.id, authority=town.authority.code, found=True))
    town.hub.settle()
    (closed,) = town.authority.got(SearchClosed, case.id)
    assert closed.outcome == "in-house"
    assert [one.reason for one in provider.got(InvitationClosed, case.id)] == ["search closed"]
    assert len(provider.got(DataUseEnded, case.id)) == 1
    assert not provider.got(InHouseSearchStarted, case.id)


def test_from_an_offer_to_a_child_who_has_moved_in(town: Town) -> None:
    """Offer, selection, reservation, agreement of both, start: the place is filled and the search closed."""
    winner, other = town.providers[:2]
    home, spare = town.open_home(winner), town.open_home(other)
    town.hub.settle()
    case = town.case()
    case.notice()
    case.refer()
    town.hub.settle()
    winner.post(InterestExpressed(referral_id=case.id, provider=winner.code, vacancy_id=home))
    offer, second = case.offer(winner, home), case.offer(other, spare)
    town.hub.settle()
    assert {one.offer_id for one in town.authority.got(OfferMade, case.id)} == {offer, second}
    case.select(offer)
    town.hub.settle()
    (reserved,) = town.authority.got(VacancyReserved, case.id)
    assert [one.child_id for one in reserved.placements] == list(case.children)
    assert [one.offer_id for one in other.got(OfferNotSelected, case.id)] == [second]
    assert not other.got(VacancyReserved, case.id)
    case.agree(offer, home, winner)
    town.hub.settle()
    assert len(winner.got(PlacementAgreed, case.id)) == len(town.authority.got(PlacementAgreed, case.id)) == 2
    case.start(offer, home, winner)
    town.hub.settle()
    for moved in (PlacementAgreed, PlacementStarted):
        assert {one.attributes.marks for one in town.authority.letters(moved, case.id)} == {()}
    assert [one.vacancy_id for one in winner.got(VacancyFilled, case.id)] == [home]
    assert [one.outcome for one in town.authority.got(SearchClosed, case.id)] == ["independent"]
    assert [one.reason for one in other.got(InvitationClosed, case.id)] == ["placed elsewhere"]
    assert (len(winner.got(DataUseEnded, case.id)), len(other.got(DataUseEnded, case.id))) == (0, 1)


def test_a_move_told_before_the_case_waits_for_it(town: Town) -> None:
    """A child moved in by night, and the referral is written afterwards: the start waits, then ends the search.

    It is taken and marked, since nobody had agreed the placement.
    """
    provider = town.providers[0]
    home = town.open_home(provider)
    town.hub.settle()
    case = town.case()
    case.start(uuid4(), home, provider)
    town.hub.settle()
    assert not town.authority.got(SearchClosed, case.id)
    assert [one.attributes.marks for one in town.authority.letters(PlacementStarted, case.id)] == [("out_of_policy",)]
    case.refer()
    town.hub.settle()
    assert len(town.authority.got(SearchStarted, case.id)) == 1
    assert [one.outcome for one in town.authority.got(SearchClosed, case.id)] == ["independent"]
    assert not [one for one in town.authority.got(EventRejected) if one.subject == str(case.id)]


def test_a_move_told_before_the_reservation_fills_the_place_with_it(town: Town) -> None:
    """Of two siblings one has moved in by word; once the places are reserved, hers is filled at once."""
    provider = town.providers[0]
    home = town.open_home(provider, places=2)
    town.hub.settle()
    case = town.case(children=2)
    case.refer()
    town.hub.settle()
    offer = case.offer(provider, home)
    case.start(offer, home, provider, children=case.children[:1])
    town.hub.settle()
    assert not provider.got(VacancyFilled, case.id)
    case.select(offer)
    town.hub.settle()
    assert [one.places_left for one in provider.got(VacancyFilled, case.id)] == [0]
    assert not town.authority.got(SearchClosed, case.id)
    case.start(offer, home, provider, children=case.children[1:])
    town.hub.settle()
    assert len(provider.got(VacancyFilled, case.id)) == 2
    assert [one.outcome for one in town.authority.got(SearchClosed, case.id)] == ["independent"]


def test_one_last_place_and_two_authorities(town: Town, authorities: tuple[Desk, Desk]) -> None:
    """Two authorities select the same last place: one gets it, the other is refused and sees its next offers."""
    first, second = town.providers[:2]
    home, spare = town.open_home(first), town.open_home(second, places=2)
    town.hub.settle()
    cases = [town.case(authority=authority) for authority in authorities]
    for case in cases:
        case.refer()
    town.hub.settle()
    wanted = [case.offer(first, home) for case in cases]
    instead = [case.offer(second, spare) for case in cases]
    town.hub.settle()
    for case, offer in zip(cases, wanted, strict=True):
        case.select(offer)
    town.hub.settle()
    reserved = [len(case.authority.got(VacancyReserved, case.id)) for case in cases]
    refused = [case.authority.got(SelectionRefused, case.id) for case in cases]
    assert sorted(reserved) == [0, 1]
    loser = reserved.index(0)
    assert refused[1 - loser] == []
    assert [(one.offer_id, one.reason) for one in refused[loser]] == [(wanted[loser], "place gone")]
    assert refused[loser][0].next_offers == (instead[loser],)
    cases[loser].select(instead[loser])
    town.hub.settle()
    assert len(cases[loser].authority.got(VacancyReserved, cases[loser].id)) == 1


def test_a_home_that_opened_while_a_place_was_held_is_not_forgotten(town: Town) -> None:
    """A selection withdrawn gives the place back, and the search that resumes sees what opened meanwhile."""
    case, home, offer = play(town)
    later = town.open_home(town.providers[2])
    town.hub.settle()
    assert not town.providers[2].got(ProviderInvited, case.id)
    town.authority.post(
        SelectionWithdrawn(referral_id=case.id, authority=town.authority.code, offer_id=offer, reason="plan changed")
    )
    town.hub.settle()
    assert [one.vacancy_id for one in town.providers[0].got(VacancyReleased, case.id)] == [home]
    assert len(town.authority.got(SearchResumed, case.id)) == 1
    (invited,) = town.providers[2].got(ProviderInvited, case.id)
    assert [one.vacancy_id for one in invited.homes] == [later]


def test_a_place_given_back_can_be_had_by_another(town: Town) -> None:
    """After a selection was withdrawn the same place is reserved for somebody else's child."""
    case, home, offer = play(town)
    town.authority.post(
        SelectionWithdrawn(referral_id=case.id, authority=town.authority.code, offer_id=offer, reason="plan changed")
    )
    other = town.case()
    other.refer()
    town.hub.settle()
    again = other.offer(town.providers[0], home)
    town.hub.settle()
    other.select(again)
    town.hub.settle()
    assert len(town.authority.got(VacancyReserved, other.id)) == 1


def test_silence_is_not_a_decline(town: Town) -> None:
    """An invitation nobody answers lapses; its provider may still offer. A declined one may not be answered."""
    silent, declining = town.providers[:2]
    home, refused = town.open_home(silent), town.open_home(declining)
    town.hub.settle()
    case = town.case()
    case.refer()
    town.hub.settle()
    declining.post(InvitationDeclined(referral_id=case.id, provider=declining.code, reason="carer unavailable"))
    town.hub.settle()
    town.hub.pass_time(hours=25)
    assert len(silent.got(InvitationLapsed, case.id)) == 1
    assert not declining.got(InvitationLapsed, case.id)
    assert len(town.authority.got(InvitationDeclined, case.id)) == 1
    offer = case.offer(silent, home)
    too_late = declining.post(case.offer_of(declining, refused))
    town.hub.settle()
    assert offer in [one.offer_id for one in town.authority.got(OfferMade, case.id)]
    assert declining.refusal_of(too_late).field == "referral_id"
    case.select(offer)
    town.hub.settle()
    assert len(town.authority.got(VacancyReserved, case.id)) == 1


def test_an_offer_has_its_time(town: Town) -> None:
    """An offer past its time expires, both sides are told, and it cannot be selected any more."""
    provider = town.providers[0]
    home = town.open_home(provider)
    town.hub.settle()
    case = town.case()
    case.refer()
    town.hub.settle()
    offer = case.offer(provider, home, valid_until=town.hub.now + timedelta(hours=2))
    town.hub.settle()
    town.hub.pass_time(hours=3)
    assert [one.offer_id for one in provider.got(OfferExpired, case.id)] == [offer]
    assert [one.offer_id for one in town.authority.got(OfferExpired, case.id)] == [offer]
    selected = case.select(offer)
    town.hub.settle()
    assert town.authority.refusal_of(selected).field == "offer_id"
    assert not town.authority.got(VacancyReserved, case.id)


def test_a_late_event_is_taken_and_marked(town: Town) -> None:
    """What happened days ago is never refused for being late: it is taken, and marked."""
    case = town.case()
    case.refer()
    town.authority.post(
        InHouseSearchStarted(referral_id=case.id, authority=town.authority.code),
        time=town.hub.now - timedelta(days=3),
    )
    town.hub.settle()
    (late,) = town.authority.letters(InHouseSearchStarted, case.id)
    assert late.attributes.marks == ("recorded_late",)
    assert late.attributes.time == town.hub.now - timedelta(days=3)
    assert not [one for one in town.authority.got(EventRejected) if one.subject == str(case.id)]


def test_an_uninvited_offer_is_rejected_and_the_rest_goes_on(town: Town) -> None:
    """Who was not invited is told the field, the rule and the remedy; the invited provider's offer counts."""
    invited, stranger = town.providers[0], town.providers[2]
    home = town.open_home(invited)
    far = town.open_home(stranger, postcode_sector="EX1 1")
    town.hub.settle()
    case = town.case()
    case.refer()
    town.hub.settle()
    wrong = stranger.post(case.offer_of(stranger, far))
    offer = case.offer(invited, home)
    town.hub.settle()
    why = stranger.refusal_of(wrong)
    assert (why.field, why.rejected_type) == ("referral_id", "referral.OfferMade")
    assert why.rule
    assert why.remedy
    case.select(offer)
    town.hub.settle()
    assert len(town.authority.got(VacancyReserved, case.id)) == 1
    assert len(stranger.got(OfferSelected, case.id)) == 0
