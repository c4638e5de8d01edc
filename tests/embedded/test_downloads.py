"""Servers are fetched once; after that no network is needed, and without one the first start says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from placehub.embedded.downloads import MANIFEST, fetch_servers

_OFFLINE = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise OSError("this test has no network")
sys.addaudithook(refuse)
from placehub.embedded.downloads import fetch_servers
from placehub.errors import Unavailable
try:
    print(fetch_servers().kafka)
except Unavailable as error:
    print("Unavailable:", error)
"""


def offline(**environment: str) -> str:
    """Fetch the servers in a process that cannot reach any network; return what it says."""
    command = [sys.executable, "-c", _OFFLINE]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_full_cache_needs_no_network() -> None:
    """The second start works on a train."""
    servers = fetch_servers()
    assert offline() == str(servers.kafka)
    for folder in (servers.kafka, servers.registry, servers.postgres):
        assert (folder / MANIFEST).exists()


def test_an_empty_cache_without_network_is_said_plainly(tmp_path: Path) -> None:
    """The first start without a network names what is missing and what to do, and leaves no half folder."""
    cache = tmp_path / "cache"
    said = offline(PLACEHUB_CACHE=str(cache))
    assert said.startswith("Unavailable: Apache Kafka")
    assert "Connect this machine to the internet" in said
    assert [path.name for path in cache.iterdir()] == [".lock"]
