"""`placehub-connect profile`."""

from __future__ import annotations

import csv
import hashlib
import io
import json as text
from pathlib import Path
from typing import Annotated, Final

import typer

from placehub.clock import WallClock
from placehub.errors import Misconfigured, Rejected
from placehub.mailboxes.access import Access
from placehub.mailboxes.hushing import hush
from placehub.mailboxes.mailbox import Mailbox
from placehub_connectors.ledger import STATE, Ledger
from placehub_connectors.letters import Problem
from placehub_connectors.mapping.shipped import find_mapping
from placehub_connectors.options import Credentials
from placehub_connectors.posting import post_waiting
from placehub_connectors.profile.facts import PROFILE, Fact, plan_profile, read_facts
from placehub_connectors.profile.rendering import Rendered, form, forms, outdated, render, used
from placehub_connectors.pseudonyms import SECRET_BYTES, Pseudonyms
from placehub_connectors.results import write_whole
from placehub_connectors.running import SET_ASIDE_CODE, given_bytes

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Facts = Annotated[Path, typer.Argument(help="The profile: CSV or Excel with name, value and as_of.")]
_RENDERED: Final = "rendered.json"


@app.command("forms")
def list_forms() -> None:
    """Show the forms that are shipped."""
    for name in forms():
        print(f"{name:<34}{form(name).says}")


@app.command("publish")
def publish(facts: Facts, credentials: Credentials) -> None:
    """Send a profile, later what changed of it, and name every return written out before that used a changed fact."""
    hush()
    access = Access.load(credentials)
    data = given_bytes(facts)
    told = _told(facts, data)
    with Ledger(facts.parent, access.organisation) as ledger, Mailbox.of(access) as mailbox:
        post_waiting(ledger, mailbox)
        digest = ledger.names.digest("file", PROFILE, hashlib.sha256(data).hexdigest()).hex()
        letters, said = plan_profile(told, digest, ledger.said(PROFILE), ledger.names, WallClock().now())
        ledger.write_down(facts.name, digest, [], letters, PROFILE, said)
        print(f"{len(said)} facts are new; {post_waiting(ledger, mailbox)} events were sent.")
        ledger.done(digest)
    _name_outdated(facts, told)


@app.command("render")
def write_out(
    facts: Facts,
    to: Annotated[str, typer.Option("--form", help="A form that is shipped, or a mapping file of your own (.toml).")],
    out: Annotated[Path, typer.Option("--out", help="The CSV file to write.")],
) -> None:
    """Write a profile out in an authority's own form, and note which facts were used."""
    chosen = find_mapping(to) if to.endswith(".toml") else form(to)
    told = _told(facts, given_bytes(facts))
    try:
        row, blank = render(chosen, told, Pseudonyms("", bytes(SECRET_BYTES)))
    except (Rejected, ValueError, ArithmeticError) as error:
        raise Misconfigured(f"The profile does not fit the form {chosen.name}: {error}") from None
    table = io.StringIO()
    writer = csv.DictWriter(table, row)
    writer.writeheader()
    writer.writerow(row)
    write_whole(out, table.getvalue())
    values = {name: told[name].value for name in used(chosen) if name in told}
    others = [one for one in _rendered(facts) if one.file != str(out)]
    _keep(facts, [*others, Rendered(str(out), chosen.name, values)])
    print(out)
    for column in blank:
        print(f"{column} is blank: the profile has no such fact.")


@app.command("outdated")
def show_outdated(facts: Facts) -> None:
    """Name every return written out before that used a fact which says something else now."""
    _name_outdated(facts, _told(facts, given_bytes(facts)))


def _told(file: Path, data: bytes) -> dict[str, Fact]:
    facts, problems = read_facts(file.name, data)
    for one in problems:
        print(_said(one))
    if problems:
        raise typer.Exit(SET_ASIDE_CODE)
    return facts


def _said(one: Problem) -> str:
    return f"line {one.line or 1}, {one.column}: {one.rule}. {one.remedy}"


def _rendered(facts: Path) -> list[Rendered]:
    path = facts.parent / STATE / _RENDERED
    return [Rendered(**one) for one in text.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def _keep(facts: Path, rendered: list[Rendered]) -> None:
    folder = facts.parent / STATE
    folder.mkdir(mode=0o700, exist_ok=True)
    kept = [{"file": one.file, "form": one.form, "facts": dict(one.facts)} for one in rendered]
    write_whole(folder / _RENDERED, text.dumps(kept, indent=1))


def _name_outdated(facts: Path, told: dict[str, Fact]) -> None:
    for one, changed in outdated(_rendered(facts), told):
        print(f"{one.file} ({one.form}) used what has changed: {', '.join(changed)}. Write it out again.")
