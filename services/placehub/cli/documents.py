"""`placehub documents`: what the two sectors of an agreement have proposed, said and agreed."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, hub, now

app = typer.Typer(help="Documents of an agreement.", no_args_is_help=True, rich_markup_mode=None)
Agreement = Annotated[UUID, typer.Argument(help="Id of the agreement, as `documents list` shows it.")]


@app.command("list")
def list_documents(
    agreement: Annotated[
        UUID | None, typer.Argument(help="Id of the agreement; those of every one if left out.", show_default=False)
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """List every version: its state, since when it is in force, and the votes by sector."""
    from placehub.codesign.listing import VERSIONS, versions
    from placehub.codesign.reading import all_documents, documents_of
    from placehub.errors import NotFound

    settings = hub(folder)
    at, known = now(settings), {agreement: documents_of(settings, agreement)} if agreement else all_documents(settings)
    rows = [{"agreement": str(id), **row} for id, one in known.items() for row in versions(one, at)]
    if agreement and not rows:
        raise NotFound("No document was proposed under an agreement of that id. See 'placehub documents list'.")
    _print(f"Documents of {agreement or 'every agreement'}", ("agreement", *VERSIONS), rows, json=json)


@app.command("show")
def show_document(
    agreement: Agreement,
    document: Annotated[UUID, typer.Argument(help="Id of the document.")],
    number: Annotated[int, typer.Argument(help="Its version.")] = 1,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Show one version clause by clause, with what was said of each."""
    from placehub.codesign.documents import name_of
    from placehub.codesign.listing import CLAUSES, clauses
    from placehub.codesign.reading import documents_of
    from placehub.errors import NotFound

    told, name = documents_of(hub(folder), agreement), name_of(document, number)
    if name not in told.proposed:
        raise NotFound("No such version was proposed. See 'placehub documents list'.")
    _print(told.proposed[name].title, CLAUSES, clauses(told, name), json=json)


def _print(title: str, columns: tuple[str, ...], rows: list[dict[str, Any]], *, json: bool) -> None:
    from placehub.cli.printing import as_json, as_table

    if json:
        as_json(rows)
    else:
        as_table(title, columns, [[row[name] for name in columns] for row in rows])
