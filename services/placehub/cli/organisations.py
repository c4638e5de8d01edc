"""`placehub org`: who takes part."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placehub.cli.completion import complete_organisations
from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, database, hub, now

if TYPE_CHECKING:
    from placehub.organisations.joining import Credentials
    from placehub.settings import Settings

app = typer.Typer(
    help="Organisations: register, list, show, new credentials, shut out.", no_args_is_help=True, rich_markup_mode=None
)

Code = Annotated[str, typer.Argument(help="Its code.", autocompletion=complete_organisations)]
_LISTED = ("code", "kind", "name", "nation", "scheme", "state")


@app.command()
def add(
    code: Annotated[str, typer.Argument(help="Its code: an authority's ONS code, a provider's registration number.")],
    scheme: Annotated[str, typer.Option(help="Who gives the code: ons, ofsted, ciw or ci.")],
    kind: Annotated[str, typer.Option(help="authority, provider or consortium.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    sharing_agreement: Annotated[str, typer.Option(help="Reference of its data-sharing agreement.")],
    nation: Annotated[str, typer.Option(help="Nation; known already for an authority.")] = "",
    agreement_signed: Annotated[str | None, typer.Option(help="YYYY-MM-DD; today if left out.")] = None,
    contact: Annotated[str, typer.Option(help="A mailbox of its data protection post, never of a person.")] = "",
    role: Annotated[str, typer.Option(help="Its role under data protection law.")] = "controller",
    keep: Annotated[bool, typer.Option("--keep", help="Keep the credentials in the hub's folder.")] = False,
    save: Annotated[Path | None, typer.Option(help="Write the credentials to this file, not the screen.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Register an organisation: mailboxes, login, access rules. Its credentials are shown once."""
    from placehub.organisations.joining import Organisation, SharingAgreement
    from placehub.organisations.register import add_organisation

    settings = hub(folder)
    at = now(settings)
    signed_on = _day(agreement_signed) if agreement_signed else at.date()
    agreement = SharingAgreement(reference=sharing_agreement, signed_on=signed_on, contact=contact, role=role)
    joining = Organisation(code=code, scheme=scheme, kind=kind, name=name, nation=nation, agreement=agreement)
    _hand_over(add_organisation(settings, joining, at), settings, folder if keep else None, save, json)


@app.command("list")
def list_all(folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """List every organisation."""
    from placehub.cli.printing import as_json, as_table
    from placehub.organisations.register import list_organisations

    with database(hub(folder)) as connection:
        found = list_organisations(connection)
    if json:
        as_json(found)
    else:
        as_table("Organisations", _LISTED, [[one[column] for column in _LISTED] for one in found])


@app.command("show")
def show_one(code: Code, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Show one organisation and its data-sharing agreement."""
    from placehub.cli.printing import as_facts, as_json
    from placehub.organisations.register import show

    with database(hub(folder)) as connection:
        found = show(connection, code)
    (as_json if json else as_facts)(found)


@app.command()
def rotate(
    code: Code,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the credentials in the hub's folder.")] = False,
    save: Annotated[Path | None, typer.Option(help="Write the credentials to this file, not the screen.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Give an organisation new credentials, shown once. The old token stops now, the old password at the next login."""
    from placehub.organisations.register import rotate as rotate_credentials

    settings = hub(folder)
    _hand_over(rotate_credentials(settings, code, now(settings)), settings, folder if keep else None, save, json)


@app.command()
def disable(
    code: Code,
    reason: Annotated[str, typer.Option(help="Why; it stands in the register's stream for all operators.")],
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Shut an organisation out at once and for good: login, mailboxes, token; its homes are searched no more."""
    from placehub.cli.printing import aside
    from placehub.organisations.register import disable as shut_out

    settings = hub(folder)
    shut_out(settings, code, reason, now(settings))
    aside(f"{code} is shut out.")


def _hand_over(
    credentials: Credentials, settings: Settings, keep_in: Path | None, save: Path | None, json: bool
) -> None:
    from placehub.cli.credentials import kept_at
    from placehub.cli.printing import as_facts, as_json, aside
    from placehub.operating import handed_over

    access = handed_over(credentials, settings)
    files = [file for file in (save, keep_in and kept_at(keep_in, credentials.code)) if file is not None]
    shown: dict[str, Any] = {"organisation": credentials.code}
    try:
        shown["saved_in"] = ", ".join(str(access.save(file)) for file in files)
    except OSError as error:
        # They cannot be had again: better on the screen than nowhere.
        aside(f"The credentials could not be saved ({error.strerror}); they follow here.")
        files = []
    if not files:
        shown = access.facts()
        aside("These credentials are shown once and kept nowhere in the hub. Hand them over safely.")
    (as_json if json else as_facts)(shown)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be a day, as 2026-03-02", param_hint="--agreement-signed") from None
