"""Which of the world's events let searches look again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from placehub.agreements.events import ProviderJoined
from placehub.drivers.memory import KeptAggregates, KeptParking, KeptStep
from placehub.drivers.records import Partition
from placehub.postcodes import Postcodes
from placehub.referrals.child import ChildNeed
from placehub.referrals.events import OfferSelected
from placehub.search.case import Case, Facts
from placehub.search.processor import Search
from placehub.search.surroundings import Surroundings
from placehub.vacancies.events import (
    VacancyClosed,
    VacancyConfirmed,
    VacancyFilled,
    VacancyOpened,
    VacancyPaused,
    VacancyReserved,
)

from .cases import AUTHORITY, CASE, HOME, OFFER, OTHER_HOME, PROVIDER, a_case, an_act
from .test_view import record
from .worlds import NOW, TODAY, a_home

Seen = list[tuple[str, bool]]


class NoNeeds:
    """No need is open."""

    def of(self, facts: Facts) -> dict[UUID, ChildNeed]:
        """Return none."""
        return {}


class Feed:
    """Tells of each event in turn whether searches look again because of it, and if by joining."""

    def __init__(self) -> None:
        cases: KeptAggregates[Case] = KeptAggregates(lambda case: case.live)
        around = Surroundings(Postcodes.open())
        self.search = Search(around, NoNeeds(), cases=cases, parking=KeptParking(6))
        self.offset = 0

    def __call__(self, *events: object) -> Seen:
        """Let the search learn the events one by one."""
        return [found for event in events for found in self._tell(event)]

    def _tell(self, event: object) -> Seen:
        one = record(event, self.offset)
        self.offset += 1
        self.search.learn([one], {"vacancy": [self.offset]})
        return [(type(event).__name__, joined) for _, _, joined in self.search._changed([one]).values()]


def test_only_what_changes_a_home_is_looked_at_again() -> None:
    """A word that stood, and a move into a place that was taken, are no news; every true change is."""
    feed = Feed()
    opened = VacancyOpened(vacancy_id=HOME, provider=PROVIDER, household_ref=OTHER_HOME, home=a_home(places=1))
    confirmed = VacancyConfirmed(vacancy_id=HOME, provider=PROVIDER, willing_until=NOW + timedelta(days=9))
    assert feed(opened) == [("VacancyOpened", False)]
    assert feed(confirmed, confirmed) == []
    paused = VacancyPaused(vacancy_id=HOME, provider=PROVIDER)
    assert feed(paused, confirmed) == [("VacancyPaused", False), ("VacancyConfirmed", False)]
    reserved = VacancyReserved(
        vacancy_id=HOME,
        referral_id=CASE,
        offer_id=OFFER,
        authority="A",
        provider=PROVIDER,
        placements=(),
        places_left=0,
    )
    filled = VacancyFilled(
        vacancy_id=HOME, referral_id=CASE, placement_id=OFFER, authority="A", provider=PROVIDER, places_left=0
    )
    assert feed(reserved, filled) == [("VacancyReserved", False)]
    assert feed(VacancyClosed(vacancy_id=HOME, provider=PROVIDER)) == [("VacancyClosed", False)]


def test_who_joins_brings_all_its_homes() -> None:
    """The search hears which provider has joined, so that none of its homes counts as seen before."""
    feed = Feed()
    joined = ProviderJoined(agreement_id=CASE, lead="L", provider=PROVIDER, joined_on=TODAY)
    assert feed(joined) == [("ProviderJoined", True)]


def test_what_is_rejected_is_set_aside_for_whoever_was_sent_it() -> None:
    """Delivery reads the stream as the search does, so the search says what does not stand; of no case, nothing."""
    search = Feed().search
    place = Partition("referral", 0)
    step = KeptStep(processor="search", partition=place, now=NOW)
    told = record(an_act(OfferSelected), 7)
    selected = replace(told, attributes=replace(told.attributes, source=f"/organisations/{AUTHORITY}"))
    search.handle([(step, [selected])])
    assert [why.field for _, why in step.refused] == ["referral_id"]
    assert step.said == []
    search._cases.begin(step)
    search._cases.put(CASE, a_case("referred", offers={}))
    search._cases.finish()
    search.handle([(step, [selected])])
    ((aside, about),) = step.said
    assert (aside.sender, aside.set_aside, aside.event) == (AUTHORITY, selected.attributes.id, "OfferSelected")
    assert about.because == selected.attributes.id
    assert search._cases.kept(CASE) == a_case("referred", offers={})
