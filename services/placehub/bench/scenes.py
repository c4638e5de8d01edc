"""The sample world as benchmarks of a running hub post it, moved to the day it is."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle, islice, takewhile
from math import ceil
from pathlib import Path
from typing import Final

from kafka.admin import KafkaAdminClient

from placehub.app import PROCESSES
from placehub.bench.fanout import Decision
from placehub.bench.few import searches_that_fit
from placehub.bench.latency import UP_TO, Scene
from placehub.bench.servers import first_made
from placehub.bench.visitors import LEAD, MANAGER, OFFICER, OPERATOR
from placehub.clock import WallClock
from placehub.drivers.brokers import access
from placehub.errors import Misconfigured
from placehub.observing.usage import busy_seconds, descendants, memory_mb
from placehub.organisations.joining import Organisation, SharingAgreement
from placehub.organisations.register import add_many
from placehub.portal.accounts import HUB
from placehub.postcodes import Postcodes, authorities
from placehub.referrals.events import EarlyNoticeGiven, LawfulBasis
from placehub.sample.cases import Case
from placehub.sample.chance import made_id
from placehub.sample.homes import SampleHome
from placehub.sample.made import Asked
from placehub.sample.mailroom import AT_ONCE_REGISTERED, Mailroom, joining
from placehub.sample.parties import STARTS_ON, agreement_id
from placehub.sample.stage import Stage
from placehub.sample.world import FIRST_DAY, World, make_world
from placehub.search.events import ProviderInvited
from placehub.search.policy import TODAY
from placehub.settings import Settings
from placehub.streams import inbox
from placehub.vacancies.events import VacancyOpened
from placehub.whole import Running, start_embedded

OUTBOXES_EACH: Final = 450
"""For how many organisations one intake is meant: shares are not quite equal, and it should read 500 at most."""
LOOKED_AT: Final = 2_000
"""Homes of which those that few searches fit are chosen; each search is matched with all of them before."""
FRESH: Final = timedelta(days=60)
BASIS: Final = LawfulBasis(
    basis="public task",
    condition="safeguarding of children",
    purpose="find a foster home",
    authorised_by="placement officer",
)


@contextmanager
def running_region(
    scale: str, tell: Callable[[str], None], search_workers: int = 1, organisations: int = 0
) -> Iterator[tuple[Running, World, datetime]]:
    """Yield a hub that runs for this alone, the sample world whose organisations have joined it, and what time it is.

    Others join as well, without a part in anything, until there are so many `organisations`; as many intakes run as
    those need. Call it from the main thread.
    """
    world = make_world(1, scale, Postcodes.open(), 30)
    with tempfile.TemporaryDirectory(prefix="placehub-bench-") as name:
        tell("a hub starts")
        running = start_embedded(
            Path(name) / "hub",
            leave_out=("portal",),
            search_workers=search_workers,
            intakes=intakes_for(max(organisations, len(world.parties))),
        )
        try:
            now = WallClock().now()
            joined = [joining(one) for one in world.parties]
            joined += [_bystander(f"T{number:05}") for number in range(organisations - len(joined))]
            tell(f"{len(joined)} organisations join")
            for some in _some(joined):
                running.see_through(lambda some=some: add_many(running.settings, some, now))  # type: ignore[misc]  # own default
            running.wait_quiet()
            yield running, world, now
        finally:
            running.stop()


def intakes_for(organisations: int) -> int:
    """Return how many intakes are to share the outboxes of so many organisations."""
    return ceil(organisations / OUTBOXES_EACH)


@contextmanager
def delivering(
    count: int, tell: Callable[[str], None]
) -> Iterator[tuple[Running, tuple[str, ...], Decision, Callable[[], dict[str, float]]]]:
    """Yield a hub of which delivery alone runs, so many providers with an inbox, a decision, and who was how busy.

    The decision is the first of a made-up world. Call it from the main thread.
    """
    with tempfile.TemporaryDirectory(prefix="placehub-bench-") as name:
        tell("a hub starts")
        others = tuple(one for one in PROCESSES if one not in ("api", "delivery"))
        running = start_embedded(Path(name) / "hub", leave_out=others)
        try:
            settings = running.settings
            kinds = (EarlyNoticeGiven, ProviderInvited)
            notice, invited = first_made(settings, Asked("corner", days=7), kinds, tell)
            providers = tuple(f"TBENCH{number}" for number in range(count))
            running.see_through(lambda: _inboxes(settings, (notice.authority, *providers)))
            yield running, providers, Decision(notice, invited, WallClock().now()), lambda: _delivered(running)
        finally:
            running.stop()


def _inboxes(settings: Settings, organisations: Sequence[str]) -> None:
    admin = KafkaAdminClient(**access(settings))
    admin.create_topics({inbox(one): {"num_partitions": 1, "replication_factor": 1} for one in organisations})
    admin.close()


def _delivered(running: Running) -> dict[str, float]:
    return {name: one for name, one in busy(running).items() if name in ("delivery", "kafka", "postgresql")}


@dataclass(frozen=True, slots=True)
class Playing:
    """A demo that has been played for some days, and goes on a step at a time."""

    running: Running
    people: Sequence[tuple[str, str]]
    """(organisation, role) of those who might use its portal, in the order in which they come."""
    strangers: tuple[str, str]
    """An authority and a provider that have no part in the demo."""
    step: Callable[[], object]
    """Play the next step; it waits a little where all are played."""


@contextmanager
def playing_demo(scale: str, days: int, people: int, tell: Callable[[str], None]) -> Iterator[Playing]:
    """Yield a demo after so many days, with the portal; call it from the main thread."""
    world = make_world(1, scale, Postcodes.open())
    with tempfile.TemporaryDirectory(prefix="placehub-bench-") as name:
        tell("a hub starts")
        running = start_embedded(Path(name) / "hub", clock="stream")
        front = Mailroom(running, Path(name) / "hub")
        try:
            stage = Stage(front, world)
            tell(f"{len(world.parties)} organisations join, and act for {days} days")
            stage.prepare()
            strangers = _strangers(running, world)
            steps = iter(world.steps)
            for now in takewhile(lambda at: at < FIRST_DAY + timedelta(days=days), steps):
                stage.step(now)
            yield Playing(running, _readers(world, people), strangers, lambda: _next(stage, steps))
        finally:
            front.close()
            running.stop()


def _next(stage: Stage, steps: Iterator[datetime]) -> None:
    now = next(steps, None)
    if now is None:
        time.sleep(0.2)
    else:
        stage.step(now)


def _strangers(running: Running, world: World) -> tuple[str, str]:
    known = {one.code for one in world.parties}
    authority = next(one.code for one in authorities("England") if one.code not in known)
    provider = _bystander("TBENCH")
    strange = replace(
        provider, code=authority, scheme="ons", kind="authority", name="An authority (made up)", nation=""
    )
    both = [strange, provider]
    running.see_through(lambda: add_many(running.settings, both, FIRST_DAY))
    running.wait_quiet()
    return authority, provider.code


def _bystander(code: str) -> Organisation:
    """Return a provider that has no part in the sample."""
    signed = SharingAgreement(reference="DSA-BENCH", signed_on=STARTS_ON, contact="data@bench.example")
    return Organisation(
        code=code, scheme="ofsted", kind="provider", name="A provider (made up)", nation="England", agreement=signed
    )


def _readers(world: World, count: int) -> list[tuple[str, str]]:
    """Return who reads: mostly officers and referral managers, one of each ten people leads or operates."""
    officers, managers = cycle(world.authorities), cycle(world.providers)
    people = []
    for number in range(count):
        if number % 10 == 9:
            people.append((world.lead.code, LEAD) if number % 20 == 9 else (HUB, OPERATOR))
        elif number % 2:
            people.append((next(managers).code, MANAGER))
        else:
            people.append((next(officers).code, OFFICER))
    return people


def busy(running: Running) -> dict[str, float]:
    """Return the processor seconds of each of a hub's processes and servers by now."""
    return busy_seconds(_pids(running))


def held_mb(running: Running) -> dict[str, float]:
    """Return the megabytes that each of a hub's processes and servers holds; 0 where the system does not tell."""
    return {name: memory_mb((pid, *descendants(pid))) for name, pid in _pids(running).items()}


def _pids(running: Running) -> dict[str, int]:
    children = {**running.supervisor.services, **{one.name: one for one in running.stack.servers}}
    return {name: one.pid for name, one in children.items() if one.pid}


def _some(organisations: list[Organisation]) -> Iterator[list[Organisation]]:
    for first in range(0, len(organisations), AT_ONCE_REGISTERED):
        yield organisations[first : first + AT_ONCE_REGISTERED]


def scene(world: World, now: datetime, *, homes: int, notices: int, openings: int, emergency: bool = False) -> Scene:
    """Return so many open homes, notices and homes that open later, of a world of which nobody has acted yet.

    Homes tell nothing sealed, notices have bands and codes only: neither needs a key. Where more notices are asked for
    than there are cases, the same need is told again under another id. Fewer homes are open where the world has no
    more beside those that open later, which `_opening` chooses. In an `emergency` all who fit are invited at once.
    Misconfigured: the world has no home beside those that open.
    """
    if openings >= len(world.homes):
        raise Misconfigured(
            f"Of a world of {len(world.homes)} homes {openings} cannot open later: one at least is open before. "
            "Ask for fewer openings, or a larger world."
        )
    homes = min(homes, len(world.homes) - openings)
    agreements = [(world.lead.code, one) for one in (*world.agreements, *world.joinings)]
    opened = [_opened(one, now) for one in world.homes]
    cases = islice(cycle(world.cases), notices)
    told = [_notice(world, one, number, now) for number, one in enumerate(cases)]
    return Scene(
        organisations=tuple(one.code for one in world.parties),
        before=(*agreements, *((one.provider, one) for one in opened[:homes])),
        notices=tuple(replace(one, wanted=replace(one.wanted, needed_by=TODAY)) if emergency else one for one in told),
        openings=_opening(opened[homes:], told, openings, now),
        at=now,
    )


def _opening(
    homes: Sequence[VacancyOpened], notices: Sequence[EarlyNoticeGiven], count: int, now: datetime
) -> tuple[VacancyOpened, ...]:
    """Return so many of the homes: first four fifths that some searches fit and few do, then others, the narrowest.

    Only the narrowest by approval are looked at, and fewer are such where the world has no more.
    """
    if not count:
        return ()
    narrow = sorted(homes, key=_width)[: max(LOOKED_AT, count)]
    fit = searches_that_fit(narrow, notices, Postcodes.open(), now)
    few = [one for one, searches in zip(narrow, fit, strict=True) if 0 < searches <= UP_TO][: ceil(count * 4 / 5)]
    chosen = {one.vacancy_id for one in few}
    return (*few, *[one for one in narrow if one.vacancy_id not in chosen][: count - len(few)])


def _opened(one: SampleHome, now: datetime) -> VacancyOpened:
    home = replace(one.home, state="now", available_from=now.date(), willing_until=now + FRESH)
    return VacancyOpened(vacancy_id=one.vacancy_id, provider=one.provider, household_ref=one.household_ref, home=home)


def _width(one: VacancyOpened) -> tuple[int, int, bool]:
    home = one.home
    return home.max_age - home.min_age, home.places, home.sex == "any"


def _notice(world: World, case: Case, number: int, now: datetime) -> EarlyNoticeGiven:
    wanted = replace(case.wanted, planned_start=None, planned_end=None, siblings_preference=())
    return EarlyNoticeGiven(
        referral_id=made_id(world.seed, "bench notice", number),
        authority=case.authority,
        agreement_id=agreement_id(world.seed, case.nation),
        need_known_at=now,
        lawful_basis=BASIS,
        wanted=wanted,
        children=tuple(
            replace(one.early, child_id=made_id(world.seed, "bench child", number, nth))
            for nth, one in enumerate(case.children)
        ),
    )
