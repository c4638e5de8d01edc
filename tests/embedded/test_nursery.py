"""Services that are born of one process: each is a process of its own, and none outlives the one that keeps them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from placehub.embedded.nursery import Nursery
from placehub.embedded.processes import PROGRAM
from placehub.embedded.supervisor import Supervisor
from placehub.faults.processes import children
from placehub.loaded import LOADED
from placehub.observing.usage import memory_mb

from .conditions import alive, eventually
from .test_supervisor import supervise

LOADS, BORN = "placehub.loaded", "newborn"
HERE = Path(__file__).parent
KEEPER = f"""
import time
from pathlib import Path
from placehub.embedded.nursery import Nursery
from placehub.embedded.processes import PROGRAM
from placehub.embedded.supervisor import Supervisor

kept = Supervisor({{"one": [*PROGRAM, "run", "one"]}}, {{}}, Path("."), nursery=Nursery("{LOADS}", "{BORN}"))
kept.start()
print(kept.services["one"].pid, flush=True)
time.sleep(300)
"""


def test_a_born_service_has_its_own_words_environment_and_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It sees no variable but its own, is named as if begun by command, and its log goes on when it is born again."""
    monkeypatch.syspath_prepend(HERE)
    commands = {"one": [*PROGRAM, "run", "one"]}
    supervisor = Supervisor(commands, {"PLACEHUB_CLOCK": "stream"}, tmp_path, nursery=Nursery(LOADS, BORN))
    service, log = supervisor.services["one"], tmp_path / "one.log"
    supervisor.start()
    try:
        assert eventually(lambda: log.exists() and log.read_text().count("\n") == 1)
        words, name, folder, seen, title = log.read_text().strip().split("|")
        assert (words, name, folder, title) == ("run", "one", str(Path.cwd()), "placehub run one")
        assert "('PLACEHUB_CLOCK', 'stream')" in seen
        assert str(sorted(service.environment.items())) == seen
        first = service.pid
        assert first is not None
        assert ("one", first) in [(one.name, one.pid) for one in children(os.getpid())]
        os.kill(first, signal.SIGKILL)
        assert supervise(supervisor, lambda: service.alive and service.pid != first)
        assert eventually(lambda: log.read_text().count("\n") == 2)
        last = service.pid
    finally:
        supervisor.stop()
    assert service.exit_code == -signal.SIGTERM
    assert last is not None
    assert not alive(last)


def test_one_that_fails_says_so_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its fault stands in its log, and it has ended with 1."""
    monkeypatch.syspath_prepend(HERE)
    supervisor = Supervisor({"one": [*PROGRAM, "run", "broken"]}, {}, tmp_path, nursery=Nursery(LOADS, BORN))
    supervisor.start()
    service = supervisor.services["one"]
    assert eventually(lambda: service.exit_code == 1)
    assert "ValueError: broken" in (tmp_path / "one.log").read_text()


def test_killed_the_keeper_leaves_nobody(tmp_path: Path) -> None:
    """When the process that keeps services is killed with -9, they end, and where they were born does."""
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    keeper = subprocess.Popen(
        [sys.executable, "-c", KEEPER], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    )
    assert keeper.stdout is not None
    born = int(keeper.stdout.readline())
    nursery = int(Path(f"/proc/{born}/stat").read_text().rpartition(")")[2].split()[1])
    assert nursery != keeper.pid
    keeper.kill()
    keeper.wait()
    keeper.stdout.close()
    assert eventually(lambda: not alive(born) and not alive(nursery))


@pytest.mark.broker
def test_the_hubs_services_share_what_they_are_born_with(hub: Any) -> None:
    """What is loaded can be, and a service of the running hub holds less by itself than it uses."""
    for name in LOADED:
        import_module(name)
    search = next(one for one in children(os.getpid()) if one.name == "search")
    status = Path(f"/proc/{search.pid}/status").read_text()
    used = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:"))
    assert memory_mb([search.pid]) < used / 2


def test_whoever_is_born_waits_for_no_loading() -> None:
    """All that the first event of each kind would wait for is there: its checks, its schema, the solver of splits."""
    asks = """
import sys
import placehub.loaded
from placehub.contracts.codec import parsed
from placehub.contracts.limits import shape
from placehub.streams import every_event

assert "placehub.search.assigning" in sys.modules and "scipy.optimize" not in sys.modules
print(len(every_event()) - shape.cache_info().currsize, len(every_event()) - parsed.cache_info().currsize)
"""
    told = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True, timeout=120).stdout
    assert all(int(left) <= 0 for left in told.split())
