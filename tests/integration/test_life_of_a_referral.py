"""The paragraphs of a referral's life over real mailboxes; each ends with what every party's inbox shows of it.

Two outboxes have no order between them, so each act waits until the one before it has reached everybody.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from placehub.codesign.events import DocumentAgreed, DocumentProposed
from placehub.contracts.corrections import ReferralEventCorrected
from placehub.mailboxes.events import EventWarned
from placehub.offers.events import ClarificationAsked, InterestExpressed, InvitationDeclined, OfferMade, OfferWithdrawn
from placehub.organisations.events import OUT_OF_HOURS, ProfileFact, ProfilePublished
from placehub.placements.events import PlacementEnded
from placehub.referrals.events import (
    ClarificationAnswered,
    EarlyNoticeWithdrawn,
    InHouseSearchConcluded,
    InHouseSearchStarted,
    ReferralContinued,
)
from placehub.search.events import (
    InvitationLapsed,
    OutOfHoursContactTold,
    ProviderInvited,
    SearchReopened,
    SearchResumed,
)
from placehub.search.policy import DEFAULT, TierDelay
from placehub.vacancies.events import VacancyFactQuestioned, VacancyReleased, VacancyReserved
from placehub.vacancies.reserving import placement_id

from .inboxes import show
from .story import HubUnderTest, Town, play

pytestmark = pytest.mark.broker


def until_friday_at_five(hub: HubUnderTest) -> None:
    """Move the hub's clock on to the next Friday, 17:00 UTC."""
    friday = (hub.now + timedelta(days=(4 - hub.now.weekday()) % 7)).replace(hour=17, minute=0, second=0, microsecond=0)
    at = friday if friday >= hub.now else friday + timedelta(days=7)
    hub.pass_time(seconds=(at - hub.now).total_seconds())


def tell_the_second_tier_later(town: Town) -> None:
    """Agree on a policy by which the second provider is told four hours after the first, and both after in house."""
    first, second = town.providers[:2]
    town.join(second, tier=2)
    own: dict[str, Any] = {"agreement_id": town.agreement_id, "document_id": uuid4(), "document_version": 1}
    policy = replace(DEFAULT, tiers=(TierDelay(tier=2, hours=4),), in_house_first_hours=2)
    about: dict[str, Any] = {"kind": "matching policy", "title": "Tiers", "policy": policy}
    town.authority.post(DocumentProposed(**own, **about, sender=town.authority.code, in_force_from=town.hub.now))
    town.hub.settle()
    for provider in (first, second):
        provider.post(DocumentAgreed(**own, sender=provider.code))
    town.hub.settle()


EMERGENCY = """
event                  authority  first  second
ReferralMade           1          1      1
SearchStarted          1          -      -
SearchWidened          2          -      -
ProviderInvited        2          1      1
OutOfHoursContactTold  1          -      1
ReferralAssessed       1          -      -
InterestExpressed      1          1      -
InvitationLapsed       1          -      1
OfferMade              1          1      -
OfferAssessed          1          -      -
PlacementStarted       1          1      -
InvitationClosed       1          -      1
SearchClosed           1          -      -
OfferSelected          1          1      -
VacancyReserved        1          1      -
VacancyFilled          1          1      -
PlacementAgreed        2          2      -
DataUseEnded           -          -      1
"""


def test_an_emergency_on_friday_at_five(town: Town) -> None:
    """A child who needs a home today: no tier and no wait holds it up, and an answer is due within the hour.

    A yes by telephone, the child moves in, the paper follows and is marked. Who was silent is told at six.
    """
    first, second, _ = town.providers
    tell_the_second_tier_later(town)
    home = town.open_home(first, kinds=["emergency"])
    town.open_home(second, kinds=["emergency"])
    desk = ProfileFact(name=OUT_OF_HOURS, value="01632 960998", as_of=date(2026, 1, 1))
    second.post(ProfilePublished(organisation=second.code, facts=(desk,)))
    until_friday_at_five(town.hub)
    five = town.hub.now
    assert f"{five:%A %H:%M %Z}" == "Friday 17:00 UTC"
    usual, case = town.case(), town.case()
    usual.notice(kind="emergency")
    referral = case.referral()
    referral["wanted"] |= {"kind": "emergency", "needed_by": "Today"}
    town.authority.tell("ReferralMade", referral)
    town.hub.settle()
    for provider in (first, second):
        (invited,) = provider.got(ProviderInvited, case.id)
        assert (invited.released_at, invited.respond_by) == (five, five + timedelta(hours=1))
        assert not provider.got(ProviderInvited, usual.id)
    told = [(one.contact, one.respond_by) for one in second.got(OutOfHoursContactTold, case.id)]
    assert told == [("01632 960998", five + timedelta(hours=1))]
    first.post(InterestExpressed(referral_id=case.id, provider=first.code, vacancy_id=home))
    town.hub.settle()
    town.hub.pass_time(minutes=59)
    assert not second.got(InvitationLapsed, case.id)
    town.hub.pass_time(minutes=1)
    assert [one.respond_by for one in second.got(InvitationLapsed, case.id)] == [five + timedelta(hours=1)]
    offer = case.offer(first, home)
    town.hub.settle()
    case.start(offer, home, first)
    town.hub.settle()
    case.select(offer, recorded_for=town.hub.now)
    town.hub.settle()
    case.agree(offer, home, first)
    town.hub.settle()
    assert [one.attributes.marks for one in first.letters(VacancyReserved, case.id)] == [
        ("recorded_late", "out_of_policy")
    ]
    show(case, EMERGENCY)


SIDE_BY_SIDE = """
event                   authority  first  second
EarlyNoticeGiven        1          1      1
SearchStarted           1          -      -
SearchWidened           1          -      -
ProviderInvited         2          1      1
ReferralAssessed        2          -      -
InHouseSearchStarted    1          -      -
ReferralMade            1          1      1
InvitationUpdated       2          1      1
OfferMade               1          1      -
OfferAssessed           1          -      -
InHouseSearchConcluded  1          -      -
InvitationClosed        2          1      1
SearchClosed            1          -      -
OfferSelected           1          1      -
EventRejected           1          -      -
DataUseEnded            -          1      1
EventSetAside           1          1      -
"""


def test_in_house_and_independent_side_by_side(town: Town) -> None:
    """Both searches run at once; a home found in house ends the other, and every provider is told to purge."""
    first, second, _ = town.providers
    home = town.open_home(first)
    town.open_home(second)
    town.hub.settle()
    case = town.case()
    own: dict[str, Any] = {"referral_id": case.id, "authority": town.authority.code}
    case.notice()
    town.hub.settle()
    town.authority.post(InHouseSearchStarted(**own))
    town.hub.settle()
    case.refer()
    town.hub.settle()
    offer = case.offer(first, home)
    town.hub.settle()
    town.authority.post(InHouseSearchConcluded(**own, found=True))
    town.hub.settle()
    too_late = case.select(offer)
    town.hub.settle()
    assert town.authority.refusal_of(too_late).field == "referral_id"
    show(case, SIDE_BY_SIDE)


GOES_BACK = """
event             authority  first  second
ReferralMade      1          1      1
SearchStarted     1          -      -
SearchWidened     1          -      -
ProviderInvited   2          1      1
ReferralAssessed  1          -      -
OfferMade         2          1      1
OfferAssessed     2          -      -
OfferSelected     2          1      1
VacancyReserved   2          1      1
PlacementAgreed   4          2      2
EventWarned       1          1      -
OfferWithdrawn    1          1      -
SearchResumed     1          -      -
VacancyReleased   1          1      -
PlacementStarted  1          -      1
VacancyFilled     1          -      1
InvitationClosed  1          1      -
SearchClosed      1          -      -
DataUseEnded      -          1      -
"""


def test_terms_that_differ_and_a_home_that_goes_back(town: Town) -> None:
    """Both sides are warned while their terms differ; then the carer cannot after all, and the next offer stands."""
    first, second, _ = town.providers
    spare = town.open_home(second)
    town.hub.settle()
    case, home, offer = play(town)
    agreed = case.agreement(offer, home, first)
    case.authority.post(agreed)
    town.hub.settle()
    first.post(replace(agreed, starts_on=agreed.starts_on + timedelta(days=2)))
    town.hub.settle()
    for one in (case.authority, first):
        (warned,) = [one for one in one.got(EventWarned) if one.subject == str(agreed.placement_id)]
        assert warned.field == "starts_on"
        assert warned.remedy
    first.post(OfferWithdrawn(referral_id=case.id, provider=first.code, offer_id=offer, reason="carer unavailable"))
    town.hub.settle()
    (resumed,) = town.authority.got(SearchResumed, case.id)
    assert (resumed.because, resumed.next_offers) == ("OfferWithdrawn", ())
    instead = case.offer(second, spare)
    town.hub.settle()
    case.place(instead, spare, second)
    show(case, GOES_BACK, agreed.placement_id)


ENDED_EARLY = """
event             authority  first
ReferralMade      1          1
SearchStarted     2          -
SearchWidened     2          -
ProviderInvited   2          2
ReferralAssessed  2          -
OfferMade         1          1
OfferAssessed     1          -
OfferSelected     1          1
VacancyReserved   1          1
PlacementAgreed   2          2
PlacementStarted  1          1
VacancyFilled     1          1
SearchClosed      1          -
EventRejected     1          -
EarlyNoticeGiven  2          1
PlacementEnded    1          1
SearchReopened    1          -
EventSetAside     1          -
"""


def test_a_placement_that_ends_early_and_the_search_that_follows(town: Town) -> None:
    """One act gives the new notice: fresh invitations, but not of the home it ended in, until the authority says so."""
    first = town.providers[0]
    case, home, offer = play(town)
    case.agree(offer, home, first)
    town.hub.settle()
    case.start(offer, home, first)
    town.hub.settle()
    placement = placement_id(offer, case.children[0])
    too_soon = case.notice(previous_placement=placement)
    town.hub.settle()
    assert town.authority.refusal_of(too_soon).field == "previous_placement"
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
    show(case, ENDED_EARLY, placement)


SILENCE = """
event               authority  first  second
ReferralMade        1          1      1
SearchStarted       1          -      -
SearchWidened       2          -      -
ProviderInvited     2          1      1
ReferralAssessed    2          -      -
InvitationDeclined  1          -      1
InvitationLapsed    2          2      -
ReferralRevised     1          1      -
InvitationUpdated   1          1      -
OfferMade           2          1      1
OfferAssessed       1          -      -
EventRejected       -          -      1
EventSetAside       1          -      1
"""


def test_silence_is_never_a_decline(town: Town) -> None:
    """Silence lapses, is asked again with what is new, lapses again, and may still be broken by an offer.

    A decline that cites a fact of the home makes that fact a question, which its provider alone is told of; silence
    makes nothing of a home unknown.
    """
    first, second, third = town.providers
    silent, cited = town.open_home(first), town.open_home(second, pets=["dog"])
    town.hub.settle()
    case = town.case()
    case.refer()
    town.hub.settle()
    declined = InvitationDeclined(
        referral_id=case.id, provider=second.code, reason="not the right match", fact="home.pets"
    )
    second.post(declined)
    town.hub.settle()
    town.hub.pass_time(hours=24)
    later = case.referral()
    later |= {"version": 2, "wanted": later["wanted"] | {"kind": "short term"}}
    town.authority.tell("ReferralRevised", later)
    town.hub.settle()
    town.hub.pass_time(hours=24)
    assert len(first.got(InvitationLapsed, case.id)) == 2
    questioned = {one.vacancy_id: one.fact for desk in town.providers for one in desk.got(VacancyFactQuestioned)}
    assert {home: questioned.get(home) for home in (silent, cited)} == {silent: None, cited: "home.pets"}
    case.offer(first, silent, referral_version=2)
    town.hub.settle()
    too_late = second.post(case.offer_of(second, cited, referral_version=2))
    town.hub.settle()
    assert second.refusal_of(too_late).field == "referral_id"
    assert not third.got(OfferMade, case.id)
    show(case, SILENCE)


OLDER = """
event                 authority  first
EarlyNoticeGiven      1          1
SearchStarted         1          -
SearchWidened         1          -
ProviderInvited       1          1
ReferralAssessed      1          -
EarlyNoticeWithdrawn  1          -
InvitationClosed      1          1
SearchClosed          1          -
DataUseEnded          -          1
"""
CONTINUED = """
event                  authority  first  second
ReferralMade           1          1      1
SearchStarted          1          -      -
SearchWidened          1          -      -
ProviderInvited        2          1      1
ReferralAssessed       1          -      -
EventWarned            1          -      -
ReferralContinued      1          -      -
ClarificationAsked     1          1      -
ClarificationAnswered  1          1      1
EventCorrected         1          1      1
"""


def test_a_child_entered_twice_is_continued_and_corrected(town: Town) -> None:
    """Only the sender is warned of a second live case; a late provider gets the answer and the correction too."""
    first, second, _ = town.providers
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
    town.authority.post(ReferralContinued(referral_id=case.id, authority=town.authority.code, continues=older.id))
    town.authority.post(EarlyNoticeWithdrawn(referral_id=older.id, authority=town.authority.code, reason="withdrawn"))
    town.hub.settle()
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
    show(older, OLDER)
    show(case, CONTINUED)
