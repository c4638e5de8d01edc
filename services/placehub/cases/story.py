"""One sentence on an event of a case, for its timeline: codes and counts only, never free text or sealed parts."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from placehub.contracts.headers import Attributes
from placehub.offers import events as offers
from placehub.placements import events as placements
from placehub.referrals import events as referrals
from placehub.search import events as search
from placehub.search.wording import because, in_band
from placehub.vacancies import events as vacancies

_SAYINGS: Final[Mapping[type, Callable[[Any], str]]] = {
    referrals.EarlyNoticeGiven: lambda event: f"Early notice: a home may be needed for {_children(event.children)}.",
    referrals.ReferralMade: lambda event: f"Formal referral of {_children(event.children)}.",
    referrals.ReferralRevised: lambda event: f"The referral was revised: version {event.version}.",
    referrals.InHouseSearchConcluded: lambda event: (
        f"The authority's own carers: {'a home was found' if event.found else 'no home was found'}."
    ),
    referrals.ReferralWithdrawn: lambda event: f"The referral was withdrawn: {event.reason}.",
    referrals.EarlyNoticeWithdrawn: lambda event: f"The early notice was withdrawn: {event.reason}.",
    referrals.DisclosureGranted: lambda event: (
        f"{event.provider} may open who the children are, by the {event.by}, for: {event.purpose}."
    ),
    referrals.OfferSelected: lambda event: (
        f"An offer was selected by the {event.by}{', as agreed by telephone' if event.recorded_for else ''}."
    ),
    referrals.SelectionWithdrawn: lambda event: f"The selection was withdrawn: {event.reason}.",
    offers.InterestExpressed: lambda event: f"{event.provider} is asking the carer.",
    offers.OfferMade: lambda event: f"{event.provider} offered a home for {_children(event.children)}.",
    offers.OfferRevised: lambda event: f"{event.provider} revised its offer.",
    offers.OfferWithdrawn: lambda event: f"{event.provider} took its offer back: {event.reason}.",
    offers.InvitationDeclined: lambda event: f"{event.provider} will not offer: {event.reason}.",
    search.ReferralAssessed: lambda event: (
        f"The referral was assessed: {event.completeness:.0%} is told, {len(event.contradictions)} contradictions."
    ),
    search.SearchStarted: lambda event: (
        f"The search began: {event.homes_fitting} of {event.homes_considered} homes fit."
    ),
    search.ProviderInvited: lambda event: (
        f"{event.provider} was invited{_with(event.homes)}; the best {in_band(event.band)}."
    ),
    search.InvitationUpdated: lambda event: (
        f"{event.provider}'s invitation was updated{_with(event.homes)}; the best {in_band(event.band)}."
    ),
    search.InvitationClosed: lambda event: f"{event.provider}'s invitation is over: {event.reason}.",
    search.OutOfHoursContactTold: lambda event: f"The duty desk of {event.provider} was told of the emergency.",
    search.InvitationLapsed: lambda event: f"{event.provider} did not answer in time.",
    search.SearchWidened: lambda event: (
        f"Too few homes fitted: the search now reaches {event.within_miles} miles, and {_homes_fit(event)}."
    ),
    search.ReleaseDelayed: lambda event: (
        f"{event.providers} providers are told later, from {event.until:%d %B %Y %H:%M}: {event.cause}."
    ),
    search.SearchAnnounced: lambda event: f"{event.told} other parties were told of the search, in bands only.",
    search.InvitationsWithheld: lambda event: (
        f"Not invited: {_counted('provider', len(event.withheld))}."
        + _left_out(Counter(one.criterion for one in event.withheld))
    ),
    search.NoFitFound: lambda event: (
        "No home fits now; vacancies that open later are still matched."
        + _left_out({one.criterion: one.homes for one in event.removed})
        + _relaxed(event.relaxations)
    ),
    search.OfferAssessed: lambda event: (
        f"{event.provider}'s offer: the home {in_band(event.home.band) if event.home else 'does not fit now'}"
        f"{'; the home is offered elsewhere too' if event.also_offered_elsewhere else ''}."
    ),
    search.ReconfirmationAsked: lambda event: (
        f"{event.provider} was asked whether its offer still stands: {', '.join(event.fields)} was revised."
    ),
    search.SplitProposed: lambda event: (
        f"No home takes the siblings together; {len(event.groups)} groups are proposed. Plan not kept: {event.breach}."
    ),
    search.NoSplitFound: lambda event: (
        f"No home takes the siblings together, and {len(event.without_a_home)} of them have no home even alone."
        if event.without_a_home
        else "No home takes the siblings together, and there are too few to part them."
    ),
    referrals.SplitConfirmed: lambda event: (
        f"The {event.by} confirmed {'one group' if len(event.groups) == 1 else f'{len(event.groups)} groups'}."
    ),
    search.OfferFlagged: lambda event: f"{event.provider}, whose offer stands, was suspended under the agreement.",
    search.OfferExpired: lambda event: f"The time of {event.provider}'s offer ran out.",
    search.SelectionRefused: lambda event: (
        f"The place at {event.provider} had just gone{_others_stand(event.next_offers)}."
    ),
    search.OfferNotSelected: lambda event: f"{event.provider}'s offer was not selected.",
    referrals.ReferralContinued: lambda event: f"It goes on from an older case of the same child: {event.continues}.",
    search.SearchResumed: lambda event: f"The search goes on; {len(event.next_offers)} offers stand again.",
    search.SearchReopened: lambda event: f"The search begins anew, because of {event.because} in the last placement.",
    search.EventSetAside: lambda event: f"{event.sender}'s {event.event} was rejected and does not stand.",
    search.SearchClosed: lambda event: f"The search is over: {event.outcome}.",
    vacancies.VacancyNotOffered: lambda event: f"A home of {event.provider} was not offered: {event.because}.",
    vacancies.VacancyOffered: lambda event: f"A home of {event.provider} is on offer.",
    vacancies.VacancyOfferEnded: lambda event: f"A home of {event.provider} is on offer no more.",
    vacancies.VacancyReserved: lambda event: f"The place at {event.provider} is held.",
    vacancies.ReservationRefused: lambda event: f"The place at {event.provider} was not to be had: {event.reason}.",
    vacancies.VacancyReleased: lambda event: f"The place at {event.provider} is free again.",
    vacancies.VacancyFilled: lambda event: f"A child has moved in at {event.provider}.",
    placements.PlacementAgreed: lambda event: f"Terms agreed, to start on {event.starts_on}.",
    placements.VerbalAgreementRecorded: lambda event: (
        f"Agreed by word of mouth, to start on {event.starts_on}; the paperwork follows."
    ),
    placements.PlacementStarted: lambda event: f"The placement at {event.provider} started on {event.started_on}.",
    placements.NoticeGiven: lambda event: f"Notice was given by the {event.given_by}, to end on {event.ends_on}.",
    placements.PlacementEnded: lambda event: (
        f"The placement ended on {event.ended_on}, {'as planned' if event.planned else 'unplanned'}."
    ),
}


def sentence(event: Any) -> str:
    """Say in one sentence what happened; where nothing special is said, what the event means."""
    cls: type = type(event)
    return _SAYINGS[cls](event) if cls in _SAYINGS else meaning(cls)


def meaning(cls: type) -> str:
    """Return what events of a class mean, in one sentence."""
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def speaker(attributes: Attributes) -> str | None:
    """Return the organisation that said it; None: the hub."""
    return attributes.source.rpartition("/")[2] if attributes.source.startswith("/organisations/") else None


def _children(children: tuple[Any, ...]) -> str:
    count = sum(getattr(one, "role", "child") == "child" for one in children)
    return "1 child" if count == 1 else f"{count} children"


def _with(homes: tuple[Any, ...]) -> str:
    """Say how many homes; nothing of them where they were taken out, as for an authority."""
    return f" with {_counted('home', len(homes))}" if homes else ""


def _others_stand(offers: tuple[Any, ...]) -> str:
    return f"; {_counted('other offer', len(offers))} {'stands' if len(offers) == 1 else 'stand'}" if offers else ""


def _counted(what: str, count: int) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"


def _homes_fit(event: search.SearchWidened) -> str:
    return "1 home fits" if event.homes_fitting == 1 else f"{event.homes_fitting} homes fit"


def _left_out(counts: Mapping[str, int]) -> str:
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    said = "; ".join(f"{because(rule)} ({count})" for rule, count in most)
    return f" Left out because {said}." if said else ""


def _relaxed(relaxations: tuple[search.Relaxation, ...]) -> str:
    if not relaxations:
        return ""
    best = relaxations[0]
    return f" By one rule alone, because {because(best.criterion)}: {_counted('home', best.homes)}."
