"""`placehub-connect ssda903`."""

from __future__ import annotations

import csv
import io
import json as text
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer

from placehub.contracts.codec import to_json
from placehub.errors import Misconfigured, NotFound
from placehub.mailboxes.access import Access
from placehub.mailboxes.hushing import hush
from placehub.mailboxes.mailbox import Mailbox
from placehub.placements.events import PlacementAgreed
from placehub.referrals.child import Child, ChildIdentity, ChildNeed
from placehub.referrals.events import ReferralMade, ReferralRevised
from placehub.streams import event_name
from placehub_connectors.ledger import Ledger
from placehub_connectors.letters import Letter, Problem
from placehub_connectors.options import Credentials, Json
from placehub_connectors.results import write_whole
from placehub_connectors.running import SET_ASIDE_CODE
from placehub_connectors.ssda903.beginning import ChildFacts, begin
from placehub_connectors.ssda903.checking import Verdict, check_return, prepare_validator
from placehub_connectors.ssda903.producing import produce
from placehub_connectors.ssda903.reading import Known, events_of
from placehub_connectors.ssda903.tables import Return, read_return, write_return

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Tables = Annotated[Path, typer.Argument(help="Folder of the return's CSV files.")]
Draft = Annotated[Path | None, typer.Argument(help="Folder of a draft's CSV files; none: begun from the inbox alone.")]
PURPOSE: Final = "produce the 903 return"
Year = Annotated[int, typer.Option("--year", help="Collection year: 2026 is 1 April 2025 to 31 March 2026.")]
DropFolder = Annotated[Path, typer.Option("--drop", help="The folder whose ledger knows your children's pseudonyms.")]
Providers = Annotated[
    Path | None, typer.Option("--providers", help="CSV with urn, code (in the hub) and provider (PR4 or PR5).")
]
Out = Annotated[Path, typer.Option("--out", help="Where to write.")]


@app.command("prepare")
def prepare() -> None:
    """Install the sector's validator in an environment of its own (once, some 220 MB)."""
    print(prepare_validator())


@app.command("check")
def check(
    folder: Tables,
    year: Year,
    authority: Annotated[str, typer.Option("--authority", help="ONS code of the authority.")],
    json: Json = False,
) -> None:
    """Say what the sector's own rules find in a return, row by row; exit code 1 when they find something."""
    given = _given(folder)
    verdict = check_return(given, folder, year, authority)
    _show(given.problems, verdict, json)
    if verdict.failures or given.problems:
        raise typer.Exit(SET_ASIDE_CODE)


@app.command("read")
def read(
    folder: Tables,
    drop: DropFolder,
    credentials: Credentials,
    out: Out,
    providers: Providers = None,
    json: Json = False,
) -> None:
    """Write a return's placements with independent providers as events, one JSON line each, for `placehub publish`.

    Placements the hub knows keep its ids; nothing is sent.
    """
    given = _given(folder)
    codes = {urn: code for code, (urn, _) in _providers(providers).items()}
    with Ledger(drop, Access.load(credentials).organisation) as ledger:
        letters = events_of(given, ledger.names, codes, _known(_inbox(credentials)))
        ledger.keep_names()
    write_whole(out, "".join(f"{text.dumps(_line(one))}\n" for one in letters))
    _tell(given.problems, json, f"{len(letters)} events in {out}")


@app.command("produce")
def produce_return(
    year: Year,
    drop: DropFolder,
    credentials: Credentials,
    out: Out,
    folder: Draft = None,
    providers: Providers = None,
    json: Json = False,
) -> None:
    """Fill a draft return from what has come to the authority's inbox, and say what is left to be typed.

    Without a draft the return is begun from the inbox alone: the children placed through the hub, as far as was told.
    """
    access = Access.load(credentials)
    hush()
    with Mailbox.of(access) as mailbox:
        events = [one.event for one in mailbox.read_to_end()]
        facts = _facts(mailbox, events) if folder is None else {}
    acts = [(event_name(type(one)), to_json(one)) for one in events]
    with Ledger(drop, access.organisation) as ledger:
        given, unheld = (_given(folder), []) if folder else begin(acts, facts, ledger.names, year)
        filled, left = produce(given, acts, ledger.names, _providers(providers), year, facts)
        left = [*unheld, *left]
    out.mkdir(parents=True, exist_ok=True)
    for name, content in write_return(filled).items():
        write_whole(out / name, content.decode())
    _tell([*given.problems, *left], json, f"The return is in {out}. Check it: placehub-connect ssda903 check")


def _given(folder: Path) -> Return:
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.")
    return read_return({path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))})


def _facts(mailbox: Mailbox, events: Iterable[object]) -> dict[str, ChildFacts]:
    """Open what the last referral of each child said of it; what cannot be opened any more stays unknown."""
    told = [one for one in events if isinstance(one, (ReferralMade, ReferralRevised))]
    return {str(child.child_id): _opened(mailbox, child) for one in told for child in one.children}


def _opened(mailbox: Mailbox, child: Child) -> ChildFacts:
    try:
        need = mailbox.open_need(child, PURPOSE) or ChildNeed()
        identity = mailbox.open_identity(child, PURPOSE) or ChildIdentity()
    except NotFound:  # erased
        return ChildFacts(sex=child.sex or "")
    return ChildFacts(
        sex=child.sex or "",
        born=identity.date_of_birth,
        ethnicity=need.ethnicity or "",
        legal_status=need.legal_status or "",
        category_of_need=need.category_of_need or "",
        postcode=identity.postcode or "",
    )


def _inbox(credentials: Path) -> list[object]:
    hush()
    with Mailbox.of(Access.load(credentials)) as mailbox:
        return [one.event for one in mailbox.read_to_end()]


def _known(events: Iterable[object]) -> Known:
    agreed = [one for one in events if isinstance(one, PlacementAgreed)]
    return {
        (str(one.child_id), one.starts_on): (str(one.placement_id), str(one.referral_id), str(one.vacancy_id))
        for one in agreed
    }


def _providers(file: Path | None) -> dict[str, tuple[str, str]]:
    if file is None:
        return {}
    try:
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
        return {one["code"]: (one["urn"], one["provider"]) for one in rows}
    except (OSError, UnicodeDecodeError, KeyError):
        raise Misconfigured(f"{file} must be a CSV file with the columns urn, code and provider.") from None


def _line(letter: Letter) -> dict[str, object]:
    return {
        "type": letter.type,
        "time": letter.time.isoformat(),
        "id": str(letter.id),
        "data": letter.document,
    }


def _tell(problems: list[Problem], json: bool, last: str) -> None:
    if json:
        print(text.dumps({"problems": [one.facts() for one in problems], "says": last}, indent=1))
    else:
        for one in problems:
            print(_said(one))
        print(last)
    if problems:
        raise typer.Exit(SET_ASIDE_CODE)


def _said(one: Problem) -> str:
    return f"{one.file}{f' line {one.line}' if one.line else ''}, {one.column}: {one.rule}. {one.remedy}"


def _show(problems: list[Problem], verdict: Verdict, json: bool) -> None:
    if json:
        told = {
            "problems": [one.facts() for one in (*problems, *verdict.failures)],
            "doubtful": [one.facts() for one in verdict.doubtful],
            "crashed": verdict.crashed,
            "skipped": verdict.skipped,
            "rules": verdict.rules,
        }
        print(text.dumps(told, indent=1))
        return
    for one in (*problems, *verdict.failures):
        print(_said(one))
    found = len(verdict.failures)
    print(f"{verdict.rules} rules asked, {found} rows failed, {len(verdict.skipped)} rules had nothing to look at.")
    if verdict.doubtful:
        print(f"Not counted: {len(verdict.doubtful)} rows failed rules that fail falsely in this version.")
    if verdict.crashed:
        print(f"These rules failed themselves and say nothing: {', '.join(verdict.crashed)}.")
