"""What follows for a case from the vacancy's writer and from placements: pure decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from placehub.placements.events import NoticeGiven, PlacementEnded, PlacementStarted
from placehub.search import contradicting, inviting
from placehub.search.case import Case, Decided, Stay, View
from placehub.search.events import OfferNotSelected, SearchClosed, SelectionRefused
from placehub.search.offering import STANDING, order
from placehub.search.selecting import reopened, resume
from placehub.search.together import placed_ones, state_of
from placehub.vacancies.events import ReservationRefused, VacancyReserved


def reserved(case: Case, event: VacancyReserved) -> Decided:
    """The place is held: providers who offered for the same children are told, with the authority's feedback.

    A case may be over by then: the child had moved in before the selection was written down.
    """
    if not _is_asked(case, event.offer_id):
        return Decided(case)
    feedback = {one.offer_id: one.feedback for one in case.feedback}
    events: list[Any] = []
    case = case.with_offer(replace(case.offers[event.offer_id], state="reserved"))
    for offer_id in sorted(case.offers):
        offer = case.offers[offer_id]
        if offer.state in STANDING and (not case.live or set(offer.children) & case.held):
            case = case.with_offer(replace(offer, state="not selected"))
            told = OfferNotSelected(
                referral_id=case.referral_id,
                provider=offer.provider,
                offer_id=offer_id,
                feedback=feedback.get(offer_id),
            )
            events.append(told)
    placements = {one.placement_id: one.child_id for one in event.placements}
    state = state_of(case) if case.live else case.state
    return Decided(replace(case, state=state, reserved={**case.reserved, **placements}), tuple(events))


def refused(case: Case, event: ReservationRefused, view: View) -> Decided:
    """The place has just gone: the authority sees its next offers at once, and the search goes on."""
    if not case.live or not _is_asked(case, event.offer_id):
        return Decided(case)
    children = case.offers[event.offer_id].children
    case = reopened(case, event.offer_id, "refused")
    told = SelectionRefused(
        referral_id=case.referral_id,
        provider=event.provider,
        offer_id=event.offer_id,
        vacancy_id=event.vacancy_id,
        reason=event.reason,
        next_offers=order(case, children=children),
        basis=view.basis(case),
    )
    going_on = resume(case, view)
    questioned = contradicting.by_refusal(case.offers[event.offer_id], view)
    return Decided(going_on.case, (told, *going_on.events, *questioned))


def _is_asked(case: Case, offer_id: UUID) -> bool:
    offer = case.offers.get(offer_id)
    return offer is not None and offer.state == "selected"


def started(case: Case, event: PlacementStarted, view: View) -> Decided:
    """A child has moved in; when every child of the case has, the search is over."""
    known = case.stays.get(event.placement_id)
    if known is not None and known.child_id == event.child_id:
        return Decided(case)
    stay = Stay(
        child_id=event.child_id,
        provider=event.provider,
        vacancy_id=event.vacancy_id,
        household_ref=view.household(event.vacancy_id),
        started_on=event.started_on,
    )
    case = replace(case, stays={**case.stays, event.placement_id: stay})
    if not case.live or event.child_id in case.started:
        return Decided(case)
    with_them = tuple(sorted({*case.placed_with, event.provider}))
    case = replace(case, started=(*case.started, event.child_id), placed_with=with_them)
    if placed_ones(case.facts) - set(case.started):
        return Decided(case)
    winners = {one.provider for one in case.selected}
    closing = inviting.close_all(case, "placed elsewhere", but=frozenset(winners | {*case.placed_with}))
    done = SearchClosed(referral_id=case.referral_id, outcome="independent", placed_with=case.placed_with)
    return Decided(replace(closing.case, state="closed"), (*closing.events, done))


def ending(case: Case, event: NoticeGiven | PlacementEnded, view: View) -> Decided:
    """A placement is ending: a new search may begin. A home where it ended early is not asked again for this case."""
    stay = case.stays.get(event.placement_id)
    if stay is None:
        return Decided(case)
    ended = event.ended_on if isinstance(event, PlacementEnded) else stay.ended_on
    case = replace(case, stays={**case.stays, event.placement_id: replace(stay, noticed=True, ended_on=ended)})
    if not case.searching or stay.vacancy_id not in case.ask_first:
        return Decided(case)
    return inviting.homes_changed(case, view, event.provider, [stay.vacancy_id])
