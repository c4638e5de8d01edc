"""`placehub schema`: for developers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Avro schemas, for developers.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Avro schemas, for developers."""


@app.command()
def write(
    folder: Annotated[Path, typer.Option("--to", help="Folder of the schemas.")] = Path("schemas/avro"),
) -> None:
    """Write every event's schema from its class."""
    from placehub.contracts.codec import write_schemas
    from placehub.streams import every_event

    write_schemas(folder)
    print(f"{len(every_event())} schemas in {folder}")
