"""`placehub up`, `prepare`, `run`, `demo`, `status`: a hub that runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placehub.cli.completion import complete_processes
from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, database, hub

if TYPE_CHECKING:
    from placehub.settings import Settings


class ClockKind(StrEnum):
    """Where the hub's time comes from."""

    wall = "wall"
    stream = "stream"


Tls = Annotated[bool, typer.Option("--tls", help="Reach the broker by TLS only, now and at every later start.")]
SearchWorkers = Annotated[int, typer.Option(min=1, max=6, help="Processes that share the searches.")]
Intakes = Annotated[int, typer.Option(min=1, max=16, help="Processes that share the outboxes.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (up, prepare, run, demo, status):
        app.command()(command)


def up(
    folder: Folder = DEFAULT_FOLDER,
    clock: Annotated[ClockKind, typer.Option(help="wall, or stream: time comes as events.")] = ClockKind.wall,
    search_workers: SearchWorkers = 1,
    intakes: Intakes = 1,
    tls: Tls = False,
) -> None:
    """Start the whole hub here, in the foreground."""
    from placehub.cli.credentials import trust_kept
    from placehub.cli.printing import aside
    from placehub.drivers.pausing import paused
    from placehub.organisations.register import list_organisations
    from placehub.whole import up as run_hub

    def told(settings: Settings) -> None:
        aside(f"The hub is up in {folder}. Stop it with Ctrl-C.")
        with database(settings) as connection:
            for one in paused(connection).values():
                aside(f"  {one} ('placehub resume {one.processor}' lets it go on)")
            if not list_organisations(connection):
                aside("  It is empty. Register somebody with 'placehub org add', or look at a made-up region")
                aside("  in another folder: placehub demo --stay --dir sample")
        for name in ("bootstrap", "registry", "api", "portal"):
            aside(f"  {name:<10} {getattr(settings, name)}")
        if settings.kafka_tls_ca:
            trust_kept(folder, settings.kafka_tls_ca)
            aside(f"  {'authority':<10} {settings.kafka_tls_ca} (who joins needs this certificate)")

    run_hub(folder, clock.value, told, search_workers, intakes, tls=tls)


def prepare(folder: Folder = DEFAULT_FOLDER) -> None:
    """Bring database, streams and registered schemas to this version; harmless when they are. `placehub up` does it.

    For a hub with servers of its own: run it once before its processes, at the start and after each upgrade.
    """
    from placehub.app import prepare as prepare_hub
    from placehub.cli.printing import aside

    settings = hub(folder)
    prepare_hub(settings)
    aside("Database, streams and schemas are those of this version.")


def run(
    processor: Annotated[
        str, typer.Argument(help="Which one; `placehub up` runs them all.", autocompletion=complete_processes)
    ],
    folder: Folder = DEFAULT_FOLDER,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka, host:port[,host:port].", show_default=False)] = None,
    database: Annotated[
        str | None, typer.Option(help="PostgreSQL, postgresql+psycopg://user@host:port/placehub.", show_default=False)
    ] = None,
    registry: Annotated[str | None, typer.Option(help="Root of the registry's API.", show_default=False)] = None,
    api: Annotated[str | None, typer.Option(help="Root of the hub's HTTP API.", show_default=False)] = None,
) -> None:
    """Run one process of the hub until it is told to stop; a further one shares the work of those there are.

    What no option names comes from PLACEHUB_<NAME>, then from the folder. Keep passwords out of the command line,
    which other users of the machine can read: give them as PLACEHUB_KAFKA_PASSWORD and PLACEHUB_DATABASE.
    """
    from placehub.app import run as run_process

    given = {"bootstrap": bootstrap, "database": database, "registry": registry, "api": api}
    run_process(processor, hub(folder, given))


def demo(
    scale: Annotated[str, typer.Option(help="Size of the sample world.")] = "region",
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 1,
    folder: Folder = DEFAULT_FOLDER,
    stay: Annotated[bool, typer.Option("--stay", help="Keep the hub up afterwards.")] = False,
    days: Annotated[
        int | None, typer.Option(min=1, help="Simulated days; else as the scale has.", show_default=False)
    ] = None,
    search_workers: SearchWorkers = 1,
    tls: Tls = False,
) -> None:
    """Show the hub at work: a month of a sample region."""
    from placehub.mailboxes.hushing import hush
    from placehub.sample.demo import Wanted, run_demo

    hush()
    wanted = Wanted(scale=scale, seed=seed, days=days, search_workers=search_workers, stay=stay, tls=tls)
    raise typer.Exit(run_demo(wanted, folder))


def status(folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Say whether the hub's parts answer and keep up."""
    from placehub.cli.printing import as_facts, as_json, as_table
    from placehub.operating import servers as look

    settings = hub(folder)
    servers = look(settings)
    whole = set(servers.values()) == {"up"}
    found: dict[str, Any] = {"servers": servers, **(_numbers(settings) if whole else {})}
    if json:
        as_json(found)
    else:
        behind = {f"behind: {name}": count for name, count in found.get("lag", {}).items()}
        paused = {f"paused: {one['processor']}": _since(one) for one in found.get("paused", ())}
        resting = {f"outbox rests: {one['organisation']}": _flood(one) for one in found.get("resting", ())}
        as_facts({**servers, "organisations": found.get("organisations"), **behind, **paused, **resting})
        if "workers" in found:
            as_table("workers", ("processor", "host", "pid", "started", "seen", "observe", "holds"), _rows(found))
    if not whole:
        raise typer.Exit(1)


def _numbers(settings: Settings) -> dict[str, Any]:
    from placehub.app import lag
    from placehub.drivers.pausing import paused
    from placehub.drivers.presence import present
    from placehub.intake.tables import resting_outboxes
    from placehub.organisations.register import list_organisations

    with database(settings) as connection:
        return {
            "organisations": len(list_organisations(connection)),
            "lag": dict(lag(settings)),
            "paused": [asdict(one) for one in paused(connection).values()],
            "resting": resting_outboxes(connection),
            "workers": [asdict(one) for one in present(connection)],
        }


def _since(one: dict[str, Any]) -> str:
    return f"since {one['since']:%Y-%m-%d %H:%M} by {one['by']}: {one['reason']}"


def _flood(resting: dict[str, Any]) -> str:
    return f"{resting['rejected']} of its last {resting['of']} events were rejected"


def _rows(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    names = ("processor", "host", "pid", "started_at", "seen_at", "observe")
    return [(*(one[name] for name in names), _holding(one["partitions"])) for one in found["workers"]]


def _holding(partitions: dict[str, list[int]]) -> str:
    kinds = Counter(topic.partition(".")[0] for topic, numbers in partitions.items() for _ in numbers)
    return ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
