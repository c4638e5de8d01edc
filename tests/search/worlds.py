"""Made-up searches and homes: single ones for cases, generated ones for laws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from placehub.contracts.parts import Finding, HomeFit
from placehub.referrals.child import ChildNeed, FamilyTime, NotedChild, RiskDetail, School
from placehub.referrals.events import EarlyNoticeGiven, LawfulBasis, Wanted
from placehub.search.criteria import CRITERIA
from placehub.search.homes import Homes
from placehub.search.matching import Match, match, match_one
from placehub.search.policy import DEFAULT, Policy
from placehub.search.row import OpenedHousehold
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
    authority: str | None = None
    household: OpenedHousehold | None = None


def a_child(number: int = 1, **known: Any) -> NotedChild:
    """Return a child of whom all is known and nothing is special, but for what is given."""
    usual: dict[str, Any] = {
        "age_band": "8-10",
        "sex": "F",
        "communication": ("None",),
        "home_adaptation": False,
        "living_companions": "No preference",
        "pets": "Yes - can",
        "cultural_needs": "Not required",
    }
    return NotedChild(child_id=UUID(int=number), **(usual | known))


def a_need(**known: Any) -> ChildNeed:
    """Return a need in which nothing is special, but for what is given: a school nearby, family seen nearby."""
    usual: dict[str, Any] = {
        "first_language": "en",
        "disabilities": ("NONE",),
        "school": School(postcode=NEAR, must_keep=True),
        "family_time": (FamilyTime(who="a made-up parent", postcode=NEAR),),
    }
    return ChildNeed(**(usual | known))


def where(postcode: str) -> tuple[float, float] | None:
    """Return where the made-up postcodes lie: so many miles north of the centre."""
    miles = {NEAR: 0.0, "LS1 1BB": 8.0, "LS1 1CC": 25.0}.get(postcode)
    return None if miles is None else (CENTRE[0], CENTRE[1] + miles * MILE)


NEAR, FARTHER, FAR = "LS1 1AA", "LS1 1BB", "LS1 1CC"


def a_search(
    *children: NotedChild,
    needs: dict[UUID, ChildNeed] | None = None,
    adjoining: frozenset[str] = frozenset(),
    place: tuple[float, float] | None = CENTRE,
    avoid: tuple[str, ...] | None = (),
    **wanted: Any,
) -> Sought:
    """Return a search for a short-term home that is needed today, but for what is given.

    Without `needs` every child has `a_need()`.
    """
    some = children or (a_child(),)
    opened = {one.child_id: a_need() for one in some} if needs is None else needs
    notice = EarlyNoticeGiven(
        referral_id=UUID(int=9),
        authority="E08000035",
        need_known_at=NOW,
        lawful_basis=BASIS,
        wanted=Wanted(**({"kind": "short term", "needed_by": "Today"} | wanted)),
        children=some,
    )
    return sought_of(notice, opened, place, avoid, where=where, adjoining=adjoining)


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
        "school_run_miles": 5,
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
    homes.put(
        one,
        vacancy.provider,
        UUID(int=one.int + 1),
        vacancy.home,
        vacancy.east,
        vacancy.north,
        1,
        authority=vacancy.authority,
        household=vacancy.household,
    )
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
    sought: Sought,
    home: Home,
    miles: float | None = 1.0,
    eligible: frozenset[str] | None = None,
    *,
    household: OpenedHousehold | None = None,
    authority: str | None = None,
) -> HomeFit | Finding:
    """Return what one home so far north of the centre comes to, and check that the whole search says the same."""
    north = None if miles is None else CENTRE[1] + miles * MILE
    east = None if miles is None else CENTRE[0]
    homes = world(Vacancy(UUID(int=100), "P1", home, east, north, authority=authority, household=household))
    (row,) = homes
    one = match_one(sought, row, eligible, NOW, DEFAULT)
    found = match(sought, homes, eligible, NOW, DEFAULT)
    if isinstance(one, HomeFit):
        assert tuple(found.fits) == (one,)
    elif row.live:
        assert found.removed == {one.criterion: 1}
    return one


class ByHand(NamedTuple):
    """What a match says, as plain values that compare."""

    fits: tuple[HomeFit, ...]
    removed: dict[str, int]
    considered: int


def all_of(found: Match) -> ByHand:
    """Return all that a match says, every home put into findings."""
    return ByHand(tuple(found.fits), found.removed, found.considered)


def by_hand(sought: Sought, homes: Homes, eligible: frozenset[str] | None, policy: Policy = DEFAULT) -> ByHand:
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
    fits.sort(key=lambda fit: _place(fit, homes, policy))
    counts = {name: removed[name] for name in CRITERIA if name in removed}
    return ByHand(tuple(fits), counts, sum(row.live for row in homes))


def _place(fit: HomeFit, homes: Homes, policy: Policy) -> tuple[Any, ...]:
    row = homes.row(fit.vacancy_id)
    assert row is not None
    known = {
        "band": BANDS_IN_ORDER.index(fit.band),
        "need": -fit.need,
        "distance": fit.distance_miles if fit.distance_miles is not None else Decimal("Infinity"),
        "available": fit.available_from,
        "price": row.home.weekly_fee if row.home.weekly_fee is not None else Decimal("Infinity"),
    }
    return (*(known[name] for name in policy.order), str(fit.vacancy_id))


BANDS_IN_ORDER = ("fits", "fits with named support", "stretch")


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
        cultural_needs=draw(perhaps(st.sampled_from(("Required", "Not required", "Not Known", "Other")))),
    )


COMPANIONS = (
    "Solo placement recommended",
    "With other children recommended",
    "Only with other older children",
    "Only with other younger children",
    "No preference",
)

postcodes = perhaps(st.sampled_from((NEAR, FARTHER, FAR, "LS9 9ZZ")))
needs = st.builds(
    ChildNeed,
    age_years=perhaps(st.integers(0, 17)),
    first_language=perhaps(st.sampled_from(("ar", "en"))),
    religion=perhaps(st.sampled_from(("Muslim", " muslim", "none"))),
    ethnicity=perhaps(st.sampled_from(("WBRI", "BAFR"))),
    disabilities=perhaps(st.sampled_from((("NONE",), ("AUT",), ("AUT", "MOB")))),
    school=perhaps(st.builds(School, postcode=postcodes, must_keep=perhaps(st.booleans()))),
    family_time=st.lists(st.builds(FamilyTime, who=st.just("x"), postcode=postcodes), max_size=2).map(tuple),
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
        adjoining=draw(st.sampled_from((frozenset(), frozenset({"E08000032"})))),
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
    skills=perhaps(st.sampled_from(((), ("BSL",), ("Makaton", "BSL"), ("autism", "self-harm"), ("self-harm",)))),
    school_run_miles=perhaps(st.integers(-1, 30)),
    exclusions=st.lists(exclusions, max_size=2).map(tuple),
    state=st.sampled_from(("now", "coming", "ask carer")),
    children_placed=perhaps(st.integers(0, 3)),
    approved_places=perhaps(st.integers(1, 4)),
    exemption=perhaps(st.booleans()),
    available_from=st.dates(TODAY - timedelta(3), TODAY + timedelta(30)),
    willing_until=st.sampled_from(
        (NOW - timedelta(days=1), NOW, NOW + timedelta(days=9), NOW - timedelta(days=15), NOW - timedelta(days=90))
    ),
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
    authority=perhaps(st.sampled_from(("E08000035", "E08000032", "W06000015"))),
    household=perhaps(
        st.builds(
            OpenedHousehold,
            faiths=perhaps(st.sampled_from((frozenset(), frozenset({"muslim"})))),
            ethnicities=perhaps(st.sampled_from((frozenset({"wbri"}), frozenset({"bafr", "wbri"})))),
        )
    ),
)
worlds = st.lists(vacancies, max_size=12, unique_by=lambda vacancy: vacancy.vacancy_id)
eligibles = perhaps(st.sampled_from((frozenset({"P1"}), frozenset({"P1", "P2"}))))
