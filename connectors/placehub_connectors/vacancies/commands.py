"""`placehub-connect vacancies`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placehub.errors import Conflict
from placehub_connectors.dropping import Choices
from placehub_connectors.mapping.shipped import find_mapping
from placehub_connectors.options import Credentials, Json
from placehub_connectors.running import (
    Every,
    Folder,
    Form,
    Watch,
    check,
    run,
)
from placehub_connectors.vacancies import CLOSING, MAPPING
from placehub_connectors.vacancies.template import csv_template, workbook_template

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
MappingName = Annotated[str, typer.Option("--mapping", help="A mapping file of your own, in place of the template's.")]
Full = Annotated[bool, typer.Option("--full", help="Each file is the whole list: what it lacks is closed.")]


@app.command("run")
def run_vacancies(
    folder: Folder,
    credentials: Credentials,
    full: Full = False,
    mapping: MappingName = MAPPING,
    watch: Watch = False,
    every: Every = 2.0,
    results: Form = "csv",
    json: Json = False,
) -> None:
    """Open and revise the vacancies that files in a folder tell; unchanged rows send nothing."""
    choices = Choices(form=results, full=full, closing=CLOSING)
    run(folder, find_mapping(mapping), credentials, choices, watch=watch, every=every, json=json)


@app.command("check")
def check_file(
    file: Annotated[Path, typer.Argument(help="The file to try.")], mapping: MappingName = MAPPING, json: Json = False
) -> None:
    """Say what a file would come to; it reaches no hub and keeps nothing."""
    check(file, find_mapping(mapping), json)


@app.command("template")
def write_template(
    file: Annotated[Path, typer.Argument(help="Where to write it: .xlsx or .csv.")], mapping: MappingName = MAPPING
) -> None:
    """Write the template to fill in, and to e-mail."""
    writers = {".csv": csv_template, ".xlsx": workbook_template}
    if file.suffix.lower() not in writers:
        raise typer.BadParameter("must end in .xlsx or .csv", param_hint="FILE")
    if file.exists():
        raise Conflict(f"{file} is there already. Name another, or take it away.")
    file.write_bytes(writers[file.suffix.lower()](find_mapping(mapping)))
    print(file)
