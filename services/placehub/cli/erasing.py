"""`placehub erase`, `hold` and `retention`: what may not be erased, what two people erase, and what runs out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from placehub.cli.completion import complete_organisations
from placehub.cli.options import DEFAULT_FOLDER, By, Folder, Json, database, hub, now, operator
from placehub.mailboxes.hushing import hush

if TYPE_CHECKING:
    from placehub.retention.rules import Kind, Person

holds = typer.Typer(help="What may not be erased.", no_args_is_help=True, rich_markup_mode=None)
retention = typer.Typer(help="How long what is kept.", no_args_is_help=True, rich_markup_mode=None)
Child = Annotated[UUID | None, typer.Option("--child", help="Pseudonymous id of the child.")]
Household = Annotated[
    UUID | None, typer.Option("--household", help="Pseudonymous id of the household, as `household_ref` has it.")
]
As = Annotated[
    str | None,
    typer.Option(
        "--as",
        help="Code of whoever's child or household it is, by its own credentials; the hub's operator if left out.",
        autocompletion=complete_organisations,
    ),
]
CredentialsFile = Annotated[
    Path | None, typer.Option("--credentials", help="File with that organisation's credentials, for --as.")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(erase)
    app.add_typer(holds, name="hold")
    app.add_typer(retention, name="retention")


def erase(
    child: Child = None,
    household: Household = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Ask for it: why, of the code list erasure_reason.")
    ] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Confirm what another person asked for.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back what was asked for.")] = False,
    by: By = None,
    organisation: As = None,
    credentials: CredentialsFile = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Erase a child or a household: one person asks with --reason, a second confirms with --confirm in seven days.

    One of the two at least is of the authority whose child, or the provider whose household, it is, which --as and its
    credentials show. A confirmation destroys every key of it at once and for good: what they sealed can be read by
    nobody any more, in streams, mailboxes, bundles and backups alike. A hold, a placement that goes on and an open
    dispute stop it; of a child a search that goes on and a case that is not in the authority's own record yet (`case
    export`), of a household a vacancy that is open, too.
    """
    subject_id, kind = _subject(child, household)
    chosen = {"ask": reason is not None, "confirm": confirm, "withdraw": withdraw}
    acts = [act for act, wanted in chosen.items() if wanted]
    if len(acts) != 1:
        raise typer.BadParameter("one of them, and only one", param_hint="--reason, --confirm or --withdraw")
    if organisation is not None:
        path = "/v1/erasures" if reason is not None else f"/v1/erasures/{acts[0]}"
        given = _named(subject_id, kind, by) | ({} if reason is None else {"reason": reason})
        _tell(_posted(organisation, folder, credentials, path, given), json)
    else:
        _tell(_erased(folder, acts[0], (subject_id, kind), operator(by), reason), json)


def _subject(child: UUID | None, household: UUID | None) -> tuple[UUID, Kind]:
    from placehub.retention.rules import CHILD, HOUSEHOLD

    if child is not None and household is None:
        return child, CHILD
    if household is not None and child is None:
        return household, HOUSEHOLD
    raise typer.BadParameter("one of them, and only one", param_hint="--child or --household")


def _named(subject_id: UUID, kind: Kind, by: str | None) -> dict[str, str]:
    from placehub.retention.rules import PSEUDONYMS

    return {PSEUDONYMS[kind]: str(subject_id), "by": operator(by)}


def _erased(folder: Path, act: str, subject: tuple[UUID, Kind], by: str, reason: str | None) -> dict[str, Any]:
    from placehub.retention.erasing import ask, confirm, withdraw
    from placehub.retention.rules import Person

    settings = hub(folder)
    at, person, (subject_id, kind) = now(settings), Person(by), subject
    with database(settings) as connection, connection.begin():
        if act == "ask":
            asked = ask(connection, subject_id, person, reason or "", at, kind)
            return {"erasure_id": asked.erasure_id, "expires_at": asked.expires_at}
        if act == "withdraw":
            return {"erasure_id": withdraw(connection, subject_id, person, at, kind)}
        done = confirm(connection, subject_id, person, at, kind)
        return {"erasure_id": done.erasure_id, "keys_destroyed": done.keys_destroyed}


def _posted(
    organisation: str, folder: Path, credentials: Path | None, path: str, body: dict[str, Any]
) -> dict[str, Any]:
    """Call the hub as the authority, with its own credentials."""
    from contextlib import closing

    from placehub.cli.credentials import find_access
    from placehub.keys.client import KeyClient

    hush()
    access = find_access(organisation, folder, credentials)
    with closing(KeyClient(access.api, organisation, access.api_token)) as client:
        return client.post(path, body)


@holds.command("place")
def place(
    ground: Annotated[str, typer.Option("--ground", help="Why; one of the code list hold_ground.")],
    child: Child = None,
    household: Household = None,
    by: By = None,
    organisation: As = None,
    credentials: CredentialsFile = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Let nothing of a child or a household be erased, by anybody or by itself, until the hold is lifted."""
    from placehub.retention.erasing import place_hold
    from placehub.retention.rules import hold_facts

    subject_id, kind = _subject(child, household)

    if organisation is not None:
        body = _named(subject_id, kind, by) | {"ground": ground}
        _tell(_posted(organisation, folder, credentials, "/v1/holds", body), json)
        return
    settings = hub(folder)
    at = now(settings)
    with database(settings) as connection, connection.begin():
        made = place_hold(connection, subject_id, _operator(by), ground, at, kind)
    _tell(hold_facts(made), json)


@holds.command("lift")
def lift(
    hold: Annotated[UUID, typer.Argument(help="Id of the hold, as `hold list` says it.")],
    by: By = None,
    organisation: As = None,
    credentials: CredentialsFile = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Lift a hold. Nothing is erased by that: what two people want erased they ask for anew."""
    from placehub.retention.erasing import lift_hold
    from placehub.retention.rules import hold_facts

    if organisation is not None:
        _tell(_posted(organisation, folder, credentials, f"/v1/holds/{hold}/lift", {"by": operator(by)}), json)
        return
    settings = hub(folder)
    at = now(settings)
    with database(settings) as connection, connection.begin():
        found = lift_hold(connection, hold, _operator(by), at)
    _tell(hold_facts(found), json)


@holds.command("list")
def list_holds(
    every: Annotated[bool, typer.Option("--all", help="Also those that were lifted.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """List the holds that stand, the oldest first."""
    from dataclasses import asdict

    from placehub.cli.printing import as_json, as_table
    from placehub.retention.rules import Hold
    from placehub.retention.store import holds as holds_in

    with database(hub(folder)) as connection:
        found = [asdict(one) for one in holds_in(connection, lifted=every)]
    if json:
        as_json(found)
        return
    for one in found:  # in one column, which wraps between the two
        one["subject"] = f"{one['subject_kind']} {one['subject_id']}"
    names = [
        "subject" if name == "subject_id" else name for name in Hold.__dataclass_fields__ if name != "subject_kind"
    ]
    as_table("Holds", names, [[one[name] for name in names] for one in found])


@retention.callback()
def _retention() -> None:
    """How long what is kept."""


@retention.command("report")
def report(folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Tell, for each class of data, how long it is kept, what ends it, and what is due, done and held now."""
    from dataclasses import asdict

    from placehub.cli.printing import as_json, as_table
    from placehub.retention.reporting import Kept
    from placehub.retention.reporting import retention as read

    settings = hub(folder)
    at = now(settings)
    with database(settings) as connection:
        found = [asdict(one) for one in read(connection, at, settings.mailbox_days)]
    if json:
        as_json(found)
        return
    names = list(Kept.__dataclass_fields__)
    as_table("Retention", names, [[one[name] for name in names] for one in found])


def _operator(by: str | None) -> Person:
    from placehub.retention.rules import Person

    return Person(operator(by))


def _tell(facts: Mapping[str, Any], json: bool) -> None:
    from placehub.cli.printing import as_facts, as_json

    if json:
        as_json(facts)
    else:
        as_facts(facts)
