"""Offers: what makes one whole, how its home fits, and when its provider is asked again. Pure decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from placehub.contracts.parts import Basis, HomeFit
from placehub.errors import Rejected
from placehub.offers import events as offers
from placehub.referrals.events import EarlyNoticeGiven, OfferQueried
from placehub.saying import said
from placehub.search import contradicting, inviting
from placehub.search.case import BANDS, Case, Decided, Facts, Offer, Told, View, told
from placehub.search.events import OfferAssessed, OfferExpired, ReconfirmationAsked
from placehub.search.ordering import place_of
from placehub.search.policy import DEFAULT
from placehub.vacancies.events import VacancyOffered, VacancyOfferEnded

_T = TypeVar("_T", VacancyOffered, VacancyOfferEnded)
SELECTABLE: Final = ("open", "queried")
"""States in which an offer may be selected."""
STANDING: Final = (*SELECTABLE, "to reconfirm")
"""States in which an offer stands and waits for the authority, or for its provider's word that it still does."""
_OF_CHILDREN: Final = ("role", "age_band", "sex", "risks_present", "risks_none_known", "home_adaptation")
_OF_WANTED: Final = ("kind", "needed_by", "planned_start", "siblings_plan", "near_sector")


def interested(case: Case, event: offers.InterestExpressed, view: View) -> Decided:
    """The provider is asking its carer; who has offered already stays so."""
    known = case.invitations[event.provider]
    state = "offered" if known.state == "offered" else "interested"
    return Decided(case.with_invitation(replace(known, state=state)))


def declined(case: Case, event: offers.InvitationDeclined, view: View) -> Decided:
    """The provider will not offer: the next best is invited, and what it says of its home is held against the home."""
    known = case.invitations[event.provider]
    questioned = contradicting.by_declining(case, event)
    instead = inviting.next_best(case.with_invitation(replace(known, state="declined")), view)
    return Decided(instead.case, (*questioned, *instead.events))


def offered(case: Case, event: offers.OfferMade | offers.OfferRevised, view: View, at: datetime) -> Decided:
    """The whole offer as it now stands: the authority is told how its home fits, and who may fit better is invited."""
    _check_terms(case, event, view)
    known = case.offers.get(event.offer_id)
    offer = Offer(
        offer_id=event.offer_id,
        provider=event.provider,
        vacancy_id=event.vacancy_id,
        children=event.children,
        state="open",
        available_from=event.available_from,
        valid_until=event.valid_until,
        referral_version=event.referral_version,
        made_at=known.made_at if known else at,
    )
    case = case.with_invitation(replace(case.invitations[event.provider], state="offered")).with_offer(offer)
    questioned: contradicting.Questions = ()
    if isinstance(event, offers.OfferRevised):
        questioned = contradicting.by_revising(case, known, event, view)
    asked = _asked_again(case, [offer.offer_id])
    assessed = asked.then(_assess(asked.case, view, offer.offer_id, told_anew=True))
    better = assessed.then(inviting.next_best(assessed.case, view))
    return replace(better, events=(*better.events, *questioned))


def _check_terms(case: Case, event: offers.OfferMade | offers.OfferRevised, view: View) -> None:
    if isinstance(event, offers.OfferMade) and event.offer_id in case.offers:
        raise Rejected("offer_id", "is in use already", "Choose a new id, or send OfferRevised.")
    _check_version(case, event.referral_version)
    if not event.children or not set(event.children) <= {child.child_id for child in case.facts.children}:
        raise Rejected("children", "must be children of this referral", "Use the pseudonyms of the referral.")
    if view.owner(event.vacancy_id) not in (None, event.provider):
        raise Rejected("vacancy_id", "must be a vacancy of your own", "Use your own vacancy's id.")
    if not event.fee_lines:
        raise Rejected("fee_lines", "an offer is all-in: the base fee and each support as a line", "Itemise the fee.")
    if event.valid_until <= view.now:
        raise Rejected("valid_until", "must lie ahead", "Say until when the offer stands.")


def _check_version(case: Case, version: int) -> None:
    if version > case.version:
        rule = said("must be a version of this referral, at most {last}", last=case.version)
        raise Rejected("referral_version", rule, "Read it again.")


def withdrawn(case: Case, event: offers.OfferWithdrawn, view: View) -> Decided:
    """The provider takes its offer back; while no other stands, the next best is invited."""
    return inviting.next_best(case.with_offer(replace(case.offers[event.offer_id], state="withdrawn")), view)


def queried(case: Case, event: OfferQueried, view: View) -> Decided:
    """The authority asks about an offer; one that waits for its provider's word goes on waiting."""
    offer = case.offers[event.offer_id]
    return Decided(case.with_offer(replace(offer, state="queried")) if offer.state in SELECTABLE else case)


def reconfirmed(case: Case, event: offers.OfferReconfirmed, view: View) -> Decided:
    """The offer stands for a later version; where a hard fact was revised after that one, it goes on waiting."""
    _check_version(case, event.referral_version)
    known = case.offers[event.offer_id]
    offer = replace(known, referral_version=max(known.referral_version, event.referral_version))
    return Decided(case.with_offer(replace(offer, state="to reconfirm" if to_reconfirm(case, offer) else "open")))


def to_reconfirm(case: Case, offer: Offer) -> tuple[str, ...]:
    """Return the hard facts that were revised after the version the offer was made for."""
    return tuple(sorted(name for name, version in case.revised.items() if version > offer.referral_version))


def revised(before: Facts, after: Facts) -> tuple[str, ...]:
    """Return the hard facts of a referral that are others now: what a home was offered for.

    Only open fields are compared: a sealed need is not opened for this, and its readers get it anew with the revision.
    """
    if isinstance(before, EarlyNoticeGiven):
        return ()
    found = [f"wanted.{one}" for one in _OF_WANTED if getattr(before.wanted, one) != getattr(after.wanted, one)]
    were = {child.child_id: child for child in before.children}
    now = {child.child_id: child for child in after.children}
    found += ["children"] if were.keys() != now.keys() else []
    both = were.keys() & now.keys()
    found += [f"children.{one}" for one in _OF_CHILDREN if any(_fact(were[c], one) != _fact(now[c], one) for c in both)]
    return tuple(found)


def _fact(child: Any, name: str) -> object:
    value = getattr(child, name)
    return frozenset(value) if isinstance(value, tuple) else value


def ask_again(case: Case, fields: Iterable[str]) -> Decided:
    """Note the hard facts that the referral's version in force has revised; offers made before it are asked about."""
    if not (fields := tuple(fields)):
        return Decided(case)
    case = replace(case, revised={**case.revised, **dict.fromkeys(fields, case.version)})
    return _asked_again(case, [key for key, one in sorted(case.offers.items()) if one.state in STANDING])


def catch_up(case: Case) -> Decided:
    """Ask about the offers that may be selected again, though a hard fact was revised while they could not be."""
    return _asked_again(case, [key for key, one in sorted(case.offers.items()) if one.state in SELECTABLE])


def _asked_again(case: Case, standing: Iterable[UUID]) -> Decided:
    events = []
    for offer_id in standing:
        offer = case.offers[offer_id]
        fields = to_reconfirm(case, offer)
        if fields:
            case = case.with_offer(replace(offer, state="to reconfirm"))
            asked = ReconfirmationAsked(
                referral_id=case.referral_id,
                provider=offer.provider,
                offer_id=offer_id,
                referral_version=case.version,
                fields=fields,
            )
            events.append(asked)
    return Decided(case, tuple(events))


def reassessed(case: Case, view: View, vacancies: Iterable[UUID] | None = None) -> Decided:
    """Look again at the homes of the offers that stand (of these vacancies, or all); tell of what has changed."""
    wanted = None if vacancies is None else tuple(sorted(vacancies))
    decided = Decided(case)
    for offer_id, offer in sorted(case.offers.items()):
        if offer.state in STANDING and (wanted is None or offer.vacancy_id in wanted):
            decided = Decided.then(
                decided, _assess(decided.case, view, offer_id, told_anew=False, changed=wanted or ())
            )
    return decided


def _assess(case: Case, view: View, offer_id: UUID, *, told_anew: bool, changed: tuple[UUID, ...] = ()) -> Decided:
    """Judge the home of one offer; a home out of sight for now is not judged, so that a pause tells nothing."""
    offer = case.offers[offer_id]
    home = next(iter(view.fits_among(case, [offer.vacancy_id])), None)
    elsewhere = view.offered_elsewhere(case, offer.vacancy_id)
    judged = home is not None or view.in_sight(offer.vacancy_id)
    fit = (told([home])[0] if home else None) if judged else offer.fit
    if not told_anew and _gist(fit) == _gist(offer.fit) and elsewhere == offer.elsewhere:
        return Decided(case)
    basis = replace(view.basis(case), changed=changed)
    told_now = _assessed(case, offer, home, elsewhere, basis)
    return Decided(case.with_offer(replace(offer, fit=fit, elsewhere=elsewhere)), (told_now,))


def _assessed(case: Case, offer: Offer, home: HomeFit | None, elsewhere: bool, basis: Basis) -> OfferAssessed:
    return OfferAssessed(
        referral_id=case.referral_id,
        provider=offer.provider,
        offer_id=offer.offer_id,
        vacancy_id=offer.vacancy_id,
        home=home,
        also_offered_elsewhere=elsewhere,
        basis=basis,
    )


def _gist(fit: Told | None) -> tuple[Any, ...]:
    return () if fit is None else (fit.band, fit.distance_miles, fit.questions)


def shown(before: Case | None, after: Case) -> tuple[VacancyOffered | VacancyOfferEnded, ...]:
    """Return what the vacancies' stream is told when offers of a case come to stand, change their home, or end."""
    if before is after:
        return ()
    had, has = (_on_offer(before) if before else {}), _on_offer(after)
    ended = [_shown(VacancyOfferEnded, after, one) for key, one in sorted(had.items()) if key not in has]
    made = [_shown(VacancyOffered, after, one) for key, one in sorted(has.items()) if key not in had]
    return (*ended, *made)


def _on_offer(case: Case) -> dict[tuple[UUID, UUID], Offer]:
    if not case.live:
        return {}
    standing = [one for one in case.offers.values() if one.state in (*STANDING, "selected", "reserved")]
    return {(one.offer_id, one.vacancy_id): one for one in standing}


def _shown(cls: type[_T], case: Case, offer: Offer) -> _T:
    return cls(
        vacancy_id=offer.vacancy_id,
        referral_id=case.referral_id,
        offer_id=offer.offer_id,
        provider=offer.provider,
    )


def order(
    case: Case,
    states: tuple[str, ...] = (*STANDING, "selected", "not selected"),
    children: Iterable[UUID] | None = None,
) -> tuple[UUID, ...]:
    """Return the ids of the offers in these states (for any of these children), best fit first; no fee is looked at."""
    standing = [offer for offer in case.offers.values() if offer.state in states]
    if children is not None:
        wanted = frozenset(children)
        standing = [offer for offer in standing if not wanted.isdisjoint(offer.children)]
    return tuple(offer.offer_id for offer in sorted(standing, key=lambda offer: rank(case, offer)))


def rank(case: Case, offer: Offer) -> tuple[Any, ...]:
    """Return an offer's place: that of its home, by the one order of homes, its band first; no fit comes last."""
    homes = case.invitations[offer.provider].homes
    found = offer.fit or next((home for home in homes if home.vacancy_id == offer.vacancy_id), None)
    if found is None:
        return len(BANDS), str(offer.offer_id)
    return (*place_of(found, DEFAULT.order), str(offer.offer_id))


def expired(case: Case, view: View) -> Decided:
    """Let the offers expire whose time has run out."""
    events = []
    for offer_id, offer in sorted(case.offers.items()):
        if offer.state in STANDING and offer.valid_until <= view.now:
            case = case.with_offer(replace(offer, state="expired"))
            events.append(OfferExpired(referral_id=case.referral_id, provider=offer.provider, offer_id=offer_id))
    return Decided(case, tuple(events))
