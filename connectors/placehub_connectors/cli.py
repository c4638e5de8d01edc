"""The `placehub-connect` command: one group of commands for each connector that is installed."""

from __future__ import annotations

import json as text
import os
import sys
from contextlib import suppress
from typing import Final

import typer

from placehub.errors import HubError
from placehub_connectors.connector import registered
from placehub_connectors.options import Json

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C: 128 and the number of its signal, as shells have it."""


def program() -> typer.Typer:
    """Return the whole command line, with the commands of every installed connector."""
    app = typer.Typer(
        help="Connectors: join an authority's or a provider's own system to the hub.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.command("list")(list_connectors)
    for connector in registered():
        app.add_typer(connector.commands(), name=connector.name, help=connector.says)
    return app


def list_connectors(json: Json = False) -> None:
    """Show the connectors that are installed."""
    found = registered()
    if json:
        print(text.dumps([{"name": one.name, "says": one.says, "sides": one.sides} for one in found], indent=1))
        return
    for one in found:
        print(f"{one.name:<14}{one.says}")


def main() -> None:
    """Run the command line; what goes wrong is one line on stderr and the error's exit code."""
    try:
        program()()
    except KeyboardInterrupt:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(INTERRUPTED)  # clients' threads are not waited for
    except HubError as error:
        print(f"placehub-connect: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(error.exit_code)
