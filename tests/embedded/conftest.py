"""One embedded stack for this folder's tests, in a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from placehub.embedded.stack import Stack

if not sys.platform.startswith("linux"):
    collect_ignore_glob = ["test_*.py"]  # they read /proc


@pytest.fixture(scope="package")
def stack_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub folder that is not there yet, on a path with the characters that trip careless settings files."""
    return tmp_path_factory.mktemp("embedded") / "a hub, très = petit"


@pytest.fixture(scope="package")
def stack(stack_folder: Path) -> Iterator[Stack]:
    """A running stack; a test that stops it starts it again."""
    running = Stack(stack_folder)
    running.start()
    yield running
    running.stop()
