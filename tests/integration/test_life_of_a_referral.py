"""The paragraphs of a referral's life over real mailboxes; each ends with what every party's inbox shows of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from placehub.contracts.corrections import ReferralEventCorrected
from placehub.mailboxes.events import EventRejected, EventWarned
from placehub.offers.events import ClarificationAsked, OfferWithdrawn
from placehub.placements.events import PlacementEnded
from placehub.referrals.events import (
    ClarificationAnswered,
    EarlyNoticeGiven,
    EarlyNoticeWithdrawn,
    InHouseSearchConcluded,
    InHouseSearchStarted,
    ReferralContinued,
    SplitConfirmed,
)
from placehub.search.events import (
    ProviderInvited,
    SearchClosed,
    SearchReopened,
    SearchResumed,
    SplitProposed,
)
from placehub.vacancies.events import VacancyReleased, VacancyReserved
from placehub.vacancies.reserving import placement_id

from .story import Case, Desk, Town, play

pytestmark = pytest.mark.broker

BEGUN = Counter(ReferralMade=1, SearchStarted=1, ReferralAssessed=1)


def shown(desk: Desk, case: Case, *more: UUID) -> Counter[str]:
    """Return how many events of each kind an inbox shows of a case, and of these placements."""
    desk.got(EventRejected)  # reads to the end
    ids = {case.id, *more}
    about = [one.event for one in desk.received if ids & {getattr(one.event, name, None) for name in _IDS}]
    return Counter(type(one).__name__ for one in about)


_IDS = ("referral_id", "placement_id")


def confirm(case: Case, groups: tuple[tuple[UUID, ...], ...], **more: Any) -> UUID:
    """Let a named role confirm who stays with whom."""
    return case.authority.post(
        SplitConfirmed(
            referral_id=case.id,
            authority=case.authority.code,
            groups=groups,
            by="nominated officer",
            child_id=case.children[0],
            **more,
        )
    )


def test_siblings_whom_no_home_takes_together(town: Town) -> None:
    """A split is proposed, and nobody is asked until it is confirmed; then two offers, two places, two placements."""
    first, second, third = town.providers
    pair, single = town.open_home(first, places=2), town.open_home(second)
    town.open_home(third, min_age=14)
    town.hub.settle()
    case = town.case(children=3)
    case.refer()
    town.hub.settle()
    (proposal,) = town.authority.got(SplitProposed, case.id)
    assert [len(one.children) for one in proposal.groups] == [2, 1]
    assert [one.homes_fitting for one in proposal.groups] == [1, 2]
    assert proposal.breach == "together"
    assert not first.got(ProviderInvited, case.id)
    groups = tuple(one.children for one in proposal.groups)
    confirm(case, groups)
    town.hub.settle()
    (invited,) = second.got(ProviderInvited, case.id)
    (named,) = [one for home in invited.homes for one in home.findings if one.criterion == "for"]
    assert str(groups[1][0]) in named.facts["children"]
    parts = Case(town, case.authority, groups[0], case.id), Case(town, case.authority, groups[1], case.id)
    offers = parts[0].offer(first, pair), parts[1].offer(second, single)
    town.hub.settle()
    for offer in offers:
        case.select(offer)
    town.hub.settle()
    assert len(town.authority.got(VacancyReserved, case.id)) == 2
    parts[0].agree(offers[0], pair, first)
    parts[0].start(offers[0], pair, first)
    town.hub.settle()
    assert not town.authority.got(SearchClosed, case.id)
    parts[1].agree(offers[1], single, second)
    parts[1].start(offers[1], single, second)
    town.hub.settle()
    placed = {"OfferMade": 1, "OfferSelected": 1, "VacancyReserved": 1}
    told = Counter(ReferralMade=1, SplitConfirmed=1, ProviderInvited=1)
    assert shown(first, case) == told + Counter(**placed, PlacementAgreed=4, PlacementStarted=2, VacancyFilled=2)
    assert shown(second, case) == told + Counter(**placed, PlacementAgreed=2, PlacementStarted=1, VacancyFilled=1)
    assert shown(third, case) == Counter()
    assert shown(town.authority, case) == BEGUN + Counter(
        SearchWidened=1,
        SplitProposed=1,
        SplitConfirmed=1,
        ProviderInvited=2,
        OfferMade=2,
        OfferAssessed=2,
        OfferSelected=2,
        VacancyReserved=2,
        PlacementAgreed=6,
        PlacementStarted=3,
        VacancyFilled=3,
        SearchClosed=1,
    )


def test_terms_that_differ_and_a_home_that_goes_back(town: Town) -> None:
    """Both sides are warned while their terms differ; then the carer cannot after all, and the next offer stands."""
    first, second, third = town.providers
    spare = town.open_home(second)
    case, home, offer = play(town)
    town.hub.settle()
    agreed = case.agreement(offer, home, first)
    case.authority.post(agreed)
    first.post(replace(agreed, starts_on=agreed.starts_on + timedelta(days=2)))
    town.hub.settle()
    for one in (case.authority, first):
        (warned,) = [one for one in one.got(EventWarned) if one.subject == str(agreed.placement_id)]
        assert warned.field == "starts_on"
        assert warned.remedy
    assert not [one for one in second.got(EventWarned) if one.subject == str(agreed.placement_id)]
    first.post(OfferWithdrawn(referral_id=case.id, provider=first.code, offer_id=offer, reason="carer unavailable"))
    town.hub.settle()
    (resumed,) = town.authority.got(SearchResumed, case.id)
    assert (resumed.because, resumed.next_offers) == ("OfferWithdrawn", ())
    instead = case.offer(second, spare)
    town.hub.settle()
    case.select(instead)
    case.agree(instead, spare, second)
    case.start(instead, spare, second)
    town.hub.settle()
    told = Counter(ReferralMade=1, ProviderInvited=1, OfferMade=1, OfferSelected=1, VacancyReserved=1)
    lost = Counter(PlacementAgreed=2, OfferWithdrawn=1, VacancyReleased=1, InvitationClosed=1, DataUseEnded=1)
    assert shown(first, case) == told + lost
    assert shown(second, case) == told + Counter(PlacementAgreed=2, PlacementStarted=1, VacancyFilled=1)
    assert shown(third, case) == Counter()


def test_a_placement_that_ends_early_and_the_search_that_follows(town: Town) -> None:
    """One act gives the new notice: fresh invitations, but not of the home it ended in, until the authority says so."""
    first, second, third = town.providers
    case, home, offer = play(town)
    case.agree(offer, home, first)
    case.start(offer, home, first)
    town.hub.settle()
    placement = placement_id(offer, case.children[0])
    too_soon = case.notice(previous_placement=placement)
    town.hub.settle()
    assert town.authority.refusal_of(too_soon).field == "previous_placement"
    assert not second.got(EarlyNoticeGiven, case.id)
    parties: dict[str, Any] = {"placement_id": placement, "referral_id": case.id}
    sides: dict[str, Any] = {"authority": town.authority.code, "provider": first.code}
    today = town.hub.now.date()
    town.authority.post(PlacementEnded(**parties, **sides, ended_on=today, planned=False, reason="CARPL"))
    town.hub.settle()
    assert not first.got(VacancyReleased, case.id)
    again = town.open_home(first)
    town.hub.settle()
    # the same household under a vacancy of its own would be asked first too; another household of the provider is not
    case.notice(previous_placement=placement)
    town.hub.settle()
    (reopened,) = town.authority.got(SearchReopened, case.id)
    assert (reopened.because, reopened.ended_early) == ("PlacementEnded", (home,))
    invited = first.got(ProviderInvited, case.id)
    assert [one.vacancy_id for one in invited[-1].homes] == [again]
    assert shown(first, case, placement) == Counter(
        ReferralMade=1,
        ProviderInvited=2,
        OfferMade=1,
        OfferSelected=1,
        VacancyReserved=1,
        PlacementAgreed=2,
        PlacementStarted=1,
        VacancyFilled=1,
        PlacementEnded=1,
        EarlyNoticeGiven=1,
    )
    assert shown(second, case) == shown(third, case) == Counter()


def test_a_child_entered_twice_is_continued_and_corrected(town: Town) -> None:
    """Only the sender is warned of a second live case; a late provider gets the answer and the correction too."""
    first, second, third = town.providers
    town.open_home(first)
    town.hub.settle()
    older, case = town.case(), town.case()
    case.children = older.children
    older.notice()
    town.hub.settle()
    made = case.refer()
    town.hub.settle()
    (warned,) = [one for one in town.authority.got(EventWarned) if one.subject == str(case.id)]
    assert (warned.warned_id, warned.field) == (made, "children.0.child_id")
    assert not [one for one in first.got(EventWarned) if one.subject == str(case.id)]
    town.authority.post(ReferralContinued(referral_id=case.id, authority=town.authority.code, continues=older.id))
    town.authority.post(EarlyNoticeWithdrawn(referral_id=older.id, authority=town.authority.code, reason="withdrawn"))
    question = uuid4()
    about: dict[str, Any] = {"referral_id": case.id, "clarification_id": question, "child_id": case.children[0]}
    first.post(ClarificationAsked(**about, provider=first.code, about="children.pets"))
    town.hub.settle()
    town.authority.post(ClarificationAnswered(**about, authority=town.authority.code, about="children.pets"))
    wrong = ReferralEventCorrected(
        referral_id=case.id, sender=town.authority.code, corrects=made, reason="typing error", by="placement officer"
    )
    town.authority.post(wrong)
    town.hub.settle()
    town.open_home(second)
    town.hub.settle()
    late = Counter(ReferralMade=1, ReferralEventCorrected=1, ClarificationAnswered=1, ProviderInvited=1)
    assert shown(second, case) == late
    assert shown(first, case) == late + Counter(ClarificationAsked=1)
    assert shown(first, older) == Counter(EarlyNoticeGiven=1, ProviderInvited=1, InvitationClosed=1, DataUseEnded=1)
    assert shown(third, case) == shown(third, older) == Counter()
    assert shown(town.authority, case) == BEGUN + Counter(
        ReferralContinued=1,
        SearchWidened=1,
        ProviderInvited=2,
        ClarificationAsked=1,
        ClarificationAnswered=1,
        ReferralEventCorrected=1,
    )


def test_a_parent_and_her_child(town: Town) -> None:
    """A parent of over 18 comes along, a child of that age does not; only homes for both of them are asked."""
    first, second, third = town.providers
    together = town.open_home(first, places=2, kinds=["parent and child"])
    town.open_home(second, places=2)
    town.hub.settle()
    case = town.case(children=2)
    document = case.referral()
    document["wanted"]["kind"] = "parent and child"
    document["children"][1] |= {"role": "parent", "age_band": "18+"}
    child = {**document, "children": [document["children"][0], {**document["children"][1], "role": "child"}]}
    refused = town.authority.tell("ReferralMade", child)
    town.hub.settle()
    assert town.authority.refusal_of(refused).field == "children.1.age_band"
    document["children"][1]["need"] = {"age_years": 25}
    town.authority.tell("ReferralMade", document)
    town.hub.settle()
    parted = confirm(case, ((case.children[0],), (case.children[1],)))
    offer = case.offer(first, together)
    town.hub.settle()
    assert town.authority.refusal_of(parted).field == "groups"
    case.select(offer)
    case.agree(offer, together, first)
    case.start(offer, together, first)
    town.hub.settle()
    placed = Counter(OfferMade=1, OfferSelected=1, VacancyReserved=1, PlacementAgreed=4, PlacementStarted=2)
    assert shown(town.authority, case)["SearchClosed"] == 1
    assert (
        shown(first, case) - Counter(SplitConfirmed=1)
        == Counter(ReferralMade=1, ProviderInvited=1, VacancyFilled=2) + placed
    )
    assert shown(second, case) == shown(third, case) == Counter()


def test_in_house_and_independent_side_by_side(town: Town) -> None:
    """Both searches run at once; a home found in house ends the other, and every provider is told to purge."""
    first, second, third = town.providers
    home = town.open_home(first)
    town.open_home(second)
    town.hub.settle()
    case = town.case()
    own: dict[str, Any] = {"referral_id": case.id, "authority": town.authority.code}
    case.notice()
    town.hub.settle()  # who is invited after the referral was made is told of the referral alone
    town.authority.post(InHouseSearchStarted(**own))
    case.refer()
    town.hub.settle()
    offer = case.offer(first, home)
    town.hub.settle()  # two outboxes have no order between them, and after the end no offer is taken
    town.authority.post(InHouseSearchConcluded(**own, found=True))
    town.hub.settle()
    too_late = case.select(offer)
    town.hub.settle()
    assert town.authority.refusal_of(too_late).field == "referral_id"
    told = Counter(EarlyNoticeGiven=1, ReferralMade=1, ProviderInvited=1, InvitationUpdated=1)
    over = Counter(InvitationClosed=1, DataUseEnded=1)
    assert shown(first, case) - Counter(OfferSelected=1) == told + over + Counter(OfferMade=1)
    assert shown(second, case) == told + over
    assert shown(third, case) == Counter()
