"""Selection: a request for one offer's place, what it must say, and what was agreed by telephone. Pure decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from placehub.errors import Rejected
from placehub.lifecycle import Act
from placehub.offers.events import OfferMade, OfferWithdrawn
from placehub.referrals.events import OfferSelected, SelectionWithdrawn
from placehub.saying import said
from placehub.search import inviting
from placehub.search.case import SELECTED, Case, Decided, Offer, View, offer_of
from placehub.search.events import SearchResumed
from placehub.search.offering import (
    SELECTABLE,
    STANDING,
    catch_up,
    expired,
    order,
    rank,
    reassessed,
    to_reconfirm,
    withdrawn,
)
from placehub.search.policy import TODAY
from placehub.search.together import check_free, parts, state_of
from placehub.vacancies.events import ReservationRequested, ReservationWithdrawn

OUT_OF_POLICY: Final = "out_of_policy"
RECORDED_LATE: Final = "recorded_late"
_AGREED_BY_WORD: Final = (*STANDING, "expired", "not selected")


def by_word(case: Case, event: Any) -> bool:
    """Tell whether this is the paper of a home agreed by word: that happened, so it is not refused for its state.

    A child of the case has moved in with the provider, or the authority says when it agreed by telephone.
    """
    if isinstance(event, OfferMade):
        return case.state == "closed" and event.provider in case.placed_with
    if not isinstance(event, OfferSelected) or event.offer_id not in case.offers:
        return False
    if case.state == "closed":
        offer = case.offers[event.offer_id]
        return offer.provider in case.placed_with and not set(offer.children) & case.held
    return case.state == "referred" and event.recorded_for is not None


def check_offer(case: Case, event: Any, act: Act) -> None:
    """Raise Rejected when the offer an event names is not in a state for it, or not the sender's to act on."""
    is_selection = isinstance(event, OfferSelected)
    states = _AGREED_BY_WORD if is_selection and by_word(case, event) else act.offer
    known = case.offers.get(event.offer_id)
    if is_selection and known is not None and known.state == "to reconfirm" and known.state not in states:
        rule = said(
            "must be reconfirmed first: {fields} was revised after it was made",
            fields=", ".join(to_reconfirm(case, known)),
        )
        raise Rejected("offer_id", rule, "Wait for OfferReconfirmed or OfferRevised, or select another offer.")
    offer = offer_of(case, event.offer_id, states)
    if act.party == "invited provider" and offer.provider != event.provider:
        raise Rejected("offer_id", "must be an offer of your own", "Use the offer's id from your inbox.")


def selected(case: Case, event: OfferSelected, view: View, at: datetime) -> Decided:
    """Ask the vacancy's single writer for the place.

    What was agreed by word is taken as it is, and marked: `recorded_late`, and `out_of_policy` where it breaks a rule
    that would have refused it.
    """
    offer = case.offers[event.offer_id]
    check_free(case, offer.children)
    broken = _broken(case, event, offer, view, at)
    word = by_word(case, event)
    if broken and not word:
        raise broken
    marks = (RECORDED_LATE,) * (event.recorded_for is not None) + (OUT_OF_POLICY,) * (word and broken is not None)
    asked = ReservationRequested(
        vacancy_id=offer.vacancy_id,
        referral_id=case.referral_id,
        offer_id=offer.offer_id,
        authority=case.facts.authority,
        provider=offer.provider,
        children=offer.children,
    )
    case = case.with_offer(replace(offer, state="selected"))
    state = state_of(case) if case.live else "closed"
    feedback = (*case.feedback, *event.feedback)
    return Decided(replace(case, state=state, feedback=feedback), (asked,), marks)


def _broken(case: Case, event: OfferSelected, offer: Offer, view: View, at: datetime) -> Rejected | None:
    """Return the first rule of a selection that this one breaks; None when it keeps them all."""
    if not case.live or offer.state not in SELECTABLE:
        return Rejected("referral_id", "the search is over or the offer does not stand", "See the case as it stands.")
    if offer.valid_until <= (event.recorded_for or view.now):
        return Rejected("offer_id", "the offer's time has run out", "Ask the provider to revise it.")
    parted = parts(case, offer.children)
    if parted:
        return parted
    best = min(rank(case, case.offers[one])[0] for one in order(case, SELECTABLE, offer.children))
    if event.reason is None and rank(case, offer)[0] > best:
        return Rejected("reason", "is required when a better-fitting home is on offer", "Say why this one.")
    return _untold(case, event, offer, at)


def _untold(case: Case, event: OfferSelected, offer: Offer, at: datetime) -> Rejected | None:
    """Every provider whose offer the authority could know of is told why not; in an emergency that may wait."""
    answered = {one.offer_id for one in event.feedback}
    if case.facts.wanted.needed_by == TODAY:
        return None
    missing = [
        one
        for one in order(case, STANDING, offer.children)
        if one not in answered | {offer.offer_id} and _known_at(case.offers[one], at)
    ]
    if not missing:
        return None
    remedy = said("Say of each why it was not chosen: {offers}.", offers=", ".join(map(str, missing)))
    return Rejected(
        "feedback", said("must name every other offer that stands; {count} left out", count=len(missing)), remedy
    )


def _known_at(offer: Offer, at: datetime) -> bool:
    """Tell whether an offer was there before the selection was made: nobody answers for what came meanwhile."""
    return offer.made_at is None or offer.made_at < at


def selection_withdrawn(case: Case, event: SelectionWithdrawn, view: View) -> Decided:
    """The authority goes back on a selection."""
    return _taken_back(case, case.offers[event.offer_id], view, type(event).__name__)


def offer_withdrawn(case: Case, event: OfferWithdrawn, view: View) -> Decided:
    """The provider takes its offer back; after it was selected that is as if the selection were withdrawn."""
    offer = case.offers[event.offer_id]
    return (
        _taken_back(case, offer, view, type(event).__name__)
        if offer.state in SELECTED
        else withdrawn(case, event, view)
    )


def _taken_back(case: Case, offer: Offer, view: View, because: str) -> Decided:
    """Either side may go back until a child has moved in: the place is given back, and the search goes on.

    The offers that stand again are checked anew: by their time, by what was revised, and by how their homes fit now.
    """
    if set(offer.children) & set(case.started):
        raise Rejected("offer_id", "a child has moved in there", "Say how it ends: NoticeGiven, then PlacementEnded.")
    over = expired(reopened(case, offer.offer_id, "withdrawn"), view)
    going_on = over.then(resume(over.case, view))
    resumed = SearchResumed(
        referral_id=case.referral_id,
        because=because,
        next_offers=order(going_on.case, STANDING, set(offer.children) - going_on.case.held),
        basis=view.basis(case),
    )
    return Decided(going_on.case, (give_back(case, offer), resumed, *going_on.events))


def give_back(case: Case, offer: Offer) -> ReservationWithdrawn:
    """Return the request to release the place of a selected offer."""
    return ReservationWithdrawn(
        vacancy_id=offer.vacancy_id,
        referral_id=case.referral_id,
        offer_id=offer.offer_id,
        authority=case.facts.authority,
        provider=offer.provider,
    )


def reopened(case: Case, offer_id: UUID, state: str) -> Case:
    """Return the case searching again: the selected offer in that state, those that may be taken now open."""
    lost = case.offers[offer_id]
    case = case.with_offer(replace(lost, state=state))
    for one in case.offers.values():
        if one.state == "not selected" and not set(one.children) & case.held:
            case = case.with_offer(replace(one, state="open"))
    placements = {key: child for key, child in case.reserved.items() if child not in lost.children}
    return replace(case, state="referred", reserved=placements)


def resume(case: Case, view: View) -> Decided:
    """Let a search go on that stood still: homes are matched and the offers that stand looked at again."""
    asked = catch_up(case)
    searching = asked.then(inviting.again(asked.case, view, told_anew=False))
    return searching.then(reassessed(searching.case, view))
