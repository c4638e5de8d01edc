"""`placehub-connect folder`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placehub_connectors.dropping import Choices
from placehub_connectors.mapping.shipped import find_mapping, shipped, shipped_mapping, shipped_text
from placehub_connectors.options import Credentials, Json
from placehub_connectors.running import (
    Every,
    Folder,
    Form,
    Watch,
    check,
    run,
)

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
MappingName = Annotated[str, typer.Option("--mapping", help="A mapping file (.toml), or the name of a shipped one.")]


@app.command("run")
def run_folder(
    folder: Folder,
    mapping: MappingName,
    credentials: Credentials,
    watch: Watch = False,
    every: Every = 2.0,
    results: Form = "csv",
    json: Json = False,
) -> None:
    """Send what the files in a folder tell, and put each away in `done` with its results beside it."""
    run(folder, find_mapping(mapping), credentials, Choices(form=results), watch=watch, every=every, json=json)


@app.command("check")
def check_file(
    file: Annotated[Path, typer.Argument(help="The file to try.")], mapping: MappingName, json: Json = False
) -> None:
    """Say what a file would come to; it reaches no hub and keeps nothing."""
    check(file, find_mapping(mapping), json)


@app.command("mappings")
def list_mappings() -> None:
    """Show the mappings that are shipped."""
    for name in shipped():
        print(f"{name:<34}{shipped_mapping(name).says}")


@app.command("mapping")
def print_mapping(name: Annotated[str, typer.Argument(help="Name of a shipped mapping.")]) -> None:
    """Print a shipped mapping, to begin your own from."""
    print(shipped_text(name), end="")
