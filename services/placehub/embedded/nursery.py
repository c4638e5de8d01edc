"""Services born of one process that has imported what they all run: each begins at once, and they share that memory.

The process is `multiprocessing`'s fork server; Linux only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Lock

from setproctitle import setproctitle

from placehub.embedded import tied
from placehub.embedded.dying import die_with_parent

INIT_PID = 1


class Born:
    """A service that was born, with what is used of `subprocess.Popen`; safe from any thread of its parent."""

    stdin = None

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        self._lock = Lock()
        self.pid = process.pid or 0

    def poll(self) -> int | None:
        """Return how it ended (-9: killed by signal 9), None while it runs."""
        with self._lock:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended once it has; subprocess.TimeoutExpired when that takes longer."""
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("placehub", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Nursery:
    """Where services are born. There is one such process for every process of ours that keeps services."""

    def __init__(self, loads: str, program: str) -> None:
        """`loads` names the module whose import loads all that services share, `program` the one they run.

        Its `live` takes their words. Who is first in a process says what is loaded.
        """
        self._program = program
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload([tied.__name__, loads])

    def bear(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        orphan_signal: signal.Signals,
    ) -> Born:
        """Begin `placehub WORDS` in the folder with this environment alone, what it prints appended to the log."""
        process = self._context.Process(
            target=_live, args=(self._program, words, dict(environment), folder, log, orphan_signal)
        )
        process.start()
        return Born(process)


def _live(
    program: str,
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    orphan_signal: signal.Signals,
) -> None:
    os.setsid()  # Ctrl-C reaches only the supervisor
    die_with_parent(orphan_signal, os.getppid())
    if os.getppid() == INIT_PID:  # the nursery had ended before the kernel was asked
        os._exit(1)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(out)
    os.chdir(folder)
    sys.argv = ["placehub", *words]
    setproctitle(" ".join(sys.argv))  # finds its place by the environment this process was begun with
    os.environ.clear()
    os.environ.update(environment)
    import_module(program).live(words)
