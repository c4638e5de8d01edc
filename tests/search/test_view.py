"""What the search sees of the world for one step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from placehub.contracts.headers import Attributes
from placehub.drivers.records import Record
from placehub.keys.client import KeyClient
from placehub.organisations.events import OrganisationRegistered
from placehub.postcodes import Postcodes
from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, Wanted
from placehub.search.surroundings import Surroundings
from placehub.search.view import KeyNeeds, Sight
from placehub.streams import full_name
from placehub.vacancies.events import VacancyConfirmed, VacancyOpened

from .cases import CHILD, HOME, PROVIDER, a_case, facts_of
from .worlds import NOW, a_home

WILLING_UNTIL = NOW + timedelta(days=7)


def record(event: Any, offset: int) -> Record:
    """Return an event as it stands in partition 0 of its stream."""
    about = Attributes(id=UUID(int=1), source="/x", type=full_name(type(event)), subject="x", time=NOW, recorded_at=NOW)
    return Record(type(event).STREAM, 0, offset, "x", about, event, b"", [])


@pytest.fixture
def surroundings() -> Surroundings:
    """Return a world of one home with a dog."""
    known = Surroundings(Postcodes.open())
    registered = OrganisationRegistered(
        organisation=PROVIDER, scheme="made-up", kind="provider", name="Made up", nation="England"
    )
    home = a_home(pets=("dog",), willing_until=WILLING_UNTIL)
    opened = VacancyOpened(vacancy_id=HOME, provider=PROVIDER, household_ref=UUID(int=9), home=home)
    known.learn([record(registered, 0), record(opened, 3)], {"vacancy": [4], "organisation": [1]})
    return known


@pytest.fixture
def sight(surroundings: Surroundings) -> Iterator[Sight]:
    """Return the view of one step; nothing here is sealed, so no key is ever asked for."""
    keys = KeyClient("http://127.0.0.1:9", "hub", "none")
    yield Sight(surroundings, KeyNeeds(keys), NOW)
    keys.close()


def noticed(pets: str) -> EarlyNoticeGiven:
    """Return the facts of a child for whom pets matter so."""
    child = NotedChild(child_id=CHILD, pets=pets)
    notice: EarlyNoticeGiven = facts_of(EarlyNoticeGiven)
    return replace(notice, children=(child,), wanted=Wanted(near_sector="LS6 2"))


def test_each_case_is_matched_on_its_own_facts(sight: Sight) -> None:
    """Facts that are gone from memory never stand in for those that take their place there."""
    for number in range(200):
        pets = "No" if number % 2 else "Yes - can"
        found = sight.fits_among(a_case("noticed", facts=noticed(pets)), [HOME])
        assert (not found) == (pets == "No")


def test_a_vacancy_is_new_to_a_search_that_looked_before_it_opened(surroundings: Surroundings, sight: Sight) -> None:
    """New is what came in sight at or after the offsets at which a search last looked at every home."""
    before, after = (a_case("noticed", matched=(end,)) for end in (3, 4))
    assert (sight.is_new(before, HOME), sight.is_new(after, HOME)) == (True, False)
    confirmed = VacancyConfirmed(vacancy_id=HOME, provider=PROVIDER, willing_until=WILLING_UNTIL + timedelta(days=7))
    surroundings.learn([record(confirmed, 4)], {"vacancy": [5]})
    assert not sight.is_new(after, HOME)


def test_the_basis_names_the_facts_that_were_matched(sight: Sight) -> None:
    """Whoever decides again needs the case as it stood, and the offsets of the world."""
    basis = sight.basis(a_case("noticed", offset=17))
    assert (basis.case_offset, basis.referral_version, basis.vacancy_offsets) == (17, 0, (4,))


def test_a_widened_search_reaches_further(surroundings: Surroundings, sight: Sight) -> None:
    """A home some forty miles away fits after the policy's first step; a reach the authority named is kept."""
    home = a_home(pets=(), willing_until=WILLING_UNTIL, postcode_sector="S1 2")
    opened = VacancyOpened(vacancy_id=UUID(int=88), provider=PROVIDER, household_ref=UUID(int=9), home=home)
    surroundings.learn([record(opened, 9)], {"vacancy": [10]})
    facts = noticed("Yes - can")
    far = a_case("noticed", facts=facts)
    spots = surroundings.homes.spots([(PROVIDER, UUID(int=88))])
    assert not sight.fits_among(far, [UUID(int=88)])
    assert not sight.within_reach(far, spots)
    assert sight.fits_among(replace(far, widened=1), [UUID(int=88)])
    assert sight.within_reach(replace(far, widened=1), spots)
    named = replace(facts, wanted=replace(facts.wanted, within_miles=20))
    assert not sight.fits_among(replace(far, facts=named, widened=1), [UUID(int=88)])
