"""Free loopback ports, and the lock that makes a folder ours."""

from __future__ import annotations

import fcntl
import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from placehub.errors import Unavailable

LOOPBACK = "127.0.0.1"

# Below the ports that systems hand out to outgoing connections, so that none takes ours while a server restarts.
_RANGE = range(12_000, 32_000)


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose_ports(names: list[str], wanted: dict[str, int]) -> dict[str, int]:
    """Give each name a free port of its own: the one it had before if that is still free."""
    chosen = {name: port for name in names if (port := wanted.get(name)) and is_free(port)}
    candidates = iter(random.sample(_RANGE, len(_RANGE)))
    for name in names:
        if name not in chosen:
            try:
                chosen[name] = next(port for port in candidates if port not in wanted.values() and is_free(port))
            except StopIteration:
                raise Unavailable("No loopback port is free. End some servers on this machine and try again.") from None
    return chosen


def listening(port: int) -> bool:
    """Tell whether something accepts connections on this loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file's lock, waiting for whoever has it; the kernel frees it when its holder ends, however it ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
