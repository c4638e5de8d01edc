"""What follows from each event of a case: pure decisions, by the lifecycle table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from placehub.errors import Rejected
from placehub.lifecycle import Act
from placehub.offers import events as offers
from placehub.referrals import events as referrals
from placehub.referrals.lifecycle import ACTS
from placehub.saying import said
from placehub.search import contradicting, feedback, inviting, offering, selecting
from placehub.search.case import Case, Decided, View, invitation_of
from placehub.search.events import InvitationLapsed, SearchClosed, SearchReopened
from placehub.search.together import check_groups, kept_groups, state_of
from placehub.streams import full_name

_TOLD_WHO: Final = ("invited", "interested", "offered")
"""States of an invitation in which its provider may be told who a child is."""
TABLE: Final[dict[str, Act]] = {act.event: act for act in ACTS}


def decide(case: Case | None, event: Any, offset: int, view: View, at: datetime | None = None) -> Decided:
    """Fold one event of an organisation into its case. Rejected when the lifecycle table has no place for it.

    `offset` is the event's own, in its partition; `at` is when it happened, by its sender's word (now if not told).
    """
    act = TABLE[full_name(type(event))]
    state = case.state if case else "none"
    if case is None:
        if getattr(event, "previous_placement", None):
            rule = "must be a placement of the same case"
            raise Rejected("previous_placement", rule, "Give the notice under the referral_id of that placement.")
        if "none" not in act.before:
            raise Rejected("referral_id", "is not a case the hub knows", "Give an early notice or make a referral.")
        return _begin(event, offset, view)
    word = selecting.by_word(case, event)
    if state not in act.before and not act.happened and not word:
        rule = said("the case must be {states}; it is {state}", states=" or ".join(act.before), state=state)
        raise Rejected("referral_id", rule, "See the case as it now stands.")
    if act.party == "invited provider" and act.invitation:
        invitation_of(case, event.provider, act.invitation)
    if act.offer:
        selecting.check_offer(case, event, act)
    case = replace(case, offset=offset)
    timed, follow = _TIMED.get(type(event)), _FOLLOW.get(type(event))
    if timed:
        decided = timed(case, event, view, at or view.now)
        return replace(decided, marks=decided.marks or (selecting.OUT_OF_POLICY,) * (state not in act.before))
    return follow(case, event, view) if follow else Decided(case)


def _begin(event: Any, offset: int, view: View) -> Decided:
    state = "noticed" if isinstance(event, referrals.EarlyNoticeGiven) else "referred"
    case = Case(referral_id=event.referral_id, state=state, facts=event, offset=offset, invitations={}, offers={})
    return _assessed(inviting.start(case, view, type(event).__name__), view)


def _referred(case: Case, event: Any, view: View) -> Decided:
    fields = offering.revised(case.facts, event)
    case = replace(case, facts=event, groups=kept_groups(case, event))
    asked = offering.ask_again(replace(case, state=state_of(case)), fields)
    matched = asked.then(inviting.again(asked.case, view))
    return _assessed(matched.then(offering.reassessed(matched.case, view)), view)


def _assessed(decided: Decided, view: View) -> Decided:
    """Tell the authority how good its notice or referral is; the invitations go before."""
    return replace(decided, events=(*decided.events, view.assessed(decided.case)))


def _noticed_again(case: Case, event: referrals.EarlyNoticeGiven, view: View) -> Decided:
    """A placement ends: the closed case is searched for anew, with fresh invitations; what it learned stays."""
    stay = case.stays.get(event.previous_placement) if event.previous_placement else None
    if event.previous_placement is None or stay is None or stay.ending is None:
        rule = "must be a placement of this case that has a notice or has ended"
        raise Rejected("previous_placement", rule, "Post NoticeGiven or PlacementEnded first, then name its placement.")
    new = Case(
        referral_id=case.referral_id,
        state="noticed",
        facts=event,
        offset=case.offset,
        invitations={},
        offers={key: replace(one, state="ended") for key, one in case.offers.items()},
        stays=case.stays,
        found=case.found,
    )
    told = SearchReopened(
        referral_id=case.referral_id,
        previous_placement=event.previous_placement,
        because=stay.ending,
        ended_early=new.ask_first,
    )
    begun = inviting.start(new, view, type(event).__name__)
    return _assessed(Decided(begun.case, (told, *begun.events)), view)


def _split_confirmed(case: Case, event: referrals.SplitConfirmed, view: View) -> Decided:
    """A named role has said who stays with whom: from now on each group is looked for on its own."""
    check_groups(case, event.groups)
    return inviting.again(replace(case, groups=event.groups), view)


def _disclosed(case: Case, event: referrals.DisclosureGranted, view: View) -> Decided:
    """Identity is opened to nobody that has no part in the case, and of no child but the case's own."""
    known = case.invitations.get(event.provider)
    if known is None or known.state not in _TOLD_WHO:
        rule = said("must be a provider whose invitation is {states}", states=" or ".join(_TOLD_WHO))
        raise Rejected("provider", rule, "Disclose to who is invited; see the case as it now stands.")
    named = {one.child_id for one in event.children}
    if not named or not named <= {one.child_id for one in case.facts.children}:
        raise Rejected("children", "must be children of this referral", "Name those whose identity you disclose.")
    return Decided(case)


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
    # where a child of an offer has moved in, the place is that child's, however the search for the others ends
    given_back = [one for one in case.selected if not set(one.children) & set(case.started)]
    ended = replace(closing.case, state="closed")
    for one in given_back:
        ended = ended.with_offer(replace(one, state="withdrawn"))
    done = SearchClosed(referral_id=case.referral_id, outcome=outcome)
    return Decided(ended, (*closing.events, *(selecting.give_back(case, one) for one in given_back), done))


def due(case: Case, view: View) -> Decided:
    """Let what is over at the view's time be over: silence lapses (it is never a decline), offers expire, waits end."""
    events: list[Any] = []
    for provider in sorted(case.invitations):
        one = case.invitations[provider]
        if case.live and one.state == "invited" and one.respond_by <= view.now:
            case = case.with_invitation(replace(one, state="lapsed"))
            lapsed = InvitationLapsed(referral_id=case.referral_id, provider=provider, respond_by=one.respond_by)
            events += [lapsed, *contradicting.by_silence(case, one)]
    over = Decided(case, tuple(events))
    over = over.then(offering.expired(case, view)) if case.live else over
    if over.events:
        over = over.then(inviting.next_best(over.case, view))
    return over.then(inviting.due(over.case, view))


_FOLLOW: Final[dict[type, Callable[[Case, Any, View], Decided]]] = {
    referrals.EarlyNoticeGiven: _noticed_again,
    referrals.ReferralMade: _referred,
    referrals.ReferralRevised: _referred,
    referrals.EarlyNoticeWithdrawn: _withdrawn,
    referrals.ReferralWithdrawn: _withdrawn,
    referrals.InHouseSearchStarted: _in_house_started,
    referrals.InHouseSearchConcluded: _in_house_concluded,
    referrals.SplitConfirmed: _split_confirmed,
    referrals.DisclosureGranted: _disclosed,
    referrals.OfferQueried: offering.queried,
    referrals.SelectionWithdrawn: selecting.selection_withdrawn,
    offers.InterestExpressed: offering.interested,
    offers.InvitationDeclined: offering.declined,
    offers.OfferReconfirmed: offering.reconfirmed,
    offers.OfferWithdrawn: selecting.offer_withdrawn,
    offers.ReferralFeedbackGiven: feedback.given,
    referrals.FeedbackAnswered: feedback.answered,
}
_TIMED: Final[dict[type, Callable[[Case, Any, View, datetime], Decided]]] = {
    referrals.OfferSelected: selecting.selected,
    offers.OfferMade: offering.offered,
    offers.OfferRevised: offering.offered,
}
"""What also rests on when an event happened, by its sender's word."""
