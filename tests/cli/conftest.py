"""The command line as a user has it: a process of its own, and an organisation's credentials in a folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from runpy import run_path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from placehub.cli.credentials import kept_at
from placehub.embedded import tied
from placehub.mailboxes.access import Access


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]
LOADED: Final = get_context("forkserver")
LOADED.set_forkserver_preload([tied.__name__, "placehub.loaded"])
BORN: Final = str(Path(__file__).with_name("born.py"))


def _run(folder: Path, *words: str, given: str = "", **environment: str) -> Ended:
    """Run a command in a process of its own, forked where this program is loaded already: that saves a second."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PLACEHUB_")}
    seen = {**bare, "NO_COLOR": "1", "PLACEHUB_DIR": str(folder), **environment}
    with TemporaryDirectory() as name:
        files = [Path(name, one) for one in ("in", "out", "err")]
        files[0].write_text(given)
        process = LOADED.Process(target=run_path, args=(BORN, {"given": (words, seen, files)}))
        process.start()
        process.join(90)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(words, 90)
        return Ended(process.exitcode, files[1].read_text(), files[2].read_text())


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
