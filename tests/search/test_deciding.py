"""What follows from each event of a case: the whole lifecycle table, every act in every state."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.errors import Rejected
from placehub.offers import events as offers
from placehub.placements.events import PlacementStarted
from placehub.referrals import events as referrals
from placehub.referrals.lifecycle import ACTS, INVITATION_STATES, OFFER_STATES, STATES
from placehub.search import inviting
from placehub.search.answering import started
from placehub.search.case import Case, Invitation, told
from placehub.search.deciding import TABLE, decide, due
from placehub.search.events import (
    InvitationClosed,
    InvitationLapsed,
    OfferExpired,
    ProviderInvited,
    SearchClosed,
    SearchResumed,
)
from placehub.search.offering import order
from placehub.streams import full_name
from placehub.vacancies.events import ReservationRequested, ReservationWithdrawn, VacancyNotOffered

from .cases import (
    ACTED,
    AUTHORITY,
    CASE,
    CHILD,
    ENDING,
    FACTS,
    FOUND,
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

EVERY = (*FACTS, *ACTED)
ANSWERS = [cls for cls in ACTED if TABLE[full_name(cls)].invitation]
LIVE = ("noticed", "referred", "reserving", "reserved")


def a_view() -> Given:
    """Return a view of one fitting home of the provider."""
    return Given({HOME: (PROVIDER, a_fit())})


def refused(case: Case | None, event: Any) -> str | None:
    """Return the field for which the event is rejected; None when it is taken."""
    try:
        decide(case, event, 4, a_view())
    except Rejected as why:
        return why.field
    return None


def test_the_table_is_enumerated() -> None:
    """Every act of an organisation in the table is tried below."""
    acts = {act.event for act in ACTS if act.by != ("hub",)}
    assert {full_name(cls) for cls in EVERY} == acts


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("state", [state for state in STATES if state != "none"])
def test_every_act_in_every_state(cls: type, state: str) -> None:
    """What the table has no place for is rejected; what it has is taken; what happened is never refused."""
    act = TABLE[full_name(cls)]
    invitation = act.invitation[0] if act.invitation else "offered"
    offer = next((one for one in act.offer if state not in ("reserving", "reserved") or one not in ("open",)), None)
    case = a_case(state, invitation, offer)
    if state == "reserved" and cls is referrals.SelectionWithdrawn:
        case = a_case(state, invitation, "reserved")
    taken = state in act.before or act.happened
    event = an_act(cls)
    if cls is referrals.EarlyNoticeGiven and state == "closed":
        event = replace(event, previous_placement=ENDING)
    if cls in (offers.ReferralFeedbackGiven, referrals.FeedbackAnswered):
        case = replace(case, stays={ENDING: a_stay()}, found=FOUND)
    assert refused(case, event) == (None if taken else "referral_id")


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
def test_every_act_on_no_case(cls: type) -> None:
    """Only a notice or a referral begins a case."""
    begins = "none" in TABLE[full_name(cls)].before
    assert refused(None, an_act(cls)) == (None if begins else "referral_id")


@pytest.mark.parametrize(
    "cls", [cls for cls in ACTED if TABLE[full_name(cls)].invitation], ids=lambda cls: cls.__name__
)
@pytest.mark.parametrize("invitation", INVITATION_STATES)
def test_every_answer_to_every_invitation(cls: type, invitation: str) -> None:
    """An invitation may be answered only in the states the table names; a provider without one never may."""
    act = TABLE[full_name(cls)]
    state = next(one for one in act.before if one in ("referred", "closed"))
    case = a_case(state, invitation)
    assert refused(case, an_act(cls)) == (None if invitation in act.invitation else "referral_id")
    assert refused(case, an_act(cls, provider=OTHER)) == "referral_id"


@pytest.mark.parametrize("cls", [cls for cls in ACTED if TABLE[full_name(cls)].offer], ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("offer", OFFER_STATES)
def test_every_act_on_every_offer(cls: type, offer: str) -> None:
    """An offer may be acted on only in the states the table names; one that is not there never may."""
    act = TABLE[full_name(cls)]
    state = "reserving" if cls is referrals.SelectionWithdrawn else "referred"
    case = a_case(state, offer=offer)
    assert refused(case, an_act(cls)) == (None if offer in act.offer else "offer_id")
    assert refused(case, an_act(cls, offer_id=UUID(int=99))) == "offer_id"


def test_anothers_offer() -> None:
    """A provider changes its own offers only."""
    theirs = {OFFER: an_offer(provider=OTHER)}
    for cls in (offers.OfferRevised, offers.OfferReconfirmed, offers.OfferWithdrawn):
        assert refused(a_case("referred", offers=theirs), an_act(cls)) == "offer_id"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("offer_id", OFFER),
        ("referral_version", 2),
        ("children", ()),
        ("children", (UUID(int=98),)),
        ("vacancy_id", OTHER_HOME),
        ("fee_lines", ()),
        ("valid_until", NOW),
    ],
)
def test_terms_of_an_offer(field: str, value: Any) -> None:
    """An offer names its own vacancy, children and version of this referral, all fees, and a time ahead."""
    view = Given({HOME: (PROVIDER, a_fit()), OTHER_HOME: (OTHER, a_fit(OTHER_HOME))})
    with pytest.raises(Rejected) as why:
        decide(a_case("referred"), an_act(offers.OfferMade, **{field: value}), 4, view)
    assert why.value.field == field


def test_the_authority_says_why_it_takes_the_worse_fit() -> None:
    """A selection needs a reason when a home of a better band is on offer, not when it is only nearer."""
    invitations = {
        PROVIDER: Invitation(
            provider=PROVIDER, state="offered", homes=told((a_fit(band="stretch"),)), respond_by=LATER
        ),
        OTHER: Invitation(provider=OTHER, state="offered", homes=told((a_fit(OTHER_HOME),)), respond_by=LATER),
    }
    both = {OFFER: an_offer(), OTHER_OFFER: an_offer(OTHER_OFFER, OTHER, vacancy_id=OTHER_HOME)}
    case = a_case("referred", invitations=invitations, offers=both)
    assert order(case) == (OTHER_OFFER, OFFER)
    other = (referrals.OfferFeedback(offer_id=OTHER_OFFER, feedback="other"),)
    select = replace(an_act(referrals.OfferSelected, reason=None), feedback=other)
    assert refused(case, select) == "reason"
    assert refused(case, replace(select, reason="carer known to child")) is None
    nearer = replace(invitations[PROVIDER], homes=told((a_fit(miles=20),)))
    assert refused(replace(case, invitations={**invitations, PROVIDER: nearer}), select) is None


def test_a_selection_asks_for_the_place() -> None:
    """A selection is a request to the vacancy's single writer; withdrawn, the place is given back."""
    asked = decide(a_case("referred"), an_act(referrals.OfferSelected), 4, a_view())
    (request,) = asked.events
    assert isinstance(request, ReservationRequested)
    assert (request.offer_id, request.children, asked.case.state) == (OFFER, (CHILD,), "reserving")
    back = decide(asked.case, an_act(referrals.SelectionWithdrawn), 4, a_view())
    assert [type(one) for one in back.events] == [ReservationWithdrawn, SearchResumed]
    assert (back.case.state, back.case.selected, back.case.offers[OFFER].state) == ("referred", (), "withdrawn")


@pytest.mark.parametrize("state", LIVE)
def test_the_end_gives_everything_back(state: str) -> None:
    """A search that ends closes its invitations, gives back a place it holds, and says how it ended."""
    ended = decide(a_case(state), an_act(referrals.ReferralWithdrawn, reason="kin"), 4, a_view())
    held = [ReservationWithdrawn] if state in ("reserving", "reserved") else []
    assert [type(one) for one in ended.events] == [InvitationClosed, *held, SearchClosed]
    assert ended.events[-1].outcome == "kin"
    assert not ended.case.live


@pytest.mark.parametrize("invitation", INVITATION_STATES)
def test_silence_lapses(invitation: str) -> None:
    """Only an invitation nobody has answered lapses, at its time and not before."""
    case = a_case("referred", invitation, "withdrawn")
    assert due(case, Given(now=NOW + timedelta(hours=23))).events == ()
    events = due(case, Given(now=NOW + timedelta(days=1))).events
    assert [type(one) for one in events] == ([InvitationLapsed, VacancyNotOffered] if invitation == "invited" else [])


@pytest.mark.parametrize("offer", OFFER_STATES)
def test_offers_expire(offer: str) -> None:
    """Only an offer that stands expires, at its time and not before."""
    case = a_case("referred", "offered", offer)
    assert due(case, Given(now=LATER - timedelta(seconds=1))).events == ()
    events = due(case, Given(now=LATER)).events
    assert [type(one) for one in events] == ([OfferExpired] if offer in ("open", "queried", "to reconfirm") else [])


def moved(child_id: UUID = CHILD) -> PlacementStarted:
    """Return a child's start."""
    return PlacementStarted(
        placement_id=UUID(int=40),
        referral_id=CASE,
        vacancy_id=HOME,
        child_id=child_id,
        authority=AUTHORITY,
        provider=PROVIDER,
        started_on=NOW.date(),
    )


homes = st.tuples(
    st.just("home"), st.integers(0, 3), st.sampled_from((None, "fits", "fits with named support", "stretch"))
)
acts = st.tuples(st.just("act"), st.sampled_from(EVERY), st.sampled_from((PROVIDER, OTHER)))
times = st.tuples(st.just("time"), st.integers(1, 30), st.none())
starts = st.tuples(st.just("start"), st.none(), st.none())


@given(st.lists(homes | acts | times | starts, max_size=25))
def test_whatever_happens(story: list[tuple[str, Any, Any]]) -> None:
    """In any order of events: nobody is invited twice, one search starts and ends once, and a closed case is silent."""
    view, case, events = Given(), decide(None, an_act(referrals.EarlyNoticeGiven), 4, Given()).case, list[Any]()
    for kind, what, how in story:
        closed = not case.live
        case, new = _happens(view, case, kind, what, how)
        assert not (closed and new)
        events += new
    invited = [one.provider for one in events if isinstance(one, ProviderInvited)]
    assert len(invited) == len(set(invited))
    assert sum(isinstance(one, SearchClosed) for one in events) == (0 if case.live else 1)
    assert set(case.invitations) == set(invited)


def _happens(view: Given, case: Case, kind: str, what: Any, how: Any) -> tuple[Case, tuple[Any, ...]]:
    if kind == "time":
        view.now += timedelta(hours=what)
        decided = due(case, view)
    elif kind == "start":
        decided = started(case, moved(), view)
    elif kind == "home":
        vacancy_id, provider = UUID(int=HOME.int + what), (PROVIDER, OTHER)[what % 2]
        if how:
            view.homes[vacancy_id] = (provider, a_fit(vacancy_id, how))
        else:
            view.homes.pop(vacancy_id, None)
        if not case.searching:  # as the processor asks
            return case, ()
        decided = inviting.homes_changed(case, view, provider, [vacancy_id])
    else:
        try:
            decided = decide(case, _by(what, how), 4, view)
        except Rejected:
            return case, ()
    return decided.case, decided.events


def _by(cls: type, provider: str) -> Any:
    event = an_act(cls)
    return replace(event, provider=provider) if hasattr(event, "provider") else event


@pytest.mark.parametrize("state", INVITATION_STATES)
def test_an_identity_is_disclosed_to_who_is_invited(state: str) -> None:
    """Only a provider that has a part in the case may be told who a child is, and only of a child of the case."""
    granted = an_act(referrals.DisclosureGranted)
    taken = state in ("invited", "interested", "offered")
    assert refused(a_case("referred", state), granted) == (None if taken else "provider")
    assert refused(a_case("referred"), replace(granted, provider=OTHER)) == "provider"
    assert refused(a_case("referred"), replace(granted, children=())) == "children"
    stranger = referrals.DisclosedChild(child_id=UUID(int=77))
    assert refused(a_case("referred"), replace(granted, children=(stranger,))) == "children"
