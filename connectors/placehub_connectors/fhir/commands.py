"""The commands of the FHIR bridge."""

from __future__ import annotations

import json as text
import secrets
from contextlib import closing
from typing import Annotated, Final

import typer

from placehub.errors import Misconfigured, NotFound
from placehub.mailboxes.access import Access
from placehub_connectors.fhir.book import Book
from placehub_connectors.fhir.resources import service_request, task
from placehub_connectors.options import Credentials

TOKEN: Final = "PLACEHUB_FHIR_TOKEN"  # noqa: S105 - a variable's name
SHORTEST: Final = 32


def commands() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(no_args_is_help=True)
    for command in (token, serve, show):
        app.command()(command)
    return app


def token() -> None:
    """Print a new token, for PLACEHUB_FHIR_TOKEN here and for whoever asks the bridge."""
    print(secrets.token_urlsafe(SHORTEST))


def serve(
    credentials: Credentials,
    token: Annotated[str, typer.Option(envvar=TOKEN, hidden=True)] = "",
    host: Annotated[
        str, typer.Option(help="The address to listen on; put a proxy with TLS before any other.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0: a free one.")] = 8470,
) -> None:
    """Answer FHIR R4 searches until told to stop; the token is in PLACEHUB_FHIR_TOKEN."""
    import uvicorn

    from placehub_connectors.fhir.serving import make_server

    if len(token) < SHORTEST:
        raise Misconfigured(f"{TOKEN} must hold {SHORTEST} characters or more. Make one: placehub-connect fhir token")
    with closing(Book(Access.load(credentials))) as book:
        book.cases()
        uvicorn.run(make_server(book, token), host=host, port=port, log_level="warning", server_header=False)


def show(credentials: Credentials, referral: Annotated[str, typer.Argument(help="The referral's id.")]) -> None:
    """Print one search and its Tasks as FHIR, as this organisation may see them."""
    with closing(Book(Access.load(credentials))) as book:
        case = next((one for id, one in book.cases().items() if str(id) == referral), None)
    if case is None:
        raise NotFound(f"There is no search {referral} in the inbox of {book.organisation}. Correct the id.")
    found = [service_request(case), *(task(case, one) for one in case.asked.values())]
    print(text.dumps(found, indent=1))
