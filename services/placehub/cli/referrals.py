"""`placehub referral`: how good one is before it is sent, and the search that follows a placement."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from placehub.cli.mail import CredentialsFile, Sender
from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, hub, now
from placehub.mailboxes.hushing import hush

if TYPE_CHECKING:
    from placehub.mailboxes.documents import Prepared
    from placehub.referrals.quality import Facts, Needs
    from placehub.search.events import ReferralAssessed

app = typer.Typer(help="An authority's referrals.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _referrals() -> None:
    """An authority's referrals."""


@app.command()
def check(
    file: Annotated[str, typer.Argument(help="One notice or referral as `publish` takes it; - reads standard input.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Tell how complete a referral is, what is old and what contradicts itself. Nothing is sent.

    Where a hub runs, also the three questions whose answers would change the result most, tried on its vacancies now.
    Exit code 1 names the first contradiction.
    """
    from placehub.cli.letters import read_letters
    from placehub.cli.printing import as_json
    from placehub.contracts.codec import to_json
    from placehub.errors import Rejected

    prepared = read_letters(file)
    if len(prepared) != 1:
        raise Rejected("file", "must hold one notice or referral", "Check one at a time.")
    found = _assessed(prepared[0], folder)
    if json:
        as_json(to_json(found))
    else:
        _tell(found)
    if found.contradictions:
        first = found.contradictions[0]
        raise Rejected(", ".join(first.fields), f"cannot all be true ({first.code})", "Correct what is wrong.")


@app.command()
def reopen(
    referral: Annotated[UUID, typer.Argument(help="Id of the referral.")],
    placement: Annotated[UUID, typer.Option("--placement", help="The placement that ends or has ended.")],
    sender: Sender,
    credentials: CredentialsFile = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Search again for a child whose placement ends: a new early notice from the last referral's bands and codes."""
    from placehub.cli.credentials import find_access
    from placehub.cli.printing import as_json
    from placehub.mailboxes.mailbox import Mailbox
    from placehub.referrals.reopening import notice_again

    hush()
    access = find_access(sender, folder, credentials)
    at = _now(folder)
    with Mailbox.of(access) as mailbox:
        received = [one.event for one in mailbox.read_to_end()]  # outside of any group: your own system misses nothing
        posted = mailbox.post(notice_again(received, referral, placement, at), time=at)
    if json:
        as_json([{"id": str(posted), "type": "EarlyNoticeGiven"}])
    else:
        print(posted)


@app.command()
def disclose(
    referral: Annotated[UUID, typer.Argument(help="Id of the referral.")],
    provider: Annotated[str, typer.Argument(help="Code of the provider, which must be invited.")],
    purpose: Annotated[str, typer.Option("--purpose", help="What for; one of the code list disclosure_purpose.")],
    by: Annotated[str, typer.Option("--role", help="Role of who discloses it; one of the code list officer_role.")],
    sender: Sender,
    children: Annotated[
        list[UUID] | None, typer.Option("--child", help="Only this child; once for each. All, if left out.")
    ] = None,
    credentials: CredentialsFile = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Open to one invited provider who the children of a referral are: what the authority sealed as their identity."""
    from placehub.cli.credentials import find_access
    from placehub.cli.printing import as_json
    from placehub.mailboxes.mailbox import Mailbox
    from placehub.referrals.disclosing import disclosure

    hush()
    access = find_access(sender, folder, credentials)
    with Mailbox.of(access) as mailbox:
        received = [one.event for one in mailbox.read_to_end()]  # outside of any group: your own system misses nothing
        told = disclosure(received, referral, provider, purpose, by, children or ())
        posted = mailbox.post(told, time=_now(folder))
    if json:
        as_json([{"id": str(posted), "type": "DisclosureGranted"}])
    else:
        print(posted)


def _now(folder: Path) -> datetime:
    """Return the hub's time where its folder is here; else the wall's: an organisation elsewhere has no other."""
    from placehub.clock import WallClock
    from placehub.errors import NotFound

    try:
        return now(hub(folder))
    except NotFound:
        return WallClock().now()


def _assessed(prepared: Prepared, folder: Path) -> ReferralAssessed:
    from placehub.cli.printing import aside
    from placehub.errors import NotFound, Unavailable
    from placehub.search.assessing import assess

    facts, needs = _opened(prepared)
    try:
        return _tried(facts, needs, prepared, folder)
    except (NotFound, Unavailable) as why:
        aside(f"No question was tried on vacancies: {why}")
        return assess(facts, needs, (), prepared.time)


def _opened(prepared: Prepared) -> tuple[Facts, Needs]:
    """Return the event, its sealed parts stood in for, and the needs it gives in the open."""
    from uuid import UUID

    from placehub.contracts.codec import from_json
    from placehub.errors import Rejected
    from placehub.keys.sealed import Sealed
    from placehub.referrals.child import ChildNeed
    from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, ReferralRevised

    if prepared.cls not in (EarlyNoticeGiven, ReferralMade, ReferralRevised):
        raise Rejected("type", "must be a notice or a referral", "Give EarlyNoticeGiven, ReferralMade or its revision.")
    needs = {
        UUID(part.subject_id): from_json(ChildNeed, part.document)
        for part in prepared.open_parts
        if part.compartment == "need"
    }
    return prepared.sealed(lambda part: Sealed(key_id="", nonce=b"0" * 12, ciphertext=b"0" * 32)), needs


def _tried(facts: Facts, needs: Needs, prepared: Prepared, folder: Path) -> ReferralAssessed:
    """Assess it as the hub's search would now."""
    from placehub.app import surroundings
    from placehub.search.case import Case
    from placehub.search.view import Sight

    class Given:
        def of(self, facts: Any) -> Needs:
            return needs

    sight = Sight(surroundings(hub(folder)), Given(), prepared.time)
    case = Case(referral_id=facts.referral_id, state="referred", facts=facts, offset=0, invitations={}, offers={})
    return sight.assessed(case)


def _tell(found: ReferralAssessed) -> None:
    from placehub.cli.printing import as_table

    as_table(
        f"Told: {found.completeness:.0%}",
        ("section", "told", "of"),
        [(one.section, one.told, one.of) for one in found.sections],
    )
    doubts = [
        *((one.code, ", ".join(one.fields)) for one in found.contradictions),
        *((f"older than {one.months} months", _about(one)) for one in found.stale),
        *(("not told, and a home may turn on it", one) for one in found.blocking),
    ]
    if doubts:
        as_table("In doubt", ("what", "field"), doubts)
    if found.questions:
        rows = [(_about(one), f"{one.matters:.0%}") for one in found.questions]
        as_table("To ask first", ("field", "homes in reach it could change"), rows)


def _about(one: Any) -> str:
    return f"{one.field} ({one.risk})" if one.risk else str(one.field)
