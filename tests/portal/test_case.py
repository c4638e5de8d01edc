"""A case folded from what was told of it, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from placehub.contracts.parts import FeeLine, Finding, HomeFit
from placehub.errors import Rejected
from placehub.offers.events import InvitationDeclined, OfferMade
from placehub.placements.events import PlacementAgreed
from placehub.portal import telling
from placehub.portal.case import Case, fold
from placehub.portal.referring import quality
from placehub.portal.told import Told
from placehub.portal.words import amount, typed_day, when, whole_number
from placehub.referrals.events import OfferSelected
from placehub.search.events import (
    InvitationClosed,
    InvitationUpdated,
    OfferAssessed,
    ProviderInvited,
    ReservedPlacement,
    SelectionRefused,
)
from placehub.vacancies.events import VacancyReserved

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CASE, VACANCY, CHILD, PLACEMENT = uuid4(), uuid4(), uuid4(), uuid4()
FEES = (
    FeeLine(what="base fee", amount=Decimal(700), unit="week"),
    FeeLine(what="taxi", amount=Decimal(10), unit="day"),
)


def told(*events: Any, source: str = "/hub/search") -> list[Told]:
    """Return events as they would have been told, in this order."""
    return [
        Told(id=n, about=str(CASE), event=one, ce_id=uuid4(), source=source, happened_at=NOW, told_at=NOW)
        for n, one in enumerate(events)
    ]


def folded(*events: Any) -> Case:
    """Return the case these tell of."""
    case = fold(told(*events))
    assert case is not None
    return case


def invited(provider: str = "P1") -> ProviderInvited:
    """Return an invitation."""
    facts = {"referral_id": CASE, "provider": provider, "interest_only": False, "band": "fits"}
    return ProviderInvited(**facts, released_at=NOW, respond_by=NOW + timedelta(days=1))  # type: ignore[arg-type]


def offered(offer_id: UUID, provider: str = "P1") -> OfferMade:
    """Return an offer."""
    return OfferMade(
        referral_id=CASE,
        provider=provider,
        offer_id=offer_id,
        vacancy_id=VACANCY,
        referral_version=1,
        children=(CHILD,),
        fee_lines=FEES,
        available_from=NOW.date(),
        valid_until=NOW + timedelta(days=7),
    )


def assessed(offer_id: UUID, band: str, need: int) -> OfferAssessed:
    """Return how an offer's home fits."""
    home = HomeFit(vacancy_id=VACANCY, household_ref=uuid4(), band=band, need=need, findings=(), questions=())
    return OfferAssessed(referral_id=CASE, provider="P1", offer_id=offer_id, vacancy_id=VACANCY, home=home)


def reserved(offer_id: UUID) -> VacancyReserved:
    """Return a held place."""
    return VacancyReserved(
        vacancy_id=VACANCY,
        referral_id=CASE,
        offer_id=offer_id,
        authority="A1",
        provider="P1",
        placements=(ReservedPlacement(placement_id=PLACEMENT, child_id=CHILD),),
    )


def agreed(starts_on: date) -> PlacementAgreed:
    """Return one side's terms."""
    return PlacementAgreed(
        placement_id=PLACEMENT,
        referral_id=CASE,
        offer_id=uuid4(),
        vacancy_id=VACANCY,
        child_id=CHILD,
        authority="A1",
        provider="P1",
        starts_on=starts_on,
        fee_lines=FEES,
    )


def test_of_nothing_there_is_no_case() -> None:
    """Whoever was told nothing of a case has none."""
    assert fold([]) is None


def test_offers_stand_in_the_order_of_their_fit_not_of_their_price() -> None:
    """The better band is first, then the better need; what is not assessed or stands no more is last."""
    good, better, unknown, gone = uuid4(), uuid4(), uuid4(), uuid4()
    refusal = SelectionRefused(referral_id=CASE, provider="P1", offer_id=gone, vacancy_id=VACANCY, reason="place gone")
    case = folded(
        *(offered(one) for one in (unknown, gone, good, better)),
        assessed(good, "stretch", 990),
        assessed(better, "fits", 100),
        assessed(gone, "fits", 1000),
        refusal,
    )
    assert [one.told.offer_id for one in case.by_fit()] == [better, good, unknown, gone]
    assert case.offers[good].weekly == Decimal(770), "a day's line counts seven times in a week"


def test_an_invitation_comes_back_after_it_was_closed() -> None:
    """An invitation that is told anew after it was closed may be answered again; a decline stays one."""
    closed = InvitationClosed(referral_id=CASE, provider="P1", reason="no longer fits")
    facts = {"referral_id": CASE, "provider": "P1", "interest_only": False, "band": "fits"}
    again = InvitationUpdated(**facts, released_at=NOW, respond_by=NOW)  # type: ignore[arg-type]
    assert folded(invited(), closed).invitations["P1"].state == "closed"
    assert folded(invited(), closed, again).invitations["P1"].state == "invited"
    declined = InvitationDeclined(referral_id=CASE, provider="P1", reason="too far")
    assert folded(invited(), declined, again).invitations["P1"].reason == "too far"


@pytest.mark.parametrize("turned", [False, True])
def test_the_place_may_be_told_of_before_the_selection_comes_back(turned: bool) -> None:
    """Between two streams there is no order: either way round the place is held."""
    offer = uuid4()
    chosen = OfferSelected(referral_id=CASE, authority="A1", offer_id=offer, by="team manager")
    both = [reserved(offer), chosen] if turned else [chosen, reserved(offer)]
    case = folded(offered(offer), *both)
    assert case.offers[offer].state == "reserved"
    assert list(case.places) == [PLACEMENT]


def test_a_placement_is_agreed_when_both_have_posted_the_same() -> None:
    """One side's terms agree nothing, nor do two that differ."""
    offer = uuid4()
    first = fold([*told(reserved(offer)), *told(agreed(NOW.date()), source="/organisations/A1")])
    assert first is not None
    assert not first.places[PLACEMENT].agreed
    for day, same in ((NOW.date(), True), (NOW.date() + timedelta(days=1), False)):
        ours = told(agreed(NOW.date()), source="/organisations/A1")
        case = fold([*told(reserved(offer)), *ours, *told(agreed(day), source="/organisations/P1")])
        assert case is not None
        assert case.places[PLACEMENT].agreed is same


def test_days_in_a_fit_are_told_as_people_read_them() -> None:
    """What a finding holds as a time or a day is shown as one."""
    finding = Finding(criterion="freshness", verdict="fits", facts={"willing_until": "2026-03-16T18:00:00+00:00"})
    home = assessed(uuid4(), "fits", 1).home
    assert home is not None
    assert telling.fits(replace(home, findings=(finding,))) == [
        "The carer has said they are willing, until 16 March 2026, 6pm."
    ]


def test_the_panel_asks_for_three_facts_and_counts_each_that_is_told() -> None:
    """Telling a fact raises the score and takes its question away; three are asked for at most."""
    child: dict[str, Any] = {"child_id": str(CHILD), "sex": "F"}
    document = {
        "referral_id": str(CASE),
        "authority": "A1",
        "need_known_at": NOW.isoformat(),
        "lawful_basis": {
            "basis": "public task",
            "condition": "safeguarding of children",
            "purpose": "find a foster home",
            "authorised_by": "team manager",
        },
        "wanted": {"needed_by": "Today"},
        "children": [child],
    }
    before = quality(document, None)
    assert before.missing == (
        "Where should the home be near to?",
        "How old is the child?",
        "What kind of placement is it?",
    )
    after = quality({**document, "children": [{**child, "age_band": "8-10", "need": {"age_years": 9}}]}, None)
    assert after.score > before.score
    assert "How old is the child?" not in after.missing


def test_what_people_type_is_read_as_they_mean_it() -> None:
    """Days and amounts as people write them; what is none is refused with its field and a remedy."""
    assert typed_day("day", "27/3/2026") == typed_day("day", "2026-03-27") == date(2026, 3, 27)
    assert typed_day("day", " ") is None
    assert (amount("fee", "£1,250.5"), amount("fee", "465"), amount("fee", "")) == ("1250.50", "465.00", None)
    assert whole_number("age", "9", 0, 17) == 9
    for wrong in (
        lambda: typed_day("day", "31/2/2026"),
        lambda: amount("fee", "much"),
        lambda: amount("fee", "1.234"),
        lambda: whole_number("age", "18", 0, 17),
        lambda: whole_number("age", "-1", 0, 17),
    ):
        with pytest.raises(Rejected):
            wrong()


def test_times_are_told_by_the_clock_on_the_wall() -> None:
    """In summer the clock in the office is an hour ahead of UTC."""
    assert when(datetime(2026, 7, 1, 12, 5, tzinfo=UTC)) == "1 July 2026, 1:05pm"
    assert when(datetime(2026, 7, 1, 8, tzinfo=UTC)) == "1 July 2026, 9am"
