"""Attendance: what runs beside a process's work so that others see how it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

import httpx
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from placehub.certificates import certificates
from placehub.database import connect
from placehub.drivers.brokers import reader
from placehub.drivers.presence import Presence
from placehub.drivers.standing import Standing
from placehub.drivers.worker import Worker
from placehub.errors import Unavailable
from placehub.observing import metrics
from placehub.observing.health import Health, Probe
from placehub.observing.pulse import Pulse
from placehub.observing.server import ObserveServer
from placehub.settings import Settings

ASK_SECONDS: Final = 5
"""How long a server may take to answer a probe."""


class _State(Collector):
    """The metrics that are looked up when they are asked for."""

    def __init__(self, process: str, health: Health, probes: Mapping[str, Probe], standing: Standing | None) -> None:
        self._process = process
        self._health = health
        self._probes = probes
        self._standing = standing

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield what holds now."""
        ready = all(one.ok for one in self._health.ready())
        yield metrics.gauges("placehub_ready", [((self._process,), ready)])
        up = [((name,), probe.finding().ok) for name, probe in self._probes.items()]
        yield metrics.gauges("placehub_server_up", up)
        if self._standing is not None:
            yield from self._standing.collect()


@contextmanager
def attend(
    settings: Settings, process: str, *, worker: Worker | None = None, loop: Pulse | None = None, keys: bool = False
) -> Iterator[None]:
    """Let others see how this process is, until the work inside has ended.

    It is noted in `drivers.worker`, and where the setting `observe` says so it serves health and metrics; Misconfigured
    when it cannot listen there. `loop` is the pulse of a process without a worker; `keys` says that it asks the API
    for keys.
    """
    standing = Standing(worker, lambda: reader(settings)) if worker else None
    pulses = [worker.loop, worker.world.pulse, worker.shell.pulse] if worker else [loop] if loop else []
    health = Health(pulses)
    server = ObserveServer(settings.observe, health) if settings.observe else None
    presence = Presence(process, server.address if server else "", standing.held if standing else tuple)
    engine = connect(settings.database.get_secret_value(), pool_size=1, connect_seconds=ASK_SECONDS)

    def look_at_database() -> None:
        with engine.begin() as connection:
            presence.note(connection)
            if standing:
                standing.look_at_database(connection)

    probes = _probes(settings, look_at_database, standing, keys=keys)
    health.servers += [probe.finding for probe in probes.values()]
    if standing:
        health.checks += [standing.world, standing.partitions, standing.paused]
    metrics.begin(process)
    state = _State(process, health, probes, standing)
    REGISTRY.register(state)
    for probe in probes.values():
        probe.start()
    if server:
        server.start()
    try:
        yield
    finally:
        for probe in probes.values():
            probe.end()
        if server:
            server.stop()
        REGISTRY.unregister(state)
        with suppress(SQLAlchemyError):  # a note that stays is cleared by others once it is stale
            presence.forget(engine)
        engine.dispose()


def _probes(
    settings: Settings, look_at_database: Callable[[], None], standing: Standing | None, *, keys: bool
) -> dict[str, Probe]:
    looks: dict[str, Callable[[], None]] = {"database": look_at_database}
    looks["registry"] = _asking(f"{settings.registry}/schemas/types")
    if standing:
        looks["broker"] = standing.look_at_broker
    if keys:
        looks["api"] = _asking(f"{settings.api}/ready")
    return {name: Probe(name, look) for name, look in looks.items()}


def _asking(address: str) -> Callable[[], None]:
    http = httpx.Client(timeout=ASK_SECONDS, verify=certificates())
    return lambda: _ask(http, address)


def _ask(http: httpx.Client, address: str) -> None:
    answer = http.get(address)
    if answer.status_code != 200:
        raise Unavailable(f"answers, but is not ready ({answer.status_code})")
