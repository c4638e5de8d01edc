"""What the nemesis does things with: relays before servers, limits on what a process may write, a clock that jumps."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socket import create_connection, create_server, socket

import pytest

from placehub.embedded.ports import LOOPBACK, choose_ports
from placehub.faults.processes import Target, allow_writing, forbid_writing
from placehub.faults.relay import Relays
from placehub.faults.watching import Sight, longest_stall, undisturbed

WRITER = """
import sys
for line in sys.stdin:
    try:
        with open(sys.argv[1], "a") as out:
            out.write(line)
        print("written", flush=True)
    except OSError as error:
        print(error.errno, flush=True)
"""


@pytest.fixture
def relayed() -> Iterator[tuple[Relays, int]]:
    """A server that says everything again, and the port of the relay before it."""
    server = create_server((LOOPBACK, 0))
    front = choose_ports(["echo"], {})["echo"]
    threading.Thread(target=_serve, args=(server,), daemon=True).start()
    with Relays({"echo": front}, {"echo": server.getsockname()[1]}) as relays:
        yield relays, front
    server.close()


def _serve(server: socket) -> None:
    with suppress(OSError):
        while True:
            threading.Thread(target=_echo, args=(server.accept()[0],), daemon=True).start()


def _echo(one: socket) -> None:
    with suppress(OSError):
        while said := one.recv(100):
            one.sendall(said)


def _client(port: int) -> socket:
    client = create_connection((LOOPBACK, port), timeout=10)
    client.sendall(b"hear")
    assert client.recv(100) == b"hear"
    return client


def test_a_relay_cuts_off(relayed: tuple[Relays, int]) -> None:
    """Cut off, a connection ends and a new one is served; away, none is taken until all is mended."""
    relays, port = relayed
    client = _client(port)
    relays.cut("echo")
    with suppress(ConnectionResetError):
        assert client.recv(100) == b""
    _client(port)
    relays.refuse("echo")
    with pytest.raises(ConnectionRefusedError):
        create_connection((LOOPBACK, port), timeout=10)
    relays.mend("echo")
    _client(port)


def test_a_relay_is_silent(relayed: tuple[Relays, int]) -> None:
    """While it is silent nothing comes through and nobody is told; what was held back comes once it is mended."""
    relays, port = relayed
    client = _client(port)
    relays.silence("echo")
    client.sendall(b"later")
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.recv(100)
    relays.mend("echo")
    client.settimeout(10)
    assert client.recv(100) == b"later"


def test_a_relay_is_slow(relayed: tuple[Relays, int]) -> None:
    """A slow relay loses nothing."""
    relays, port = relayed
    relays.slow("echo", 0.01)
    _client(port)


def test_a_process_that_may_not_write(tmp_path: Path) -> None:
    """A process that may write no file is refused as on a full disk, and writes again once it may."""
    command = [sys.executable, "-c", WRITER, str(tmp_path / "file")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = []
        process.stdin.write("a\n")
        said.append(process.stdout.readline().strip())
        whom = forbid_writing(Target("writer", process.pid))
        process.stdin.write("b\n")
        said.append(process.stdout.readline().strip())
        allow_writing(whom)
        process.stdin.write("c\n")
        said.append(process.stdout.readline().strip())
        process.stdin.close()
    assert said == ["written", "27", "written"], "27 is EFBIG"
    assert (tmp_path / "file").read_text() == "a\nc\n"


def test_a_clock_that_jumps() -> None:
    """A skewed process reads a time of day that goes an hour on and back, while what measures durations goes on."""
    code = """
import time
from placehub.clock import WallClock
from placehub.faults.skewed import skew, EVERY_SECONDS
was = time.time()
skew(3600)
seen, of_clock = set(), set()
began = time.monotonic()
while len(seen & of_clock) < 2 and time.monotonic() - began < 10 * EVERY_SECONDS:
    seen.add(round((time.time() - was) / 3600))
    of_clock.add(round((WallClock().now().timestamp() - was) / 3600))
print(sorted(seen), sorted(of_clock))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "[0, 1] [0, 1]\n", done.stderr


def test_what_a_watch_tells() -> None:
    """The longest stall is the longest time without anything taken in; catching up ends with the clock's next move.

    A fault tells of it only where no other lasted or began before that.
    """
    seen = [Sight(0, 1, 1, 0), Sight(2, 1, 1, 0), Sight(3, 5, 1, 0), Sight(4, 6, 2, 0), Sight(9, 7, 3, 0)]
    assert longest_stall(seen) == 5
    assert undisturbed(seen, [(1, 2.5), (4.5, 4.5), (9.5, 9.5)]) == [1.5, 4.5, None]
    assert undisturbed(seen, [(1, 2.5), (2.6, 2.7), (4.5, 4.5), (4.4, 4.6)]) == [None, 1.3, None, 4.4]
    assert (longest_stall([]), undisturbed([], [(0, 1.0)])) == (0, [None])
