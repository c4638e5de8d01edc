"""`placehub bench`: what the hub costs, beside something bare in the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placehub.cli.options import Json

app = typer.Typer(help="Benchmarks, each beside something bare.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def bench() -> None:
    """Measure; nothing here needs a server."""


@app.command("match")
def match_(
    quick: Annotated[bool, typer.Option("--quick", help="Few homes and searches: to see that it runs.")] = False,
    write: Annotated[
        Path | None, typer.Option(help="Write the figures as a page to this file.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Measure one search among many homes, one home among many searches, and a year's what-if."""
    from placehub.bench.matching import QUICK, Effort, measure
    from placehub.bench.page import page
    from placehub.cli.printing import as_json, aside

    found = measure(QUICK if quick else Effort(), aside)
    if write is not None:
        write.write_text(page(found), encoding="utf-8")
    if json:
        as_json(found)
    else:
        print(page(found))
