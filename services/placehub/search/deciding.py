"""What follows from each event of a case: pure decisions, by the lifecycle table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from placehub.errors import Rejected
from placehub.lifecycle import Act
from placehub.offers import events as offers
from placehub.referrals import events as referrals
from placehub.referrals.lifecycle import ACTS
from placehub.search import feedback, inviting
from placehub.search.case import BANDS, Case, Decided, Offer, View, invitation_of, offer_of
from placehub.search.events import InvitationLapsed, OfferExpired, SearchClosed, SearchResumed
from placehub.search.ordering import place_of
from placehub.search.policy import DEFAULT
from placehub.streams import full_name
from placehub.vacancies.events import ReservationRequested, ReservationWithdrawn

TABLE: Final[dict[str, Act]] = {act.event: act for act in ACTS}


def decide(case: Case | None, event: Any, offset: int, view: View) -> Decided:
    """Fold one event of an organisation into its case. Rejected when the lifecycle table has no place for it.

    `offset` is the event's own, in its partition.
    """
    act = TABLE[full_name(type(event))]
    state = case.state if case else "none"
    if case is None:
        if "none" not in act.before:
            raise Rejected("referral_id", "is not a case the hub knows", "Give an early notice or make a referral.")
        return _begin(event, offset, view)
    if state not in act.before and not act.happened:
        rule = f"the case must be {' or '.join(act.before)}; it is {state}"
        raise Rejected("referral_id", rule, "See the case as it now stands.")
    if act.party == "invited provider" and act.invitation:
        invitation_of(case, event.provider, act.invitation)
    if act.offer:
        _check_offer(case, event, act)
    case = replace(case, offset=offset)
    follow = _FOLLOW.get(type(event))
    return follow(case, event, view) if follow else Decided(case)


def _begin(event: Any, offset: int, view: View) -> Decided:
    state = "noticed" if isinstance(event, referrals.EarlyNoticeGiven) else "referred"
    case = Case(referral_id=event.referral_id, state=state, facts=event, offset=offset, invitations={}, offers={})
    return _assessed(inviting.start(case, view, type(event).__name__), view)


def _check_offer(case: Case, event: Any, act: Act) -> None:
    offer = offer_of(case, event.offer_id, act.offer)
    if act.party == "invited provider" and offer.provider != event.provider:
        raise Rejected("offer_id", "must be an offer of your own", "Use the offer's id from your inbox.")


def _referred(case: Case, event: Any, view: View) -> Decided:
    state = "referred" if case.state == "noticed" else case.state
    return _assessed(inviting.again(replace(case, facts=event, state=state), view), view)


def _assessed(decided: Decided, view: View) -> Decided:
    """Tell the authority how good its notice or referral is; the invitations go before."""
    return replace(decided, events=(*decided.events, view.assessed(decided.case)))


def _withdrawn(case: Case, event: Any, view: View) -> Decided:
    return _closed(case, event.reason)


def _in_house_started(case: Case, event: Any, view: View) -> Decided:
    return Decided(replace(case, in_house="searching"))


def _in_house_concluded(case: Case, event: Any, view: View) -> Decided:
    case = replace(case, in_house="found" if event.found else "not found")
    return _closed(case, "in-house") if event.found else inviting.in_house_over(case, view)


def _closed(case: Case, outcome: str) -> Decided:
    """End the search: invitations closed, a place that is held given back."""
    closing = inviting.close_all(case, "search closed")
    back = _give_back(case) if case.selected else ()
    done = SearchClosed(referral_id=case.referral_id, outcome=outcome)
    return Decided(replace(closing.case, state="closed", selected=None), (*closing.events, *back, done))


def _give_back(case: Case) -> tuple[ReservationWithdrawn, ...]:
    offer = case.offers[case.selected] if case.selected else None
    if offer is None:
        return ()
    return (
        ReservationWithdrawn(
            vacancy_id=offer.vacancy_id,
            referral_id=case.referral_id,
            offer_id=offer.offer_id,
            authority=case.facts.authority,
            provider=offer.provider,
        ),
    )


def _interested(case: Case, event: offers.InterestExpressed, view: View) -> Decided:
    known = case.invitations[event.provider]
    state = "offered" if known.state == "offered" else "interested"
    return Decided(case.with_invitation(replace(known, state=state)))


def _declined(case: Case, event: offers.InvitationDeclined, view: View) -> Decided:
    return inviting.next_best(case.with_invitation(replace(case.invitations[event.provider], state="declined")), view)


def _offered(case: Case, event: offers.OfferMade | offers.OfferRevised, view: View) -> Decided:
    _check_terms(case, event, view)
    offer = Offer(
        offer_id=event.offer_id,
        provider=event.provider,
        vacancy_id=event.vacancy_id,
        children=event.children,
        state="open",
        available_from=event.available_from,
        valid_until=event.valid_until,
        referral_version=event.referral_version,
    )
    case = case.with_invitation(replace(case.invitations[event.provider], state="offered"))
    return Decided(case.with_offer(offer))


def _check_terms(case: Case, event: offers.OfferMade | offers.OfferRevised, view: View) -> None:
    if isinstance(event, offers.OfferMade) and event.offer_id in case.offers:
        raise Rejected("offer_id", "is in use already", "Choose a new id, or send OfferRevised.")
    if event.referral_version > case.version:
        raise Rejected(
            "referral_version", f"must be a version of this referral, at most {case.version}", "Read it again."
        )
    if not event.children or not set(event.children) <= {child.child_id for child in case.facts.children}:
        raise Rejected("children", "must be children of this referral", "Use the pseudonyms of the referral.")
    if view.owner(event.vacancy_id) not in (None, event.provider):
        raise Rejected("vacancy_id", "must be a vacancy of your own", "Use your own vacancy's id.")
    if not event.fee_lines:
        raise Rejected("fee_lines", "an offer is all-in: the base fee and each support as a line", "Itemise the fee.")
    if event.valid_until <= view.now:
        raise Rejected("valid_until", "must lie ahead", "Say until when the offer stands.")


def _offer_withdrawn(case: Case, event: offers.OfferWithdrawn, view: View) -> Decided:
    return inviting.next_best(case.with_offer(replace(case.offers[event.offer_id], state="withdrawn")), view)


def _queried(case: Case, event: referrals.OfferQueried, view: View) -> Decided:
    return Decided(case.with_offer(replace(case.offers[event.offer_id], state="queried")))


def _reconfirmed(case: Case, event: offers.OfferReconfirmed, view: View) -> Decided:
    offer = replace(case.offers[event.offer_id], referral_version=event.referral_version, state="open")
    return Decided(case.with_offer(offer))


def _selected(case: Case, event: referrals.OfferSelected, view: View) -> Decided:
    offer = case.offers[event.offer_id]
    if offer.valid_until <= view.now:
        raise Rejected("offer_id", "the offer's time has run out", "Ask the provider to revise it.")
    if event.reason is None and order(case)[0] != offer.offer_id and _rank(case, offer)[0] > _best_band(case):
        raise Rejected("reason", "is required when a better-fitting home is on offer", "Say why this one.")
    asked = ReservationRequested(
        vacancy_id=offer.vacancy_id,
        referral_id=case.referral_id,
        offer_id=offer.offer_id,
        authority=case.facts.authority,
        provider=offer.provider,
        children=offer.children,
    )
    case = case.with_offer(replace(offer, state="selected"))
    return Decided(replace(case, state="reserving", selected=offer.offer_id, feedback=event.feedback), (asked,))


def _selection_withdrawn(case: Case, event: referrals.SelectionWithdrawn, view: View) -> Decided:
    if case.selected != event.offer_id:
        raise Rejected("offer_id", "must be the offer that is selected", "Name the selected offer.")
    back = _give_back(case)
    resumed = SearchResumed(referral_id=case.referral_id, because="SelectionWithdrawn", basis=view.basis(case))
    searching = inviting.again(reopened(case, event.offer_id, "withdrawn"), view, told_anew=False)
    return Decided(searching.case, (*back, resumed, *searching.events))


def reopened(case: Case, offer_id: Any, state: str) -> Case:
    """Return the case searching again: the selected offer in that state, the others that still stand open."""
    offers_now = {
        key: replace(one, state=state if key == offer_id else "open" if one.state == "not selected" else one.state)
        for key, one in case.offers.items()
    }
    return replace(case, state="referred", selected=None, offers=offers_now, reserved={})


def order(case: Case) -> tuple[Any, ...]:
    """Return the ids of the offers that still stand, best fit first. Fees are not looked at."""
    standing = [
        offer for offer in case.offers.values() if offer.state in ("open", "queried", "selected", "not selected")
    ]
    return tuple(offer.offer_id for offer in sorted(standing, key=lambda offer: _rank(case, offer)))


def _rank(case: Case, offer: Offer) -> tuple[Any, ...]:
    """Return an offer's place: that of its home, by the one order of homes; its band first."""
    homes = case.invitations[offer.provider].homes
    found = next((home for home in homes if home.vacancy_id == offer.vacancy_id), None)
    if found is None:
        return len(BANDS), str(offer.offer_id)
    return (*place_of(found, DEFAULT.order), str(offer.offer_id))


def _best_band(case: Case) -> int:
    return min(int(_rank(case, case.offers[one])[0]) for one in order(case))


def due(case: Case, view: View) -> Decided:
    """Let what is over at the view's time be over: silence lapses (it is never a decline), offers expire, waits end."""
    events: list[Any] = []
    for provider in sorted(case.invitations):
        one = case.invitations[provider]
        if case.live and one.state == "invited" and one.respond_by <= view.now:
            case = case.with_invitation(replace(one, state="lapsed"))
            lapsed = InvitationLapsed(referral_id=case.referral_id, provider=provider, respond_by=one.respond_by)
            events.append(lapsed)
    for offer_id in sorted(case.offers):
        offer = case.offers[offer_id]
        if case.live and offer.state in ("open", "queried") and offer.valid_until <= view.now:
            case = case.with_offer(replace(offer, state="expired"))
            events.append(OfferExpired(referral_id=case.referral_id, provider=offer.provider, offer_id=offer_id))
    after = Decided(case, tuple(events))
    if events:
        after = after.then(inviting.next_best(case, view))
    return after.then(inviting.due(after.case, view))


_FOLLOW: Final[dict[type, Callable[[Case, Any, View], Decided]]] = {
    referrals.ReferralMade: _referred,
    referrals.ReferralRevised: _referred,
    referrals.EarlyNoticeWithdrawn: _withdrawn,
    referrals.ReferralWithdrawn: _withdrawn,
    referrals.InHouseSearchStarted: _in_house_started,
    referrals.InHouseSearchConcluded: _in_house_concluded,
    referrals.OfferQueried: _queried,
    referrals.OfferSelected: _selected,
    referrals.SelectionWithdrawn: _selection_withdrawn,
    offers.InterestExpressed: _interested,
    offers.InvitationDeclined: _declined,
    offers.OfferMade: _offered,
    offers.OfferRevised: _offered,
    offers.OfferReconfirmed: _reconfirmed,
    offers.OfferWithdrawn: _offer_withdrawn,
    offers.ReferralFeedbackGiven: feedback.given,
    referrals.FeedbackAnswered: feedback.answered,
}
