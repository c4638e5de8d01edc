"""The supervisor: what dies comes back, and nothing stays when it ends."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from placehub.embedded.identity import Identity
from placehub.embedded.kafka import kafka_ready
from placehub.embedded.postgres import postgres_ready
from placehub.embedded.registry import registry_ready
from placehub.embedded.stack import Stack
from placehub.embedded.supervisor import Supervisor

from .conditions import alive, eventually

_SLEEPER = [sys.executable, "-c", "import os, time; print(os.environ['PLACEHUB_CLOCK'], flush=True); time.sleep(300)"]
_STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(300)",
]


def supervise(supervisor: Supervisor, condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Let the supervisor look until the condition holds."""

    def look() -> bool:
        supervisor.look()
        return condition()

    return eventually(look, seconds)


def test_a_killed_service_is_restarted_with_its_settings_and_log(tmp_path: Path) -> None:
    """A service killed from outside runs again under a new process id and goes on with the same log."""
    supervisor = Supervisor({"sleeper": _SLEEPER}, {"PLACEHUB_CLOCK": "stream"}, tmp_path)
    supervisor.start()
    try:
        service = supervisor.services["sleeper"]
        first = service.pid
        assert first is not None
        assert eventually(lambda: (tmp_path / "sleeper.log").read_text() == "stream\n")
        os.kill(first, signal.SIGKILL)
        assert supervise(supervisor, lambda: service.alive and service.pid != first)
        assert eventually(lambda: (tmp_path / "sleeper.log").read_text() == "stream\nstream\n")
    finally:
        supervisor.stop()
    assert not service.alive


def test_a_service_that_dies_at_once_is_restarted_ever_more_slowly(tmp_path: Path) -> None:
    """A service that cannot run does not keep the machine busy."""
    started = tmp_path / "started"
    note = f"import time; open({str(started)!r}, 'a').write(f'{{time.monotonic()}}\\n')"
    supervisor = Supervisor({"broken": [sys.executable, "-c", note]}, {}, tmp_path)
    supervisor.start()
    try:
        assert supervise(supervisor, lambda: started.exists() and len(started.read_text().splitlines()) == 4)
    finally:
        supervisor.stop()
    times = [float(line) for line in started.read_text().splitlines()]
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert pauses[0] >= 0.2
    assert pauses[1] >= 0.4
    assert pauses[2] >= 0.8


def test_a_service_deaf_to_sigterm_is_killed(tmp_path: Path) -> None:
    """Stopping never waits for ever."""
    supervisor = Supervisor({"stubborn": _STUBBORN}, {}, tmp_path)
    supervisor.start()
    service = supervisor.services["stubborn"]
    assert service.pid is not None
    assert eventually(lambda: "deaf" in service.log.read_text())
    began = time.monotonic()
    service.ask_to_stop()
    service.await_end(0.5)
    assert not alive(service.pid)
    assert time.monotonic() - began < 5


def test_sigterm_ends_the_supervisor_and_every_service(tmp_path: Path) -> None:
    """`run_forever` returns after SIGTERM with nothing left running."""
    supervisor = Supervisor({"sleeper": _SLEEPER}, {"PLACEHUB_CLOCK": "wall"}, tmp_path)
    service = supervisor.services["sleeper"]

    def ask() -> None:
        eventually(lambda: service.alive)
        os.kill(os.getpid(), signal.SIGTERM)

    asking = threading.Thread(target=ask)
    asking.start()
    supervisor.run_forever()
    asking.join()
    assert not service.alive


@pytest.mark.broker
def test_killed_servers_are_restarted_at_the_same_addresses(stack: Stack) -> None:
    """Kafka, the registry and PostgreSQL answer again after kill -9, where they did before."""
    identity = Identity.model_validate_json((stack.folder / "identity.json").read_text())
    supervisor = Supervisor({}, {}, stack.folder / "logs", servers=stack.servers)
    former = [server.pid for server in stack.servers]
    for pid in former:
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    assert supervise(supervisor, lambda: all(s.alive and s.pid not in former for s in stack.servers))
    for ready in (postgres_ready, kafka_ready, registry_ready):
        assert supervise(supervisor, partial(ready, identity), 60)
