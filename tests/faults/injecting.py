"""Faults from outside: processes of a running demo are killed, stopped and ended, drawn by a seed.

The injector knows the hub only as the operating system shows it: children of one process and their command lines.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

STOPPED_SECONDS: Final = (7.0, 10.0)
"""Longer than the session timeout (6 s): the others have taken the stopped one's partitions when it wakes."""
SERVERS: Final = {"kafka.Kafka": "kafka", "quarkus-run.jar": "registry", "postgres": "postgresql"}


@dataclass(frozen=True, order=True)
class Target:
    """One process of the hub."""

    name: str
    pid: int

    @property
    def is_server(self) -> bool:
        """Whether it is a broker, registry or database."""
        return self.name in SERVERS.values()


def children(of: int) -> list[Target]:
    """Return the hub's processes under the process `of`: services by their processor's name, and servers."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError, IndexError, ValueError):
            if int((folder / "stat").read_text().rpartition(") ")[2].split()[1]) != of:
                continue
            if name := _name((folder / "cmdline").read_bytes().decode().split("\0")):
                found.append(Target(name, int(folder.name)))
    return sorted(found)


def _name(words: list[str]) -> str | None:
    if "run" in words[:-1] and "placehub" in words:
        return words[words.index("run") + 1]
    return next((name for mark, name in SERVERS.items() if any(word.endswith(mark) for word in words)), None)


@dataclass
class Injector:
    """Does one fault after the other to the children of a process until told to stop."""

    pid: int
    seed: int
    pause: tuple[float, float] = (1.0, 5.0)
    """Seconds between two faults."""
    done: list[str] = field(default_factory=list)
    """What was done, in order."""
    _enough: threading.Event = field(default_factory=threading.Event)

    def run(self, seconds: float, still_on: Callable[[], bool]) -> None:
        """Inject faults for so many seconds, or until `still_on` says no; every stopped process is woken again."""
        chance = random.Random(self.seed)  # noqa: S311 - a drawn plan, no secret
        sleepers: list[threading.Thread] = []
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and still_on():
            if targets := children(self.pid):
                sleepers += self._fault(chance, targets)
            self._enough.wait(chance.uniform(*self.pause))
        for one in sleepers:
            one.join()

    def _fault(self, chance: random.Random, targets: list[Target]) -> list[threading.Thread]:
        services = [one for one in targets if not one.is_server]
        servers = [one for one in targets if one.is_server]
        way = chance.choices(["kill", "stop", "term", "server"], [5, 2, 2, 2])[0]
        among = servers if way == "server" else services
        if not among:
            return []
        target = chance.choice(among)
        if way == "stop":
            seconds = chance.uniform(*STOPPED_SECONDS)
            if not self._send(target, signal.SIGSTOP, f"stopped for {seconds:.1f} s"):
                return []
            sleeper = threading.Thread(target=self._wake, args=(target, seconds))
            sleeper.start()
            return [sleeper]
        self._send(target, signal.SIGTERM if way == "term" else signal.SIGKILL, "ended" if way == "term" else "killed")
        return []

    def _wake(self, target: Target, seconds: float) -> None:
        time.sleep(seconds)
        self._send(target, signal.SIGCONT, "woken")

    def _send(self, target: Target, number: signal.Signals, what: str) -> bool:
        if target not in children(self.pid):  # it ended meanwhile, and its number may be another's by now
            return False
        os.kill(target.pid, number)
        self.done.append(f"{target.name} {what}")
        return True
