"""Options that several commands share, and what they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placehub.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from placehub.settings import Settings

Folder = Annotated[Path, typer.Option("--dir", envvar="PLACEHUB_DIR", help="The hub's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
DEFAULT_FOLDER = Path(".placehub")


def hub(folder: Path) -> Settings:
    """Return the settings of the hub in this folder, or in the environment; NotFound when neither names one."""
    from placehub.settings import Settings

    hush()
    return Settings.load(folder)


def hush() -> None:
    """Keep the clients' own logs off the terminal: what matters comes as an error of ours."""
    import logging

    for name in ("kafka", "schema_registry"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def now(settings: Settings) -> datetime:
    """Return the hub's time: the wall's, or the last tick where time is simulated."""
    from placehub.cli.topics import last_tick
    from placehub.clock import WallClock

    ticked = last_tick(settings) if settings.clock == "stream" else None
    return ticked or WallClock().now()


@contextmanager
def database(settings: Settings) -> Iterator[Connection]:
    """Give a connection to the hub's database; Unavailable when it is away, Misconfigured when it is not set up."""
    from sqlalchemy.exc import OperationalError, ProgrammingError

    from placehub.database import connect

    engine = connect(settings.database.get_secret_value(), pool_size=1)
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError:
        raise Unavailable("The database does not answer. Is the hub up? See 'placehub status'.") from None
    except ProgrammingError:
        raise Misconfigured("The database has not the tables of this version. Start the hub with it first.") from None
    finally:
        engine.dispose()
