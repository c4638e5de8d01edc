"""The race: a notice and the one vacancy that fits it, posted at the same instant, pair after pair; three workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import numpy as np
import pytest

from placehub import whole
from placehub.faults.foreign import Broker, Seen
from placehub.faults.oracle import Left, judge
from placehub.faults.processes import Target, children
from placehub.mailboxes.mailbox import Mailbox
from placehub.organisations.joining import Organisation, SharingAgreement
from placehub.organisations.register import add_organisation
from placehub.postcodes import Postcodes
from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, Wanted
from placehub.vacancies.events import Home, VacancyOpened
from placehub.whole import Running

from .story import BASIS

PAIRS: Final = int(os.environ.get("RACE_PAIRS", "60"))
APART: Final = 2 * 1609.344 * 1.5
"""Metres between two pairs' sectors: a search of one mile never reaches another pair's home."""
AUTHORITY: Final = "E08000035"
PROVIDERS: Final = ("T-RACE-1", "T-RACE-2", "T-RACE-3")

pytestmark = pytest.mark.broker


@dataclass(frozen=True)
class Pair:
    """One case and the one home that fits it."""

    case: UUID
    vacancy: UUID
    provider: str
    sector: str


def pairs(count: int) -> list[Pair]:
    """Return pairs so far apart that no search reaches another's home."""
    found: list[tuple[float, float, str]] = []
    directory = Postcodes.open()
    cells: set[tuple[int, int]] = set()
    for name in directory.sectors():
        sector = directory.sector(name)
        if sector is None or not name[:1].isalpha() or np.isnan(sector.east):
            continue
        cell = int(sector.east // APART), int(sector.north // APART)
        near = {(cell[0] + east, cell[1] + north) for east in (-1, 0, 1) for north in (-1, 0, 1)}
        if not near & cells:
            cells.add(cell)
            found.append((sector.east, sector.north, name))
        if len(found) == count:
            break
    assert len(found) == count, "there are not so many places so far apart"
    return [Pair(uuid4(), uuid4(), PROVIDERS[at % len(PROVIDERS)], name) for at, (_, _, name) in enumerate(found)]


@contextmanager
def three_workers(folder: Path) -> Iterator[tuple[Running, dict[str, Mailbox]]]:
    """Run a hub whose searches three processes share, with everybody who races."""
    running = whole.start_embedded(folder, search_workers=3, log_level="warning")
    mailboxes: dict[str, Mailbox] = {}
    try:
        for code in (AUTHORITY, *PROVIDERS):
            mailboxes[code] = _joined(running, code)
        running.wait_quiet()
        yield running, mailboxes
    finally:
        for one in mailboxes.values():
            one.close()
        running.stop()


def _joined(running: Running, code: str) -> Mailbox:
    kind = "authority" if code == AUTHORITY else "provider"
    joining = Organisation(
        code=code,
        scheme="ons" if kind == "authority" else "ofsted",
        kind=kind,
        name=f"Race {kind} (made up)",
        nation="" if kind == "authority" else "England",
        agreement=SharingAgreement(
            reference="DSA-RACE", signed_on=date(2026, 1, 1), contact="data-protection@example.org"
        ),
    )
    known = add_organisation(running.settings, joining, datetime.now(UTC))
    return Mailbox(
        code,
        bootstrap=running.settings.bootstrap,
        kafka_password=known.kafka_password,
        api=running.settings.api,
        api_token=known.api_token,
    )


def notice(pair: Pair, now: datetime) -> EarlyNoticeGiven:
    """Return the pair's early notice, which reaches one mile."""
    return EarlyNoticeGiven(
        referral_id=pair.case,
        authority=AUTHORITY,
        need_known_at=now,
        lawful_basis=BASIS,
        wanted=Wanted(kind="long term", needed_by="in more than 5 days", near_sector=pair.sector, within_miles=1),
        children=(NotedChild(child_id=uuid4(), age_band="8-10", sex="F"),),
    )


def vacancy(pair: Pair, now: datetime) -> VacancyOpened:
    """Return the pair's home."""
    home = Home(
        postcode_sector=pair.sector,
        places=1,
        kinds=("long term",),
        min_age=0,
        max_age=17,
        sex="any",
        state="now",
        available_from=now.date(),
        willing_until=now + timedelta(days=60),
    )
    return VacancyOpened(vacancy_id=pair.vacancy, provider=pair.provider, household_ref=uuid4(), home=home)


def race(running: Running, mailboxes: dict[str, Mailbox], given: Sequence[Pair], others: Collection[Target]) -> int:
    """Let both sides post each pair at the same instant; kill workers (not the others') meanwhile, and return how many.

    `others` are processes of the hub that the rest of the run shares.
    """
    start, killed = threading.Barrier(2), 0
    stop = threading.Event()

    def post(which: Any) -> None:
        for pair in given:
            start.wait(60)
            now = datetime.now(UTC)
            if which is notice:
                mailboxes[AUTHORITY].post(notice(pair, now), time=now)
            else:
                mailboxes[pair.provider].post(vacancy(pair, now), time=now)

    sides = [threading.Thread(target=post, args=(which,)) for which in (notice, vacancy)]
    for one in sides:
        one.start()
    while any(one.is_alive() for one in sides):
        searches = [one for one in children(os.getpid()) if one.name == "search" and one not in others]
        if len(searches) == 3:
            os.kill(searches[killed % 3].pid, signal.SIGKILL)
            killed += 1
        for _ in range(50):
            running.supervisor.look()
            stop.wait(0.1)
    running.wait_quiet()
    return killed


def command(folder: Path, *words: str) -> Any:
    """Return what a command prints as JSON; it has to end well."""
    done = subprocess.run(
        [sys.executable, "-m", "placehub", *words, "--dir", str(folder), "--json"],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(done.stdout)


def sizes(topics: dict[str, list[Seen]]) -> dict[str, int]:
    """Return how many records each topic holds."""
    return {name: len(some) for name, some in topics.items()}


def unlike(given: Sequence[Pair], invited: Counter[Any], found: dict[str, list[Seen]]) -> str:
    """Return what became of each pair that was not invited once, event by event in the order of the pairs."""
    told = []
    for at, pair in enumerate(given):
        times = invited[pair.case, pair.provider, (pair.vacancy,)]
        if times != 1:
            about = {str(pair.case), str(pair.vacancy)}
            events = [
                f"{topic}: {one.name} of {one.headers['ce_source']} at {one.headers['ce_time']}"
                for topic, some in found.items()
                for one in some
                if one.headers.get("ce_subject") in about
            ]
            told.append(f"pair {at} invited {times} times; " + ("; ".join(events) or "nothing of it on any topic"))
    return "\n".join(told)


@pytest.mark.timeout(1800)
def test_no_pair_is_missed_and_every_decision_comes_out_again(tmp_path: Path) -> None:
    """Each pair is invited exactly once, workers killed meanwhile; every decision is made again, and is the same.

    Explaining and simulating on the hub that runs leave every topic as it was.
    """
    folder, given, others = tmp_path / "hub", pairs(PAIRS), children(os.getpid())
    with three_workers(folder) as (running, mailboxes):
        killed = race(running, mailboxes, given, others)
        assert killed > 0
        found = Broker(folder).read()
        told = Left(found).of("referral", "ProviderInvited")  # what the transport repeats is dropped, as readers do
        invited = Counter(
            (one["referral_id"], one["provider"], tuple(home["vacancy_id"] for home in one["homes"])) for one in told
        )
        expected = Counter((pair.case, pair.provider, (pair.vacancy,)) for pair in given)
        assert invited == expected, unlike(given, invited, found)
        assert judge(found) == []

        again = command(folder, "audit", "recompute")
        assert again["decisions"] > PAIRS
        assert (again["equal"], again["differences"]) == (again["decisions"], [])

        why = command(folder, "explain", str(given[0].case), given[0].provider)
        assert (why["verdict"], why["state"]) == ("invited", "invited")
        file = folder / "simulated.json"
        example = json.loads(
            Path("schemas/avro/referral/examples/EarlyNoticeGiven").glob("*.json").__next__().read_text()
        )
        file.write_text(
            json.dumps({"type": "EarlyNoticeGiven", "time": datetime.now(UTC).isoformat(), "data": example})
        )
        tried = command(folder, "search", "simulate", str(file))
        assert tried["homes_considered"] == PAIRS
        running.wait_quiet()
        assert sizes(Broker(folder).read()) == sizes(found)
    print(
        f"\n{PAIRS} pairs, {killed} workers killed, {again['decisions']} decisions made again: {again['equal']} equal"
    )
