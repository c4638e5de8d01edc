"""How a command ends when something outside went wrong: a server that is away, a reader that has gone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer
from typer.core import TyperGroup

from placehub.cli.options import HUB
from placehub.errors import HubError, Unavailable

READER_GONE: Final = 141
"""Exit code when whoever read the output has closed it: 128 and the number of SIGPIPE, as other programs end."""


class Program(TyperGroup):
    """The root of the commands: each fault of the world outside ends it with one plain line, or none."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was chosen."""
        with reader_gone(), server_away():
            answer = super().invoke(ctx)
            sys.stdout.flush()  # here, where a reader that has gone is heard of, and not as Python ends
            return answer


@contextmanager
def reader_gone() -> Iterator[None]:
    """End quietly where the output is read no more (`placehub lag | head -1`)."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left in the buffer goes nowhere
        raise typer.Exit(READER_GONE) from None


@contextmanager
def server_away() -> Iterator[None]:
    """Name the server, and its address, whose client's error nobody nearer has put into words."""
    try:
        yield
    except HubError:
        raise
    except Exception as error:
        # Only a client that was loaded can have failed, and asking for help loads none.
        said = _broker(error) or _database(error) or _http(error)
        if said is None:
            raise
        raise said from None


def _broker(error: Exception) -> HubError | None:
    if "kafka.errors" not in sys.modules:
        return None
    from kafka.errors import KafkaError

    from placehub.mailboxes.connection import broker_errors

    if not isinstance(error, KafkaError):
        return None
    settings = HUB.get()
    where, user = (settings.bootstrap, settings.kafka_user) if settings else ("PLACEHUB_BOOTSTRAP", "this user")
    try:
        with broker_errors(where, user, broken_off_before=0):  # a process that ends has had but one login
            raise error
    except HubError as said:
        return said


def _database(error: Exception) -> HubError | None:
    if "sqlalchemy.exc" not in sys.modules:
        return None
    from sqlalchemy.exc import SQLAlchemyError

    from placehub.database import database_errors

    settings = HUB.get()
    if settings is None or not isinstance(error, SQLAlchemyError):
        return None
    try:
        with database_errors(settings.database.get_secret_value()):
            raise error
    except HubError as said:
        return said
    except SQLAlchemyError:
        return None


def _http(error: Exception) -> HubError | None:
    if "httpx" not in sys.modules:
        return None
    import httpx

    if not isinstance(error, httpx.TransportError):
        return None
    try:
        where = f"{error.request.url.scheme}://{error.request.url.netloc.decode()}"  # netloc has no user or password
    except RuntimeError:  # the error came before there was a request
        where = "an address of the settings"
    return Unavailable(f"The server at {where} does not answer. Is the hub up? See 'placehub status'.")
