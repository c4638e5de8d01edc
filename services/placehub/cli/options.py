"""Options that several commands share, and what they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placehub.mailboxes.hushing import hush

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from placehub.settings import Settings

Folder = Annotated[Path, typer.Option("--dir", envvar="PLACEHUB_DIR", help="The hub's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
By = Annotated[
    str | None, typer.Option("--by", envvar="PLACEHUB_OPERATOR", help="Who does it; your login name if left out.")
]
Write = Annotated[
    Path | None, typer.Option(help="Write the figures into their section of this page.", show_default=False)
]
DEFAULT_FOLDER = Path(".placehub")
HUB: ContextVar[Settings | None] = ContextVar("hub", default=None)
"""The hub this command works for, once it is known: what goes wrong later names its servers."""


def hub(folder: Path, given: Mapping[str, str | None] | None = None) -> Settings:
    """Return the settings of the hub in this folder, or in the environment; NotFound when neither names one.

    What is `given` goes before both.
    """
    from placehub.settings import Settings

    hush()
    settings = Settings.load(folder, given or {})
    HUB.set(settings)
    return settings


def operator(by: str | None) -> str:
    """Return who does this: whoever is named, else the login name."""
    import getpass
    import os

    try:
        return by or getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return f"user {os.getuid()}"


def now(settings: Settings) -> datetime:
    """Return the hub's time: the wall's, or the last tick where time is simulated."""
    from placehub.browsing import last_tick
    from placehub.clock import WallClock

    ticked = last_tick(settings) if settings.clock == "stream" else None
    return ticked or WallClock().now()


@contextmanager
def database(settings: Settings) -> Iterator[Connection]:
    """Give a connection to the hub's database; Unavailable when it is away, Misconfigured when it is not set up."""
    from placehub.database import connect, database_errors

    url = settings.database.get_secret_value()
    with database_errors(url):
        engine = connect(url, pool_size=1)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


def time_given(text: str | None, option: str) -> datetime | None:
    """Return the moment an option names, in UTC where it names no zone; None without one."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be an RFC 3339 time, as 2026-03-02T09:30:00+00:00", param_hint=option) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
