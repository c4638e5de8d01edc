"""`placehub case`: everything of one case, for who has to judge it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, database, hub

app = typer.Typer(help="Everything of one case.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _case() -> None:
    """Everything of one case."""


@app.command("bundle")
def bundle(
    referral: Annotated[UUID, typer.Argument(help="Id of the referral.")],
    file: Annotated[Path, typer.Option("--write", help="The file to write.")],
    head: Annotated[
        int | None, typer.Option("--head", min=1, help="Size of an earlier signed tree head; the newest if left out.")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write a case as signed evidence: its records, sealed as they are, with the proofs that they are in the log.

    For a mediator or a court, who checks it with `audit verify --bundle` and the public key. The same case at the same
    tree head gives the same bytes. It shows all parties' events: hand it to nobody who may not see those.
    """
    import hashlib

    from placehub.app import sealed_past, signing_key
    from placehub.cli.printing import as_facts, as_json, aside
    from placehub.embedded.ownership import write_private
    from placehub.evidence.bundling import bundle_case
    from placehub.evidence.store import read_log

    settings = hub(folder)
    signs = signing_key(settings)
    with database(settings) as connection:
        made = bundle_case(read_log(connection), sealed_past(settings), signs, referral, head)
    write_private(file, made.data.decode())
    facts = {
        "file": str(file),
        "sha256": hashlib.sha256(made.data).hexdigest(),
        "records": made.records,
        "tree_size": made.tree_size,
        "not_yet_signed": made.not_yet_signed,
    }
    if json:
        as_json(facts)
        return
    as_facts(facts)
    if made.not_yet_signed:
        aside("What is not yet signed is not in it: no tree head covers it. Make the bundle again after the next.")
