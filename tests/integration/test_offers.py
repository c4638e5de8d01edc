"""Offers over real mailboxes: two suitors of one place, and grounds that change; each ends with every inbox."""

from __future__ import annotations

import pytest

from placehub.offers.events import OfferReconfirmed
from placehub.referrals.events import OfferFeedback
from placehub.search.events import OfferAssessed, ReconfirmationAsked, SelectionRefused

from .inboxes import show
from .story import Town

pytestmark = pytest.mark.broker


WINNER = """
event             authority  first  second
ReferralMade      1          1      1
SearchStarted     1          -      -
SearchWidened     1          -      -
ProviderInvited   2          1      1
ReferralAssessed  1          -      -
OfferMade         2          1      1
OfferAssessed     4          -      -
OfferSelected     1          1      -
VacancyReserved   1          1      -
OfferNotSelected  1          -      1
"""
LOSER = """
event               neighbour  first  second
ReferralMade        1          1      1
SearchStarted       1          -      -
SearchWidened       1          -      -
ProviderInvited     2          1      1
ReferralAssessed    1          -      -
OfferMade           2          1      1
OfferAssessed       3          -      -
OfferSelected       1          1      -
ReservationRefused  1          1      -
SelectionRefused    1          1      -
"""


def test_two_suitors_of_one_place(town: Town) -> None:
    """Both officers see that the home is offered elsewhere too; the one refused sees no more of the other than that."""
    first, second, _ = town.providers
    assert town.neighbour is not None
    home, spare = town.open_home(first), town.open_home(second, places=2)
    town.hub.settle()
    cases = [town.case(), town.case(authority=town.neighbour)]
    instead = []
    for case in cases:
        case.refer()
        town.hub.settle()
        instead.append(case.offer(second, spare))
        town.hub.settle()
    wanted = []
    for case in cases:
        wanted.append(case.offer(first, home))
        town.hub.settle()
    flags = [
        [one.also_offered_elsewhere for one in case.authority.got(OfferAssessed, case.id) if one.vacancy_id == home]
        for case in cases
    ]
    assert flags == [[False, True], [True]]
    for case, offer in zip(cases, wanted, strict=True):
        case.select(offer)
        town.hub.settle()
    (refused,) = town.neighbour.got(SelectionRefused, cases[1].id)
    assert (refused.offer_id, refused.reason, refused.next_offers) == (wanted[1], "place gone", (instead[1],))
    show(cases[0], WINNER)
    show(cases[1], LOSER)


RECONFIRMED = """
event                authority  first  second
ReferralMade         1          1      1
SearchStarted        1          -      -
SearchWidened        2          -      -
ProviderInvited      2          1      1
ReferralAssessed     2          -      -
OfferMade            1          1      -
OfferAssessed        1          -      -
InvitationLapsed     1          -      1
ReferralRevised      1          1      1
ReconfirmationAsked  1          1      -
InvitationUpdated    2          1      1
EventRejected        1          -      -
OfferSelected        2          2      -
OfferReconfirmed     1          1      -
VacancyReserved      1          1      -
EventSetAside        1          1      -
"""


def test_a_hard_fact_that_changes_after_an_offer(town: Town) -> None:
    """A revised hard fact is reconfirmed before the offer can be selected; who was silent is told of it too."""
    provider, silent = town.providers[:2]
    home, _ = town.open_home(provider), town.open_home(silent)
    town.hub.settle()
    case = town.case()
    case.refer()
    town.hub.settle()
    offer = case.offer(provider, home)
    town.hub.settle()
    town.hub.pass_time(hours=25)
    later = case.referral()
    later |= {"version": 2, "wanted": later["wanted"] | {"kind": "short term"}}
    case.authority.tell("ReferralRevised", later)
    town.hub.settle()
    assert [one.fields for one in provider.got(ReconfirmationAsked, case.id)] == [("wanted.kind",)]
    too_soon = case.select(offer)
    town.hub.settle()
    assert case.authority.refusal_of(too_soon).field == "offer_id"
    provider.post(OfferReconfirmed(referral_id=case.id, provider=provider.code, offer_id=offer, referral_version=2))
    town.hub.settle()
    case.select(offer, feedback=(OfferFeedback(offer_id=offer, feedback="other"),))
    town.hub.settle()
    show(case, RECONFIRMED)
