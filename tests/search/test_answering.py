"""What the vacancy's writer and the placements do to a case."""

from __future__ import annotations

from uuid import UUID

import pytest

from placehub.placements.events import PlacementStarted
from placehub.referrals.events import OfferFeedback, ReferralMade
from placehub.referrals.lifecycle import STATES
from placehub.search import answering
from placehub.search.case import Case, told
from placehub.search.events import (
    InvitationClosed,
    OfferNotSelected,
    ProviderInvited,
    ReservedPlacement,
    SearchClosed,
    SelectionRefused,
)
from placehub.vacancies.events import ReservationRefused, VacancyReserved

from .cases import (
    AUTHORITY,
    CASE,
    CHILD,
    HOME,
    NOW,
    OFFER,
    OTHER,
    OTHER_HOME,
    OTHER_OFFER,
    PROVIDER,
    SIBLING,
    Given,
    a_case,
    a_fit,
    an_offer,
    facts_of,
)

PLACEMENT = UUID(int=50)


def reserved(offer_id: UUID = OFFER) -> VacancyReserved:
    """Return the writer's yes."""
    held = (ReservedPlacement(placement_id=PLACEMENT, child_id=CHILD),)
    return VacancyReserved(
        vacancy_id=HOME,
        referral_id=CASE,
        offer_id=offer_id,
        authority=AUTHORITY,
        provider=PROVIDER,
        placements=held,
        places_left=0,
    )


def refused(offer_id: UUID = OFFER) -> ReservationRefused:
    """Return the writer's no."""
    return ReservationRefused(
        vacancy_id=HOME,
        referral_id=CASE,
        offer_id=offer_id,
        authority=AUTHORITY,
        provider=PROVIDER,
        reason="place gone",
    )


def moved(child_id: UUID = CHILD) -> PlacementStarted:
    """Return a child's start."""
    return PlacementStarted(
        placement_id=PLACEMENT,
        referral_id=CASE,
        vacancy_id=HOME,
        child_id=child_id,
        authority=AUTHORITY,
        provider=PROVIDER,
        started_on=NOW.date(),
    )


def with_another(state: str = "reserving") -> Case:
    """Return a case that has selected one of two offers."""
    both = {OFFER: an_offer(state="selected"), OTHER_OFFER: an_offer(OTHER_OFFER, OTHER, vacancy_id=OTHER_HOME)}
    home = a_case(state).invitations[PROVIDER]
    other = type(home)(provider=OTHER, state="offered", homes=told((a_fit(OTHER_HOME),)), respond_by=home.respond_by)
    invitations = {PROVIDER: home, OTHER: other}
    feedback = (OfferFeedback(offer_id=OTHER_OFFER, feedback="nearer home"),)
    return a_case(state, offers=both, invitations=invitations, feedback=feedback)


def test_the_place_is_held() -> None:
    """The others are told, with the authority's feedback; the placements' ids are known."""
    decided = answering.reserved(with_another(), reserved())
    (told,) = decided.events
    assert isinstance(told, OfferNotSelected)
    assert (told.offer_id, told.provider, told.feedback) == (OTHER_OFFER, OTHER, "nearer home")
    assert (decided.case.state, decided.case.reserved) == ("reserved", {PLACEMENT: CHILD})


def test_the_place_is_gone() -> None:
    """The authority sees its next offers, and what opened while the place was asked for is invited."""
    view = Given({UUID(int=9): ("P3", a_fit(UUID(int=9)))})
    decided = answering.refused(with_another(), refused(), view)
    assert [type(one) for one in decided.events] == [SelectionRefused, ProviderInvited]
    assert decided.events[0].next_offers == (OTHER_OFFER,)
    assert (decided.case.state, decided.case.offers[OFFER].state) == ("referred", "refused")


@pytest.mark.parametrize("state", [one for one in STATES if one not in ("none", "reserving")])
def test_an_answer_nobody_waits_for(state: str) -> None:
    """In any other state, or about another offer, the writer's answer changes nothing."""
    case = a_case(state)
    assert answering.reserved(case, reserved()).events == ()
    assert answering.refused(case, refused(), Given()).events == ()
    waiting = a_case("reserving")
    assert answering.reserved(waiting, reserved(OTHER_OFFER)).case == waiting
    assert answering.refused(waiting, refused(OTHER_OFFER), Given()).case == waiting


def test_the_last_of_the_siblings_ends_the_search() -> None:
    """The search ends when every child has moved in; a start told twice counts once."""
    case = a_case("reserved", facts=facts_of(ReferralMade, children=(CHILD, SIBLING)))
    first = answering.started(case, moved(), Given())
    assert first.events == ()
    assert answering.started(first.case, moved(), Given()).case == first.case
    last = answering.started(first.case, moved(SIBLING), Given())
    assert [type(one) for one in last.events] == [SearchClosed]
    assert last.events[0].outcome == "independent"
    assert answering.started(last.case, moved(SIBLING), Given()).events == ()


def test_whose_home_it_is_not() -> None:
    """Everybody else's invitation is closed; the home the child moved into keeps its own."""
    held = answering.reserved(with_another(), reserved()).case
    events = answering.started(held, moved(), Given()).events
    assert [(type(one), getattr(one, "provider", None)) for one in events] == [
        (InvitationClosed, OTHER),
        (SearchClosed, None),
    ]
