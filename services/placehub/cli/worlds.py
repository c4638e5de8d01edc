"""`placehub world`: sample worlds too large to live through mailboxes."""

from __future__ import annotations

from typing import Annotated

import typer

from placehub.cli.options import Json

app = typer.Typer(help="Large sample worlds, made in memory.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def make(
    scale: Annotated[str, typer.Option(help="Size of the sample world.")] = "england",
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 1,
    days: Annotated[int, typer.Option(min=1, help="Simulated days.")] = 365,
    events: Annotated[
        int | None, typer.Option(min=1, help="End after so many events, before the days are over.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Make the streams of a whole sample world by the hub's own rules, or say where they are kept already."""
    from placehub.cli.printing import as_facts, as_json, aside
    from placehub.sample.made import Asked, make

    folder, figures = make(Asked(scale=scale, seed=seed, days=days, most=events), aside)
    if json:
        as_json({"folder": str(folder), **figures})
    else:
        as_facts({"folder": folder, **{name: one for name, one in figures.items() if name != "by_type"}})
