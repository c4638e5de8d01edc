"""Siblings are one unit unless the plan, or a named role, parts them: a proposal parts nobody, nor does an offer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.errors import Rejected
from placehub.offers.events import OfferMade
from placehub.placements.events import PlacementStarted
from placehub.referrals import events as referrals
from placehub.referrals.child import Child
from placehub.search import answering, inviting
from placehub.search.case import Case, Invitation, told
from placehub.search.deciding import decide
from placehub.search.events import (
    NoFitFound,
    NoSplitFound,
    OfferNotSelected,
    ProviderInvited,
    ReservedPlacement,
    SearchClosed,
    SearchResumed,
    SplitProposed,
)
from placehub.search.splitting import Part, Split
from placehub.vacancies.events import (
    ReservationRefused,
    ReservationRequested,
    ReservationWithdrawn,
    VacancyReserved,
)

from .cases import (
    AUTHORITY,
    CASE,
    CHILD,
    HOME,
    LATER,
    OFFER,
    OTHER,
    OTHER_HOME,
    OTHER_OFFER,
    PROVIDER,
    SIBLING,
    Given,
    a_case,
    a_fit,
    an_act,
    an_offer,
    facts_of,
)

BOTH = (CHILD, SIBLING)
APART = ((CHILD,), (SIBLING,))
HALVES = Split((Part((CHILD,), 2, 0), Part((SIBLING,), 1, 1)), preference_kept=True)


def siblings(state: str = "referred", *, plan: str | None = "together", **other: Any) -> Case:
    """Return a case of two siblings without an offer yet, but for what is given."""
    facts = replace(facts_of(referrals.ReferralMade, children=BOTH), wanted=referrals.Wanted(siblings_plan=plan))
    return a_case(state, **({"facts": facts, "offers": {}} | other))


def offered(case: Case, offer_id: UUID, *children: UUID, provider: str = PROVIDER, home: UUID = HOME) -> Case:
    """Return the case with an offer for these children."""
    invited = Invitation(provider=provider, state="offered", homes=told((a_fit(home),)), respond_by=LATER)
    case = case.with_invitation(invited)
    return case.with_offer(replace(an_offer(offer_id, provider, vacancy_id=home), children=children))


def confirmed(case: Case, groups: tuple[tuple[UUID, ...], ...] = APART, view: Given | None = None) -> Case:
    """Return the case after a named role has confirmed these groups."""
    return decide(case, an_act(referrals.SplitConfirmed, groups=groups), 5, view or Given()).case


def selected(case: Case, offer_id: UUID) -> Case:
    """Return the case after the authority has selected that offer."""
    others = (one for one in case.offers if one != offer_id)
    said = tuple(referrals.OfferFeedback(offer_id=one, feedback="other") for one in others)
    return decide(case, an_act(referrals.OfferSelected, offer_id=offer_id, feedback=said), 6, Given()).case


def reserved(case: Case, offer_id: UUID) -> VacancyReserved:
    """Return the writer's yes to the offer."""
    offer = case.offers[offer_id]
    held = tuple(ReservedPlacement(placement_id=UUID(int=70 + one.int), child_id=one) for one in offer.children)
    return VacancyReserved(
        vacancy_id=offer.vacancy_id,
        referral_id=CASE,
        offer_id=offer_id,
        authority=AUTHORITY,
        provider=offer.provider,
        placements=held,
        places_left=0,
    )


def moved(child_id: UUID) -> PlacementStarted:
    """Return a child's start."""
    return PlacementStarted(
        placement_id=UUID(int=70 + child_id.int),
        referral_id=CASE,
        vacancy_id=HOME,
        child_id=child_id,
        authority=AUTHORITY,
        provider=PROVIDER,
        started_on=facts_of(referrals.ReferralMade).need_known_at.date(),
    )


@pytest.mark.parametrize(("plan", "breach"), [("together", "together"), (None, "plan not told")])
def test_a_split_is_proposed_to_the_authority_when_nothing_fits_all(plan: str | None, breach: str) -> None:
    """Nothing takes both: NoFitFound, then the proposal with what of the plan it breaks; it invites nobody."""
    facts = siblings(plan=plan).facts
    decided = decide(None, facts, 4, Given(parts=HALVES))
    assert [type(one) for one in decided.events[1:3]] == [NoFitFound, SplitProposed]
    proposal = decided.events[2]
    assert [(one.children, one.homes_fitting, one.band) for one in proposal.groups] == [
        ((CHILD,), 2, "fits"),
        ((SIBLING,), 1, "fits with named support"),
    ]
    assert (proposal.breach, decided.case.groups) == (breach, ())
    again = inviting.again(decided.case, Given(parts=HALVES))
    assert [type(one) for one in again.events] == [NoFitFound]


def test_no_split_is_proposed_where_all_fit_or_the_plan_says_apart() -> None:
    """A home for all, a plan that parts them, a parent or a single child: nothing to propose."""
    view = Given({HOME: (PROVIDER, a_fit())}, parts=HALVES)
    parent = replace(siblings().facts, children=(Child(child_id=CHILD), Child(child_id=SIBLING, role="parent")))
    tried = [
        (siblings().facts, view),
        (siblings(plan="apart").facts, Given(parts=HALVES)),
        (parent, Given(parts=HALVES)),
        (facts_of(referrals.ReferralMade), Given(parts=HALVES)),
    ]
    for facts, seen in tried:
        assert not [one for one in decide(None, facts, 4, seen).events if isinstance(one, SplitProposed)]


def test_a_home_for_some_that_opens_later_brings_the_proposal() -> None:
    """While nobody is invited, a home for one of two siblings makes a split possible: it is proposed, once.

    The proposal's basis names the home, so that whoever decides again knows what it follows from.
    """
    case, view = siblings(invitations={}), Given(new=frozenset({HOME}), parts=HALVES)
    decided = inviting.homes_changed(case, view, PROVIDER, [HOME])
    assert [type(one) for one in decided.events] == [SplitProposed]
    assert decided.events[0].basis.changed == (HOME,)
    assert inviting.homes_changed(decided.case, view, PROVIDER, [HOME]).events == ()


def test_where_one_has_no_home_even_alone_the_authority_is_told_who() -> None:
    """No split is looked for, and none proposed; told again only when it is others, or when the facts are told anew."""
    facts, view = siblings().facts, Given(homeless=(SIBLING,), parts=HALVES)
    decided = decide(None, facts, 4, view)
    told = [one for one in decided.events if isinstance(one, NoSplitFound)]
    assert [one.without_a_home for one in told] == [(SIBLING,)]
    assert not [one for one in decided.events if isinstance(one, SplitProposed)]
    again = inviting.again(decided.case, view)
    assert not [one for one in again.events if isinstance(one, NoSplitFound)]
    same = Given(homeless=(SIBLING,), new=frozenset({HOME}), alone={HOME: frozenset({SIBLING})})
    assert inviting.homes_changed(decided.case, same, PROVIDER, [HOME]).events == ()


def test_only_a_home_for_one_who_has_none_completes_a_split() -> None:
    """A home for the child who had homes before is no news of a split; one for the other is, and names the home."""
    case = siblings(invitations={}, without_a_home=(SIBLING,))
    for other in (CHILD, SIBLING):
        view = Given(new=frozenset({HOME}), parts=HALVES, alone={HOME: frozenset({other})})
        decided = inviting.homes_changed(case, view, PROVIDER, [HOME])
        assert [type(one) for one in decided.events] == [SplitProposed] * (other == SIBLING)
    assert (decided.case.proposed, decided.case.without_a_home) == (HALVES.groups, None)


def test_who_was_invited_had_a_home_for_each_of_them() -> None:
    """After a home for both was told of and declined, a home for the one alone may complete a split with it."""
    gone = Invitation(provider=OTHER, state="declined", homes=told((a_fit(OTHER_HOME),)), respond_by=LATER)
    case = siblings(invitations={OTHER: gone}, without_a_home=(SIBLING,))
    view = Given(new=frozenset({HOME}), parts=HALVES, alone={HOME: frozenset({CHILD})})
    assert [type(one) for one in inviting.homes_changed(case, view, PROVIDER, [HOME]).events] == [SplitProposed]


def test_a_home_that_opens_may_leave_another_without_one() -> None:
    """When the one has a home at last and the other none any more, the authority hears who has none now."""
    case = siblings(invitations={}, without_a_home=(SIBLING,), proposed=())
    view = Given(new=frozenset({HOME}), homeless=(CHILD,), alone={HOME: frozenset({SIBLING})})
    decided = inviting.homes_changed(case, view, PROVIDER, [HOME])
    assert [one.without_a_home for one in decided.events] == [(CHILD,)]
    assert decided.case.without_a_home == (CHILD,)


def test_a_proposal_whose_homes_are_gone_stands_no_more() -> None:
    """Looked at anew, no split is left: the authority is told so, and the next home may bring one again."""
    case = siblings(invitations={}, proposed=HALVES.groups)
    decided = inviting.again(case, Given())
    assert [one.without_a_home for one in decided.events if isinstance(one, NoSplitFound)] == [()]
    assert decided.case.proposed == ()


def test_a_confirmed_split_invites() -> None:
    """Only the authority's word makes the groups what is searched for, and then homes are invited at once."""
    view = Given({OTHER_HOME: (OTHER, a_fit(OTHER_HOME))})
    decided = decide(siblings(invitations={}), an_act(referrals.SplitConfirmed, groups=APART), 5, view)
    assert decided.case.groups == APART
    assert [type(one) for one in decided.events] == [ProviderInvited]


@pytest.mark.parametrize(
    "groups",
    [((CHILD,),), ((CHILD,), (CHILD, SIBLING)), ((CHILD,), (UUID(int=99),)), (BOTH, ()), ()],
    ids=["one left out", "one twice", "a stranger", "an empty group", "none"],
)
def test_groups_name_each_child_once(groups: tuple[tuple[UUID, ...], ...]) -> None:
    """Groups that are no partition of the children are rejected with the field, the rule and the remedy."""
    with pytest.raises(Rejected) as why:
        confirmed(siblings(), groups)
    assert (why.value.field, bool(why.value.rule), bool(why.value.remedy)) == ("groups", True, True)


def test_a_parent_is_never_parted_from_the_child() -> None:
    """Whatever is confirmed: who came as parent and child stay in one group."""
    people = (Child(child_id=CHILD), Child(child_id=SIBLING, role="parent"))
    case = siblings(facts=replace(siblings().facts, children=people))
    with pytest.raises(Rejected) as why:
        confirmed(case)
    assert why.value.field == "groups"
    assert confirmed(case, (BOTH,)).groups == (BOTH,)


def test_an_offer_for_part_is_kept_and_parts_nobody() -> None:
    """A partial offer stands, but selecting it needs a confirmed split; an offer for all of them does not."""
    case = offered(offered(siblings(), OFFER, CHILD), OTHER_OFFER, *BOTH)
    with pytest.raises(Rejected) as why:
        selected(case, OFFER)
    assert why.value.field == "offer_id"
    assert selected(case, OTHER_OFFER).state == "reserving"
    assert selected(confirmed(case), OFFER).held == {CHILD}


def test_two_groups_two_offers_two_placements() -> None:
    """Each group has its own selection and place; the search closes when the last child has moved in."""
    case = confirmed(siblings())
    case = offered(offered(case, OFFER, CHILD), OTHER_OFFER, SIBLING, provider=OTHER, home=OTHER_HOME)
    case = selected(case, OFFER)
    assert (case.state, case.searching) == ("referred", True)
    first = answering.reserved(case, reserved(case, OFFER))
    assert (first.case.state, first.events) == ("referred", ())
    case = selected(first.case, OTHER_OFFER)
    assert case.state == "reserving"
    case = answering.reserved(case, reserved(case, OTHER_OFFER)).case
    assert (case.state, len(case.reserved)) == ("reserved", 2)
    half = answering.started(case, moved(CHILD), Given())
    assert (half.case.live, half.events) == (True, ())
    done = answering.started(half.case, moved(SIBLING), Given())
    assert isinstance(done.events[-1], SearchClosed)


def test_a_selection_lost_leaves_the_other_group_alone() -> None:
    """A place that has gone, or a selection withdrawn, is of its own group; the other's place stays held."""
    case = confirmed(siblings())
    case = offered(offered(case, OFFER, CHILD), OTHER_OFFER, SIBLING, provider=OTHER, home=OTHER_HOME)
    case = selected(selected(case, OFFER), OTHER_OFFER)
    case = answering.reserved(case, reserved(case, OFFER)).case
    gone = ReservationRefused(
        vacancy_id=OTHER_HOME,
        referral_id=CASE,
        offer_id=OTHER_OFFER,
        authority=AUTHORITY,
        provider=OTHER,
        reason="place gone",
    )
    refused = answering.refused(case, gone, Given()).case
    assert (refused.state, refused.held, len(refused.reserved)) == ("referred", frozenset({CHILD}), 1)
    back = decide(case, an_act(referrals.SelectionWithdrawn, offer_id=OFFER), 7, Given())
    assert [type(one) for one in back.events[:2]] == [ReservationWithdrawn, SearchResumed]
    assert (back.case.held, back.case.state) == (frozenset({SIBLING}), "referred")


def test_offers_for_the_same_child_are_not_selected() -> None:
    """Once a place is held, whoever offered for that child is told; an offer for the other child still stands."""
    case = confirmed(siblings())
    case = offered(offered(case, OFFER, CHILD), OTHER_OFFER, SIBLING, provider=OTHER, home=OTHER_HOME)
    case = offered(case, UUID(int=60), CHILD, provider=OTHER, home=OTHER_HOME)
    case = selected(case, OFFER)
    decided = answering.reserved(case, reserved(case, OFFER))
    assert [(type(one), one.offer_id) for one in decided.events] == [(OfferNotSelected, UUID(int=60))]
    with pytest.raises(Rejected):
        selected(case, UUID(int=60))


def test_a_child_who_moved_in_keeps_the_place() -> None:
    """A selection cannot be withdrawn once its child has moved in, and the end of the search takes no place back."""
    case = confirmed(siblings())
    case = offered(offered(case, OFFER, CHILD), OTHER_OFFER, SIBLING, provider=OTHER, home=OTHER_HOME)
    case = selected(selected(case, OFFER), OTHER_OFFER)
    case = answering.started(case, moved(CHILD), Given()).case
    with pytest.raises(Rejected):
        decide(case, an_act(referrals.SelectionWithdrawn, offer_id=OFFER), 7, Given())
    ended = decide(case, an_act(referrals.ReferralWithdrawn, reason="kin"), 7, Given())
    assert [one.offer_id for one in ended.events if isinstance(one, ReservationWithdrawn)] == [OTHER_OFFER]


def test_another_child_ends_the_split() -> None:
    """A child who comes to the referral was in no group: the siblings are one unit again until it is confirmed."""
    case = confirmed(siblings())
    three = facts_of(referrals.ReferralRevised, version=2, children=(*BOTH, UUID(int=33)))
    assert decide(case, three, 6, Given()).case.groups == ()
    two = facts_of(referrals.ReferralRevised, version=2, children=BOTH)
    assert decide(case, two, 6, Given()).case.groups == APART


acts = st.one_of(
    st.tuples(
        st.just(OfferMade),
        st.sampled_from([{"children": one} for one in (BOTH, (CHILD,), (SIBLING,))]),
    ),
    st.tuples(st.just(referrals.OfferSelected), st.integers(0, 5).map(lambda one: {"offer_id": UUID(int=200 + one)})),
    st.tuples(
        st.just(referrals.SelectionWithdrawn), st.integers(0, 5).map(lambda one: {"offer_id": UUID(int=200 + one)})
    ),
    st.tuples(st.just(referrals.ReferralRevised), st.sampled_from([{"children": BOTH}])),
)


@given(st.lists(acts, max_size=20))
def test_a_plan_together_is_never_silently_split(story: list[tuple[type, dict[str, Any]]]) -> None:
    """Whatever is offered and selected: without SplitConfirmed no place is ever asked for but for all of them."""
    case, view, made = siblings(), Given({HOME: (PROVIDER, a_fit())}, parts=HALVES), 0
    for cls, known in story:
        if cls is OfferMade:
            known, made = {**known, "offer_id": UUID(int=200 + made)}, made + 1
        event = an_act(cls, **known)
        if cls is referrals.ReferralRevised:
            event = replace(event, wanted=referrals.Wanted(siblings_plan="together"))
        if cls is referrals.OfferSelected:  # so that nothing but the rule on trial stands in its way
            others = tuple(one for one in case.offers if one != event.offer_id)
            event = replace(
                event, feedback=tuple(referrals.OfferFeedback(offer_id=o, feedback="other") for o in others)
            )
        try:
            decided = decide(case, event, 9, view)
        except Rejected:
            continue
        case = decided.case
        assert all(set(one.children) == set(BOTH) for one in decided.events if isinstance(one, ReservationRequested))
        assert case.groups == ()
        assert case.held in (frozenset(), frozenset(BOTH))
