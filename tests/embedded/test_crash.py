"""Servers never outlive their hub, and a hub comes back after the worst end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from placehub.database import connect
from placehub.embedded.stack import Stack
from placehub.settings import Settings

from .conditions import alive, eventually, family

CONNECTIONS = 20
"""The registry keeps at least so many to its database."""
_HOLD = """
import sys, time
from pathlib import Path
from placehub.embedded.stack import Stack
stack = Stack(Path(sys.argv[1]))
stack.start()
print(*(server.pid for server in stack.servers), flush=True)
time.sleep(300)
"""

_WATCHED = """
import sys, time
from pathlib import Path
from placehub.embedded.processes import Child
watched = sys.argv[2] == "watched"
child = Child("sleeper", ["sleep", "300"], Path(sys.argv[1]), {"PATH": "/bin:/usr/bin"}, watched=watched)
child.start()
print(child.pid, flush=True)
time.sleep(300)
"""


@contextmanager
def killed_after(*arguments: str, members: int) -> Iterator[set[int]]:
    """Start a program that prints its children's ids and sleeps; give all processes under it, itself just killed."""
    holder = subprocess.Popen([sys.executable, "-c", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        pids = [int(word) for word in holder.stdout.readline().split()]
        assert eventually(lambda: len(family(pids)) >= members)
        everything = family(pids)
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    yield everything


@pytest.mark.broker
def test_a_killed_hub_leaves_no_server_behind_and_starts_again(tmp_path: Path) -> None:
    """After kill -9 of the process that holds the stack no server runs, and its lock is no obstacle.

    When later the database alone is killed and started again, the registry answers again at once: it does not fail one
    request for each connection that it had.
    """
    folder = tmp_path / "hub"
    with killed_after(_HOLD, str(folder), members=3) as servers:
        assert eventually(lambda: not any(alive(pid) for pid in servers), 5)
    again = Stack(folder)
    try:
        settings = again.start()
        database = next(one for one in again.servers if one.name == "postgresql")
        assert database.pid is not None
        os.kill(database.pid, signal.SIGKILL)
        database.await_end()
        database.start()
        assert eventually(lambda: _accepts(settings))
        answers = [httpx.get(f"{settings.registry}/subjects").status_code for _ in range(CONNECTIONS)]
        assert answers.count(200) >= CONNECTIONS - 2
    finally:
        again.stop()


def _accepts(settings: Settings) -> bool:
    engine = connect(settings.database.get_secret_value())
    try:
        engine.connect().close()
    except OperationalError:
        return False
    finally:
        engine.dispose()
    return True


@pytest.mark.parametrize(("how", "members"), [("by the kernel", 1), ("watched", 2)])
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path, how: str, members: int) -> None:
    """Where the kernel does not end orphans, the watchdog does."""
    with killed_after(_WATCHED, str(tmp_path / "log"), how, members=members) as processes:
        assert eventually(lambda: not any(alive(pid) for pid in processes), 5)
