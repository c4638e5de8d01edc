"""`placehub returns`: produced from the streams, shown, and exported with the pack for the meeting."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, database, hub, now

if TYPE_CHECKING:
    from placehub.returns.events import ReturnProduced
    from placehub.returns.pack import Pack

app = typer.Typer(help="Returns that nobody types.", no_args_is_help=True, rich_markup_mode=None)
Return = Annotated[UUID, typer.Argument(help="Id of the return, as `returns list` shows it.")]
Version = Annotated[int | None, typer.Option(min=1, help="An earlier version; the latest if left out.")]


class Format(StrEnum):
    """What a return can be exported as."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


@app.callback()
def _returns() -> None:
    """Returns that nobody types."""


@app.command("produce")
def produce(
    agreement: Annotated[UUID | None, typer.Option(help="Only of this agreement.")] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            "--period-of", formats=["%Y-%m-%d"], help="A day in the period; the last that is over if left out."
        ),
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Produce the returns of the last period that is over; a new version of those whose facts have changed."""
    from dataclasses import asdict

    from placehub.cli.printing import as_json, as_table
    from placehub.returns.publishing import run

    settings = hub(folder)
    found = [asdict(one) for one in run(settings, now(settings), agreement, day.date() if day else None)]
    if json:
        as_json(found)
        return
    columns = ("of_organisation", "kind", "starts_on", "ends_on", "version", "is_new", "changed", "return_id")
    as_table("Returns", columns, [[one[name] for name in columns] for one in found])


@app.command("list")
def list_returns(
    organisation: Annotated[
        str | None, typer.Option("--as", help="Only those of which it is one side; its code.")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """List returns, the latest period first: how far each is confirmed, and whether the two sides have met."""
    from placehub.cli.printing import as_json, as_table
    from placehub.monitoring.partnership import RETURNS_VIEW

    with database(hub(folder)) as connection:
        rows = RETURNS_VIEW.rows(connection, organisation=organisation)
    if json:
        as_json(rows)
    else:
        columns = list(RETURNS_VIEW.columns)
        as_table("Returns", columns, [[row[name] for name in columns] for row in rows])


@app.command("show")
def show(return_id: Return, version: Version = None, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Show one return, and the pack for the meeting."""
    from placehub.cli.printing import as_json, as_table
    from placehub.contracts.codec import to_json
    from placehub.returns.writing import LINES, PACK

    of, pack = _found(folder, return_id, version)
    if json:
        as_json({"return": to_json(of), "pack": [dict(zip(PACK, row, strict=True)) for row in pack.rows()]})
        return
    title = f"{of.kind} return of {of.of_organisation}, {of.starts_on} to {of.ends_on}, version {of.return_version}"
    as_table(title, LINES, [[getattr(line, name) for name in LINES] for line in of.lines])
    as_table("Pack for the meeting", PACK, pack.rows())


@app.command("export")
def export(
    return_id: Return,
    to: Annotated[Format, typer.Option("--to", help="csv, xlsx or pdf.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    version: Version = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Write one return to a file, with the pack for the meeting."""
    from placehub.cli.printing import as_file
    from placehub.returns.writing import FORMATS

    as_file(out, FORMATS[to](*_found(folder, return_id, version)), "--out")


def _found(folder: Path, return_id: UUID, version: int | None) -> tuple[ReturnProduced, Pack]:
    from placehub.errors import NotFound
    from placehub.returns.pack import pack_of
    from placehub.returns.publishing import partnerships

    for partnership in partnerships(hub(folder)).values():
        if (one := partnership.returns.get(return_id)) is None:
            continue
        chosen = [each for each in one.versions if version in (None, each.return_version)]
        if not chosen:
            raise NotFound(f"Version {version} was not produced. The latest is {one.latest.return_version}.")
        return chosen[-1], pack_of(partnership, one)
    raise NotFound("No return of that id is known. See 'placehub returns list'.")
