"""A sample world's searches under the shipped policy and under blanket mailing: the market, and what it comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median
from typing import Any, Final
from uuid import UUID

from placehub.contracts.headers import Attributes
from placehub.drivers.records import Record
from placehub.errors import NotFound
from placehub.organisations.events import OrganisationRegistered
from placehub.postcodes import Postcodes
from placehub.sample.behaviour import MODELS, Model
from placehub.sample.cases import Case
from placehub.sample.comparing import CaseNeeds, Ended, People, QuietSight, begun, by_mailing, by_policy
from placehub.sample.homes import SampleHome
from placehub.sample.staleness import PERIOD, truth_of
from placehub.sample.world import FIRST_DAY, World, make_world
from placehub.search.policy import DEFAULT
from placehub.search.surroundings import Surroundings
from placehub.search.view import Sight
from placehub.streams import full_name
from placehub.vacancies.events import VacancyClosed, VacancyOpened, VacancyRevised

AIM_DELIVERIES, AIM_SHARE = 15, 0.99
"""Most deliveries per placement, and the least share of offers and of best fits that must be kept."""


@dataclass(slots=True)
class Tally:
    """What the searches of one run came to, added up."""

    searches: int = 0
    deliveries: dict[str, int] = field(default_factory=lambda: {"policy": 0, "mailing": 0})
    placements: dict[str, int] = field(default_factory=lambda: {"policy": 0, "mailing": 0})
    hours: dict[str, list[float]] = field(default_factory=lambda: {"policy": [], "mailing": []})
    updates: int = 0
    offered: int = 0
    """Searches that get an offer under blanket mailing."""
    offered_too: int = 0
    as_good: int = 0
    """Of those with an offer in both: whose best is in the same band or a better one."""
    same_or_before: int = 0
    """Of these: whose best is the same home, or one before it in the order of the policy."""
    missed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Why searches without an offer under the policy did not get those of blanket mailing, by the nearest miss."""
    lesser: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Why searches whose best offer is of a lesser band did not get the better one."""

    def add(self, people: People, mailed: Ended, led: Ended, stated: frozenset[UUID], asked: frozenset[UUID]) -> None:
        """Add one search; `stated` are the homes that fit as stated, `asked` those of providers that were told."""
        self.searches += 1
        self.updates += led.updates
        for arm, ended in (("policy", led), ("mailing", mailed)):
            self.deliveries[arm] += ended.deliveries
            self.placements[arm] += ended.chosen is not None
            if ended.first_offer is not None:
                self.hours[arm].append(ended.first_offer / timedelta(hours=1))
        if not mailed.offered:
            return
        self.offered += 1
        if not led.offered:
            self.missed[_why(mailed.offered, stated, asked)] += 1
            return
        self.offered_too += 1
        best, kept = (min(ended.offered, key=people.rank) for ended in (mailed, led))
        if people.band(kept) <= people.band(best):
            self.as_good += 1
        else:
            self.lesser[_why([best], stated, asked)] += 1
        self.same_or_before += people.rank(kept) <= people.rank(best)


NOT_AS_STATED, NOT_TOLD, TOO_LATE = REASONS = (
    "does not fit as stated",
    "fits as stated, but was not told",
    "told, but answered after the search had ended",
)
"""Why a home was not offered under the policy, from the furthest miss to the nearest."""


def _why(offered: Iterable[UUID], stated: frozenset[UUID], asked: frozenset[UUID]) -> str:
    if asked.intersection(offered):
        return TOO_LATE
    if stated.intersection(offered):
        return NOT_TOLD
    return NOT_AS_STATED


class Market:
    """The homes of a world as they are stated and as they are, while searches take places."""

    def __init__(self, world: World, share: float, postcodes: Postcodes) -> None:
        self.stated, self.true = Surroundings(postcodes), Surroundings(postcodes)
        self._world, self._share = world, share
        self._offset = 0
        self._homes = {one.vacancy_id: one for one in world.homes}
        self._coming = sorted(world.homes, key=lambda one: one.opens_at, reverse=True)
        gone = ((_gone_at(one), one.vacancy_id) for one in world.homes)
        self._going = sorted(((at, one) for at, one in gone if at is not None), reverse=True)
        self._taken: dict[UUID, int] = defaultdict(int)
        self._unwilling: set[UUID] = set()
        self._period = 0
        self._open: set[UUID] = set()
        for event in self._founded():
            self._tell(event, event)

    def at(self, now: datetime) -> None:
        """Let the homes open, close and be drawn anew that do until then."""
        period = (now - FIRST_DAY) // PERIOD
        while self._coming and self._coming[-1].opens_at <= now:
            one = self._coming.pop()
            self._open.add(one.vacancy_id)
            self._put(one, VacancyOpened, now)
        if period != self._period:
            self._period = period
            for vacancy_id in sorted(self._open):
                self._put(self._homes[vacancy_id], VacancyRevised, now)
        while self._going and self._going[-1][0] <= now:
            if (vacancy_id := self._going.pop()[1]) in self._open:
                self._close(vacancy_id)

    def willing(self, homes: Iterable[UUID]) -> frozenset[UUID]:
        """Return those of these homes whose carer would take a child at all."""
        return frozenset(one for one in homes if one not in self._unwilling)

    def take(self, vacancy_id: UUID, places: int) -> None:
        """Let so many children move in; a home that is full has no vacancy any more."""
        self._taken[vacancy_id] += places
        one = self._homes[vacancy_id]
        left = one.home.places - self._taken[vacancy_id]
        if left <= 0:
            self._close(vacancy_id)
            return
        for around in (self.stated, self.true):
            around.homes.places_left(vacancy_id, left, (0, self._offset))

    def _put(self, one: SampleHome, cls: Any, now: datetime) -> None:
        truth = truth_of(self._world.seed, one.vacancy_id, one.home, self._share, self._period, now)
        (self._unwilling.discard if truth.willing else self._unwilling.add)(one.vacancy_id)
        who = {"vacancy_id": one.vacancy_id, "provider": one.provider, "household_ref": one.household_ref, "version": 1}
        self._tell(cls(home=truth.stated, **who), cls(home=truth.true, **who))
        if taken := self._taken[one.vacancy_id]:
            for around in (self.stated, self.true):
                around.homes.places_left(one.vacancy_id, one.home.places - taken, (0, self._offset))

    def _close(self, vacancy_id: UUID) -> None:
        self._open.discard(vacancy_id)
        event = VacancyClosed(vacancy_id=vacancy_id, provider=self._homes[vacancy_id].provider)
        self._tell(event, event)

    def _tell(self, stated: Any, true: Any) -> None:
        for around, event in ((self.stated, stated), (self.true, true)):
            name = full_name(type(event))
            about = Attributes(id=UUID(int=0), source="/sample", type=name, subject="", time=FIRST_DAY)
            topic = name.partition(".")[0]
            ends = around.offsets | {topic: [self._offset + 1]}
            around.learn([Record(topic, 0, self._offset, "", about, event, None, [])], ends)
        self._offset += 1

    def _founded(self) -> Iterator[Any]:
        for one in self._world.providers:
            yield OrganisationRegistered(
                organisation=one.code, scheme=one.scheme, kind="provider", name=one.name, nation=one.nation
            )
        yield from self._world.agreements
        yield from self._world.joinings


def _gone_at(one: SampleHome) -> datetime | None:
    return min((at for at in (one.pauses_at, one.closes_at) if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Run:
    """One run's question: which world, how people behave, how many homes are stale."""

    world: World
    name: str
    model: Model
    share: float


def compare(run: Run, postcodes: Postcodes, tell: Callable[[str], None] = lambda line: None) -> Tally:
    """Make every search of a world both ways, and return what they come to."""
    market, tally = Market(run.world, run.share, postcodes), Tally()
    day = FIRST_DAY
    for case in run.world.cases:
        if case.need_known_at - day >= timedelta(days=7):
            day = case.need_known_at
            tell(f"{run.name}, {run.share:.0%} stale: day {(day - FIRST_DAY).days}, {tally.searches} searches")
        market.at(case.need_known_at)
        _search(run, market, case, tally)
    return tally


def _search(run: Run, market: Market, case: Case, tally: Tally) -> None:
    needs, now, seed, search = CaseNeeds(case), case.need_known_at, run.world.seed, begun(case)
    sight = QuietSight(market.stated, needs, now)
    fits = Sight(market.true, needs, now).fits(search)
    homes = fits.rows(range(len(fits)))
    bands = fits.bands()
    # in the policy's order
    true = {row.vacancy_id: bands[row.vacancy_id] for row in homes}
    people = People(seed, run.model, case, true, market.willing(true))
    stated = frozenset(sight.fits(search).bands())
    # who has no home that fits has nothing to offer
    own = {provider: [homes[rank].vacancy_id for rank in ranks] for provider, ranks in fits.by_provider().items()}
    mailed = by_mailing(
        seed, run.model, case, people, own, len(market.stated.eligible(case.authority, None, now.date()))
    )
    led, told = by_policy(seed, run.model, case, search, sight, people)
    asked = frozenset(one for provider in told for one in own.get(provider, ()) if one in stated)
    tally.add(people, mailed, led, stated, asked)
    if led.chosen is not None:
        needed = max(1, sum(one.noted.looked_after is not False for one in case.children))
        apart = case.wanted.siblings_plan == "apart"
        market.take(led.chosen, 1 if apart else needed)


AIMS: Final = {"deliveries_per_placement": AIM_DELIVERIES, "offers_kept": AIM_SHARE, "best_kept": AIM_SHARE}
COLUMNS: Final = (
    *("model", "stale", "policy", "searches", "deliveries_per_placement", "by_mailing", "offers_kept", "best_kept"),
    *("same_or_before", "placed", "placed_by_mailing", "hours_to_offer", "hours_by_mailing"),
)
"""What is told of each run. `best_kept`: the best offer is in the same band as that of blanket mailing or a better
one; `same_or_before`: it is the very same home, or one that comes before it in the policy's order."""


def row_of(run: Run, tally: Tally) -> dict[str, Any]:
    """Return what a run came to, as figures."""
    return {
        "model": run.name,
        "stale": run.share,
        "policy": DEFAULT.version,
        "searches": tally.searches,
        "deliveries_per_placement": _share(tally.deliveries["policy"], tally.placements["policy"], 1),
        "by_mailing": _share(tally.deliveries["mailing"], tally.placements["mailing"], 1),
        "offers_kept": _share(tally.offered_too, tally.offered),
        "best_kept": _share(tally.as_good, tally.offered_too),
        "same_or_before": _share(tally.same_or_before, tally.offered_too),
        "placed": tally.placements["policy"],
        "placed_by_mailing": tally.placements["mailing"],
        "hours_to_offer": round(median(tally.hours["policy"] or [0]), 1),
        "hours_by_mailing": round(median(tally.hours["mailing"] or [0]), 1),
        "updates": tally.updates,
        "missed": dict(tally.missed),
        "lesser": dict(tally.lesser),
    }


def _share(part: int, whole: int, digits: int = 4) -> float | None:
    return round(part / whole, digits) if whole else None


@dataclass(frozen=True, slots=True)
class Simulated:
    """Which world is lived through: the same answers give the same world."""

    scale: str
    days: int
    seed: int

    def run(self, model: str, share: float, tell: Callable[[str], None]) -> dict[str, Any]:
        """Return the figures of one run."""
        world, postcodes = _made(self)
        run = Run(world, model, MODELS[model], share)
        return row_of(run, compare(run, postcodes, tell))


@lru_cache(maxsize=1)
def _made(simulated: Simulated) -> tuple[World, Postcodes]:
    """Return the world, made once in each process: no run changes it."""
    postcodes = Postcodes.open()
    return make_world(simulated.seed, simulated.scale, postcodes, simulated.days), postcodes


def compare_all(
    simulated: Simulated,
    models: Sequence[str] | None = None,
    shares: Sequence[float] | None = None,
    tell: Callable[[str], None] = lambda line: None,
    processes: int = 1,
) -> list[dict[str, Any]]:
    """Return the figures of each model with each share of stale vacancies; NotFound for a model there is not.

    So many processes share the runs; `tell` is called in them, and must be a function of a module.
    """
    for name in models or ():
        if name not in MODELS:
            raise NotFound(f"There is no model {name!r}. Use one of: {', '.join(MODELS)}.")
    asked = [(name, share) for name in models or MODELS for share in shares or SHARES]
    if processes == 1:
        return [simulated.run(name, share, tell) for name, share in asked]
    with ProcessPoolExecutor(processes) as pool:
        begun_runs = [pool.submit(simulated.run, name, share, tell) for name, share in asked]
        return [one.result() for one in begun_runs]


SHARES: Final = (0.1, 0.3, 0.5)
"""Shares of stale vacancies that are tried unless others are asked for."""
