"""Where the run's hub comes from: a cluster that is named, containers, or the embedded stack; never a stand-in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from placehub import app
from placehub.app import Running
from placehub.settings import Settings

NAMED = "PLACEHUB_TEST_BOOTSTRAP"


@contextmanager
def start_hub(folder: Path) -> Iterator[tuple[Settings, Running | None]]:
    """Yield a hub that works, and what runs it if this run started it. Which one it is, is printed."""
    if os.environ.get(NAMED):
        print(f"\nhub under test: the one at {os.environ[NAMED]}", file=sys.stderr)
        yield _named(), None
        return
    print("\nhub under test: the embedded stack (Kafka, Apicurio, PostgreSQL)", file=sys.stderr)
    running = app.start_embedded(folder, "stream")
    try:
        yield running.settings, running
    finally:
        running.stop()


def _named() -> Settings:
    settings = Settings.load().model_copy(update={"bootstrap": os.environ[NAMED]})
    app.prepare(settings)
    return settings
