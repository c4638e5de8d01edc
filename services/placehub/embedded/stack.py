"""The embedded servers of one hub folder, started together and stopped in order."""

from __future__ import annotations

import fcntl
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from placehub.embedded.downloads import Servers, fetch_servers
from placehub.embedded.encrypting import authority_file
from placehub.embedded.identity import Identity, recall_identity
from placehub.embedded.kafka import HUB_USER, kafka_child, kafka_ready, prepare_kafka
from placehub.embedded.ownership import own_folder, running_as_root
from placehub.embedded.ports import LOOPBACK
from placehub.embedded.postgres import (
    database_url,
    make_databases,
    postgres_child,
    postgres_ready,
    prepare_postgres,
    sweep_abandoned,
)
from placehub.embedded.processes import Child, stop_all
from placehub.embedded.registry import registry_child, registry_ready, registry_url
from placehub.errors import Conflict, Misconfigured, Unavailable
from placehub.settings import LogLevel, Settings

READY_SECONDS = 90.0
_ATTEMPTS = 5


class Stack:
    """Kafka, registry and PostgreSQL with their data in one folder, kept across restarts with the same ports.

    Start it from the main thread. The servers end with this process, however it ends. With `tls` the broker is reached
    by TLS only, and stays so in this folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Literal["wall", "stream"] = "wall",
        partitions: int = 6,
        log_level: LogLevel = "info",
        tls: bool = False,
    ) -> None:
        self.folder = folder.expanduser().resolve()
        self.servers: list[Child] = []
        """The servers in the order they were started."""
        self._clock = clock
        self._partitions = partitions
        self._log_level: LogLevel = log_level
        self._tls = tls
        self._lock: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Settings:
        """Start all servers, wait until each answers, and return (and save in the folder) how to reach them.

        Raises Conflict when the folder's hub already runs, Unavailable when a server cannot be fetched or started.
        """
        # Root's PostgreSQL runs as nobody and must pass through; every file in it is closed on its own.
        own_folder(self.folder, 0o711 if running_as_root() else 0o700)
        try:
            self._take_lock()
            own_folder(self.folder / "logs", 0o700)
            servers = fetch_servers()
            identity = recall_identity(self.folder, tls=self._tls)
            self._start_servers(servers, identity)
            settings = self._settings(identity)
            settings.save(self.folder)
        except PermissionError as error:
            self.stop()
            raise Misconfigured(f"{error.filename} is closed to you. Name a folder of your own with --dir.") from error
        except BaseException:
            self.stop()
            raise
        return settings

    def stop(self) -> None:
        """Stop all servers, those first that use another, and free the folder; harmless when nothing runs."""
        stop_all(child for child in self.servers if child.name != "postgresql")
        stop_all(child for child in self.servers if child.name == "postgresql")
        self.servers.clear()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take_lock(self) -> None:
        path = self.folder / "lock"
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(handle, 32).decode().strip() or "unknown"
            os.close(handle)
            raise Conflict(
                f"A hub already runs in {self.folder} (process {holder}). Stop it, or name another folder with --dir."
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._lock = handle

    def _start_servers(self, servers: Servers, identity: Identity) -> None:
        if running_as_root():
            sweep_abandoned()
        lasting = self._clock == "wall"  # a hub whose time is made up holds a world that is
        data = prepare_postgres(servers.postgres, self.folder, identity)
        postgres = self._begin(postgres_child(servers.postgres, data, self.folder, identity, to_disk=lasting))
        self._await(postgres, lambda: postgres_ready(identity))
        make_databases(identity)
        # The slowest to start goes first; both then start side by side.
        registry = self._begin(registry_child(servers.java, servers.registry, self.folder, identity))
        prepare_kafka(servers.java, servers.kafka, self.folder, identity)
        kafka = self._begin(kafka_child(servers.java, servers.kafka, self.folder, lasting=lasting))
        self._await(kafka, lambda: kafka_ready(identity, self._authority(identity)))
        self._await(registry, lambda: registry_ready(identity))

    def _begin(self, child: Child) -> Child:
        self.servers.append(child)
        child.start()
        return child

    def _await(self, child: Child, ready: Callable[[], bool]) -> None:
        """Return once a server answers; meanwhile whichever has died is started again, but not for ever."""
        deadline = time.monotonic() + READY_SECONDS
        starts: Counter[str] = Counter()
        while not ready():
            for one in [server for server in self.servers if not server.alive]:
                # The predecessor of a killed hub may still be closing its files: give it a moment.
                starts[one.name] += 1
                if starts[one.name] == _ATTEMPTS:
                    raise _did_not_start(one)
                time.sleep(1)
                one.start()
            if time.monotonic() > deadline:
                raise _did_not_start(child)
            time.sleep(0.05)

    def _authority(self, identity: Identity) -> Path | None:
        return authority_file(self.folder) if identity.tls else None

    def _settings(self, identity: Identity) -> Settings:
        authority = self._authority(identity)
        here = {
            "bootstrap": f"{LOOPBACK}:{identity.ports['kafka']}",
            "kafka_user": HUB_USER,
            "kafka_password": identity.kafka_password,
            "kafka_tls_ca": str(authority) if authority else None,
            "registry": registry_url(identity),
            "database": database_url(identity),
            "api": f"http://{LOOPBACK}:{identity.ports['api']}",
            "api_token": identity.api_token,
            "master_key": identity.master_key,
            "evidence_key": identity.evidence_key,
            "portal": f"http://{LOOPBACK}:{identity.ports['portal']}",
            "portal_token": identity.portal_token,
            "clock": self._clock,
            "partitions": self._partitions,
            "observe": f"{LOOPBACK}:0",
            "log_level": self._log_level,
        }
        return Settings.here(here)


def _did_not_start(child: Child) -> Unavailable:
    return Unavailable(f"The embedded {child.name} did not start; the reason is at the end of {child.log}.")
