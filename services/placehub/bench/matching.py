"""`placehub bench match`: one search among many homes, one home among many searches, and a year of both.

Homes and searches are those of the made-up England; where more homes are asked for than it has, they stand again a few
miles away. The bare thing is what NumPy alone takes to filter the same columns by the constraints that columns hold,
and to sort what is left by distance: no question, no band, no reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle, islice
from typing import Any, Final
from uuid import UUID

import numpy as np

from placehub.bench.timing import figures, machine, seconds
from placehub.contracts.headers import Attributes
from placehub.drivers.memory import KeptAggregates, KeptParking, KeptStep
from placehub.drivers.records import Partition, Record
from placehub.organisations.events import OrganisationRegistered
from placehub.postcodes import Postcodes
from placehub.sample.chance import made_id, rng
from placehub.sample.comparing import CaseNeeds, begun, facts_of
from placehub.sample.world import FIRST_DAY, World, make_world
from placehub.search.case import Case, Facts
from placehub.search.homes import Homes
from placehub.search.looking import look
from placehub.search.matching import match
from placehub.search.policy import DEFAULT
from placehub.search.processor import Search
from placehub.search.sought import Sought, sought_of
from placehub.search.surroundings import Surroundings
from placehub.vacancies.events import VacancyOpened

NOW: Final = FIRST_DAY + timedelta(days=2)
EXPLAINED: Final = 50
SEARCHES_A_YEAR, PLACES = 50_000, 70_465
OPEN_SEARCHES: Final = 10_000
MOVED: Final = 5_000
"""Metres, at most, by which a home that stands again is moved, each way."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    searches: int = 200
    repeats: int = 5
    open_searches: int = OPEN_SEARCHES
    openings: int = 200
    places: int = PLACES


QUICK: Final = Effort(sizes=(1_000, 10_000), searches=40, repeats=3, open_searches=1_000, openings=40, places=10_000)


def measure(effort: Effort, tell: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Return the figures of P2, P4 and P5, and the machine they were taken on."""
    postcodes = Postcodes.open()
    world = make_world(1, "england", postcodes, 2)
    sought = _sought(world, postcodes, effort.searches)
    found: dict[str, Any] = {"machine": machine(), "p2": [], "p4": {}, "p5": {}}
    for size in effort.sizes:
        tell(f"one search among {size:,} homes")
        found["p2"].append({"vacancies": size} | _one_search(_homes(world, postcodes, size), sought, effort.repeats))
    tell(f"a year's searches among {effort.places:,} places")
    found["p5"] = _a_year(_homes(world, postcodes, effort.places), sought, effort)
    tell(f"one home among {effort.open_searches:,} searches")
    found["p4"] = _one_home(world, postcodes, effort)
    return found


def _sought(world: World, postcodes: Postcodes, count: int) -> list[Sought]:
    found = []
    for case in world.cases[:count]:
        place = postcodes.centre(case.wanted.near_sector)
        facts = facts_of(case)
        found.append(sought_of(facts, CaseNeeds(case).of(facts), place))
    return found


def _homes(world: World, postcodes: Postcodes, size: int) -> Homes:
    homes, chance = Homes(), rng(1, "bench homes")
    for number, one in enumerate(islice(cycle(world.homes), size)):
        sector = postcodes.sector(one.home.postcode_sector)
        again = MOVED if number >= len(world.homes) else 0
        east, north = (sector.east, sector.north) if sector else (0.0, 0.0)
        homes.put(
            made_id(1, "bench", number),
            one.provider,
            one.household_ref,
            one.home,
            east + chance.uniform(-again, again),
            north + chance.uniform(-again, again),
            1,
        )
    return homes


def explained(homes: Homes, sought: Sought, eligible: frozenset[str]) -> int:
    """Match one search and read the explanation of the first homes as data; return how many fit."""
    found = match(sought, homes, eligible, NOW, DEFAULT)
    list(found.fits[:EXPLAINED])
    return len(found.fits)


def bare(homes: Homes, sought: Sought, now: datetime = NOW) -> Any:
    """Filter the columns by NumPy alone, as at a time, and sort what is left by distance."""
    at, columns = look(sought, sought.units[0], None, now, DEFAULT), homes.columns
    kind = homes.kinds.mask((sought.kind,)) if sought.kind else None
    risks = homes.risks.mask(frozenset().union(*(one.risks_present for one in at.unit)))
    east, north = (0.0, 0.0) if sought.place is None else sought.place
    square = (columns.east - east) ** 2 + (columns.north - north) ** 2
    keep = columns.live & (square <= at.reach * at.reach) & (columns.places >= at.needed)
    keep &= columns.excluded & risks == 0
    if kind is not None:
        keep &= columns.kinds & kind != 0
    if at.latest is not None:
        keep &= columns.available_from <= at.latest
    for child in at.children:
        if child.low is not None and child.high is not None:
            keep &= (columns.min_age <= child.high) & (columns.max_age >= child.low)
    left = np.flatnonzero(keep)
    return left[np.argsort(square[left], kind="stable")][:EXPLAINED]


def _one_search(homes: Homes, sought: Sequence[Sought], repeats: int) -> dict[str, Any]:
    eligible = frozenset(homes.providers)
    fits = [explained(homes, one, eligible) for one in sought]  # which also warms up
    ours, beside = [], []
    for _ in range(repeats):
        ours.append(seconds([partial(explained, homes, one, eligible) for one in sought]))
        beside.append(seconds([partial(bare, homes, one) for one in sought]))
    return {"searches": len(sought), "fits_median": int(np.median(fits)), **figures(ours, beside)}


def _a_year(homes: Homes, sought: Sequence[Sought], effort: Effort) -> dict[str, Any]:
    eligible = frozenset(homes.providers)
    ours, beside = [], []
    for _ in range(effort.repeats):
        ours.append(seconds([partial(match, one, homes, eligible, NOW, DEFAULT) for one in sought]))
        beside.append(seconds([partial(bare, homes, one) for one in sought]))
    mean, plain = (sum(map(sum, times)) / sum(map(len, times)) for times in (ours, beside))
    return {
        "places": effort.places,
        "searches": SEARCHES_A_YEAR,
        "measured_searches": len(sought) * effort.repeats,
        "seconds": round(mean * SEARCHES_A_YEAR, 1),
        "bare_seconds": round(plain * SEARCHES_A_YEAR, 1),
        "ratio": round(mean / plain, 2),
    }


class _Opened:
    """The needs of all cases, by case."""

    def __init__(self, world: World) -> None:
        self._of = {case.referral_id: CaseNeeds(case) for case in world.cases}

    def of(self, facts: Facts) -> Any:
        """Return one case's."""
        return self._of[facts.referral_id].of(facts)


def _one_home(world: World, postcodes: Postcodes, effort: Effort) -> dict[str, Any]:
    days = max(2, effort.open_searches // 130)
    wide = make_world(2, "england", postcodes, days)
    cases: KeptAggregates[Case] = KeptAggregates(lambda case: case.live)
    around = Surroundings(postcodes)
    search = Search(around, _Opened(wide), cases=cases, parking=KeptParking(1))
    _begin(search, cases, wide, effort.open_searches)
    plain = _columns(wide, postcodes, effort.open_searches)
    ours, beside, told = [], [], []
    for number, one in enumerate(world.homes[: effort.openings]):
        event = VacancyOpened(
            vacancy_id=one.vacancy_id, provider=one.provider, household_ref=one.household_ref, home=one.home
        )
        step = KeptStep(processor="search", partition=Partition("referral", 0), now=NOW)
        ours += seconds([partial(_open, search, step, event, number)])
        sector = postcodes.sector(one.home.postcode_sector)
        beside += seconds([partial(_bare_searches, plain, sector.east if sector else 0, sector.north if sector else 0)])
        told.append(len(step.said))
    few = [at for at, count in enumerate(told) if 0 < count <= 15] or list(range(len(told)))
    return {
        "open_searches": effort.open_searches,
        "openings": len(told),
        "told_median": int(np.median(told)),
        "told_most": max(told),
        "up_to_15": figures([[ours[at] for at in few]], [[beside[at] for at in few]]),
        "all": figures([ours], [beside]),
        "says": "processor seconds of the search alone; the hop between mailboxes is not in it",
    }


def _begin(search: Search, cases: KeptAggregates[Case], world: World, count: int) -> None:
    def record(event: Any, offset: int) -> Record:
        about = Attributes(id=UUID(int=0), source="/bench", type="", subject="", time=NOW)
        return Record(event.STREAM, 0, offset, "", about, event, None, [])

    known = [
        OrganisationRegistered(
            organisation=one.code, scheme=one.scheme, kind="provider", name=one.name, nation="England"
        )
        for one in world.providers
    ]
    world_events = [*known, *world.agreements, *world.joinings]
    search.learn([record(one, at) for at, one in enumerate(world_events)], {"vacancy": [0]})
    step = KeptStep(processor="search", partition=Partition("referral", 0), now=NOW)
    cases.begin(step)
    for case in world.cases[:count]:
        cases.put(case.referral_id, begun(case))
    cases.finish()
    search.react(step, [record(world.joinings[0], len(world_events))])  # which lets the columns be made


def _open(search: Search, step: KeptStep, event: VacancyOpened, number: int) -> None:
    about = Attributes(id=event.vacancy_id, source="/bench", type="", subject="", time=NOW, recorded_at=NOW)
    one = Record("vacancy", 0, number, str(event.vacancy_id), about, event, None, [])
    search.learn([one], {"vacancy": [number + 1]})
    search.react(step, [one])


def _columns(world: World, postcodes: Postcodes, count: int) -> Any:
    places = [postcodes.sector(case.wanted.near_sector or "") for case in world.cases[:count]]
    reach = [(case.wanted.within_miles or 30) * 1609.344 for case in world.cases[:count]]
    return np.array([(one.east, one.north) if one else (np.nan, np.nan) for one in places]), np.array(reach)


def _bare_searches(plain: Any, east: float, north: float) -> Any:
    places, reach = plain
    return np.flatnonzero((places[:, 0] - east) ** 2 + (places[:, 1] - north) ** 2 <= reach * reach)
