"""`placehub access report`: who opened or read what, when and why."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from placehub.cli.completion import complete_organisations
from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, database, hub

app = typer.Typer(help="Who opened or read what.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _access() -> None:
    """Who opened or read what."""


@app.command()
def report(
    child: Annotated[UUID | None, typer.Option(help="Pseudonymous id of the child it is about.")] = None,
    organisation: Annotated[
        str | None,
        typer.Option(
            "--org", help="Code: what it opened, and who read its cases.", autocompletion=complete_organisations
        ),
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Tell who opened sealed parts and who read cases: of one child, or of one organisation.

    The same stands in the evidence log, opening by opening, but for what the hub's own rules opened, which is here once
    a day for each key and purpose.
    """
    from dataclasses import asdict, fields

    from placehub.cli.printing import as_json, as_table
    from placehub.evidence.access import Access, access_of
    from placehub.monitoring.listing import known_kind

    if (child is None) == (organisation is None):
        raise typer.BadParameter("say whose: a child, or an organisation", param_hint="--child or --org")
    with database(hub(folder)) as connection:
        if organisation is not None:
            known_kind(connection, organisation)
        found = [asdict(one) for one in access_of(connection, child=child, organisation=organisation)]
    if json:
        as_json(found)
        return
    names = [one.name for one in fields(Access)]
    as_table("Access", names, [[one[name] for name in names] for one in found])
