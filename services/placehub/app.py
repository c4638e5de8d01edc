"""The composition root: the one place that builds the hub out of its parts.

Each process imports only what it runs: a Python process with everything loaded would take twice the memory.
"""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar
from uuid import uuid5

from placehub.clock import TickedClock, WallClock
from placehub.contracts.codec import Codec, Registry
from placehub.contracts.headers import Attributes, write_headers
from placehub.contracts.ticks import ClockTicked
from placehub.database import connect, migrate
from placehub.drivers.attendance import attend
from placehub.drivers.brokers import producer, reader
from placehub.drivers.patience import PATIENCE_SECONDS, patiently
from placehub.drivers.presence import WORKER_ID
from placehub.drivers.publisher import Publisher
from placehub.drivers.quiet import Lag, Quiet
from placehub.drivers.shell import Shell
from placehub.drivers.step import HUB
from placehub.drivers.worker import Worker
from placehub.drivers.world import CLOCK_TOPIC, World
from placehub.errors import NotFound, Unavailable
from placehub.observing.logs import set_up_logs
from placehub.observing.pulse import Pulse
from placehub.settings import LogLevel, Settings, given_log_level
from placehub.streams import DEADLETTER, STREAMS, every_event, full_name

if TYPE_CHECKING:
    from kafka import KafkaProducer

    from placehub.audit.reading import Streams
    from placehub.drivers.processor import Processor
    from placehub.embedded.stack import Stack
    from placehub.embedded.supervisor import Supervisor
    from placehub.keys.client import KeyClient
    from placehub.search.opened import Households
    from placehub.search.surroundings import Surroundings
    from placehub.search.view import Needs

_STREAM_NAMES: Final = tuple(one.name for one in STREAMS if one.name != CLOCK_TOPIC)
READS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "intake": (("outbox.*",), ("organisation",)),
    "search": (("referral",), ("vacancy", "agreement", "organisation", "placement")),
    "vacancies": (("vacancy",), ("placement",)),
    "delivery": (_STREAM_NAMES, ()),
    "monitoring": ((*_STREAM_NAMES, DEADLETTER), ()),
}
"""Processor -> the topics it reads by partition, and those it reads whole."""
AT_ONCE: Final = 8
"""Schemas registered at once."""
DECIDERS: Final = ("intake", "search", "vacancies")
"""The processors whose events others react on."""
DELIVERERS: Final = (*DECIDERS, "delivery")
"""The processors that have to be done before an inbox holds everything."""
FOLLOWERS: Final = tuple(name for name in READS if name not in DECIDERS)
"""The processors nobody waits for to decide: on a machine that is short of time, deciders come first."""
FOLLOWERS_NICE: Final = 5
GATHER_SECONDS: Final = 0.002
"""How long a decider's batch waits for one more record: others wait for what it decides."""
FOLLOWERS_GATHER_SECONDS: Final = 0.05
"""The same for followers, which gain from fuller batches."""
SWITCH_SECONDS: Final = 0.0005
"""How long a thread that computes keeps those waiting that talk to the broker; Python's own 5 ms add up over hops."""
ANSWER_MS: Final = 10_000
"""How long somebody who asks waits for a broker that does not answer."""
MATCHING: Final = "matching"
AUDIT: Final = "audit"
"""What the hub opens a sealed part for, as the record of openings has it."""
PROCESSES: Final = ("api", *READS)
"""What `placehub run NAME` can run."""
QUIET_SECONDS: Final = 5.0
"""How long one look for quiet takes at most; it is repeated as long as patience lasts."""
SEND_SECONDS: Final = 30.0
"""How long the broker may take to acknowledge a tick."""
LOOK_SECONDS: Final = 0.1
"""How often the processes are looked after while something is waited for."""
AUDIT_FETCH_BYTES: Final = 2_000_000
"""What one of audit's many readers fetches at most: each holds one partition."""
T = TypeVar("T")


def prepare(settings: Settings) -> None:
    """Bring the database, the streams and the registered schemas to this version; harmless when they are."""
    _prepare_servers(settings)
    register_schemas(settings)


def _prepare_servers(settings: Settings) -> None:
    from placehub.organisations.broker import ensure_streams

    migrate(settings.database.get_secret_value())
    ensure_streams(settings)


def register_schemas(settings: Settings) -> dict[str, int]:
    """Register every event's schema; return the id of each. Harmless when all are registered."""
    registry = Registry(settings.registry, register=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:  # the registry takes its time over each
        ids = pool.map(registry.id_of, every_event())
        return dict(zip(map(full_name, every_event()), ids, strict=True))


def run(name: str, settings: Settings) -> None:
    """Run one process until SIGTERM; NotFound when there is none of that name."""
    if name not in PROCESSES:
        raise NotFound(f"There is no process {name}. Choose one of: {', '.join(PROCESSES)}.")
    set_up_logs(settings.log_level, name, str(WORKER_ID), settings.secrets())
    if name in FOLLOWERS:
        os.nice(FOLLOWERS_NICE)
    sys.setswitchinterval(SWITCH_SECONDS)
    if name == "api":
        _run_api(settings)
    elif name == "intake":
        _run_intake(settings)
    else:
        from placehub.drivers.live import run_live

        gather_seconds = FOLLOWERS_GATHER_SECONDS if name in FOLLOWERS else GATHER_SECONDS
        worker = _worker(settings, _PROCESSORS[name](settings))
        with attend(settings, name, worker=worker, keys=name == "search"):
            run_live(worker, settings, gather_seconds)


def _run_api(settings: Settings) -> None:
    from urllib.parse import urlsplit

    import uvicorn

    from placehub.errors import Misconfigured
    from placehub.keys.api import create_app
    from placehub.monitoring.api import router as own_views

    if settings.master_key is None:
        raise Misconfigured("The api process needs the master key. Set PLACEHUB_MASTER_KEY.")
    app = create_app(
        connect(settings.database.get_secret_value()),
        base64.b64decode(settings.master_key.get_secret_value()),
        settings.api_token.get_secret_value(),
        settings.registry,
        WallClock().now,
        [own_views],
    )
    address = urlsplit(f"//{settings.api_listen}" if settings.api_listen else settings.api)
    loop = Pulse("loop")
    config = uvicorn.Config(
        app, host=address.hostname or "127.0.0.1", port=address.port or 80, log_config=None, access_log=False
    )

    async def serve() -> None:
        beating = asyncio.ensure_future(loop.keep())
        await uvicorn.Server(config).serve()
        beating.cancel()

    # uvicorn raises the signal that ended it once more, and by default that would end us before we have cleared up
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with attend(settings, "api", loop=loop):
        asyncio.run(serve())


def _run_intake(settings: Settings) -> None:
    from placehub.drivers.posted import run_posted
    from placehub.intake.processor import Intake
    from placehub.postcodes import Postcodes

    intake = Intake(Codec(Registry(settings.registry)), Postcodes.open(), settings.rest_seconds)
    worker = _worker(settings, intake)
    with attend(settings, "intake", worker=worker):
        run_posted(worker, intake.outboxes, lambda: reader(settings), intake, settings.rest_seconds)


def _worker(settings: Settings, processor: Processor) -> Worker:
    engine = connect(settings.database.get_secret_value())
    codec = Codec(Registry(settings.registry, register=True))
    ticked = TickedClock() if settings.clock == "stream" else None
    shell = Shell(processor, engine, codec, Publisher(engine, producer(settings)), ticked or WallClock())
    world = World(lambda: reader(settings), codec, READS[processor.name][1], ticked)
    return Worker(shell, world)


def _search(settings: Settings) -> Processor:
    from placehub.drivers.aggregates import Aggregates
    from placehub.drivers.parking import Parking
    from placehub.postcodes import Postcodes
    from placehub.search.case import Case
    from placehub.search.processor import Search
    from placehub.search.surroundings import Surroundings
    from placehub.search.tables import CASE

    cases = Aggregates(Case, CASE, lambda case: case.live)
    parking = Parking(Search.name, settings.partitions)
    around = Surroundings(Postcodes.open(), households=opened_households(settings))
    return Search(around, opened_needs(settings), cases=cases, parking=parking)


def surroundings(settings: Settings) -> Surroundings:
    """Return the world as every search worker holds it now, read whole from the streams; nothing is written."""
    from placehub.postcodes import Postcodes
    from placehub.search.surroundings import WORLD, Surroundings

    around = Surroundings(Postcodes.open(), households=opened_households(settings))
    World(lambda: reader(settings), Codec(Registry(settings.registry)), WORLD, None).load(around.learn)
    around.open()
    return around


def _vacancies(settings: Settings) -> Processor:
    from placehub.drivers.aggregates import Aggregates
    from placehub.drivers.parking import Parking
    from placehub.vacancies.processor import Vacancies
    from placehub.vacancies.reserving import Vacancy
    from placehub.vacancies.tables import VACANCY

    vacancies = Aggregates(Vacancy, VACANCY, lambda one: one.live)
    return Vacancies(vacancies, Parking(Vacancies.name, settings.partitions))


def _delivery(settings: Settings) -> Processor:
    from placehub.delivery.inboxes import Inboxes
    from placehub.delivery.processor import Delivery
    from placehub.organisations.broker import administer

    def topics() -> frozenset[str]:
        with administer(settings) as broker:
            return broker.topics()

    return Delivery(Inboxes(topics))


def _monitoring(settings: Settings) -> Processor:
    from placehub.monitoring.processor import Monitoring
    from placehub.postcodes import Postcodes

    return Monitoring(Postcodes.open())


_PROCESSORS: Final[dict[str, Callable[[Settings], Processor]]] = {
    "search": _search,
    "vacancies": _vacancies,
    "delivery": _delivery,
    "monitoring": _monitoring,
}


def past(settings: Settings) -> Streams:
    """Return the streams as audit reads them: it has no producer, so that nothing can be sent."""
    from placehub.audit.reading import Streams

    consumer = reader(settings, bootstrap_timeout_ms=ANSWER_MS)  # says now if the broker is away
    consumer.close()
    return Streams(lambda: reader(settings, fetch_max_bytes=AUDIT_FETCH_BYTES), Codec(Registry(settings.registry)))


def opened_needs(settings: Settings, purpose: str = MATCHING) -> Needs:
    """Return what opens sealed needs, as the search does."""
    from placehub.search.view import KeyNeeds

    return KeyNeeds(_hub_keys(settings), purpose)


def opened_households(settings: Settings, purpose: str = MATCHING) -> Households:
    """Return what opens sealed households, as the search does."""
    from placehub.search.opened import KeyHouseholds

    return KeyHouseholds(_hub_keys(settings), purpose)


def _hub_keys(settings: Settings) -> KeyClient:
    from placehub.keys.client import KeyClient

    return KeyClient(settings.api, "hub", settings.api_token.get_secret_value())


def quiet(settings: Settings) -> Quiet:
    """Return what tells whether every service has read everything; for `status`, the demo and tests."""
    from placehub.organisations.register import registered_outboxes

    whole = (CLOCK_TOPIC,) if settings.clock == "stream" else ()
    reads = {name: (own, (*world, *whole)) for name, (own, world) in READS.items()}
    consumer = reader(settings, bootstrap_timeout_ms=ANSWER_MS)
    return Quiet(connect(settings.database.get_secret_value()), consumer, reads, registered_outboxes)


def lag(settings: Settings) -> dict[str, int]:
    """Return how many records each processor has still to read, and `outgoing`: rows still to be published."""
    return quiet(settings).lags()


def partition_lag(settings: Settings) -> Lag:
    """Return how far each processor has come in each partition it reads, and the rows each has still to publish."""
    return quiet(settings).lag()


@dataclass(slots=True)
class Running:
    """An embedded hub that runs under this process."""

    settings: Settings
    stack: Stack
    supervisor: Supervisor
    _quiet: Quiet
    _producer: KafkaProducer
    _ticks: int = 0
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "running"))

    def see_through(self, act: Callable[[], T]) -> T:
        """Run `act` patiently and return what it returns; meanwhile what has died is started again.

        Call it from the main thread.
        """
        return self.finish(self.begin(act))

    def begin(self, act: Callable[[], T]) -> Future[T]:
        """Begin to run `act` patiently on another thread; `finish` it."""
        return self._pool.submit(patiently, act)

    def finish(self, begun: Future[T]) -> T:
        """Return what the act that was begun returns; meanwhile what has died is started again."""
        self.supervisor.look()
        while not wait([begun], LOOK_SECONDS).done:
            self.supervisor.look()
        return begun.result()

    def wait_decided(self) -> None:
        """Return once everything posted is decided; it may still be on its way to inboxes and views."""
        self.wait_quiet(only=DECIDERS)

    def wait_quiet(self, seconds: float = PATIENCE_SECONDS, only: Collection[str] | None = None) -> None:
        """Return once every service (of these) has read and published everything; restarts what died meanwhile.

        Unavailable when that takes longer than `seconds`. What is paused is waited for as long as it is: that was
        meant; it is said once.
        """
        said: set[str] = set()

        def look() -> None:
            while True:
                try:
                    return self._quiet.wait(min(QUIET_SECONDS, seconds), only)
                except Unavailable:
                    if not self._waits_for_paused(only, said):
                        raise

        self.finish(self._pool.submit(patiently, look, seconds))

    def _waits_for_paused(self, only: Collection[str] | None, said: set[str]) -> bool:
        """Tell whether something of what is waited for is paused, and say so once."""
        resting = {str(one) for name, one in self._quiet.paused().items() if only is None or name in only}
        for one in sorted(resting - said):
            print(f"waiting: {one} ('placehub resume' lets it go on)", file=sys.stderr, flush=True)
        said |= resting
        return bool(resting)

    def unpaused(self) -> tuple[str, ...]:
        """Return the processors that are not paused."""
        resting = self._quiet.paused()
        return tuple(name for name in READS if name not in resting)

    def tick(self, now: datetime, *, views: bool = True) -> None:
        """Move the hub's clock on, and wait until everything due has happened and been delivered (and is in views)."""
        self._ticks += 1
        event = ClockTicked(now=now)
        about = Attributes(
            id=uuid5(HUB, f"tick|{now.isoformat()}"),
            source="/operator/clock",
            type=full_name(ClockTicked),
            subject=CLOCK_TOPIC,
            time=now,
            sequence=self._ticks,
        )
        value = self.see_through(lambda: Codec(Registry(self.settings.registry, register=True)).encode(event))
        headers = write_headers(about)
        self.see_through(
            lambda: self._producer.send(CLOCK_TOPIC, value, CLOCK_TOPIC.encode(), headers).get(timeout=SEND_SECONDS)
        )
        self.wait_quiet(only=None if views else DELIVERERS)

    def stop(self) -> None:
        """Stop the services, then the servers."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.supervisor.stop()
        self.stack.stop()


def start_embedded(
    folder: Path,
    clock: Literal["wall", "stream"] = "wall",
    *,
    leave_out: tuple[str, ...] = (),
    search_workers: int = 1,
    log_level: LogLevel | None = None,
) -> Running:
    """Start servers and services under `folder` and wait until all of them work. Call it from the main thread.

    The searches are shared out among `search_workers` processes. Services log from `log_level`, or what the
    environment says.
    """
    from placehub.embedded.stack import Stack
    from placehub.embedded.supervisor import Supervisor
    from placehub.postcodes import Postcodes

    Postcodes.open()  # the first time it is imported, which no two services must both do
    stack = Stack(folder, clock=clock, log_level=log_level or given_log_level())
    settings = stack.start()
    supervisor = Supervisor(
        _commands([name for name in PROCESSES if name not in leave_out], search_workers),
        settings.model_copy(update={"master_key": None}).environment(),
        stack.folder / "logs",
        servers=stack.servers,
        secrets={"api": {"PLACEHUB_MASTER_KEY": _secret(settings)}},
    )
    try:
        _see_through(supervisor, lambda: _prepare_servers(settings))
        supervisor.start()
        # while the services start, which takes them longer
        _see_through(supervisor, lambda: register_schemas(settings))
        asking, sending = _see_through(supervisor, lambda: (quiet(settings), producer(settings)))
        running = Running(settings, stack, supervisor, asking, sending)
        running._ticks = running.see_through(lambda: sum(running._quiet.ends((CLOCK_TOPIC,))))
        running.wait_quiet(only=running.see_through(running.unpaused))
        _see_through(supervisor, lambda: _await_api(settings))
    except BaseException:
        supervisor.stop()
        stack.stop()
        raise
    return running


def _see_through(supervisor: Supervisor, act: Callable[[], T]) -> T:
    """Run `act` patiently on a thread that nobody has to wait for; meanwhile what has died is started again."""
    done: Future[T] = Future()

    def work() -> None:
        try:
            done.set_result(patiently(act))
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    while not wait([done], LOOK_SECONDS).done:
        supervisor.look()
    return done.result()


def _commands(processes: Collection[str], search_workers: int) -> dict[str, list[str]]:
    """Return the command line of every process by its name; further search workers are `search-2` and so on."""
    several = {"search": [f"search-{number}" for number in range(2, search_workers + 1)]}
    return {
        name: [sys.executable, "-m", "placehub", "run", process]
        for process in processes
        for name in (process, *several.get(process, ()))
    }


def _secret(settings: Settings) -> str:
    return settings.master_key.get_secret_value() if settings.master_key else ""


def _await_api(settings: Settings, seconds: float = 30) -> None:
    import httpx

    deadline = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(f"{settings.api}/ready", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > deadline:
            raise Unavailable("The hub's API did not start; the reason is at the end of logs/api.log.")
        time.sleep(0.05)


def up(
    folder: Path, clock: Literal["wall", "stream"], told: Callable[[Settings], Any], search_workers: int = 1
) -> None:
    """Start everything in the foreground, tell the caller once it works, and stop all on SIGTERM or SIGINT."""
    set_up_logs(given_log_level(), "up", str(WORKER_ID))
    running = start_embedded(folder, clock, search_workers=search_workers)
    try:
        told(running.settings)
        running.supervisor.run_forever()
    finally:
        running.stop()
