"""Where the run's hub comes from: a cluster that is named, containers, or the embedded stack; never a stand-in.

The containers are the same servers from their public images, our services running beside them as processes. No
machine this was written on has a Docker engine: that path has been type-checked and read, and not been run.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, cast

import docker  # type: ignore[import-untyped]  # has no types
from docker.errors import DockerException  # type: ignore[import-untyped]  # as above
from pydantic import SecretStr
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer

from placehub import app, whole
from placehub.app import PROCESSES, quiet
from placehub.drivers.brokers import producer
from placehub.embedded.identity import PORTS, Identity
from placehub.embedded.kafka import HUB_USER, kafka_ready, server_properties
from placehub.embedded.ports import LOOPBACK, choose_ports
from placehub.embedded.postgres import DATABASE
from placehub.embedded.registry import registry_ready, registry_url
from placehub.embedded.stack import Stack
from placehub.embedded.supervisor import Supervisor
from placehub.settings import Settings
from placehub.whole import FOR_FEW, Running

from .collector import COLLECTOR

NAMED: Final = "PLACEHUB_TEST_BOOTSTRAP"
RESTS: Final = "PLACEHUB_REST_SECONDS"
"""How long an outbox rests of which most is rejected: not as long as in earnest, since tests wait for it."""
SIGNS: Final = "PLACEHUB_TREE_HEAD_SECONDS"
"""How often the evidence log is signed: more seldom than in earnest, since tests let months pass."""
KAFKA: Final = "apache/kafka:4.3.0"
POSTGRES: Final = "postgres:16.6"
APICURIO: Final = "apicurio/apicurio-registry:3.3.3"
_READY_SECONDS: Final = 120.0


@contextmanager
def start_hub(folder: Path) -> Iterator[tuple[Settings, Running | None]]:
    """Yield a hub that works, and what runs it if this run started it. Which one it is, is printed."""
    os.environ.setdefault(RESTS, "2")
    os.environ.setdefault(SIGNS, str(30 * 86_400))
    if os.environ.get(NAMED):
        _say(f"the one at {os.environ[NAMED]}")
        yield _named(), None
        return
    if _engine_answers():
        _say("containers (Kafka, Apicurio, PostgreSQL)")
        with _in_containers(folder) as running:
            yield running.settings, running
        return
    _say("the embedded stack (Kafka, Apicurio, PostgreSQL)")
    os.environ["PLACEHUB_TRACES"] = COLLECTOR.start()
    try:
        running = whole.start_embedded(folder, "stream", log_level="debug")
    finally:
        del os.environ["PLACEHUB_TRACES"]  # hubs of a test's own send their spans nowhere
    try:
        yield running.settings, running
    finally:
        running.stop()


def _say(which: str) -> None:
    print(f"\nhub under test: {which}", file=sys.stderr)


def _named() -> Settings:
    settings = Settings.load().model_copy(update={"bootstrap": os.environ[NAMED]})
    app.prepare(settings)
    return settings


def _engine_answers() -> bool:
    try:
        client = docker.from_env(timeout=5)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except DockerException:
        return False


class KafkaContainer(DockerContainer):
    """One node with SCRAM and the authorizer, on a port that is the same inside and outside."""

    def __init__(self, identity: Identity) -> None:
        super().__init__(KAFKA)
        client, controller = identity.ports["kafka"], identity.ports["controller"]
        # The image drops all its own settings once one is given, so it is given all; of two listeners the last counts.
        settings = server_properties(identity, data="/tmp/placehub") + (  # noqa: S108 - inside the container
            f"listeners=CLIENT://0.0.0.0:{client},CONTROLLER://{LOOPBACK}:{controller}\n"
        )
        self.with_copy_into_container(settings.encode(), "/etc/placehub.properties")
        self.with_env("HUB_PASSWORD", identity.kafka_password)
        self.with_bind_ports(client, client)
        programs, file = "/opt/kafka/bin", "/etc/placehub.properties"
        user = f'"SCRAM-SHA-256=[name={HUB_USER},password=$HUB_PASSWORD]"'
        made = f"{programs}/kafka-storage.sh format --standalone -t {identity.cluster_id} -c {file} --add-scram {user}"
        self.with_command(["bash", "-c", f"{made} && exec {programs}/kafka-server-start.sh {file}"])


class ApicurioContainer(DockerContainer):
    """The schema registry; its schemas in memory, since it lives as long as the run."""

    def __init__(self, identity: Identity) -> None:
        super().__init__(APICURIO)
        self.with_bind_ports(8080, identity.ports["registry"])


class _Containers:
    """What a running hub asks of the servers under it: to be stopped, and where the logs are."""

    def __init__(self, folder: Path, started: ExitStack) -> None:
        self.folder = folder
        self._started = started

    def stop(self) -> None:
        """Remove the containers."""
        self._started.close()


@contextmanager
def _in_containers(folder: Path) -> Iterator[Running]:
    identity = Identity(ports=choose_ports(PORTS, {}))
    with ExitStack() as started:
        database = PostgresContainer(
            POSTGRES, username=DATABASE, password=identity.database_password, dbname=DATABASE, driver="psycopg"
        )
        started.enter_context(database)
        started.enter_context(KafkaContainer(identity))
        started.enter_context(ApicurioContainer(identity))
        _await(lambda: kafka_ready(identity))
        _await(lambda: registry_ready(identity))
        settings = _settings(identity, database.get_connection_url())
        settings = settings.model_copy(update={"traces": COLLECTOR.start()})
        app.prepare(settings)
        running = _beside(settings, folder, _Containers(folder, started), identity)
        try:
            running.wait_quiet(_READY_SECONDS)
            yield running
        finally:
            running.stop()


def _settings(identity: Identity, database: str) -> Settings:
    return Settings(
        bootstrap=f"{LOOPBACK}:{identity.ports['kafka']}",
        kafka_user=HUB_USER,
        kafka_password=SecretStr(identity.kafka_password),
        registry=registry_url(identity),
        database=SecretStr(database),
        api=f"http://{LOOPBACK}:{identity.ports['api']}",
        api_token=SecretStr(identity.api_token),
        master_key=SecretStr(identity.master_key),
        evidence_key=SecretStr(identity.evidence_key),
        portal=f"http://{LOOPBACK}:{identity.ports['portal']}",
        portal_token=SecretStr(identity.portal_token),
        tree_head_seconds=int(os.environ[SIGNS]),
        clock="stream",
        observe=f"{LOOPBACK}:0",
        log_level="debug",
    )


def _beside(settings: Settings, folder: Path, containers: _Containers, identity: Identity) -> Running:
    """Run our services as processes against the containers."""
    logs = folder / "logs"
    logs.mkdir()
    supervisor = Supervisor(
        {name: [sys.executable, "-m", "placehub", "run", name] for name in PROCESSES},
        settings.model_copy(update=dict.fromkeys(FOR_FEW)).environment(),
        logs,
        secrets={
            "api": {"PLACEHUB_MASTER_KEY": identity.master_key, "PLACEHUB_PORTAL_TOKEN": identity.portal_token},
            "portal": {"PLACEHUB_PORTAL_TOKEN": identity.portal_token},
            "evidence": {"PLACEHUB_EVIDENCE_KEY": identity.evidence_key},
        },
    )
    supervisor.start()
    return Running(settings, cast(Stack, containers), supervisor, quiet(settings), producer(settings))


def _await(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise AssertionError("a container did not start; see its log")
        time.sleep(0.2)
