"""One server or service as a child process that never outlives us."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from placehub.embedded import watchdog as watchdog_program
from placehub.embedded.dying import die_with_parent
from placehub.embedded.nursery import Born, Nursery
from placehub.embedded.ownership import NOBODY

PROGRAM: Final = (sys.executable, "-m", "placehub")
"""How this program is begun."""
STOP_SECONDS = 10.0
"""How long a child may take to end before it is killed."""

LINUX = sys.platform.startswith("linux")


@dataclass
class Child:
    """A command, where its output goes, and how it is ended.

    Start it from the main thread: Linux ends a child when the *thread* that started it is gone.
    """

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = Path("/")
    """Where it runs."""
    as_nobody: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """Sent to the child when this process dies without stopping it."""
    watched: bool = not LINUX
    """Run under a watchdog, for systems whose kernel does not tell a child of its parent's death."""
    nursery: Nursery | None = None
    """Where it is born, if its command is this program; else it is begun anew."""
    _process: subprocess.Popen[bytes] | Born | None = field(default=None, init=False, repr=False)

    @property
    def pid(self) -> int | None:
        """The process id, None before the first start."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll() if self._process else None

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, its output appended to the log; it gets its own session, so Ctrl-C reaches only us."""
        if self.nursery:
            words = self.command[len(PROGRAM) :]
            self._process = self.nursery.bear(words, self.environment, self.folder, self.log, self.orphan_signal)
            return
        command = self.command
        if self.watched:
            user = NOBODY if self.as_nobody else "-"
            watchdog = [sys.executable, "-I", watchdog_program.__file__]
            command = [*watchdog, str(int(self.orphan_signal)), user, *command]
        account = pwd.getpwnam(NOBODY) if self.as_nobody and not self.watched else None
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own command lines
                command,
                stdin=subprocess.PIPE if self.watched else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                preexec_fn=None if self.watched else partial(die_with_parent, self.orphan_signal, os.getpid()),
            )
        finally:
            os.close(log)

    def ask_to_stop(self) -> None:
        """Ask it to end, and do not wait."""
        if self._process and self.alive:
            self._process.send_signal(self.stop_signal)

    def await_end(self, seconds: float = STOP_SECONDS) -> None:
        """Wait until it has ended; kill it when it takes longer than `seconds`."""
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            # The whole group: a watchdog killed alone would leave its command behind.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()


def stop_all(children: Iterable[Child], seconds: float = STOP_SECONDS) -> None:
    """Ask all of them to end at once, and kill those still there after `seconds`."""
    asked = list(children)
    for child in asked:
        child.ask_to_stop()
    deadline = time.monotonic() + seconds
    for child in asked:
        child.await_end(max(0.0, deadline - time.monotonic()))


def bare_environment() -> dict[str, str]:
    """Return the little a server needs, so that no setting of the user's shell changes how it runs.

    glibc's heaps are two at most: a JVM's many threads would each keep what they do not use.
    """
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "TZ": "UTC", "MALLOC_ARENA_MAX": "2"}
