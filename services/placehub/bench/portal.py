"""`placehub bench portal`: how soon a referral is on the provider's page, and how long pages take with many people.

Both beside a bare file of the same portal in the same run. The hub is at work meanwhile: `stream` is called again and
again until everybody has gone, and lets some more happen in it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4, uuid5

import httpx
import numpy as np

from placehub.bench.timing import machine
from placehub.bench.visitors import BARE, Look, Seat, browser, walk_all
from placehub.errors import Unavailable
from placehub.portal.accounts import form_token
from placehub.portal.acting import ACTS
from placehub.settings import Settings

ANSWERED: Final = frozenset({httpx.codes.OK, httpx.codes.GONE})
"""Statuses of a page that says what was asked for; gone: that a search was over between the list and the click."""
SHOWN_SECONDS: Final = 30.0
"""How long a referral is waited for on the provider's page."""
HOME: Final = {
    "sex": "any",
    "places": "9",
    "kinds": "long term",
    "min_age": "0",
    "max_age": "17",
    "weekly_fee": "900",
    "children_placed": "0",
    "approved_places": "9",
    "no_children_at_home": "yes",
    "no_pets": "yes",
}
REFERRAL: Final = {
    "needed_by": "in more than 5 days",
    "kind": "long term",
    "within_miles": "10",
    "age_years_0": "9",
    "sex_0": "F",
    "risks_others_0": "yes",
}


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    referrals: int = 20
    """Referrals whose way is timed, in each of both runs: before anybody else came, and with everybody there."""
    seconds: float = 120.0
    """How long people walk."""
    pauses: tuple[float, float] = (1.0, 5.0)
    """Between two pages of one person."""
    apart: float = 4.0
    """Seconds between two referrals while people walk."""


QUICK: Final = Effort(referrals=1, seconds=3.0, pauses=(0.1, 0.3), apart=0.0)


@dataclass(frozen=True, slots=True)
class Pair:
    """An officer and a referral manager whose organisations have no part in anything else, and where they are."""

    officer: Seat
    manager: Seat
    postcode: str


def measure(
    settings: Settings,
    pair: Pair,
    seats: Sequence[Seat],
    stream: Callable[[], object],
    settle: Callable[[], object],
    effort: Effort | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Return the figures; `settle` returns once the hub has read and published everything. From the main thread."""
    effort, root = effort or Effort(), settings.portal.rstrip("/")
    tell("a home is added")
    asyncio.run(_add_home(root, pair))
    settle()
    tell(f"{effort.referrals} referrals, nobody else there")
    alone = asyncio.run(_referrals(root, pair, effort.referrals, 0.0))
    tell(f"{len(seats)} people at once for {effort.seconds:g} s")
    with ExitStack() as ends:
        apart = multiprocessing.get_context("spawn")  # threads of ours must not be copied
        people = ends.enter_context(ProcessPoolExecutor(1, mp_context=apart))
        thread = ends.enter_context(ThreadPoolExecutor(1))
        walking = people.submit(walk_all, root, list(seats), effort.seconds, effort.pauses, 1)
        among = thread.submit(lambda: asyncio.run(_referrals(root, pair, effort.referrals, effort.apart)))
        steps = _streaming(stream, (walking, among))
        looks, crowded = walking.result(), among.result()
    return {
        "machine": machine(),
        "people": len(seats),
        "seconds": effort.seconds,
        "pauses": list(effort.pauses),
        "steps": steps,
        "shown": {"alone": _shown(alone), "crowded": _shown(crowded)},
        "pages": _pages(looks),
    }


def _streaming(stream: Callable[[], object], until: Iterable[Future[Any]]) -> int:
    steps = 0
    while not all(one.done() for one in until):
        stream()
        steps += 1
    return steps


def _shown(waits: Sequence[tuple[float | None, float]]) -> dict[str, Any]:
    """Return how long referrals took to their page, beside a bare file each."""
    came = [wait for wait, _ in waits if wait is not None]
    found = {"referrals": len(waits), "shown": len(came), "within_a_second": sum(one <= 1 for one in came)}
    return found | _times(came) | {f"bare_{name}": value for name, value in _times([one for _, one in waits]).items()}


def _times(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    values = {"p50_ms": 50, "p95_ms": 95}
    return {name: round(float(np.percentile(seconds, percent)) * 1000, 1) for name, percent in values.items()}


def _pages(looks: Iterable[Look]) -> list[dict[str, Any]]:
    """Return the times of each page, the bare file first, then all pages together, then the slowest first."""
    by_page: dict[str, list[Look]] = defaultdict(list)
    for look in looks:
        by_page[look.page].append(look)
    bare = by_page.pop("bare", [])
    every = [look for some in by_page.values() for look in some]
    rows = sorted((_page(name, some) for name, some in by_page.items()), key=lambda row: -row.get("p95_ms", 0))
    return [_page("bare", bare), _page("all pages", every), *rows]


def _page(name: str, looks: Sequence[Look]) -> dict[str, Any]:
    came = [one.seconds for one in looks if one.status in ANSWERED]
    statuses = sorted({one.status for one in looks} - ANSWERED)
    failed = len(looks) - len(came)
    return {"page": name, "asked": len(looks), "failed": failed, "statuses": statuses, **_times(came)}


async def _add_home(root: str, pair: Pair) -> None:
    async with browser(root, pair.manager) as one:
        await _sent(one, pair.manager, "/homes/new", HOME | {"postcode": pair.postcode})


async def _referrals(root: str, pair: Pair, count: int, apart: float) -> list[tuple[float | None, float]]:
    """Make referrals one after the other; return how long each was on its way to the provider's page, and a bare file.

    The provider's page is followed as a browser with scripts follows it: what the stream of `/live` says is answered by
    asking for the list again.
    """
    found = []
    async with browser(root, pair.officer) as officer, browser(root, pair.manager) as manager:
        for _ in range(count):
            async with manager.stream("GET", "/live") as events:
                lines = events.aiter_lines()
                await anext(lines)  # it listens now
                case_id, sending = _refer(officer, pair)
                began = time.perf_counter()
                sent = asyncio.create_task(sending)
                wait = await _until_shown(manager, lines, f"/searches/{case_id}", began)
                await sent
            began = time.perf_counter()
            (await manager.get(BARE)).raise_for_status()
            found.append((wait, time.perf_counter() - began))
            await asyncio.sleep(apart)
    return found


def _refer(officer: httpx.AsyncClient, pair: Pair) -> tuple[str, Any]:
    act_id = str(uuid4())
    form = REFERRAL | {"act_id": act_id, "near_sector": pair.postcode}
    return str(uuid5(ACTS, act_id)), _sent(officer, pair.officer, "/referrals/new", form)


async def _until_shown(manager: httpx.AsyncClient, lines: Any, link: str, began: float) -> float | None:
    try:
        async with asyncio.timeout(SHOWN_SECONDS):
            async for line in lines:
                if line.startswith("data:") and link in (await manager.get("/searches")).text:
                    return time.perf_counter() - began
    except TimeoutError:
        pass
    return None


async def _sent(one: httpx.AsyncClient, seat: Seat, address: str, fields: dict[str, str]) -> None:
    answer = await one.post(address, data=fields | {"form_token": form_token(seat.token)})
    if answer.status_code != httpx.codes.SEE_OTHER:  # a form that was taken leads elsewhere
        raise Unavailable(f"The portal did not take the form of {address}: {answer.status_code}.")
