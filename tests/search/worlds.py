"""Made-up searches and homes: single ones for cases, generated ones for laws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from placehub.contracts.parts import Finding, HomeFit
from placehub.referrals.child import ChildNeed, NotedChild, RiskDetail
from placehub.referrals.events import EarlyNoticeGiven, LawfulBasis, Wanted
from placehub.search.homes import Homes
from placehub.search.matching import Match, match, match_one
from placehub.search.policy import DEFAULT, Policy
from placehub.search.sought import Sought, sought_of
from placehub.vacancies.events import ChildAtHome, Exclusion, Home

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
CENTRE = (430_000.0, 434_000.0)
MILE = 1609.344
BASIS = LawfulBasis(
    basis="public task", condition="health or social care", purpose="find a foster home", authorised_by="team manager"
)


@dataclass(frozen=True)
class Vacancy:
    """What a home is put with."""

    vacancy_id: UUID
    provider: str
    home: Home
    east: float | None
    north: float | None
    paused: bool = False
    taken: int = 0


def a_child(number: int = 1, **known: Any) -> NotedChild:
    """Return a child of whom all is known and nothing is special, but for what is given."""
    usual: dict[str, Any] = {
        "age_band": "8-10",
        "sex": "F",
        "communication": ("None",),
        "home_adaptation": False,
        "living_companions": "No preference",
        "pets": "Yes - can",
    }
    return NotedChild(child_id=UUID(int=number), **(usual | known))


def a_search(
    *children: NotedChild,
    needs: dict[UUID, ChildNeed] | None = None,
    place: tuple[float, float] | None = CENTRE,
    avoid: tuple[str, ...] | None = (),
    **wanted: Any,
) -> Sought:
    """Return a search for a short-term home that is needed today, but for what is given."""
    notice = EarlyNoticeGiven(
        referral_id=UUID(int=9),
        authority="E08000035",
        need_known_at=NOW,
        lawful_basis=BASIS,
        wanted=Wanted(**({"kind": "short term", "needed_by": "Today"} | wanted)),
        children=children or (a_child(),),
    )
    return sought_of(notice, needs or {}, place, avoid)


def a_home(**known: Any) -> Home:
    """Return a home that fits `a_search()` and of which all is known, but for what is given."""
    usual: dict[str, Any] = {
        "postcode_sector": "LS6 2",
        "places": 1,
        "kinds": ("short term", "emergency"),
        "min_age": 0,
        "max_age": 17,
        "sex": "any",
        "sibling_places": 3,
        "languages": ("en",),
        "children_at_home": (),
        "pets": (),
        "adapted": False,
        "skills": (),
        "state": "now",
        "children_placed": 0,
        "approved_places": 3,
        "available_from": TODAY,
        "willing_until": NOW + timedelta(days=7),
        "weekly_fee": Decimal(900),
    }
    return Home(**(usual | known))


def fill(homes: Homes, vacancy: Vacancy) -> None:
    """Put one vacancy as it stands."""
    one = vacancy.vacancy_id
    homes.put(one, vacancy.provider, UUID(int=one.int + 1), vacancy.home, vacancy.east, vacancy.north, 1)
    if vacancy.taken:
        homes.places_left(one, vacancy.home.places - vacancy.taken, (0, 0))
    if vacancy.paused:
        homes.pause(one, (0, 0))


def world(*vacancies: Vacancy) -> Homes:
    """Return these vacancies in memory."""
    homes = Homes()
    for vacancy in vacancies:
        fill(homes, vacancy)
    return homes


def judged(
    sought: Sought, home: Home, miles: float | None = 1.0, eligible: frozenset[str] | None = None
) -> HomeFit | Finding:
    """Return what one home so far north of the centre comes to, and check that the whole search says the same."""
    north = None if miles is None else CENTRE[1] + miles * MILE
    homes = world(Vacancy(UUID(int=100), "P1", home, None if miles is None else CENTRE[0], north))
    (row,) = homes
    one = match_one(sought, row, eligible, NOW, DEFAULT)
    found = match(sought, homes, eligible, NOW, DEFAULT)
    if isinstance(one, HomeFit):
        assert found.fits == (one,)
    elif row.live:
        assert found.removed == {one.criterion: 1}
    return one


def by_hand(sought: Sought, homes: Homes, eligible: frozenset[str] | None, policy: Policy = DEFAULT) -> Match:
    """Return what `match` should say, by judging every live home on its own."""
    fits: list[HomeFit] = []
    removed: dict[str, int] = {}
    for row in homes:
        if row.live:
            one = match_one(sought, row, eligible, NOW, policy)
            if isinstance(one, HomeFit):
                fits.append(one)
            else:
                removed[one.criterion] = removed.get(one.criterion, 0) + 1
    return Match(tuple(fits), removed, sum(row.live for row in homes))


BANDS = ("0", "1-2", "5-7", "8-10", "11-13", "16-17")
SEXES = ("M", "F", "U")
RISKS = ("riskSelfHarm", "riskMissing", "riskToOthersFire")
KINDS = ("short term", "long term", "parent and child")


def perhaps(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return the values, or nothing told."""
    return st.none() | values


@st.composite
def children(draw: st.DrawFn, number: int) -> NotedChild:
    """Draw a child of whom anything may be unknown."""
    states = draw(st.lists(st.sampled_from(("present", "none", "unknown")), min_size=3, max_size=3))
    told = list(zip(RISKS, states, strict=True))
    return NotedChild(
        child_id=UUID(int=number),
        role=draw(st.sampled_from(("child", "child", "child", "child", "parent"))),
        age_band=draw(perhaps(st.sampled_from(BANDS))),
        sex=draw(perhaps(st.sampled_from(SEXES))),
        risks_present=tuple(risk for risk, state in told if state == "present"),
        risks_none_known=tuple(risk for risk, state in told if state == "none"),
        communication=draw(perhaps(st.sampled_from((("None",), ("BSL",), ("ESOL", "Makaton"), ("Other",))))),
        home_adaptation=draw(perhaps(st.booleans())),
        living_companions=draw(perhaps(st.sampled_from(COMPANIONS))),
        pets=draw(perhaps(st.sampled_from(("Yes - must", "Yes - can", "No", "Not Known")))),
    )


COMPANIONS = (
    "Solo placement recommended",
    "With other children recommended",
    "Only with other older children",
    "Only with other younger children",
    "No preference",
)

needs = st.builds(
    ChildNeed,
    age_years=perhaps(st.integers(0, 17)),
    first_language=perhaps(st.sampled_from(("ar", "en"))),
    avoid=st.sampled_from(((), ("LS6 2",), ("BD1",))),
    risks=st.lists(
        st.builds(RiskDetail, risk=st.sampled_from(RISKS), last_date=perhaps(st.dates(date(2025, 1, 1), TODAY))),
        max_size=2,
    ).map(tuple),
)


@st.composite
def searches(draw: st.DrawFn, most_children: int = 3) -> Sought:
    """Draw a search of which anything may be unknown."""
    some = tuple(draw(children(number)) for number in range(1, draw(st.integers(1, most_children)) + 1))
    return a_search(
        *some,
        needs={child.child_id: draw(needs) for child in some if draw(st.booleans())},
        place=draw(perhaps(st.just(CENTRE))),
        avoid=draw(st.sampled_from((None, (), ("LS6",)))),
        kind=draw(perhaps(st.sampled_from(KINDS))),
        needed_by=draw(perhaps(st.sampled_from(("Today", "in less than 5 days", "in more than 5 days")))),
        planned_start=draw(perhaps(st.dates(TODAY - timedelta(3), TODAY + timedelta(20)))),
        siblings_plan=draw(perhaps(st.sampled_from(("together", "apart")))),
        within_miles=draw(perhaps(st.integers(0, 60))),
    )


at_home = st.builds(ChildAtHome, age_band=perhaps(st.sampled_from(BANDS)), sex=perhaps(st.sampled_from(SEXES)))
exclusions = st.builds(
    Exclusion,
    risk=st.sampled_from(RISKS),
    younger_child=st.booleans(),
    same_sex=st.booleans(),
    within_months=perhaps(st.integers(0, 18)),
)
dwellings = st.builds(
    Home,
    postcode_sector=st.sampled_from(("LS6 2", "BD1 1", "nowhere")),
    places=st.integers(0, 4),
    kinds=st.lists(st.sampled_from(KINDS), max_size=3, unique=True).map(tuple),
    min_age=st.integers(0, 12),
    max_age=st.integers(3, 18),
    sex=st.sampled_from(("any", "M", "F", "new code")),
    sibling_places=perhaps(st.integers(0, 4)),
    languages=perhaps(st.sampled_from((("en",), ("en", "ar")))),
    children_at_home=perhaps(st.lists(at_home, max_size=2).map(tuple)),
    pets=perhaps(st.sampled_from(((), ("dog",)))),
    adapted=perhaps(st.booleans()),
    skills=perhaps(st.sampled_from(((), ("BSL",), ("Makaton", "BSL")))),
    exclusions=st.lists(exclusions, max_size=2).map(tuple),
    state=st.sampled_from(("now", "coming", "ask carer")),
    children_placed=perhaps(st.integers(0, 3)),
    approved_places=perhaps(st.integers(1, 4)),
    exemption=perhaps(st.booleans()),
    available_from=st.dates(TODAY - timedelta(3), TODAY + timedelta(30)),
    willing_until=st.sampled_from((NOW - timedelta(days=1), NOW, NOW + timedelta(days=9))),
    weekly_fee=perhaps(st.decimals(100, 3000, places=2)),
)
vacancies = st.builds(
    Vacancy,
    vacancy_id=st.integers(1, 2**64).map(lambda number: UUID(int=number)),
    provider=st.sampled_from(("P1", "P2", "P3")),
    home=dwellings,
    east=perhaps(st.floats(CENTRE[0] - 60_000, CENTRE[0] + 60_000)),
    north=perhaps(st.floats(CENTRE[1] - 60_000, CENTRE[1] + 60_000)),
    paused=st.sampled_from((False, False, False, True)),
    taken=st.integers(0, 1),
)
worlds = st.lists(vacancies, max_size=12, unique_by=lambda vacancy: vacancy.vacancy_id)
eligibles = perhaps(st.sampled_from((frozenset({"P1"}), frozenset({"P1", "P2"}))))
