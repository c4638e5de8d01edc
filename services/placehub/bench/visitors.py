"""People at the portal, as a benchmark sends them: many at once, each reading the pages of their role with pauses.

They read as a browser without scripts does, from a process of their own: what they cost is not the hub's. A session is
begun for each of them in the database; signing in is not what is measured.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import uuid4

import httpx
from sqlalchemy.dialects.postgresql import insert

from placehub.clock import WallClock
from placehub.database import connect
from placehub.portal import accounts
from placehub.portal.people import begin
from placehub.portal.sitting import SESSION_COOKIE
from placehub.portal.tables import MEMBER, PERSON
from placehub.settings import Settings

OFFICER: Final = "placement officer"
MANAGER: Final = "referral manager"
OPERATOR: Final = "operator"
LEAD: Final = "contract manager"
WALKS: Final = {
    OFFICER: ("/", "/cases", "/cases/*", "/placements", "/notices/new"),
    MANAGER: ("/", "/searches", "/searches/*", "/homes", "/placements"),
    LEAD: ("/", "/agreements", "/returns", "/views"),
    OPERATOR: ("/", "/operations", "/messages", "/evidence"),
}
"""Role -> the pages its people read, one after the other; `*`: one of those the page before leads to."""
BARE: Final = "/static/start.js"
"""What is asked for beside each page: a file of the portal's own, kept in its memory."""
PATIENCE: Final = 60.0
_ID: Final = "[0-9a-f]{8}-[0-9a-f-]{27}"


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who is signed in: the cookie of their session, for whom they act, and as what."""

    token: str
    organisation: str
    role: str


@dataclass(frozen=True, slots=True)
class Look:
    """One page that was asked for: which, how long it took with all of its text, and what came."""

    page: str
    seconds: float
    status: int


def seated(settings: Settings, people: Sequence[tuple[str, str]]) -> list[Seat]:
    """Let people in who do not exist, each (organisation, role) as one person with a session; nobody has a password."""
    engine, now = connect(settings.database.get_secret_value()), WallClock().now()
    seats = []
    try:
        with engine.begin() as connection:
            for organisation, role in people:
                person_id = uuid4()
                person = {"person_id": person_id, "email": f"{person_id}@bench.example", "name": "Made up"}
                proof = {"password": accounts.NOBODY, "totp_key": accounts.new_totp_key(), "totp_used": 0}
                connection.execute(insert(PERSON).values(**person, **proof, made_at=now, mail="none"))
                member = {"organisation": organisation, "person_id": person_id, "role": role, "since": now}
                connection.execute(insert(MEMBER).values(**member, administrator=False))
                seats.append(Seat(begin(connection, person_id, organisation, now), organisation, role))
    finally:
        engine.dispose()
    return seats


def browser(root: str, seat: Seat) -> httpx.AsyncClient:
    """Return a browser in which somebody is signed in; close it."""
    return httpx.AsyncClient(base_url=root, cookies={SESSION_COOKIE: seat.token}, timeout=PATIENCE)


def walk_all(root: str, seats: Sequence[Seat], seconds: float, pauses: tuple[float, float], seed: int) -> list[Look]:
    """Let everybody walk at once for so long, once over all pages at least; return every look.

    Pauses are drawn between the two, from the seed.
    """
    return asyncio.run(_walk_all(root, seats, seconds, pauses, seed))


async def _walk_all(
    root: str, seats: Sequence[Seat], seconds: float, pauses: tuple[float, float], seed: int
) -> list[Look]:
    until = time.perf_counter() + seconds
    chances = (Random(f"{seed} {nth}") for nth in range(len(seats)))  # noqa: S311  # nothing secret is drawn
    walks = [_walk(root, seat, until, pauses, chance) for seat, chance in zip(seats, chances, strict=True)]
    return [look for looks in await asyncio.gather(*walks) for look in looks]


async def _walk(root: str, seat: Seat, until: float, pauses: tuple[float, float], chance: Random) -> list[Look]:
    looks: list[Look] = []
    async with browser(root, seat) as one:
        await asyncio.sleep(chance.uniform(0, pauses[1]))  # nobody comes at the same moment
        links: list[str] = []
        round_done = False
        while True:
            for page in WALKS[seat.role]:
                if round_done and time.perf_counter() >= until:
                    return looks
                address = page
                if page.endswith("*"):
                    if not links:
                        continue
                    address = chance.choice(links)
                looks.append((await _read(one, BARE, "bare"))[1])
                text, look = await _read(one, address, page)
                looks.append(look)
                links = sorted(set(re.findall(f'href="({re.escape(page)}/{_ID})"', text)))
                await asyncio.sleep(chance.uniform(*pauses))
            round_done = True


async def _read(one: httpx.AsyncClient, address: str, page: str) -> tuple[str, Look]:
    began = time.perf_counter()
    try:
        answer = await one.get(address)
    except httpx.TransportError:
        return "", Look(page, time.perf_counter() - began, 0)
    return answer.text, Look(page, time.perf_counter() - began, answer.status_code)
