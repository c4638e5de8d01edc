"""The sample world as benchmarks of a running hub post it, moved to the day it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from placehub.bench.latency import Scene
from placehub.clock import WallClock
from placehub.observing.usage import busy_seconds
from placehub.organisations.joining import Organisation
from placehub.organisations.register import add_many
from placehub.postcodes import Postcodes
from placehub.referrals.events import EarlyNoticeGiven, LawfulBasis
from placehub.sample.cases import Case
from placehub.sample.chance import made_id
from placehub.sample.homes import SampleHome
from placehub.sample.mailroom import AT_ONCE_REGISTERED, joining
from placehub.sample.parties import agreement_id
from placehub.sample.world import World, make_world
from placehub.vacancies.events import VacancyOpened
from placehub.whole import Running, start_embedded

FRESH: Final = timedelta(days=60)
BASIS: Final = LawfulBasis(
    basis="public task",
    condition="safeguarding of children",
    purpose="find a foster home",
    authorised_by="placement officer",
)


@contextmanager
def running_region(
    scale: str, tell: Callable[[str], None], search_workers: int = 1
) -> Iterator[tuple[Running, World, datetime]]:
    """Yield a hub that runs for this alone, the sample world whose organisations have joined it, and what time it is.

    Call it from the main thread.
    """
    world = make_world(1, scale, Postcodes.open(), 30)
    with tempfile.TemporaryDirectory(prefix="placehub-bench-") as name:
        tell("a hub starts")
        running = start_embedded(Path(name) / "hub", leave_out=("portal",), search_workers=search_workers)
        try:
            now = WallClock().now()
            tell(f"{len(world.parties)} organisations join")
            for some in _some([joining(one) for one in world.parties]):
                running.see_through(lambda some=some: add_many(running.settings, some, now))  # type: ignore[misc]  # own default
            running.wait_quiet()
            yield running, world, now
        finally:
            running.stop()


def busy(running: Running) -> dict[str, float]:
    """Return the processor seconds of each of a hub's processes and servers by now."""
    children = {**running.supervisor.services, **{one.name: one for one in running.stack.servers}}
    return busy_seconds({name: one.pid for name, one in children.items() if one.pid})


def _some(organisations: list[Organisation]) -> Iterator[list[Organisation]]:
    for first in range(0, len(organisations), AT_ONCE_REGISTERED):
        yield organisations[first : first + AT_ONCE_REGISTERED]


def scene(world: World, now: datetime, *, homes: int, notices: int, openings: int) -> Scene:
    """Return so many open homes, notices and homes that open later, of a world of which nobody has acted yet.

    Homes tell nothing sealed, notices have bands and codes only: neither needs a key. Where more notices are asked for
    than there are cases, the same need is told again under another id.
    """
    agreements = [(world.lead.code, one) for one in (*world.agreements, *world.joinings)]
    opened = [_opened(one, now) for one in world.homes]
    cases = islice(cycle(world.cases), notices)
    return Scene(
        organisations=tuple(one.code for one in world.parties),
        before=(*agreements, *((one.provider, one) for one in opened[:homes])),
        notices=tuple(_notice(world, one, number, now) for number, one in enumerate(cases)),
        openings=tuple(opened[homes : homes + openings]),
        at=now,
    )


def _opened(one: SampleHome, now: datetime) -> VacancyOpened:
    home = replace(one.home, state="now", available_from=now.date(), willing_until=now + FRESH)
    return VacancyOpened(vacancy_id=one.vacancy_id, provider=one.provider, household_ref=one.household_ref, home=home)


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
