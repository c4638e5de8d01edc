"""What follows from one event: newcomers, order, endings and keys."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from placehub.agreements.events import AgreementRegistered, PartyNamed, ProviderJoined, ProviderLeft
from placehub.contracts.codec import to_json
from placehub.contracts.corrections import ReferralEventCorrected
from placehub.delivery.circle import Circle, Letter, Place, turn
from placehub.keys.sealed import Sealed
from placehub.offers import events as offers
from placehub.partnership.events import AgendaItemProposed, PartnershipEventHeld, PartnershipEventPlanned
from placehub.referrals import events as referrals
from placehub.search import events as search

from .case import AUTHORITY, PROVIDERS, Told
from .making import NOW, said, whole

ONE, TWO, THREE, _ = PROVIDERS


def test_facts_come_before_the_invitation() -> None:
    """A provider invited after an early notice gets the notice first, then its invitation."""
    case = Told()
    case.authority(referrals.EarlyNoticeGiven)
    case.invite(ONE)
    assert case.inbox(ONE) == ["EarlyNoticeGiven", "ProviderInvited"]
    assert case.inbox(AUTHORITY) == ["EarlyNoticeGiven", "ProviderInvited"]


def test_a_late_provider_gets_the_latest_facts_and_every_answer() -> None:
    """An invitation that comes late shows no less than an early one, and nothing that was replaced."""
    case = Told()
    for event in (referrals.EarlyNoticeGiven, referrals.ReferralMade):
        case.authority(event)
    case.invite(ONE)
    case.authority(referrals.ClarificationAnswered)
    case.authority(referrals.ReferralRevised, version=2)
    case.authority(referrals.ClarificationAnswered)
    case.invite(TWO)
    early = ["ReferralMade", "ProviderInvited", "ClarificationAnswered", "ReferralRevised", "ClarificationAnswered"]
    assert case.inbox(ONE) == early
    assert case.inbox(TWO) == ["ClarificationAnswered", "ReferralRevised", "ClarificationAnswered", "ProviderInvited"]


def disclosed(key: str) -> referrals.DisclosedChild:
    """Return one child's identity, sealed under that key."""
    sealed = Sealed(key_id=key, nonce=b"twelve bytes", ciphertext=b"sealed")
    return referrals.DisclosedChild(child_id=uuid4(), identity=sealed)


def test_an_identity_is_one_providers() -> None:
    """Who a child is goes to the provider it was disclosed to, and its key is open to that one alone."""
    case = Told()
    case.authority(referrals.ReferralMade)
    case.invite(ONE), case.invite(TWO)
    case.authority(referrals.DisclosureGranted, provider=ONE, children=(disclosed("first"),))
    case.authority(referrals.DisclosureGranted, provider=ONE, children=(disclosed("second"),))
    case.invite(THREE)
    need = {(one, "key of need") for one in (ONE, TWO, THREE)}
    assert case.circle.entitled() == need | {(ONE, "first"), (ONE, "second")}
    assert case.circle.disclosed() == {(ONE, "first"), (ONE, "second")}
    assert case.inbox(ONE).count("DisclosureGranted") == 2
    assert "DisclosureGranted" not in [*case.inbox(TWO), *case.inbox(THREE)]


def test_an_identity_closes_with_the_part_in_the_case() -> None:
    """Who declines can open it no more; who was not invited, or has declined, gets none; who is chosen keeps it."""
    case = Told()
    case.authority(referrals.ReferralMade)
    case.invite(ONE)
    for provider in (ONE, TWO):
        case.authority(referrals.DisclosureGranted, provider=provider, children=(disclosed(provider),))
    assert case.circle.disclosed() == {(ONE, ONE)}
    assert case.inbox(TWO) == []
    case.provider(ONE, offers.InvitationDeclined)
    assert case.circle.disclosed() == set()
    case.authority(referrals.DisclosureGranted, provider=ONE, children=(disclosed("late"),))
    assert case.inbox(ONE)[-1] == "InvitationDeclined"


def test_a_closed_invitation_ends_facts_and_keys() -> None:
    """Whose invitation is over gets no fact of the case any more and loses the need keys."""
    case = Told()
    case.authority(referrals.ReferralMade)
    case.invite(ONE), case.invite(TWO)
    assert case.circle.entitled() == {(ONE, "key of need"), (TWO, "key of need")}
    case.hub(ONE, search.InvitationClosed)
    case.provider(TWO, offers.InvitationDeclined)
    case.authority(referrals.ReferralRevised)
    assert case.inbox(ONE)[-1] == "InvitationClosed"
    assert case.inbox(TWO)[-1] == "InvitationDeclined"
    assert case.circle.entitled() == frozenset()


def test_silence_ends_nothing() -> None:
    """A provider that did not answer in time may still answer: it keeps getting the facts."""
    case = Told()
    case.authority(referrals.ReferralMade)
    case.invite(ONE)
    case.hub(ONE, search.InvitationLapsed)
    case.authority(referrals.ReferralRevised)
    assert case.inbox(ONE)[-2:] == ["InvitationLapsed", "ReferralRevised"]


def test_early_notice_opens_no_key_and_the_referral_does() -> None:
    """Keys open with the referral, to every provider invited by then."""
    case = Told()
    case.authority(referrals.EarlyNoticeGiven)
    case.invite(ONE)
    assert not case.circle.entitled()
    case.authority(referrals.ReferralMade)
    assert case.circle.entitled() == {(ONE, "key of need")}


def test_the_unsuccessful_are_told_that_their_use_of_the_data_ended() -> None:
    """When the search closes, each invited provider but the placed one gets DataUseEnded, once."""
    case = Told()
    case.authority(referrals.ReferralMade)
    for provider in (ONE, TWO, THREE):
        case.invite(provider)
    case.offer(ONE), case.offer(TWO), case.select(ONE)
    case.hub(TWO, search.OfferNotSelected)
    for provider in (ONE, TWO, THREE):
        case.hub(provider, search.InvitationClosed)
    closed = case.hub(ONE, search.SearchClosed, outcome="independent")
    assert [(one.organisation, type(one.event).__name__) for one in closed] == [
        (AUTHORITY, "SearchClosed"),
        (TWO, "DataUseEnded"),
        (THREE, "DataUseEnded"),
    ]
    assert case.circle.entitled() == {(ONE, "key of need")}
    assert not case.hub(ONE, search.SearchClosed, outcome="independent")[1:]


def test_everybody_s_use_ends_when_nobody_independent_was_chosen() -> None:
    """A search that ends in-house ends every provider's use of the data."""
    case = Told()
    case.authority(referrals.ReferralMade)
    case.invite(ONE), case.offer(ONE), case.select(ONE)
    closed = case.hub(ONE, search.SearchClosed, outcome="in-house")
    assert [one.organisation for one in closed] == [AUTHORITY, ONE]
    assert not case.circle.entitled()


def test_a_provider_invited_again_is_told_again() -> None:
    """After DataUseEnded what was sent is purged, so a new invitation sends the facts in a new round."""
    case = Told()
    case.authority(referrals.ReferralMade)
    case.invite(ONE)
    case.hub(ONE, search.SearchClosed, outcome="withdrawn")
    case.hub(ONE, search.SearchReopened)
    again = [one for one in case.invite(ONE) if one.organisation == ONE]
    assert [(type(one.event).__name__, one.round) for one in again] == [("ReferralMade", 2), ("ProviderInvited", 2)]


def test_a_search_that_follows_a_placement_is_told_to_whoever_is_invited_to_it() -> None:
    """Only who is invited anew gets the new notice, without the split of before; the child's home keeps its keys."""
    case = Told()
    case.authority(referrals.ReferralMade)
    case.invite(ONE), case.invite(TWO)
    case.authority(referrals.SplitConfirmed)
    case.offer(ONE), case.select(ONE)
    case.hub(ONE, search.SearchClosed, outcome="independent")
    told = case.authority(referrals.EarlyNoticeGiven, previous_placement=uuid4())
    assert [one.organisation for one in told] == [AUTHORITY]
    case.hub(ONE, search.SearchReopened)
    assert (ONE, "key of need") in case.circle.entitled()
    for provider in (ONE, TWO, THREE):
        again = [type(one.event).__name__ for one in case.invite(provider) if one.organisation == provider]
        assert again == ["EarlyNoticeGiven", "ProviderInvited"]


def test_a_correction_reaches_a_newcomer_with_the_fact_it_corrects() -> None:
    """A late provider learns that a fact was wrong as long as the fact stands, and nothing of one replaced since."""
    case = Told()
    case.authority(referrals.ReferralMade)
    wrong = case.told[-1][1].id
    fixed = whole(ReferralEventCorrected, referral_id=case.referral_id, sender=AUTHORITY, corrects=wrong)
    case.tell(fixed, AUTHORITY)
    case.invite(ONE)
    assert case.inbox(ONE) == ["ReferralMade", "ReferralEventCorrected", "ProviderInvited"]
    case.authority(referrals.ReferralRevised)
    case.invite(TWO)
    assert case.inbox(TWO) == ["ReferralRevised", "ProviderInvited"]


def test_providers_of_an_agreement_do_not_see_each_other() -> None:
    """A provider that joins gets the agreement first; the commissioners learn who joined, other providers do not."""
    registered = whole(AgreementRegistered, lead="LEAD", authorities=("LA-1", "LA-2"))
    circle, sent = Circle(), []
    joined = [whole(ProviderJoined, agreement_id=registered.agreement_id, lead="LEAD", provider=one) for one in "PQ"]
    for position, event in enumerate((registered, *joined)):
        place = Place(position=position, now=NOW, source="/hub/delivery/agreement/0")
        circle, letters = turn(circle, event, said(event, "LEAD"), place)
        sent.append([one.organisation for one in letters])
    assert sent == [["LA-1", "LA-2", "LEAD"], ["P", "LA-1", "LA-2", "LEAD", "P"], ["Q", "LA-1", "LA-2", "LEAD", "Q"]]


def test_who_is_told_of_a_search_gets_no_part_in_it() -> None:
    """Every party that is named gets the announcement without the names of the others: no seat, no fact, no key."""
    case = Told()
    case.authority(referrals.EarlyNoticeGiven)
    before = len(case.letters)
    case.hub("IFA-1", search.SearchAnnounced, providers=("IFA-8", "IFA-9"))
    letters = case.letters[before:]
    assert [one.organisation for one in letters] == [AUTHORITY, "IFA-8", "IFA-9"]
    assert [one.event.providers for one in letters] == [(), (), ()]
    assert not {"IFA-8", "IFA-9"} & set(case.circle.parties.seats)
    assert not {provider for provider, _ in case.circle.entitled()} & {"IFA-8", "IFA-9"}


AUTHORITY_SAYS = [
    referrals.EarlyNoticeGiven,
    referrals.ReferralMade,
    referrals.ReferralRevised,
    referrals.ClarificationAnswered,
    referrals.SplitConfirmed,
    referrals.InHouseSearchConcluded,
]
ABOUT_AN_OFFER = [referrals.OfferQueried, referrals.SupportLineRefused, referrals.SelectionWithdrawn]
PROVIDER_SAYS = [
    offers.ClarificationAsked,
    offers.InterestExpressed,
    offers.OfferMade,
    offers.OfferRevised,
    offers.OfferReconfirmed,
    offers.OfferWithdrawn,
    offers.InvitationDeclined,
    offers.ReferralFeedbackGiven,
]
HUB_SAYS = [
    search.ReferralAssessed,
    search.SearchStarted,
    search.ProviderInvited,
    search.InvitationUpdated,
    search.InvitationClosed,
    search.InvitationLapsed,
    search.NoFitFound,
    search.SearchWidened,
    search.ReleaseDelayed,
    search.InvitationsWithheld,
    search.OfferExpired,
    search.SelectionRefused,
    search.OfferNotSelected,
    search.SearchResumed,
    search.SearchClosed,
]
Move = Callable[[Told], object]


def _moves() -> st.SearchStrategy[Move]:
    who = st.sampled_from(PROVIDERS)
    return st.one_of(
        st.sampled_from(AUTHORITY_SAYS).map(lambda cls: lambda case: case.authority(cls)),
        st.tuples(st.sampled_from(ABOUT_AN_OFFER), who).map(
            lambda pair: lambda case: case.authority(pair[0], offer_id=case.offers[pair[1]])
        ),
        st.tuples(who, st.sampled_from(PROVIDER_SAYS)).map(lambda pair: lambda case: case.provider(*pair)),
        st.tuples(who, st.sampled_from(HUB_SAYS)).map(lambda pair: lambda case: case.hub(*pair)),
        who.map(lambda one: lambda case: case.select(one)),
        who.map(lambda one: lambda case: case.invite(one)),
        # in another provider's name, and of another's offer
        st.tuples(who, who, st.sampled_from(PROVIDER_SAYS)).map(
            lambda three: lambda case: case.tell(whole(three[2], **case.own(three[2], three[0])), three[1])
        ),
    )


@given(st.sets(st.sampled_from(PROVIDERS)), st.lists(_moves(), max_size=30))
def test_no_provider_ever_receives_what_is_another_s(invited: set[str], moves: list[Move]) -> None:
    """Whatever happens in a case, no provider learns another's code, offer or home, nor any child's identity."""
    case = Told()
    case.authority(referrals.ReferralMade)
    for provider in sorted(invited):
        case.invite(provider), case.offer(provider)
    for move in moves:
        move(case)
    theirs = {one: (one, str(case.offers[one]), *_home(case, one)) for one in PROVIDERS}
    for letter in case.letters:
        text = json.dumps([to_json(letter.event), letter.attributes.source])
        if letter.organisation == AUTHORITY:
            assert not any(str(home.household_ref) in text for home in case.homes.values())
            continue
        assert "key of identity" not in text
        assert not [
            word for other in PROVIDERS if other != letter.organisation for word in theirs[other] if word in text
        ]


@given(st.lists(_moves(), max_size=30))
def test_nobody_outside_gets_anything(moves: list[Move]) -> None:
    """A provider gets a letter only after the hub invited it, and is never entitled to a key otherwise."""
    case = Told()
    for move in moves:
        known = set(case.circle.parties.seats)
        before = len(case.letters)
        move(case)
        now = known | set(case.circle.parties.seats)
        assert {one.organisation for one in case.letters[before:]} <= {AUTHORITY, *now}
        assert {provider for provider, _ in case.circle.entitled()} <= set(case.circle.parties.present())


def _home(case: Told, provider: str) -> tuple[str, str]:
    return str(case.homes[provider].vacancy_id), str(case.homes[provider].household_ref)


def test_another_authority_cannot_take_over_a_case() -> None:
    """The first authority owns its case; another's word on it changes nothing and reaches nobody."""
    case = Told()
    case.authority(referrals.EarlyNoticeGiven)
    foreign = whole(referrals.ReferralMade, referral_id=case.referral_id, authority="OTHER")
    assert case.tell(foreign, "OTHER", id=uuid4()) == []
    case.invite(ONE)
    assert case.inbox(ONE) == ["EarlyNoticeGiven", "ProviderInvited"]


def test_a_member_named_later_gets_the_agreement_first() -> None:
    """The authority that is named is sent the agreement as it stands, then that it was named; who left is told so."""
    registered = whole(AgreementRegistered, lead="LEAD", authorities=("LA-1",))
    about = {"agreement_id": registered.agreement_id}
    joined = whole(ProviderJoined, **about, lead="LEAD", provider="P")
    left = whole(ProviderLeft, **about, sender="P", provider="P")
    said_by = (
        (registered, "LEAD"),
        (joined, "LEAD"),
        (whole(PartyNamed, **about, lead="LEAD", authority="LA-2"), "LEAD"),
    )
    circle, letters = Circle(), tuple[Letter, ...]()
    for position, (event, sender) in enumerate(said_by):
        place = Place(position=position, now=NOW, source="/hub/delivery/agreement/0")
        circle, letters = turn(circle, event, said(event, sender), place)
    told = [(type(one.event).__name__, one.organisation) for one in letters]
    assert told[0] == ("AgreementRegistered", "LA-2")
    assert set(told[1:]) == {("PartyNamed", one) for one in ("LA-1", "LA-2", "LEAD", "P")}
    place = Place(position=9, now=NOW, source="/hub/delivery/agreement/0")
    circle, last = turn(circle, left, said(left, "P"), place)
    assert [one.organisation for one in last] == ["LA-1", "LA-2", "LEAD", "P"]
    assert not circle.parties.present()


def test_whichever_of_two_streams_is_read_first_every_party_is_told_of_partnership_events() -> None:
    """Who is party stands in the agreement's stream, the events in the partnership's: no order holds between the two.

    In every order in which both may be read, each party has been sent all of it in the end, in its stream's order.
    """
    registered = whole(AgreementRegistered, lead="LEAD", authorities=("LA-1",))
    about = {"agreement_id": registered.agreement_id}
    agreed = [
        (registered, "LEAD"),
        (whole(ProviderJoined, **about, lead="LEAD", provider="P"), "LEAD"),
        (whole(PartyNamed, **about, lead="LEAD", authority="LA-2"), "LEAD"),
        (replace(registered, authorities=("LA-1", "LA-2", "LA-3")), "LEAD"),
    ]
    of_event = {**about, "partnership_event_id": uuid4()}
    met = [
        (whole(PartnershipEventPlanned, **of_event, sender="LEAD"), "LEAD"),
        (whole(AgendaItemProposed, **of_event, sender="P"), "P"),
        (whole(PartnershipEventHeld, **of_event, sender="P"), "P"),
    ]
    number = len(agreed) + len(met)
    for places in combinations(range(number), len(met)):
        rest = [one for one in range(number) if one not in places]
        order = sorted([*zip(places, met, strict=True), *zip(rest, agreed, strict=True)], key=lambda one: one[0])
        told = _sent([one for _, one in order])
        for party in ("LEAD", "LA-1", "LA-2", "LA-3", "P"):
            assert [one for one in told[party] if one.STREAM == "partnership"] == [event for event, _ in met], places
        assert told.keys() == {"LEAD", "LA-1", "LA-2", "LA-3", "P"}


def _sent(said_by: list[tuple[Any, str]]) -> dict[str, list[Any]]:
    """Return what an agreement's parties are sent, each event once, as delivery does it; positions count by stream."""
    circle, sent, positions = Circle(), dict[str, list[Any]](), Counter[str]()
    for event, sender in said_by:
        place = Place(position=positions[event.STREAM], now=NOW, source="/hub/delivery/agreement/0")
        positions[event.STREAM] += 1
        circle, letters = turn(circle, event, said(event, sender), place)
        for letter in letters:
            had = sent.setdefault(letter.organisation, [])
            if letter.event not in had:
                had.append(letter.event)
    return sent
