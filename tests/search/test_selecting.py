"""Selection: what it must say, what is asked first, and what was agreed by word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from placehub.errors import Rejected
from placehub.offers.events import OfferMade, OfferReconfirmed
from placehub.placements.events import PlacementStarted
from placehub.referrals.events import OfferFeedback, OfferSelected, ReferralMade, ReferralRevised, Wanted
from placehub.search import answering
from placehub.search.case import Case, Decided, Invitation, told
from placehub.search.deciding import decide
from placehub.search.events import OfferAssessed, OfferNotSelected, ReconfirmationAsked, SearchClosed
from placehub.vacancies.events import ReservationRequested

from .cases import (
    AUTHORITY,
    CASE,
    CHILD,
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
    an_act,
    an_offer,
    facts_of,
)
from .test_answering import moved, reserved

VIEW = Given({HOME: (PROVIDER, a_fit()), OTHER_HOME: (OTHER, a_fit(OTHER_HOME))})
TOLD = (OfferFeedback(offer_id=OTHER_OFFER, feedback="other"),)


def two_offers(**other: Any) -> Case:
    """Return a case with an offer of either provider."""
    seats = {
        PROVIDER: Invitation(provider=PROVIDER, state="offered", homes=told((a_fit(),)), respond_by=LATER),
        OTHER: Invitation(provider=OTHER, state="offered", homes=told((a_fit(OTHER_HOME),)), respond_by=LATER),
    }
    both = {
        OFFER: replace(an_offer(), made_at=NOW),
        OTHER_OFFER: replace(an_offer(OTHER_OFFER, OTHER, vacancy_id=OTHER_HOME), made_at=NOW),
    }
    return a_case("referred", invitations=seats, offers=both, **other)


def select(case: Case, minutes: int = 1, **said: Any) -> Decided:
    """Let the authority select the first offer, so many minutes after the offers were made."""
    event = replace(an_act(OfferSelected, reason=None), **said)
    return decide(case, event, 4, VIEW, NOW + timedelta(minutes=minutes))


def wanted_today() -> ReferralMade:
    """Return a referral of a child who needs a home today."""
    referral: ReferralMade = facts_of(ReferralMade)
    return replace(referral, wanted=Wanted(needed_by="Today"))


def revised(case: Case, **wanted: Any) -> Decided:
    """Let the authority revise what it wants."""
    event = replace(facts_of(ReferralRevised, version=case.version + 1), wanted=Wanted(**wanted))
    return decide(case, event, 4, VIEW)


def test_every_other_offer_gets_its_feedback() -> None:
    """A selection that leaves out an offer is refused, and the remedy names it; one that says all is taken."""
    with pytest.raises(Rejected) as why:
        select(two_offers())
    assert (why.value.field, str(OTHER_OFFER) in why.value.remedy) == ("feedback", True)
    assert isinstance(select(two_offers(), feedback=TOLD).events[0], ReservationRequested)


def test_nobody_answers_for_an_offer_that_came_meanwhile() -> None:
    """An offer made at the selection's own time or later could not be known of: it needs no feedback."""
    assert select(two_offers(), minutes=0).case.offers[OFFER].state == "selected"


def test_feedback_on_what_was_not_taken_does_no_harm() -> None:
    """An authority may have been told of an offer that the hub then rejected: what it says of it is left alone."""
    more = (*TOLD, OfferFeedback(offer_id=CASE, feedback="other"))
    assert select(two_offers(), feedback=more).case.offers[OFFER].state == "selected"


@pytest.mark.parametrize("hurry", ["today", "by telephone"])
def test_in_an_emergency_feedback_may_wait(hurry: str) -> None:
    """A home needed today, or agreed by telephone, is not held up by what is to be said to the others."""
    said: dict[str, Any] = {"recorded_for": NOW} if hurry == "by telephone" else {}
    case = two_offers(facts=wanted_today()) if hurry == "today" else two_offers()
    decided = select(case, **said)
    held = answering.reserved(decided.case, reserved())
    assert [(type(one), one.feedback) for one in held.events] == [(OfferNotSelected, None)]
    assert decided.marks == (("recorded_late", "out_of_policy") if said else ())


def test_a_revised_hard_fact_is_reconfirmed_first() -> None:
    """Offers made before wait for their providers' word; selected before it, the field and the remedy are told."""
    decided = revised(two_offers(), kind="short term")
    asked = [one for one in decided.events if isinstance(one, ReconfirmationAsked)]
    assert [(one.provider, one.fields, one.referral_version) for one in asked] == [
        (PROVIDER, ("wanted.kind",), 2),
        (OTHER, ("wanted.kind",), 2),
    ]
    with pytest.raises(Rejected, match=r"wanted\.kind") as why:
        select(decided.case, feedback=TOLD)
    assert (why.value.field, "OfferReconfirmed" in why.value.remedy) == ("offer_id", True)
    stands = decide(decided.case, an_act(OfferReconfirmed, referral_version=2), 4, VIEW)
    assert select(stands.case, feedback=TOLD).case.offers[OFFER].state == "selected"


def test_a_soft_fact_asks_nobody_again() -> None:
    """A revision that changes nothing a home was offered for leaves offers as they are."""
    case = two_offers()
    event = replace(facts_of(ReferralRevised, version=2), out_of_hours_contact="01632 960999")
    decided = decide(case, event, 4, VIEW)
    assert not [one for one in decided.events if isinstance(one, ReconfirmationAsked)]
    assert select(decided.case, feedback=TOLD).case.offers[OFFER].state == "selected"


def test_a_word_for_an_older_version_is_not_enough() -> None:
    """Who reconfirms the version before the last change, or offers for it, is asked about what came after."""
    twice = revised(revised(two_offers(), kind="short term").case, kind="short term", near_sector="LS6 2")
    late = decide(twice.case, an_act(OfferReconfirmed, referral_version=2), 4, VIEW).case
    assert late.offers[OFFER].state == "to reconfirm"
    made = decide(late, an_act(OfferMade, offer_id=CASE, referral_version=2), 4, VIEW)
    (asked,) = [one for one in made.events if isinstance(one, ReconfirmationAsked)]
    assert (asked.offer_id, asked.fields) == (CASE, ("wanted.near_sector",))
    assert made.case.offers[CASE].state == "to reconfirm"


def test_a_better_home_that_is_not_reconfirmed_asks_for_no_reason() -> None:
    """A home that cannot be selected now is no better offer; the one that stands needs no excuse."""
    case = revised(two_offers(), kind="short term").case
    stands = replace(case.offers[OFFER], state="open", referral_version=2, fit=told((a_fit(band="stretch"),))[0])
    assert select(case.with_offer(stands), feedback=TOLD).case.offers[OFFER].state == "selected"


def test_an_offer_is_assessed_and_told_again_only_when_its_fit_changes() -> None:
    """The authority is told how an offered home fits, again when that or `also offered elsewhere` changes."""
    view = Given({HOME: (PROVIDER, a_fit())})
    case = a_case("referred", "interested", offers={})
    made = decide(case, an_act(OfferMade, offer_id=OFFER), 4, view)
    (first,) = [one for one in made.events if isinstance(one, OfferAssessed)]
    assert (first.home, first.also_offered_elsewhere) == (a_fit(), False)
    assert _again(made.case, view) == []
    view.elsewhere = frozenset({HOME})
    assert [one.also_offered_elsewhere for one in _again(made.case, view)] == [True]
    view.homes[HOME] = PROVIDER, a_fit(band="stretch")
    assert [one.home.band for one in _again(made.case, view) if one.home] == ["stretch"]


def test_a_pause_tells_the_authority_nothing() -> None:
    """While a home is out of sight its offer is not judged anew: a pause must not show."""
    view = Given({HOME: (PROVIDER, a_fit())})
    made = decide(a_case("referred", "interested", offers={}), an_act(OfferMade, offer_id=OFFER), 4, view)
    view.hidden = frozenset({HOME})
    assert _again(made.case, view) == []


def _again(case: Case, view: Given) -> list[OfferAssessed]:
    revision = facts_of(ReferralRevised, version=2)
    return [one for one in decide(case, revision, 5, view).events if isinstance(one, OfferAssessed)]


def test_the_paper_follows_the_child() -> None:
    """A child moved in by word ends the search; the selection that comes after is taken, marked, and reserves."""
    moved_in = answering.started(two_offers(), moved(), VIEW)
    (closed,) = [one for one in moved_in.events if isinstance(one, SearchClosed)]
    assert closed.placed_with == (PROVIDER,)
    assert moved_in.case.invitations[PROVIDER].state == "offered"
    decided = select(moved_in.case)
    assert [type(one) for one in decided.events] == [ReservationRequested]
    assert (decided.case.state, decided.marks) == ("closed", ("out_of_policy",))
    held = answering.reserved(decided.case, reserved())
    assert [one.offer_id for one in held.events] == [OTHER_OFFER]
    assert held.case.state == "closed"


def test_even_the_offer_may_follow_the_child() -> None:
    """The offer of who took the child is taken after the search is over, and marked; anybody else's is refused."""
    case = answering.started(a_case("referred", "interested", offers={}), moved(), VIEW).case
    made = decide(case, an_act(OfferMade, offer_id=OFFER), 4, VIEW)
    assert made.marks == ("out_of_policy",)
    assert select(made.case).case.offers[OFFER].state == "selected"
    with pytest.raises(Rejected):
        decide(replace(case, placed_with=(OTHER,)), an_act(OfferMade), 4, VIEW)


def test_a_home_agreed_before_its_offer_ran_out() -> None:
    """What was agreed by telephone within the offer's time stands, though it is written down after it."""
    case = two_offers()
    over = case.with_offer(replace(case.offers[OFFER], valid_until=NOW, state="expired"))
    decided = select(over, recorded_for=NOW - timedelta(hours=1))
    assert decided.marks == ("recorded_late", "out_of_policy")
    with pytest.raises(Rejected):
        select(over)


def test_siblings_moved_in_with_two_providers() -> None:
    """Both are told of as those the children are with."""
    case = two_offers(facts=facts_of(ReferralMade, children=(CHILD, CASE)))
    other = PlacementStarted(
        placement_id=OFFER,
        referral_id=CASE,
        vacancy_id=OTHER_HOME,
        child_id=CASE,
        authority=AUTHORITY,
        provider=OTHER,
        started_on=NOW.date(),
    )
    last = answering.started(answering.started(case, other, VIEW).case, moved(), VIEW)
    (closed,) = last.events
    assert closed.placed_with == (PROVIDER, OTHER)
