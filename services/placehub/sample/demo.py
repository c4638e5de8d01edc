"""`placehub demo`: a real hub, a made-up region, and its people acting through their mailboxes for some weeks."""

from __future__ import annotations

import fcntl
import json
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from rich.console import Console
from rich.table import Table

from placehub.database import connect
from placehub.drivers.patience import patiently
from placehub.drivers.records import Record
from placehub.errors import Conflict, HubError, Unavailable
from placehub.mailboxes.access import Access
from placehub.mailboxes.documents import prepare
from placehub.mailboxes.inbox import Received
from placehub.mailboxes.mailbox import Mailbox
from placehub.organisations.joining import Organisation, SharingAgreement
from placehub.organisations.register import add_many
from placehub.postcodes import Postcodes
from placehub.referrals.child import Child, ChildNeed
from placehub.sample.actors import Act, Actor, Lead, waves
from placehub.sample.behaviour import Model
from placehub.sample.history import Doorbell, open_needs, read_streams
from placehub.sample.manager import ReferralManager
from placehub.sample.officer import Officer
from placehub.sample.parties import STARTS_ON, Party
from placehub.sample.recheck import Violation, recheck
from placehub.sample.report import a_placed_search, arm_results, notes, result_table
from placehub.sample.world import FIRST_DAY, World, make_world
from placehub.settings import HUB_FILE, Settings
from placehub.streams import event_name

if TYPE_CHECKING:
    from placehub.app import Running

MARK: Final = "sample-world.json"
"""Says that a folder was made by the demo, so that the next run may start over in it."""
VERDICTS: Final = "demo-verdicts.json"
ACCESS: Final = "credentials"
"""Folder in which the command line looks for an organisation's credentials."""
AT_ONCE: Final = 8
EVERY_DAYS: Final = 5
A = TypeVar("A")
R = TypeVar("R")


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


def run_demo(wanted: Wanted, folder: Path, echo: Console | None = None) -> int:
    """Run the sample world that is wanted in a hub under `folder`; return the exit code.

    1 when an invitation breaks a hard constraint. A folder an earlier demo made is begun anew; Conflict when it
    holds another hub, or one that still runs. Processes and servers that die meanwhile are started again.
    """
    from placehub.app import start_embedded

    out = echo or Console()
    postcodes = Postcodes.open()
    world = make_world(wanted.seed, wanted.scale, postcodes, wanted.days)
    begin_folder(folder, wanted.scale, wanted.seed)
    out.print(_opening(world), highlight=False)
    running = start_embedded(folder, clock="stream", search_workers=wanted.search_workers)
    try:
        violations = _play(running, world, folder, postcodes, out)
        if wanted.stay:
            out.print("The hub stays up; Ctrl-C stops it.", highlight=False)
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
    stage = Stage(running, world, folder)
    try:
        stage.prepare()
        for now in world.steps:
            _progress(world, now)
            stage.step(now)
    finally:
        stage.close()
    running.wait_quiet()
    streams = running.see_through(lambda: read_streams(running.settings, ("referral", "vacancy", "agreement")))
    needs = running.see_through(lambda: open_needs(running.settings, streams["referral"]))
    violations = recheck(streams, needs, postcodes)
    write_verdicts(folder / VERDICTS, streams["referral"])
    table, example = running.see_through(lambda: _results(running.settings))
    out.print(table)
    _tell(folder, violations, len(stage.rejected), example, out)
    return violations


class Stage:
    """The actors with their mailboxes, and the hub they act in front of."""

    def __init__(self, running: Running, world: World, folder: Path, model: Model | None = None) -> None:
        self._running = running
        self._world = world
        self._folder = folder
        self._model = model or Model()
        self._mailboxes: dict[str, Mailbox] = {}
        self._actors: dict[str, Actor] = {}
        self._bell: Doorbell | None = None
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._reader = ThreadPoolExecutor(1)

    def prepare(self) -> None:
        """Register every organisation, hire the actors, and let the lead register the agreements."""
        self._running.tick(FIRST_DAY)
        parties = self._world.parties
        given = add_many(self._running.settings, [joining(one) for one in parties], FIRST_DAY)
        for credentials in given:
            access = self._access(credentials.code, credentials.kafka_password, credentials.api_token)
            access.save(self._folder / ACCESS / f"{credentials.code}.json")
            self._mailboxes[credentials.code] = Mailbox.of(access)
        self._running.wait_quiet()
        self._actors = {one.code: self._hire(one) for one in parties}
        self._bell = Doorbell(self._running.settings, self._mailboxes)
        self._perform(self._world.lead.code, FIRST_DAY)

    def step(self, now: datetime) -> None:
        """Move the clock on, let everybody read what has come, and post what they then decide, in waves."""
        early = self._reader.submit(self._letters)  # while the hub is busy with what the new time brings
        self._running.tick(now, views=False)
        came = self._running.finish(early)
        late = self._running.finish(self._reader.submit(self._letters))
        for code in sorted({*came, *late}):
            self._actors[code].read([*came.get(code, ()), *late.get(code, ())], now)
        acts = self._all(lambda actor: actor.act(now), self._actors.values())
        self._post(act for some in acts for act in some)

    def _all(self, do: Callable[[A], R], each: Iterable[A]) -> list[R]:
        return [self._running.finish(one) for one in [self._pool.submit(do, some) for some in each]]

    @property
    def rejected(self) -> list[object]:
        """Every event that came back to an actor."""
        return [event for actor in self._actors.values() for event in actor.rejected]

    def close(self) -> None:
        """Let go of all connections."""
        self._reader.shutdown()
        self._pool.shutdown()
        for mailbox in self._mailboxes.values():
            mailbox.close()
        if self._bell is not None:
            self._bell.close()

    def _access(self, code: str, password: str, token: str) -> Access:
        settings = self._running.settings
        return Access(
            organisation=code,
            bootstrap=settings.bootstrap,
            kafka_password=password,
            api=settings.api,
            api_token=token,
            tls_ca=settings.kafka_tls_ca,
        )

    def _hire(self, party: Party) -> Actor:
        match party.kind:
            case "authority":
                return Officer(self._world, party.code, self._model)
            case "provider":
                mailbox = self._mailboxes[party.code]
                return ReferralManager(self._world, party.code, self._model, lambda child: _need(mailbox, child))
            case _:
                return Lead(self._world)

    def _perform(self, code: str, now: datetime) -> None:
        self._post(self._actors[code].act(now))

    def _letters(self) -> dict[str, list[Received]]:
        rung = patiently(self._bell.rung) if self._bell else []
        found = self._pool.map(lambda code: patiently(self._mailboxes[code].read_to_end), rung)
        return dict(zip(rung, found, strict=True))

    def _post(self, acts: Iterable[Act]) -> None:
        for wave in waves(list(acts)):
            by_sender: dict[str, list[Act]] = defaultdict(list)
            for act in wave:
                by_sender[act.sender].append(act)
            self._all(lambda both: self._send(*both), by_sender.items())
            self._running.wait_decided()  # the next tick waits for the inboxes, the end for the views

    def _send(self, code: str, acts: Sequence[Act]) -> None:
        letters = [prepare(act.name, act.document(), act.time, act.id) for act in acts]
        patiently(lambda: self._mailboxes[code].post_prepared(letters))  # an act has the same id each time


def joining(party: Party) -> Organisation:
    """Return the party as the register takes it."""
    return Organisation(
        code=party.code,
        scheme=party.scheme,
        kind=party.kind,
        name=party.name,
        nation=party.nation,
        agreement=SharingAgreement(
            reference=party.sharing_agreement, signed_on=STARTS_ON, contact=f"data@{party.code.lower()}.example"
        ),
    )


def _need(mailbox: Mailbox, child: Child) -> ChildNeed | None:
    try:
        return patiently(lambda: mailbox.open_need(child))
    except Unavailable:
        raise
    except HubError:  # closed to us meanwhile: the manager goes on with what is said openly
        return None


def write_verdicts(path: Path, referrals: Iterable[Record]) -> None:
    """Write the sorted set of (step, referral, provider, verdict), the same for the same seed and scale."""
    found = sorted({one for record in referrals if (one := verdict(record)) is not None})
    path.write_text("[\n" + ",\n".join(json.dumps(one) for one in found) + "\n]\n")


def verdict(record: Record) -> tuple[str, str, str, str] | None:
    """Return what one event says of one provider's invitation, or None when it says nothing of that."""
    event, name = record.event, event_name(type(record.event))
    match name:
        case "ProviderInvited":
            what = f"invited {event.band}"
        case "InvitationUpdated":
            what = f"updated {event.band}"
        case "InvitationClosed":
            what = f"closed {event.reason}"
        case _:
            return None
    return record.attributes.time.isoformat(), str(event.referral_id), event.provider, what


def _opening(world: World) -> str:
    size, homes = world.scale, len(world.homes)
    return (
        f"A made-up region on published figures: {len(world.authorities)} authorities, {len(world.providers)} "
        f"providers, {size.households:,} fostering households of which {homes} have or will have room, "
        f"{len(world.cases)} searches in {size.days} days (seed {world.seed}). Starting a real hub for it."
    )


def _progress(world: World, now: datetime) -> None:
    if now.hour != 8 or now.minute:
        return
    day = (now - FIRST_DAY) // timedelta(days=1) + 1
    if sys.stderr.isatty():
        end = "\n" if day == world.scale.days else ""
        print(f"\rsimulated day {day} of {world.scale.days}", end=end, file=sys.stderr, flush=True)
    elif day % EVERY_DAYS == 0 or day == 1:
        print(f"simulated day {day} of {world.scale.days}", file=sys.stderr, flush=True)


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
    out.print(_next(folder, str(example) if example else "REFERRAL"), highlight=False, markup=False)


def _next(folder: Path, referral: str) -> str:
    return f"""
To look further while a hub is up (placehub demo --stay, or placehub up --dir {folder}):
  placehub status --dir {folder}
  placehub views list --dir {folder}
  placehub views show time_to_tell --dir {folder}
  placehub search show {referral} --dir {folder}
  placehub tail referral --last 20 --dir {folder}
The verdicts of this run are in {folder / VERDICTS}; the same seed gives the same file."""
