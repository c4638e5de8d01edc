"""A whole hub under one process: its embedded servers, its services, and the handle on them.

For `placehub up`, the demo and tests. What each service is made of says `app`.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar
from uuid import uuid5

from pydantic import SecretStr

from placehub.app import DECIDERS, DELIVERERS, PROCESSES, READS, prepare_servers, quiet, register_schemas
from placehub.contracts.codec import Codec, Registry
from placehub.contracts.headers import Attributes, write_headers
from placehub.contracts.ticks import ClockTicked
from placehub.drivers.brokers import producer
from placehub.drivers.patience import PATIENCE_SECONDS, patiently
from placehub.drivers.presence import worker_id
from placehub.drivers.quiet import Quiet
from placehub.drivers.step import HUB
from placehub.drivers.world import CLOCK_TOPIC
from placehub.errors import Unavailable
from placehub.observing.logs import set_up_logs
from placehub.settings import LogLevel, Settings, given_log_level
from placehub.streams import full_name

if TYPE_CHECKING:
    from kafka import KafkaProducer

    from placehub.embedded.stack import Stack
    from placehub.embedded.supervisor import Supervisor

QUIET_SECONDS: Final = 5.0
"""How long one look for quiet takes at most; it is repeated as long as patience lasts."""
SEND_SECONDS: Final = 30.0
"""How long the broker may take to acknowledge a tick."""
FOR_PORTAL: Final = ("portal_token", "smtp_password", "notify_key", "oidc_secret")
FOR_FEW: Final = ("master_key", "evidence_key", *FOR_PORTAL)
"""Secrets that only those processes are given which need them."""
CLOSE_SECONDS: Final = 2.0
"""How long its own client may take to close; every tick it sent was acknowledged."""
LOOK_SECONDS: Final = 0.1
"""How often the processes are looked after while something is waited for."""
T = TypeVar("T")


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

        Unavailable when for `seconds` nothing more of it gets done. What is paused is waited for as long as it is: that
        was meant; it is said once.
        """
        said: set[str] = set()
        before: dict[str, int] = {}

        def is_quiet() -> bool:
            try:
                self._quiet.wait(min(QUIET_SECONDS, seconds), only)
            except Unavailable:
                left = self._quiet.lags(only)
                gets_on = left != before
                before.update(left)
                if not (gets_on or self._waits_for_paused(only, said)):
                    raise
                return False
            return True

        def wait() -> None:
            while not patiently(is_quiet, seconds):
                pass

        self.finish(self._pool.submit(wait))

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
        """Stop the services, let go of the servers, then stop those."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with ExitStack() as ending:
            ending.callback(self.stack.stop)
            # a client that is still open tells at length that its broker has gone
            ending.callback(self._producer.close, timeout=CLOSE_SECONDS)
            ending.callback(self._quiet.close)
            self.supervisor.stop()


def start_embedded(
    folder: Path,
    clock: Literal["wall", "stream"] = "wall",
    *,
    leave_out: tuple[str, ...] = (),
    search_workers: int = 1,
    intakes: int = 1,
    log_level: LogLevel | None = None,
    tls: bool = False,
) -> Running:
    """Start servers and services under `folder` and wait until all of them work. Call it from the main thread.

    The searches are shared out among `search_workers` processes, the outboxes among `intakes`. With `tls` the broker is
    reached by TLS only, from now on. Services log from `log_level`, or what the environment says.
    """
    from placehub.backups.hubfolder import check_restored
    from placehub.embedded.nursery import Nursery
    from placehub.embedded.processes import LINUX
    from placehub.embedded.stack import Stack
    from placehub.embedded.supervisor import Supervisor
    from placehub.postcodes import Postcodes

    check_restored(folder)
    Postcodes.open()  # the first time it is imported, which no two services must both do
    stack = Stack(folder, clock=clock, log_level=log_level or given_log_level(), tls=tls)
    settings = stack.start()
    supervisor = Supervisor(
        _commands([name for name in PROCESSES if name not in leave_out], {"search": search_workers, "intake": intakes}),
        settings.model_copy(update=dict.fromkeys(FOR_FEW)).environment(),
        stack.folder / "logs",
        servers=stack.servers,
        secrets={
            "api": {
                "PLACEHUB_MASTER_KEY": _secret(settings.master_key),
                "PLACEHUB_PORTAL_TOKEN": _secret(settings.portal_token),
            },
            "portal": {
                f"PLACEHUB_{name.upper()}": _secret(value)
                for name in FOR_PORTAL
                if (value := getattr(settings, name)) is not None
            },
            "evidence": {"PLACEHUB_EVIDENCE_KEY": _secret(settings.evidence_key)},
        },
        nursery=Nursery("placehub.loaded", "placehub.loaded") if LINUX else None,
    )
    with ExitStack() as failed:
        failed.callback(stack.stop)
        failed.callback(supervisor.stop)
        _see_through(supervisor, lambda: prepare_servers(settings))
        supervisor.start()
        # while the services start, which takes them longer
        _see_through(supervisor, lambda: register_schemas(settings))
        asking, sending = _see_through(supervisor, lambda: (quiet(settings), producer(settings)))
        running = Running(settings, stack, supervisor, asking, sending)
        failed.pop_all()
        failed.callback(running.stop)
        running._ticks = running.see_through(lambda: sum(running._quiet.ends((CLOCK_TOPIC,))))
        running.wait_quiet(only=running.see_through(running.unpaused))
        _see_through(supervisor, lambda: _await_page(f"{settings.api}/ready", "API", "api"))
        if "portal" not in leave_out:
            _see_through(supervisor, lambda: _await_page(f"{settings.portal}/sign-in", "portal", "portal"))
        failed.pop_all()
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


def _commands(processes: Collection[str], count: Mapping[str, int]) -> dict[str, list[str]]:
    """Return the command line of every process by its name; where several share the work, further are `search-2`..."""
    several = {name: [f"{name}-{number}" for number in range(2, many + 1)] for name, many in count.items()}
    from placehub.embedded.processes import PROGRAM

    return {name: [*PROGRAM, "run", process] for process in processes for name in (process, *several.get(process, ()))}


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _await_page(address: str, what: str, process: str, seconds: float = 30) -> None:
    """Wait until a process answers over HTTP: whoever is told its address may open it at once."""
    import httpx

    deadline = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(address, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > deadline:
            raise Unavailable(f"The hub's {what} did not start; the reason is at the end of logs/{process}.log.")
        time.sleep(0.05)


def up(
    folder: Path,
    clock: Literal["wall", "stream"],
    told: Callable[[Settings], Any],
    search_workers: int = 1,
    intakes: int = 1,
    *,
    tls: bool = False,
) -> None:
    """Start everything in the foreground, tell the caller once it works, and stop all on SIGTERM or SIGINT."""
    set_up_logs(given_log_level(), "up", str(worker_id()))
    running = start_embedded(folder, clock, search_workers=search_workers, intakes=intakes, tls=tls)
    try:
        told(running.settings)
        running.supervisor.run_forever()
    finally:
        running.stop()
