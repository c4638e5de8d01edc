"""What follows for a case from the vacancy's writer and from placements: pure decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from placehub.placements.events import PlacementStarted
from placehub.search import inviting
from placehub.search.case import Case, Decided, View
from placehub.search.events import OfferNotSelected, SearchClosed, SelectionRefused
from placehub.search.offering import STANDING, order
from placehub.search.selecting import reopened, resume
from placehub.vacancies.events import ReservationRefused, VacancyReserved


def reserved(case: Case, event: VacancyReserved) -> Decided:
    """The place is held: the other providers are told, with the authority's feedback.

    A case may be over by then: the child had moved in before the selection was written down.
    """
    if case.state not in ("reserving", "closed") or case.selected != event.offer_id:
        return Decided(case)
    if case.offers[event.offer_id].state != "selected":
        return Decided(case)
    feedback = {one.offer_id: one.feedback for one in case.feedback}
    events: list[Any] = []
    case = case.with_offer(replace(case.offers[event.offer_id], state="reserved"))
    for offer_id in sorted(case.offers):
        offer = case.offers[offer_id]
        if offer.state in STANDING:
            case = case.with_offer(replace(offer, state="not selected"))
            told = OfferNotSelected(
                referral_id=case.referral_id,
                provider=offer.provider,
                offer_id=offer_id,
                feedback=feedback.get(offer_id),
            )
            events.append(told)
    placements = {one.placement_id: one.child_id for one in event.placements}
    state = "reserved" if case.live else case.state
    return Decided(replace(case, state=state, reserved=placements), tuple(events))


def refused(case: Case, event: ReservationRefused, view: View) -> Decided:
    """The place has just gone: the authority sees its next offers at once, and the search goes on."""
    if case.state != "reserving" or case.selected != event.offer_id:
        return Decided(case)
    case = reopened(case, event.offer_id, "refused")
    told = SelectionRefused(
        referral_id=case.referral_id,
        provider=event.provider,
        offer_id=event.offer_id,
        vacancy_id=event.vacancy_id,
        reason=event.reason,
        next_offers=order(case),
        basis=view.basis(case),
    )
    going_on = resume(case, view)
    return Decided(going_on.case, (told, *going_on.events))


def started(case: Case, event: PlacementStarted, view: View) -> Decided:
    """A child has moved in; when every child of the case has, the search is over."""
    if not case.live or event.child_id in case.started:
        return Decided(case)
    with_them = tuple(sorted({*case.placed_with, event.provider}))
    case = replace(case, started=(*case.started, event.child_id), placed_with=with_them)
    if {child.child_id for child in case.facts.children} - set(case.started):
        return Decided(case)
    winners = {one.provider for one in case.offers.values() if one.state == "reserved"}
    closing = inviting.close_all(case, "placed elsewhere", but=frozenset(winners | {*case.placed_with}))
    done = SearchClosed(referral_id=case.referral_id, outcome="independent", placed_with=case.placed_with)
    return Decided(replace(closing.case, state="closed"), (*closing.events, done))
