"""`placehub lag`, `settings`, `pause`, `resume`: when something is slow, odd, or has to stop."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placehub.cli.completion import complete_processors
from placehub.cli.options import DEFAULT_FOLDER, By, Folder, Json, database, hub, now, operator

if TYPE_CHECKING:
    from placehub.drivers.quiet import Lag

Processor = Annotated[
    str, typer.Argument(help="intake, search, vacancies, delivery or monitoring.", autocompletion=complete_processors)
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (lag, settings, pause, resume):
        app.command()(command)


def lag(
    every: Annotated[bool, typer.Option("--all", help="Also partitions of which everything has been read.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Show what each processor has still to read, by partition, and to publish.

    `whole` marks a topic that a processor reads beside its own partitions, to know the world; `next` is the offset it
    reads next.
    """
    from placehub.app import partition_lag
    from placehub.cli.printing import as_facts, as_json, as_table

    found = partition_lag(hub(folder))
    if json:
        as_json(_as_document(found))
        return
    as_facts(_sums(found))
    columns = ("processor", "topic", "partition", "whole", "next", "end", "behind")
    rows = [
        (one.processor, one.topic, one.partition, "whole" if one.whole else None, one.next, one.end, one.behind)
        for one in found.readings
        if one.behind or every
    ]
    if rows:
        as_table("By partition", columns, rows)


def _behind(found: Lag) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for one in found.readings:
        counted[one.processor] += one.behind
    return dict(counted)


def _sums(found: Lag) -> dict[str, str]:
    return {
        name: f"{count} to read, {found.outgoing.get(name, 0)} to publish" for name, count in _behind(found).items()
    }


def _as_document(found: Lag) -> dict[str, Any]:
    processors = {
        name: {"behind": count, "outgoing": found.outgoing.get(name, 0)} for name, count in _behind(found).items()
    }
    return {
        "processors": processors,
        "partitions": [{**one._asdict(), "behind": one.behind} for one in found.readings],
    }


def settings(folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Show every setting, its value and where that is from: environment, file, folder or default.

    Of a secret only whether it is set. Works where no hub is found, to see what is missing.
    """
    from placehub.cli.printing import as_json, as_table
    from placehub.settings import Settings

    found = Settings.origins(folder)
    if json:
        as_json([asdict(one) for one in found])
    else:
        as_table("Settings", ("setting", "value", "origin"), [(one.name, one.value, one.origin) for one in found])


def pause(
    processor: Processor,
    reason: Annotated[str, typer.Option(help="Why; `status` shows it.")],
    by: By = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Let a processor take in nothing more until it is resumed; nothing is lost, and it stays paused over restarts.

    It stops within about two seconds. What it has taken in goes out.
    """
    from placehub.cli.printing import aside
    from placehub.drivers.pausing import Pause
    from placehub.drivers.pausing import pause as pause_processor

    if not reason.strip():
        raise typer.BadParameter("must say why", param_hint="--reason")
    _check(processor)
    settings = hub(folder)
    wanted = Pause(processor, now(settings), operator(by), reason)
    with database(settings) as connection, connection.begin():
        pause_processor(connection, wanted)
    aside(f"{wanted}")


def resume(processor: Processor, folder: Folder = DEFAULT_FOLDER) -> None:
    """Let a paused processor go on where it stood."""
    from placehub.cli.printing import aside
    from placehub.drivers.pausing import resume as resume_processor

    _check(processor)
    with database(hub(folder)) as connection, connection.begin():
        resume_processor(connection, processor)
    aside(f"{processor} goes on")


def _check(processor: str) -> None:
    from placehub.app import READS
    from placehub.errors import NotFound

    if processor not in READS:
        raise NotFound(f"There is no processor {processor}. Choose one of: {', '.join(READS)}.")
