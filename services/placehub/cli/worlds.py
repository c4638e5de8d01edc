"""`placehub world`: sample worlds too large to live through mailboxes."""

from __future__ import annotations

from typing import Annotated

import typer

from placehub.cli.options import Json, Write

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
    from placehub.cli.printing import as_facts, as_json, progress
    from placehub.sample.made import Asked, make

    folder, figures = make(Asked(scale=scale, seed=seed, days=days, most=events), progress)
    if json:
        as_json({"folder": str(folder), **figures})
    else:
        as_facts({"folder": folder, **{name: one for name, one in figures.items() if name != "by_type"}})


@app.command()
def compare(
    scale: Annotated[str, typer.Option(help="Size of the sample world.")] = "region",
    days: Annotated[int, typer.Option(min=1, help="Simulated days.")] = 30,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 1,
    model: Annotated[
        list[str] | None, typer.Option(help="How people behave: usual, eager or weary.", show_default="all three")
    ] = None,
    stale: Annotated[
        list[float] | None,
        typer.Option(min=0, max=1, help="Share of vacancies that are stale.", show_default="0.1, 0.3 and 0.5"),
    ] = None,
    processes: Annotated[int, typer.Option(min=1, max=32, help="How many processes share the runs.")] = 1,
    write: Write = None,
    json: Json = False,
) -> None:
    """Make every search of a simulated world under the shipped policy and by mailing everybody, and compare."""
    from placehub.bench.page import compared, put
    from placehub.cli.printing import as_json, as_table, aside
    from placehub.sample.comparison import AIMS, COLUMNS, Simulated, compare_all

    rows = compare_all(Simulated(scale, days, seed), model or None, stale or None, aside, processes)
    if write is not None:
        put(write, "compare", compared({"scale": scale, "days": days, "seed": seed, "runs": rows}))
    if json:
        as_json({"simulated": True, "scale": scale, "days": days, "seed": seed, "aims": AIMS, "runs": rows})
        return
    as_table(f"Simulated: {scale}, {days} days, seed {seed}", COLUMNS, [[row[one] for one in COLUMNS] for row in rows])
    for row in rows:
        for what, name in (("no offer, though mailing had one", "missed"), ("a lesser band", "lesser")):
            for why, count in row[name].items():
                print(f"simulated, {row['model']}, {row['stale']:.0%} stale: {what}: {count} times, {why}")
    print(
        f"Aims: {AIMS}. Everything here is simulated: docs/model.md says how people and stale vacancies are modelled."
    )
