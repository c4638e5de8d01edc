"""The commands of the outbox."""

from __future__ import annotations

import json as text
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import ArgumentError, DBAPIError

from placehub.errors import Misconfigured, Unavailable
from placehub.mailboxes.access import Access
from placehub_connectors.options import Credentials, Json
from placehub_connectors.outbox.relay import Relay, facts_of
from placehub_connectors.outbox.table import OUTBOX, put_back, state_of

Database = Annotated[
    str,
    typer.Option(
        envvar="PLACEHUB_OUTBOX_DATABASE",
        help="The case system's database, as SQLAlchemy has it. A password belongs into PLACEHUB_OUTBOX_DATABASE.",
        show_envvar=False,
    ),
]


def commands() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(no_args_is_help=True)
    for command in (table, run, status, retry):
        app.command()(command)
    return app


def table(database: Database) -> None:
    """Make the table, unless it is there; a case system with migrations of its own makes it there instead."""
    with _errors():
        OUTBOX.metadata.create_all(_engine(database))


def run(
    database: Database,
    credentials: Credentials,
    once: Annotated[bool, typer.Option("--once", help="Send what waits now, and end.")] = False,
) -> None:
    """Send what the case system writes, until told to stop; exit 4 when another relay runs."""
    relay = Relay(_engine(database), Access.load(credentials))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        with _errors():
            if once:
                relay.send_all()
            else:
                relay.run(stop.is_set)
    finally:
        relay.close()


def status(database: Database, json: Json = False) -> None:
    """Say how many events wait, were sent and were set aside, and why; exit 1 when one was set aside."""
    with _errors(), _engine(database).connect() as connection:
        state = state_of(connection)
    print(text.dumps(state, indent=1) if json else "\n".join(facts_of(state)))
    if state["set_aside"]:
        raise typer.Exit(1)


def retry(database: Database, id: Annotated[UUID, typer.Argument(help="The event's id, from `status`.")]) -> None:
    """Let an event that was set aside be tried again; a document can be corrected with `table.put_back`."""
    with _errors(), _engine(database).begin() as connection:
        put_back(connection, id)


def _engine(database: str) -> Engine:
    try:
        return create_engine(database, pool_pre_ping=True)
    except (ArgumentError, ImportError):
        raise Misconfigured("The database's address is not one SQLAlchemy can use. Correct it.") from None


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except DBAPIError:  # its own words may quote what was written
        raise Unavailable(
            "The case system's database does not answer, or has no outbox. Make it with 'placehub-connect outbox "
            "table', or try again."
        ) from None
