"""The composition root: the one place that builds the hub out of its parts.

Each process imports only what it runs: a Python process with everything loaded would take twice the memory.
"""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from placehub.clock import TickedClock, WallClock
from placehub.contracts.codec import Codec, Registry, make_ready
from placehub.database import NEVER, connect, migrate
from placehub.drivers.attendance import attend
from placehub.drivers.brokers import producer, reader
from placehub.drivers.gathering import Gathering
from placehub.drivers.presence import worker_id
from placehub.drivers.publisher import Publisher
from placehub.drivers.quiet import Lag, Quiet
from placehub.drivers.shell import Shell
from placehub.drivers.worker import Worker
from placehub.drivers.world import CLOCK_TOPIC, World
from placehub.errors import NotFound
from placehub.observing.logs import set_up_logs
from placehub.observing.pulse import Pulse
from placehub.settings import Settings
from placehub.streams import DEADLETTER, LOGGED, TREEHEAD, every_event, full_name

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import FastAPI
    from kafka import KafkaConsumer

    from placehub.audit.reading import Streams
    from placehub.drivers.processor import Processor
    from placehub.evidence.heads import SigningKey
    from placehub.evidence.past import SealedStreams
    from placehub.evidence.stamping import Authority
    from placehub.keys.client import KeyClient
    from placehub.replaying.planning import Wanted
    from placehub.replaying.running import Replay
    from placehub.search.opened import Households
    from placehub.search.surroundings import Surroundings
    from placehub.search.view import Needs

READS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "intake": (("outbox.*",), ("organisation", "partnership")),
    "search": (("referral",), ("vacancy", "agreement", "organisation", "placement")),
    "vacancies": (("vacancy",), ("placement",)),
    "governance": (("agreement", "placement", "vacancy"), ("agreement", "partnership")),
    "delivery": ((*LOGGED, TREEHEAD), ()),
    "monitoring": ((*(one for one in LOGGED if one != "evidence"), DEADLETTER), ()),
    "evidence": (LOGGED, ()),
}
"""Processor -> the topics it reads by partition, and those it reads whole."""
AT_ONCE: Final = 8
"""Schemas registered at once."""
DECIDERS: Final = ("intake", "search", "vacancies")
"""The processors whose events others react on."""
DELIVERERS: Final = (*DECIDERS, "delivery")
"""The processors that have to be done before an inbox holds everything."""
FOLLOWERS_NICE: Final = 5
"""How far those stand back that decide nothing, where a machine is short of time. Not further: they would lose their
places in their groups where they are not given the time to say that they are there."""
_STEADILY: Final = Gathering(seconds=0.25, times=8)
"""For two seconds at most as well; longer than the broker is let wait for an answer that is full."""
GATHERED: Final = {
    "delivery": Gathering(seconds=0.01, times=4),
    "governance": Gathering(seconds=0.05, times=8),
    "monitoring": Gathering(seconds=0.05, times=40, steadily=_STEADILY),
    "evidence": Gathering(seconds=0.05, times=40, steadily=_STEADILY),
}
"""How each of those gathers a batch: delivery is on the way to an inbox, full ones help those that keep records."""
GATHERED_TO_DECIDE: Final = Gathering(seconds=0.002, times=8)
"""The same for deciders: all others wait for them."""
SWITCH_SECONDS: Final = 0.0005
"""How long a thread that computes keeps those waiting that talk to the broker; Python's own 5 ms add up over hops."""
CONNECT_SECONDS: Final = 5
"""How long intake waits for a session of its own, in which its shares are."""
ANSWER_MS: Final = 10_000
"""How long somebody who asks waits for a broker that does not answer."""
KEEP_ALIVE_SECONDS: Final = 75
"""How long an idle connection is kept, longer than browsers keep theirs: whoever reads a page for six seconds and goes
on would else be told that the connection was reset."""
AUDIT: Final = "audit"
"""What audit opens a sealed part for, as the record of openings has it; the search's own word is its default."""
PROCESSES: Final = ("api", "portal", *READS)
"""What `placehub run NAME` can run."""
REPLAY_FETCH_BYTES: Final = 4_000_000
"""What a replay fetches of a partition at most: it reads few partitions, and all of them."""
AUDIT_FETCH_BYTES: Final = 2_000_000
"""What one of audit's many readers fetches at most: each holds one partition."""


def prepare(settings: Settings) -> None:
    """Bring the database, the streams and the registered schemas to this version; harmless when they are."""
    prepare_servers(settings)
    register_schemas(settings)


def prepare_servers(settings: Settings) -> None:
    """Bring the database and the streams to this version; harmless when they are."""
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
    set_up_logs(settings.log_level, name, str(worker_id()), settings.secrets())
    if settings.traces:
        _send_spans(settings, name)
    if name in GATHERED:
        os.nice(FOLLOWERS_NICE)
    sys.setswitchinterval(SWITCH_SECONDS)
    make_ready()
    if name == "api":
        _run_api(settings)
    elif name == "portal":
        _run_portal(settings)
    elif name == "intake":
        _run_intake(settings)
    else:
        from placehub.drivers.live import run_live

        worker = _worker(settings, _PROCESSORS[name](settings))
        with attend(settings, name, worker=worker, keys=name == "search"):
            run_live(worker, settings, GATHERED.get(name, GATHERED_TO_DECIDE))


def _send_spans(settings: Settings, name: str) -> None:
    """Send this process's spans to the collector; Misconfigured where the extra that does so is not installed."""
    from placehub.errors import Misconfigured
    from placehub.observing.spans import begin

    try:
        from placehub.observing.exporting import Exported
    except ModuleNotFoundError:
        raise Misconfigured(
            "Setting traces needs OpenTelemetry. Run: pip install placehub[traces], or leave it empty."
        ) from None

    begin(Exported(settings.traces, name, str(worker_id())))


def _run_api(settings: Settings) -> None:
    from placehub.errors import Misconfigured
    from placehub.ingest.api import Ingest
    from placehub.ingest.api import router as events
    from placehub.ingest.posting import Outboxes
    from placehub.keys.api import create_app
    from placehub.monitoring.api import router as own_views
    from placehub.portal.rota_api import router as rota
    from placehub.retention.api import router as retention

    if settings.master_key is None:
        raise Misconfigured("The api process needs the master key. Set PLACEHUB_MASTER_KEY.")
    app = create_app(
        connect(settings.database.get_secret_value()),
        base64.b64decode(settings.master_key.get_secret_value()),
        settings.api_token.get_secret_value(),
        settings.registry,
        WallClock().now,
        [own_views, events, retention, rota],
        portal_token=settings.portal_token.get_secret_value() if settings.portal_token else "",
    )
    app.state.hub_time = _hub_time(settings)
    outboxes = Outboxes(
        Codec(Registry(settings.registry)), lambda: producer(settings, max_block_ms=ANSWER_MS), settings.bootstrap
    )
    app.state.ingest = Ingest(outboxes=outboxes, rest_seconds=settings.rest_seconds)
    _serve(settings, "api", app, settings.api_listen, settings.api)


def _run_portal(settings: Settings) -> None:
    from placehub.operating import Operating
    from placehub.portal.shell import Portal

    clock = TickedClock() if settings.clock == "stream" else WallClock()
    operating = Operating(
        settings, clock.now, READS, lambda: quiet(settings), lambda wanted: replaying(settings, wanted)
    )
    with Portal.of(
        operating, clock, lambda: producer(settings, max_block_ms=ANSWER_MS), lambda: reader(settings)
    ) as one:
        _serve(settings, "portal", one.app(), settings.portal_listen, settings.portal)


def _serve(settings: Settings, name: str, app: FastAPI, listen: str, root: str) -> None:
    """Serve an app where it is to listen, else at its root, until SIGTERM."""
    from urllib.parse import urlsplit

    import uvicorn

    address = urlsplit(f"//{listen}" if listen else root)
    loop = Pulse("loop")
    config = uvicorn.Config(
        app,
        host=address.hostname or "127.0.0.1",
        port=address.port or 80,
        log_config=None,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=3,  # a browser that follows a page would hold the process open
    )

    async def serve() -> None:
        beating = asyncio.ensure_future(loop.keep())
        await uvicorn.Server(config).serve()
        beating.cancel()

    # uvicorn raises the signal that ended it once more, and by default that would end us before we have cleared up
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with attend(settings, name, loop=loop, keys=name == "portal"):
        asyncio.run(serve())


def _hub_time(settings: Settings) -> Callable[[], datetime]:
    """Return what tells the hub's time to a process that does not read the clock's stream all along."""
    if settings.clock != "stream":
        return WallClock().now

    def last_tick() -> datetime:
        ticked, consumer = TickedClock(), reader(settings)
        try:
            World(lambda: consumer, Codec(Registry(settings.registry)), (), ticked).load(lambda records, offsets: None)
        finally:
            consumer.close()
        return ticked.now()

    return last_tick


def _run_intake(settings: Settings) -> None:
    from placehub.drivers.posted import run_posted
    from placehub.drivers.shares import Shares
    from placehub.intake.processor import Intake
    from placehub.postcodes import Postcodes

    intake = Intake(Codec(Registry(settings.registry)), Postcodes.open(), settings.rest_seconds)
    worker = _worker(settings, intake)
    shares = Shares(connect(settings.database.get_secret_value(), pool_size=1, connect_seconds=CONNECT_SECONDS))
    with attend(settings, "intake", worker=worker):
        run_posted(worker, intake.outboxes, lambda: reader(settings), shares, intake, settings.rest_seconds)


def _worker(settings: Settings, processor: Processor) -> Worker:
    engine = connect(settings.database.get_secret_value(), tried_after=NEVER)
    codec = Codec(Registry(settings.registry, register=True), processor.counted)
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


def _governance(settings: Settings) -> Processor:
    from placehub.codesign.tenders import Tenders
    from placehub.drivers.aggregates import Aggregates
    from placehub.governance.agreements import AgreementClock
    from placehub.governance.placements import PlacementClock
    from placehub.governance.processor import Governance
    from placehub.governance.tables import AGREEMENT, PLACEMENT, TENDERS, VACANCY
    from placehub.governance.vacancies import VacancyClock

    return Governance(
        Aggregates(AgreementClock, AGREEMENT, lambda clock: True),
        Aggregates(PlacementClock, PLACEMENT, lambda clock: not clock.ended),
        Aggregates(VacancyClock, VACANCY, lambda clock: not clock.closed),
        Aggregates(Tenders, TENDERS, lambda one: not one.settled),
    )


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


def _evidence(settings: Settings) -> Processor:
    from placehub.evidence.processor import Evidence
    from placehub.evidence.stamping import Stamping
    from placehub.keys.wiping import wipe

    engine = connect(settings.database.get_secret_value(), pool_size=2)

    def wiping() -> None:
        wipe(engine)

    key, authority = signing_key(settings), stamp_authority(settings)
    if authority is not None:
        Stamping(engine, key, authority).start()
    return Evidence(key, settings.tree_head_seconds, wiping)


def stamp_authority(settings: Settings) -> Authority | None:
    """Return who stamps tree heads; None where nobody is set; Misconfigured without its root certificates."""
    from placehub.errors import Misconfigured
    from placehub.evidence.stamping import Authority, roots_in

    if not settings.stamp_authority:
        return None
    if not settings.stamp_roots:
        raise Misconfigured("A time-stamping authority is known by its root certificates. Set PLACEHUB_STAMP_ROOTS.")
    return Authority(settings.stamp_authority, roots_in(Path(settings.stamp_roots)))


def signing_key(settings: Settings) -> SigningKey:
    """Return the key that signs the evidence log; Misconfigured when it is not set here."""
    from placehub.errors import Misconfigured
    from placehub.evidence.heads import SigningKey

    if settings.evidence_key is None:
        raise Misconfigured("What signs the evidence log needs its key. Set PLACEHUB_EVIDENCE_KEY.")
    return SigningKey.from_setting(settings.evidence_key.get_secret_value())


_PROCESSORS: Final[dict[str, Callable[[Settings], Processor]]] = {
    "search": _search,
    "vacancies": _vacancies,
    "governance": _governance,
    "delivery": _delivery,
    "monitoring": _monitoring,
    "evidence": _evidence,
}


def past(settings: Settings) -> Streams:
    """Return the streams as audit reads them: it has no producer, so that nothing can be sent."""
    from placehub.audit.reading import Streams

    consumer = reader(settings, bootstrap_timeout_ms=ANSWER_MS)  # says now if the broker is away
    consumer.close()
    return Streams(lambda: reader(settings, fetch_max_bytes=AUDIT_FETCH_BYTES), Codec(Registry(settings.registry)))


def sealed_past(settings: Settings) -> SealedStreams:
    """Return the streams as the evidence log has them, sealed as they are: it has no producer."""
    from placehub.evidence.past import SealedStreams

    consumer = reader(settings, bootstrap_timeout_ms=ANSWER_MS)  # says now if the broker is away
    consumer.close()
    return SealedStreams(lambda: reader(settings, fetch_max_bytes=AUDIT_FETCH_BYTES), Registry(settings.registry))


def replaying(settings: Settings, wanted: Wanted) -> Replay:
    """Return what makes views again from the streams, up to where the live ones stand now: it has no producer."""
    from placehub.monitoring.processor import COUNTED
    from placehub.postcodes import Postcodes
    from placehub.replaying.planning import plan
    from placehub.replaying.running import Replay
    from placehub.replaying.shadow import stands

    engine = connect(settings.database.get_secret_value())
    with engine.connect() as connection:
        known = stands(connection)

    def consumer() -> KafkaConsumer:
        return reader(settings, bootstrap_timeout_ms=ANSWER_MS, max_partition_fetch_bytes=REPLAY_FETCH_BYTES)

    codec = Codec(Registry(settings.registry), COUNTED)
    return Replay(plan(wanted, known, settings.partitions), engine, consumer, codec, Postcodes.open())


def opened_needs(settings: Settings, *purpose: str) -> Needs:
    """Return what opens sealed needs, as the search does; for another purpose where one is named."""
    from placehub.search.view import KeyNeeds

    return KeyNeeds(_hub_keys(settings), *purpose)


def opened_households(settings: Settings, *purpose: str) -> Households:
    """Return what opens sealed households, as the search does; for another purpose where one is named."""
    from placehub.search.opened import KeyHouseholds

    return KeyHouseholds(_hub_keys(settings), *purpose)


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
    with closing(quiet(settings)) as asking:
        return asking.lags()


def partition_lag(settings: Settings) -> Lag:
    """Return how far each processor has come in each partition it reads, and the rows each has still to publish."""
    with closing(quiet(settings)) as asking:
        return asking.lag()
