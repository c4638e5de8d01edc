"""Keep the hub's processes running: start them, restart one that dies, stop them all."""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, MappingProxyType

import structlog

from placehub.embedded.nursery import Nursery
from placehub.embedded.processes import Child, stop_all

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
STEADY_SECONDS = 30.0
"""A child that lived this long is restarted as quickly as one that never died."""

_LOOK_EVERY = 0.1
_log = structlog.get_logger()


@dataclass
class _Watch:
    child: Child
    began: float = 0.0
    pause: float = FIRST_PAUSE
    due: float | None = None

    def look(self, now: float) -> None:
        if self.child.alive:
            return
        if self.due is None:
            self.pause = FIRST_PAUSE if now - self.began > STEADY_SECONDS else self.pause
            self.due = now + self.pause
            code = self.child.exit_code
            _log.warning("process ended", process=self.child.name, code=code, restart_in=self.pause)
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        if now >= self.due:
            self.begin(now)

    def begin(self, now: float) -> None:
        self.began, self.due = now, None
        self.child.start()


def _told(ours: Mapping[str, str]) -> dict[str, str]:
    # A setting that the user's shell gives by a file must not stand beside ours.
    files = {f"{name}_FILE" for name in ours}
    return {name: value for name, value in os.environ.items() if name not in files} | dict(ours)


class Supervisor:
    """Runs services as child processes, and watches over servers somebody else started.

    Use it from the main thread: the children end with the thread that started them.
    """

    def __init__(
        self,
        commands: dict[str, list[str]],
        environment: dict[str, str],
        logs: Path,
        *,
        servers: Iterable[Child] = (),
        secrets: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        nursery: Nursery | None = None,
    ) -> None:
        """`secrets` are variables that only the named service may see; with a `nursery` all are born there."""
        self.services = {
            name: Child(
                name,
                command,
                logs / f"{name}.log",
                _told({**environment, **secrets.get(name, {})}),
                Path.cwd(),
                nursery=nursery,
            )
            for name, command in commands.items()
        }
        now = time.monotonic()
        self._servers = [_Watch(child, began=now) for child in servers]
        self._services = [_Watch(child) for child in self.services.values()]
        self._started = False
        self._ending = threading.Event()

    def start(self) -> None:
        """Start every service that does not run yet."""
        if not self._started:
            atexit.register(self.stop)  # before `multiprocessing` would wait for those that were born to end
        self._started = True
        for watch in self._services:
            if not watch.child.alive:
                watch.begin(time.monotonic())

    def look(self) -> None:
        """Restart what has died and whose pause is over (of services, once they were started); call it often."""
        now = time.monotonic()
        for watch in (*self._servers, *(self._services if self._started else ())):
            watch.look(now)

    def stop(self) -> None:
        """Stop every service, killing those that have not ended after ten seconds; the servers are left running."""
        stop_all(watch.child for watch in self._services)

    def end(self) -> None:
        """Make `run_forever` stop everything and return; safe from any thread or signal handler."""
        self._ending.set()

    def run_forever(self) -> None:
        """Start the services and keep everything running until SIGTERM, SIGINT or `end`; then stop the services."""
        former = {number: signal.signal(number, self._asked) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self.start()
            while not self._ending.wait(_LOOK_EVERY):
                self.look()
        finally:
            self.stop()
            for number, handler in former.items():
                signal.signal(number, handler)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        self.end()
