"""What the commands that read files share: their options, one look or a watch, and how it all ends."""

from __future__ import annotations

import json as text
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from placehub.clock import WallClock
from placehub.errors import NotFound, Unavailable
from placehub.mailboxes.access import Access
from placehub.mailboxes.hushing import hush
from placehub.mailboxes.mailbox import Mailbox
from placehub_connectors.dropping import Choices, Done, Drop
from placehub_connectors.ledger import Ledger
from placehub_connectors.mapping.language import Mapping
from placehub_connectors.planning import Plan, plan_file
from placehub_connectors.pseudonyms import SECRET_BYTES, Pseudonyms
from placehub_connectors.results import FORMS, counts

Folder = Annotated[Path, typer.Argument(help="The folder files are dropped in.")]
Watch = Annotated[bool, typer.Option("--watch", help="Go on looking until it is stopped.")]
Every = Annotated[float, typer.Option("--every", min=0.1, help="Seconds between looks.")]
Form = Annotated[str, typer.Option("--results", help="csv or json: the form of the results file.")]
SET_ASIDE_CODE: Final = 1
"""Exit code when a row was set aside: the results file says which, and why."""


def run(
    folder: Path, mapping: Mapping, credentials: Path, choices: Choices, *, watch: bool, every: float, json: bool
) -> None:
    """Read a folder once, or until it is stopped; exit code 1 when a row was set aside in a single look."""
    if choices.form not in FORMS:
        raise typer.BadParameter("must be csv or json", param_hint="--results")
    hush()
    access = Access.load(credentials)
    with Ledger(folder, access.organisation) as ledger, Mailbox.of(access) as mailbox:
        drop = Drop(folder, mapping, ledger, mailbox, WallClock(), choices)
        if watch:
            _watch(drop, every, json)
        done = drop.look()
    for one in done:
        show(one, json)
    if not all(one.clean for one in done):
        raise typer.Exit(SET_ASIDE_CODE)


def _watch(drop: Drop, every: float, json: bool) -> None:
    while True:
        try:
            for one in drop.look(settled=True):
                show(one, json)
        except Unavailable as error:
            print(f"placehub-connect: {error}", file=sys.stderr, flush=True)
        time.sleep(every)


def show(done: Done, json: bool) -> None:
    """Print one file that was read: counts only, since rows may hold personal data."""
    if json:
        print(text.dumps({"file": str(done.file), "results": str(done.results), "counts": done.counts}), flush=True)
        return
    told = ", ".join(f"{number} {what}" for what, number in done.counts.items())
    print(f"{done.file.name}: {told or 'no rows'}. See {done.results}", flush=True)


def check(file: Path, mapping: Mapping, json: bool) -> None:
    """Print what a file would come to: it reaches no hub and keeps nothing. Exit code 1 if a row would be set aside."""
    nobody = Pseudonyms("nobody", bytes(SECRET_BYTES))
    _show_plan(plan_file(mapping, file.name, "", given_bytes(file), {}, nobody, WallClock().now()), json)


def _show_plan(plan: Plan, json: bool) -> None:
    """Print a plan, values left out."""
    lines = [one.facts() | {"value": None} for one in plan.lines]
    if json:
        print(text.dumps({"counts": counts(lines), "rows": lines}, indent=1))
    else:
        for one in lines:
            if one["came"] in ("set aside", "note"):
                where = f"line {one['line']}" if one["line"] else "the file"
                told = f"{one['column']}: {one['rule']}" if one["column"] else one["rule"]
                print(f"{where}: {told}. {one['remedy']}")
        print(", ".join(f"{number} {what}" for what, number in counts(lines).items()) or "no rows")
    if plan.problems:
        raise typer.Exit(SET_ASIDE_CODE)


def given_bytes(path: Path) -> bytes:
    """Return what a file holds; NotFound when there is none."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}.") from None
