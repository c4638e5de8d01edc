"""Offers over real mailboxes: an emergency, two suitors of one place, and silence; each ends with every inbox."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest

from placehub.offers.events import InterestExpressed, OfferReconfirmed
from placehub.referrals.events import OfferFeedback
from placehub.search.events import OfferAssessed, ReconfirmationAsked
from placehub.streams import event_name
from placehub.vacancies.events import VacancyReserved

from .story import Desk, Town

pytestmark = pytest.mark.broker


def inbox(desk: Desk, about: UUID) -> list[str]:
    """Return the names of all that has come to a desk about one case, each once, in the order of the alphabet."""
    desk.received += desk.mailbox.read_to_end()
    found = [one.event for one in desk.received if getattr(one.event, "referral_id", None) == about]
    return sorted({event_name(type(one)) for one in found})


def is_told(desks: Sequence[tuple[Desk, str]], about: UUID) -> None:
    """Hold each desk's inbox against what it is to show of the case."""
    for desk, expected in desks:
        assert inbox(desk, about) == sorted(expected.split()), desk.code


def test_an_emergency_on_friday_at_five(town: Town) -> None:
    """A child who needs a home today: all homes at once, a yes by telephone, the child moves in, the paper follows."""
    first, other = town.providers[:2]
    home, _ = town.open_home(first, kinds=["emergency"]), town.open_home(other, kinds=["emergency"])
    town.hub.settle()
    case = town.case()
    referral = case.referral()
    referral["wanted"] |= {"kind": "emergency", "needed_by": "Today"}
    case.authority.tell("ReferralMade", referral)
    town.hub.settle()
    first.post(InterestExpressed(referral_id=case.id, provider=first.code, vacancy_id=home))
    offer = case.offer(first, home)
    case.start(offer, home, first)
    town.hub.settle()
    case.select(offer, recorded_for=town.hub.now)
    town.hub.settle()
    assert [one.attributes.marks for one in first.letters(VacancyReserved, case.id)] == [
        ("recorded_late", "out_of_policy")
    ]
    is_told(
        [
            (
                case.authority,
                "ReferralMade SearchStarted SearchWidened ReferralAssessed ProviderInvited InterestExpressed OfferMade "
                "OfferAssessed PlacementStarted InvitationClosed SearchClosed OfferSelected VacancyReserved "
                "VacancyFilled",
            ),
            (
                first,
                "ReferralMade ProviderInvited InterestExpressed OfferMade PlacementStarted OfferSelected "
                "VacancyReserved VacancyFilled",
            ),
            (other, "ReferralMade ProviderInvited InvitationClosed DataUseEnded"),
        ],
        case.id,
    )


def test_two_suitors_of_one_place(town: Town, authorities: tuple[Desk, Desk]) -> None:
    """Both officers see that the home is offered elsewhere too; the one refused sees no more of the other than that."""
    provider = town.providers[0]
    home = town.open_home(provider)
    town.hub.settle()
    cases = [town.case(authority=authority) for authority in authorities]
    for case in cases:
        case.refer()
    town.hub.settle()
    offers = []
    for case in cases:
        offers.append(case.offer(provider, home))
        town.hub.settle()
    flags = [[one.also_offered_elsewhere for one in case.authority.got(OfferAssessed, case.id)] for case in cases]
    assert flags == [[False, True], [True]]
    for case, offer in zip(cases, offers, strict=True):
        case.select(offer)
        town.hub.settle()
    searched = "ReferralMade SearchStarted SearchWidened ReferralAssessed"
    common = f"{searched} ProviderInvited OfferMade OfferAssessed OfferSelected"
    is_told([(cases[0].authority, f"{common} VacancyReserved")], cases[0].id)
    is_told(
        [
            (cases[1].authority, f"{common} ReservationRefused SelectionRefused"),
            (provider, "ReferralMade ProviderInvited OfferMade OfferSelected ReservationRefused SelectionRefused"),
        ],
        cases[1].id,
    )
    is_told([(cases[1].authority, "")], cases[0].id)


def test_silence_and_a_hard_fact_that_changes(town: Town) -> None:
    """Silence lapses and may still be broken; a revised hard fact is reconfirmed before the offer can be selected."""
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
    shared = "ReferralMade ReferralRevised ProviderInvited InvitationUpdated"
    offered = "OfferMade ReconfirmationAsked OfferReconfirmed OfferSelected VacancyReserved"
    is_told(
        [
            (
                case.authority,
                f"{shared} {offered} SearchStarted SearchWidened ReferralAssessed OfferAssessed InvitationLapsed",
            ),
            (provider, f"{shared} {offered}"),
            (silent, f"{shared} InvitationLapsed"),
        ],
        case.id,
    )
