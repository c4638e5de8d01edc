"""`placehub demo`: a real hub, a made-up region, and its people acting through their mailboxes for some weeks."""

from __future__ import annotations

import fcntl
import json
import shutil
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from rich.console import Console
from rich.table import Table

from placehub.database import connect
from placehub.drivers.reading import read_streams
from placehub.drivers.records import Record
from placehub.errors import Conflict
from placehub.postcodes import Postcodes
from placehub.sample.history import open_households, open_needs
from placehub.sample.mailroom import Mailroom
from placehub.sample.recheck import Violation, recheck
from placehub.sample.report import a_placed_search, arm_results, notes, result_table
from placehub.sample.stage import Stage
from placehub.sample.verdicts import verdict, write_verdicts
from placehub.sample.visitors import Visitor, invite_visitors
from placehub.sample.world import FIRST_DAY, World, make_world
from placehub.settings import HUB_FILE, Settings

if TYPE_CHECKING:
    from placehub.whole import Running

MARK: Final = "sample-world.json"
"""Says that a folder was made by the demo, so that the next run may start over in it."""
VERDICTS: Final = "demo-verdicts.json"
STAYS: Final = "The hub stays up; Ctrl-C stops it."
"""What a demo that stays says once its world has come to the end."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which demo: the world's scale and seed, for how long, and how it is run."""

    scale: str = "region"
    seed: int = 1
    days: int | None = None
    """Simulated days; as the scale has when it is None."""
    search_workers: int = 1
    stay: bool = False
    """Keep the hub up afterwards until it is stopped."""
    tls: bool = False
    """Reach the broker by TLS only."""


def run_demo(wanted: Wanted, folder: Path, echo: Console | None = None) -> int:
    """Run the sample world that is wanted in a hub under `folder`; return the exit code.

    1 when an invitation breaks a hard constraint. A folder an earlier demo made is begun anew; Conflict when it
    holds another hub, or one that still runs. Processes and servers that die meanwhile are started again.
    """
    from placehub.whole import start_embedded

    out = echo or Console()
    postcodes = Postcodes.open()
    world = make_world(wanted.seed, wanted.scale, postcodes, wanted.days)
    begin_folder(folder, wanted.scale, wanted.seed)
    out.print(_opening(world), highlight=False)
    running = start_embedded(folder, clock="stream", search_workers=wanted.search_workers, tls=wanted.tls)
    try:
        violations = _play(running, world, folder, postcodes, out)
        if wanted.stay:
            out.print(STAYS, highlight=False)
            running.supervisor.run_forever()
        return 1 if violations else 0
    finally:
        running.stop()


def begin_folder(folder: Path, scale: str, seed: int) -> None:
    """Make the folder an empty one with the demo's mark; only what an earlier demo made is removed."""
    if (folder / MARK).exists():
        _check_idle(folder)
        shutil.rmtree(folder)
    elif (folder / HUB_FILE).exists():
        raise Conflict(f"{folder} holds a hub that is not the demo's. Name another folder with --dir.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(json.dumps({"scale": scale, "seed": seed}))


def _check_idle(folder: Path) -> None:
    lock = folder / "lock"
    if not lock.exists():
        return
    with lock.open("r+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(f"A demo still runs in {folder}. Stop it, or name another folder with --dir.") from None


def _play(running: Running, world: World, folder: Path, postcodes: Postcodes, out: Console) -> list[Violation]:
    front = Mailroom(running, folder)
    stage = Stage(front, world)
    try:
        stage.prepare()
        for now in world.steps:
            _progress(world, now)
            stage.step(now)
    finally:
        front.close()
    running.wait_quiet()
    streams = running.see_through(lambda: read_streams(running.settings, ("referral", "vacancy", "agreement")))
    needs = running.see_through(lambda: open_needs(running.settings, streams["referral"]))
    households = running.see_through(lambda: open_households(running.settings, streams["vacancy"]))
    violations = recheck(streams, needs, households, postcodes)
    write_verdicts(folder / VERDICTS, filter(None, map(verdict, streams["referral"])))
    table, example = running.see_through(lambda: _results(running.settings))
    out.print(table)
    _tell(folder, violations, len(stage.rejected), example, out)
    visitors = running.see_through(lambda: _visitors(running.settings, streams["referral"]))
    out.print(look_around(running.settings.portal, visitors), highlight=False, markup=False, soft_wrap=True)
    return violations


def _visitors(settings: Settings, referrals: list[Record]) -> list[Visitor]:
    engine = connect(settings.database.get_secret_value())
    try:
        with engine.begin() as connection:
            return invite_visitors(connection, settings.portal, referrals)
    finally:
        engine.dispose()


def look_around(portal: str, visitors: list[Visitor]) -> str:
    """Return how to look around in the portal as each of these people; a link works once, for seven days."""
    links = "\n".join(f"  {one.role} of {one.organisation}: {one.link}" for one in visitors)
    return f"""
To look around in a browser while a hub is up ({portal}): open a link, choose a password, add the key to an
authenticator, and begin with the page Tour.
{links}"""


def _opening(world: World) -> str:
    size, homes = world.scale, len(world.homes)
    return (
        f"A made-up region on published figures: {len(world.authorities)} authorities, {len(world.providers)} "
        f"providers, {size.households:,} fostering households of which {homes} have or will have room, "
        f"{len(world.cases)} searches in {size.days} days (seed {world.seed}). Starting a real hub for it."
    )


def _progress(world: World, now: datetime) -> None:
    if now.hour != 8 or now.minute or not sys.stderr.isatty():
        return
    day = (now - FIRST_DAY) // timedelta(days=1) + 1
    end = "\n" if day == world.scale.days else ""
    print(f"\rsimulated day {day} of {world.scale.days}", end=end, file=sys.stderr, flush=True)


def _results(settings: Settings) -> tuple[Table, UUID | None]:
    engine = connect(settings.database.get_secret_value())
    try:
        with engine.connect() as connection:
            return result_table(arm_results(connection)), a_placed_search(connection)
    finally:
        engine.dispose()


def _tell(folder: Path, violations: list[Violation], rejected: int, example: UUID | None, out: Console) -> None:
    for line in notes(violations, rejected):
        out.print(line, highlight=False)
    for broken in violations[:10]:
        out.print(
            f"  {broken.rule}: {broken.facts} (referral {broken.referral_id}, {broken.provider})", highlight=False
        )
    out.print(look_further(folder, str(example) if example else "REFERRAL"), highlight=False, markup=False)


def look_further(folder: Path, referral: str) -> str:
    """Return what to try next on this hub, a command a line."""
    return f"""
To look further while a hub is up (placehub demo --stay, or placehub up --dir {folder}):
  placehub status --dir {folder}
  placehub views list
  placehub views show time_to_tell --dir {folder}
  placehub search show {referral} --dir {folder}
  placehub tail referral --last 20 --dir {folder}
The verdicts of this run are in {folder / VERDICTS}; the same seed gives the same file."""
