"""The command line as a user has it: a process of its own, and an organisation's credentials in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from placehub.cli.credentials import kept_at
from placehub.mailboxes.access import Access


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


def _run(folder: Path, *words: str, given: str = "", **environment: str) -> Ended:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PLACEHUB_")}
    ended = subprocess.run(
        [sys.executable, "-m", "placehub", *words],
        input=given,
        capture_output=True,
        text=True,
        timeout=90,
        env={**bare, "NO_COLOR": "1", "PLACEHUB_DIR": str(folder), **environment},
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub folder in which only kept credentials are."""
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="session")
def nowhere(folder: Path) -> Run:
    """Run a command where no hub is known."""
    return lambda *words, **more: _run(folder, *words, **more)


@pytest.fixture(scope="session")
def placehub(hub: Any, folder: Path) -> Run:
    """Run a command as the hub's operator."""
    return lambda *words, **more: _run(folder, *words, **{**hub.settings.environment(), **more})


@pytest.fixture(scope="session")
def authority(hub: Any, folder: Path) -> str:
    """Code of an authority whose credentials are kept in the folder."""
    credentials = hub.add("authority")
    access = Access(
        organisation=credentials.code,
        bootstrap=hub.settings.bootstrap,
        kafka_password=credentials.kafka_password,
        api=hub.settings.api,
        api_token=credentials.api_token,
    )
    access.save(kept_at(folder, credentials.code))
    return credentials.code  # type: ignore[no-any-return]  # the hub of the tests has no types here
