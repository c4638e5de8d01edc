"""Open searches as columns: quick to ask, and never without one that the rules would have found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from placehub.drivers.memory import KeptAggregates, KeptParking, KeptStep
from placehub.drivers.records import Partition, Record
from placehub.offers.events import OfferMade
from placehub.organisations.events import OrganisationRegistered
from placehub.postcodes import Postcodes
from placehub.referrals.child import Child, NotedChild
from placehub.referrals.events import EarlyNoticeGiven, EarlyNoticeWithdrawn, ReferralMade, Wanted
from placehub.search.case import Case
from placehub.search.open_searches import OpenSearch, OpenSearches
from placehub.search.processor import Search
from placehub.search.surroundings import Surroundings
from placehub.vacancies.events import VacancyClosed, VacancyOpened, VacancyPaused, VacancyRevised

from ..laws.worlds import WORLDS, law
from .cases import AUTHORITY, PROVIDER, an_act
from .test_processor import NoNeeds
from .test_view import record
from .worlds import BASIS, CENTRE, NOW, Vacancy, a_home, world

SECTORS = ("LS6 2", "BD1 1", "YO1 7", "SW1A 1", None)
KINDS = ("short term", "long term", None)
PROVIDERS = ("P1", "P2")


class Whole(Search):
    """A search that asks nobody which cases a change can concern: it walks them all."""

    def _concerned(self, step: Any, changed: Any, view: Any) -> list[UUID]:
        return sorted(key for key, _ in self._cases.every())


class Played:
    """A search that is told of cases and homes, and says what it decided."""

    def __init__(self, cls: type[Search], sectors: Postcodes) -> None:
        cases: KeptAggregates[Case] = KeptAggregates(lambda case: case.live)
        self._search = cls(Surroundings(sectors), NoNeeds(), cases=cases, parking=KeptParking(1))
        self._ends = {"organisation": [0], "vacancy": [0], "referral": [0]}
        for one in PROVIDERS:
            self.tell(
                OrganisationRegistered(
                    organisation=one, scheme="made-up", kind="provider", name="Made up", nation="England"
                )
            )

    def tell(self, event: Any) -> list[Any]:
        """Return what is said because of an event."""
        topic = type(event).STREAM
        one: Record = replace(record(event, self._ends[topic][0]), topic=topic)
        self._ends[topic][0] += 1
        step = KeptStep(
            processor="search", partition=Partition("referral", 0), now=NOW + timedelta(hours=sum(self._count()))
        )
        if topic == "referral":
            self._search.handle([(step, [one])])
        else:
            self._search.learn([one], {name: list(ends) for name, ends in self._ends.items()})
            self._search.react(step, [one])
        return [event for event, _ in step.said]

    def _count(self) -> list[int]:
        return [ends[0] for ends in self._ends.values()]


def _notice(number: int, sector: str | None, kind: str | None, miles: int | None) -> EarlyNoticeGiven:
    return EarlyNoticeGiven(
        referral_id=uuid5(UUID(int=7), str(number)),
        authority=AUTHORITY,
        need_known_at=NOW,
        lawful_basis=BASIS,
        wanted=Wanted(kind=kind, near_sector=sector, within_miles=miles),
        children=(NotedChild(child_id=UUID(int=number), role="parent" if number % 5 == 4 else "child"),),
    )


def _home(number: int, sector: str, kinds: tuple[str, ...]) -> VacancyOpened:
    home = a_home(postcode_sector=sector, kinds=kinds, willing_until=NOW + timedelta(days=90))
    return VacancyOpened(
        vacancy_id=UUID(int=1000 + number),
        provider=PROVIDERS[number % 2],
        household_ref=UUID(int=2000 + number),
        home=home,
    )


def _referral(notice: EarlyNoticeGiven) -> ReferralMade:
    return ReferralMade(
        referral_id=notice.referral_id,
        authority=AUTHORITY,
        need_known_at=NOW,
        lawful_basis=BASIS,
        wanted=notice.wanted,
        children=tuple(Child(child_id=child.child_id, role=child.role) for child in notice.children),
    )


def _offer(number: int, home: int) -> OfferMade:
    offer: OfferMade = an_act(
        OfferMade,
        referral_id=uuid5(UUID(int=7), str(number)),
        provider=PROVIDERS[home % 2],
        offer_id=UUID(int=3000 + 10 * number + home),
        vacancy_id=UUID(int=1000 + home),
        children=(UUID(int=number),),
        valid_until=NOW + timedelta(days=30),
    )
    return offer


notices = st.builds(
    _notice,
    st.integers(0, 4),
    st.sampled_from(SECTORS),
    st.sampled_from(KINDS),
    st.sampled_from((0, 12, 200, None)),
)
homes = st.builds(
    _home,
    st.integers(0, 3),
    st.sampled_from(("LS6 2", "BD1 1", "YO1 7", "SW1A 1")),
    st.sampled_from((("short term",), ("long term",), ("parent and child", "short term"), ())),
)
revised = homes.map(
    lambda one: VacancyRevised(
        vacancy_id=one.vacancy_id,
        provider=one.provider,
        household_ref=one.household_ref,
        version=2,
        home=one.home,
    )
)
made = notices.map(_referral)
offered = st.builds(_offer, st.integers(0, 4), st.integers(0, 3))
ends = st.builds(
    lambda number, cls: cls(vacancy_id=UUID(int=1000 + number), provider=PROVIDERS[number % 2]),
    st.integers(0, 3),
    st.sampled_from((VacancyPaused, VacancyClosed)),
)
withdrawn = st.integers(0, 4).map(
    lambda number: EarlyNoticeWithdrawn(
        referral_id=uuid5(UUID(int=7), str(number)), authority=AUTHORITY, reason="withdrawn"
    )
)


@settings(law, max_examples=WORLDS // 5)
@given(st.lists(notices | made | homes | homes | revised | offered | ends | withdrawn, max_size=20))
def test_nobody_is_left_out(events: list[Any]) -> None:
    """Asking the columns first decides the very same, event by event, as walking every search that is going on."""
    sectors = _sectors()
    quick, whole = Played(Search, sectors), Played(Whole, sectors)
    for event in events:
        assert quick.tell(event) == whole.tell(event)


def test_an_offer_is_looked_at_again_though_its_home_is_told_of_no_more() -> None:
    """A home that was offered is paused, so that the invitation tells of another, and comes back as one of no use."""
    sectors = _sectors()
    quick, whole = Played(Search, sectors), Played(Whole, sectors)
    notice = _notice(1, "LS6 2", "short term", 12)
    offered, other = (_home(number, "LS6 2", ("short term",)) for number in (0, 2))
    of_home: dict[str, Any] = {"vacancy_id": offered.vacancy_id, "provider": offered.provider}
    useless = replace(offered.home, kinds=("long term",))
    events = [
        offered,
        other,
        _referral(notice),
        _offer(1, 0),
        VacancyPaused(**of_home),
        VacancyRevised(**of_home, household_ref=offered.household_ref, version=2, home=useless),
    ]
    said = [(quick.tell(event), whole.tell(event)) for event in events]
    assert all(one == beside for one, beside in said)
    assert [type(one).__name__ for one in said[-1][0]] == ["OfferAssessed"]


_OPENED: list[Postcodes] = []


def _sectors() -> Postcodes:
    if not _OPENED:
        _OPENED.append(Postcodes.open())
    return _OPENED[0]


def test_only_who_may_be_concerned_is_asked() -> None:
    """Far searches and those of another kind are left out; who is told is known; who ended is gone."""
    going_on = OpenSearches()
    place = (CENTRE[0], CENTRE[1] + 9_000)
    for number in range(300):
        near = number % 3 == 0
        there = place if near else (CENTRE[0] + 90_000, CENTRE[1])
        told = frozenset({PROVIDER} if number == 1 else ())
        going_on.put(OpenSearch(UUID(int=number), there, 10_000, "short term" if number % 2 else "long term", told))
    (row,) = world(Vacancy(UUID(int=1), PROVIDER, a_home(kinds=("short term",)), *CENTRE))
    expected = {UUID(int=number) for number in range(300) if number % 3 == 0 and number % 2}
    assert going_on.concerned([row]) == expected
    assert set(going_on.told(PROVIDER)) == {UUID(int=1)}
    for number in range(0, 300, 2):
        going_on.drop(UUID(int=number))
    going_on.drop(UUID(int=999))
    assert (len(going_on), going_on.concerned([row])) == (150, expected)
    assert going_on.concerned([None]) == set()
    assert (set(going_on.told(PROVIDER)), set(going_on.told("P9"))) == ({UUID(int=1)}, set())
