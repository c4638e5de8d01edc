"""`placehub case`: a case's whole story, as of a moment and as a party could see it then, and as signed evidence."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple
from uuid import UUID

import typer

from placehub.cli.completion import complete_organisations
from placehub.cli.options import DEFAULT_FOLDER, By, Folder, Json, database, hub, now, operator, time_given

if TYPE_CHECKING:
    from placehub.cases.file import CaseFile

app = typer.Typer(help="Everything of one case.", no_args_is_help=True, rich_markup_mode=None)
Referral = Annotated[UUID, typer.Argument(help="Id of the referral.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="As of this moment, RFC 3339; now if left out.")]
ForWhom = Annotated[
    str | None,
    typer.Option(
        "--as",
        help="Only what this organisation had been told by then; its code.",
        autocompletion=complete_organisations,
    ),
]

Purpose = Annotated[
    str,
    typer.Option("--for", help="Why it is read, kept in the evidence log; one of the code list reading_purpose."),
]


class Format(StrEnum):
    """What a case file can be exported as."""

    HTML = "html"
    PDF = "pdf"


class Read(NamedTuple):
    """Who reads what of a case, and why."""

    by: str | None
    what: str
    purpose: str


@app.callback()
def _case() -> None:
    """Everything of one case."""


@app.command()
def show(
    referral: Referral,
    purpose: Purpose,
    as_of: AsOf = None,
    organisation: ForWhom = None,
    by: By = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Tell a case from its first event: when each happened, when the hub knew, and when each party was told.

    It also says which providers under the agreement were not told, why, and when they would have been. With --as it is
    the case as that organisation could see it at that moment, and nothing else. That it was read, by whom and why, is
    kept before it is shown, and its authority is told.
    """
    from placehub.cases.writing import NOT_TOLD, as_document, head_of, not_told_of, story_of
    from placehub.cli.printing import as_facts, as_json, as_table

    file = _file(folder, referral, as_of, organisation, Read(by, "case file", purpose))
    if json:
        as_json(as_document(file))
        return
    as_facts(dict(head_of(file)))  # type: ignore[arg-type]  # each line is a pair
    as_table("The story", *story_of(file))
    if file.not_told:
        as_table("Who was not told, and why", NOT_TOLD, not_told_of(file))


@app.command()
def export(
    referral: Referral,
    to: Annotated[Format, typer.Option("--to", help="html or pdf.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    purpose: Purpose,
    as_of: AsOf = None,
    organisation: ForWhom = None,
    by: By = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Write the file of a case, for reading or for paper; as with `show`, that it was read is kept first."""
    from placehub.cases.writing import FORMATS
    from placehub.cli.printing import as_file
    from placehub.evidence.readings import EXPORTED

    read = Read(by, EXPORTED, purpose)
    as_file(out, FORMATS[to](_file(folder, referral, as_of, organisation, read)), "--out")


@app.command("bundle")
def bundle(
    referral: Referral,
    file: Annotated[Path, typer.Option("--write", help="The file to write.")],
    purpose: Purpose,
    head: Annotated[
        int | None, typer.Option("--head", min=1, help="Size of an earlier signed tree head; the newest if left out.")
    ] = None,
    by: By = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write a case as signed evidence: its records, sealed as they are, with the proofs that they are in the log.

    For a mediator or a court, who checks it with `audit verify --bundle` and the public key. The same case at the same
    tree head gives the same bytes. Where somebody outside had stamped that head by now, the time stamp is in it too. It
    shows all parties' events: hand it to nobody who may not see those.
    """
    import hashlib

    from placehub.app import sealed_past, signing_key
    from placehub.cli.printing import as_facts, as_json, aside
    from placehub.embedded.ownership import write_private
    from placehub.evidence.bundling import bundle_case
    from placehub.evidence.store import read_log

    _file(folder, referral, None, None, Read(by, "bundle", purpose))
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
        "stamped_at": made.stamped_at.isoformat() if made.stamped_at else None,
        "not_yet_signed": made.not_yet_signed,
    }
    if json:
        as_json(facts)
        return
    as_facts(facts)
    if made.not_yet_signed:
        aside("What is not yet signed is not in it: no tree head covers it. Make the bundle again after the next.")


def _file(folder: Path, referral: UUID, as_of: str | None, organisation: str | None, read: Read) -> CaseFile:
    """Return the file of a case, once it is kept that it is read."""
    from placehub.app import past
    from placehub.cases.reading import read_case
    from placehub.codes.lists import check
    from placehub.evidence.readings import Reading, keep_reading
    from placehub.monitoring.listing import known_kind

    settings = hub(folder)
    at = now(settings)
    check("reading_purpose", read.purpose, at.date(), "--for")
    moment = time_given(as_of, "--as-of") or at
    with database(settings) as connection:
        if organisation is not None:
            known_kind(connection, organisation)
        file = read_case(past(settings), connection, referral, moment, organisation)
        reading = Reading(
            referral_id=referral,
            children=file.children,
            owner=file.authority,
            by=operator(read.by),
            what=read.what,
            purpose=read.purpose,
            seen_as=organisation,
            as_of=moment,
            at=at,
        )
        keep_reading(connection, reading)
        connection.commit()
    return file
