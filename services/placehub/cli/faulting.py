"""`placehub faults` and `placehub soak`: a whole hub under faults drawn by a seed, and one that works for long."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from placehub.cli.options import Json


def add_to(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(faults)
    app.command()(soak)


def faults(
    seed: Annotated[int, typer.Option(help="Draws world and schedule; the next run has the next one.")] = 1,
    minutes: Annotated[float, typer.Option(min=0, help="Runs are begun for so long; one is always.")] = 5,
    scale: Annotated[str, typer.Option(help="Size of the sample world.")] = "corner",
    days: Annotated[int, typer.Option(min=1, help="Simulated days of each run.")] = 6,
    search_workers: Annotated[int, typer.Option(min=1, max=6, help="Processes that share the searches.")] = 3,
    crowd: Annotated[
        int, typer.Option(min=0, help="Events a provider beside the world posts each time the clock moves on.")
    ] = 0,
    seconds: Annotated[float, typer.Option(min=1, help="How long faults are done in each run, at most.")] = 120,
    apart: Annotated[
        bool, typer.Option("--apart", help="Begin each fault once the hub has caught up with the one before.")
    ] = False,
    way: Annotated[
        list[str] | None, typer.Option(help="Only this kind of fault; again for each.", show_default="every kind")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Folder to keep the hubs in, to look at them.", show_default="none is kept")
    ] = None,
    json: Json = False,
) -> None:
    """Kill, stop, cut off and fill up a hub of its own, and say what was lost; exit 1 when anything was.

    Each run lets a small made-up world live through some days while processes, broker, registry and database fail as
    the seed has it. Then another's client reads the broker, and judges: loss, effects that happened twice, order,
    who was told what, and every verdict against the same world in memory. The hub makes its decisions, evidence
    and views again. Nothing is left afterwards.

    How long the hub took to catch up is told by kind of fault, of faults that no other disturbed: with --apart of all.
    """
    from dataclasses import asdict

    from placehub.cli.printing import as_facts, as_json, as_table, aside
    from placehub.errors import NotFound
    from placehub.faults.schedule import WAYS, Bounds

    ways = tuple(way or WAYS)
    if unknown := [one for one in ways if one not in WAYS]:
        raise NotFound(f"There is no fault {unknown[0]!r} for --way. Choose among: {', '.join(WAYS)}.")
    _check_client()
    from placehub.drivers.presence import worker_id
    from placehub.faults.campaign import campaign
    from placehub.faults.playing import Wanted
    from placehub.mailboxes.hushing import hush
    from placehub.observing.logs import set_up_logs

    set_up_logs("CRITICAL", "faults", str(worker_id()))
    hush()  # that a server is away is what is wanted
    bounds = Bounds(ways=ways, workers=search_workers)
    wanted = Wanted(seed, scale, days, seconds, bounds, crowd, apart)
    found = campaign(wanted, minutes, keep, aside)
    if json:
        kinds = [asdict(one) for one in found.by_kind()]
        as_json(found.figures() | {"caught_up": kinds, "each": [run.document() for run in found.runs]})
    else:
        as_facts(found.figures())
        rows = [(one.way, one.times, one.median, one.most, one.slowest) for one in found.by_kind()]
        as_table("Seconds to catch up", ("fault", "times", "median", "most", "slowest"), rows)
    if not found.well:
        raise typer.Exit(1)


def soak(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long.")] = 15,
    scale: Annotated[str, typer.Option(help="Size of the sample world.")] = "region",
    seed: Annotated[int, typer.Option(help="Draws the world.")] = 1,
    every: Annotated[float, typer.Option(min=0.5, help="Seconds between two looks.")] = 5,
    write: Annotated[
        Path | None, typer.Option(help="Draw memory and lag over time as SVG to this file.", show_default="none")
    ] = None,
    json: Json = False,
) -> None:
    """Let a world live in a hub of its own for so long, and note the memory of every process and the lag.

    The world's people act as fast as the hub follows. Nothing is left afterwards. Memory is in megabytes, what
    processes share counted by shares.
    """
    from placehub.cli.printing import as_facts, as_file, as_json, as_table, aside
    from placehub.errors import Misconfigured
    from placehub.faults.campaign import place_for
    from placehub.faults.drawing import draw
    from placehub.faults.playing import Wanted
    from placehub.faults.schedule import Bounds
    from placehub.faults.soaking import soak as soak_hub

    _check_client()
    if write is not None and not write.parent.is_dir():
        raise Misconfigured(f"There is no folder {write.parent} for --write. Make it, or name another file.")
    with place_for(None) as place:
        wanted = Wanted(seed, scale, days=365, bounds=Bounds(workers=1))
        found = soak_hub(wanted, place / "hub", minutes, every, aside)
    figures = found.figures()
    if write is not None:
        with redirect_stdout(sys.stderr):  # what --json prints is one document
            as_file(write, draw(found.lines()).encode(), "--write")
    if json:
        as_json(figures)
    else:
        as_facts({name: value for name, value in figures.items() if name != "memory"})
        rows = [(name, *each.values()) for name, each in figures["memory"].items()]
        as_table("Memory in MB", ("process", "beginning", "end", "most"), rows)


def _check_client() -> None:
    """Misconfigured where the foreign client is not installed that the oracle reads with."""
    from importlib.util import find_spec

    from placehub.errors import Misconfigured

    if find_spec("confluent_kafka") is None:
        raise Misconfigured("placehub faults reads the broker with another's client. Run: pip install placehub[faults]")
