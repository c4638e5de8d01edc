"""`placehub deadletters`: what was rejected, and what an operator does about it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placehub.cli.completion import complete_events, complete_organisations
from placehub.cli.options import DEFAULT_FOLDER, By, Folder, Json, hub, now, operator

if TYPE_CHECKING:
    from placehub.deadletters.letters import DeadLetter, Position

app = typer.Typer(help="Records that were set aside.", no_args_is_help=True, rich_markup_mode=None)

Positions = Annotated[list[str], typer.Argument(metavar="POSITION...", help="partition:offset, as `list` shows it.")]
_LISTED = ("position", "rejected_at", "sender", "type", "field", "reason", "state")
_CAUSES = ("count", "type", "field", "reason", "senders", "oldest", "latest", "example")


@app.command("list")
def list_all(
    sender: Annotated[
        str | None,
        typer.Option(help="Only those this organisation posted.", autocompletion=complete_organisations),
    ] = None,
    event_type: Annotated[
        str | None,
        typer.Option("--type", help="Only events of this type: OfferMade.", autocompletion=complete_events),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"], help="UTC."),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="The latest so many; 0: all.")] = 50,
    every: Annotated[bool, typer.Option("--all", help="Also those that were retried or dropped.")] = False,
    causes: Annotated[
        bool, typer.Option("--by-cause", help="Not each of them, but how many each cause has, the most frequent first.")
    ] = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """List dead letters that are open, the oldest first."""
    from placehub.cli.printing import as_json, as_table, aside
    from placehub.deadletters.letters import Wanted
    from placehub.deadletters.tray import open_tray

    wanted = Wanted(sender, event_type, since, settled=every)
    with open_tray(hub(folder)) as tray:
        letters = [one for one in tray.letters() if wanted.fits(one)]
    if causes:
        return _list_causes(letters, json)
    found = [_facts(one) for one in letters]
    shown = found[-limit:] if limit else found
    if json:
        as_json(shown)
    else:
        as_table("Dead letters", _LISTED, [[one[name] for name in _LISTED] for one in shown])
    if len(shown) < len(found):
        aside(f"{len(found) - len(shown)} older ones are not shown; --limit 0 shows all.")


def _list_causes(letters: list[DeadLetter], json: bool) -> None:
    from placehub.cli.printing import as_json, as_table
    from placehub.deadletters.letters import by_cause

    found = [
        {
            **one.cause._asdict(),
            "count": one.count,
            "senders": list(one.senders),
            "oldest": one.oldest,
            "latest": one.latest,
            "example": str(one.example),
        }
        for one in by_cause(letters)
    ]
    if json:
        as_json(found)
    else:
        shown = [{**one, "senders": ", ".join(map(str, one["senders"]))} for one in found]
        as_table("Causes of dead letters", _CAUSES, [[one[name] for name in _CAUSES] for one in shown])


@app.command()
def show(
    position: Annotated[str, typer.Argument(help="partition:offset, as `list` shows it.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Show one dead letter, and whether it can be retried. The value that was posted is never shown."""
    from placehub.cli.printing import as_facts, as_json
    from placehub.deadletters.tray import open_tray
    from placehub.errors import HubError

    with open_tray(hub(folder)) as tray:
        (letter,) = tray.find(_read([position]))
        facts = _facts(letter)
        if letter.settlement is None:
            try:
                tray.posted(letter)
                facts["can_be_retried"] = "yes"
            except HubError as error:
                facts["can_be_retried"] = f"no: {error}"
    (as_json if json else as_facts)(facts)


@app.command()
def retry(
    positions: Positions,
    reason: Annotated[str, typer.Option(help="What has changed since.")] = "",
    by: By = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Let intake take records in again, as they were posted: all or none.

    A record that is still wrong comes back as a new dead letter.
    """
    from placehub.cli.printing import as_json
    from placehub.deadletters.tray import Done, open_tray

    settings = hub(folder)
    with open_tray(settings) as tray:
        letters = tray.open_ones(_read(positions))
        put = tray.retry(letters, Done(operator(by), reason, now(settings)))
    if json:
        as_json(
            [{"position": str(one.position), "posted_as": f"{one.topic}/{one.partition}/{one.offset}"} for one in put]
        )
        return
    for one in put:
        print(f"{one.position} stands again in {one.topic}/{one.partition}/{one.offset}")


@app.command()
def drop(
    positions: Positions,
    reason: Annotated[str, typer.Option(help="Why nothing is to be done about them.")],
    by: By = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Settle dead letters about which nothing is to be done: all or none. They are kept."""
    from placehub.cli.printing import as_json
    from placehub.deadletters.tray import Done, open_tray

    if not reason.strip():
        raise typer.BadParameter("must say why", param_hint="--reason")
    settings = hub(folder)
    with open_tray(settings) as tray:
        letters = tray.open_ones(_read(positions))
        tray.drop(letters, Done(operator(by), reason, now(settings)))
    if json:
        as_json([{"position": str(one.position), "state": "dropped"} for one in letters])
        return
    for one in letters:
        print(f"{one.position} is dropped")


def _read(texts: list[str]) -> list[Position]:
    from placehub.deadletters.letters import read_position
    from placehub.errors import Rejected

    try:
        return list(dict.fromkeys(map(read_position, texts)))
    except Rejected as error:
        raise typer.BadParameter(f"{error.rule}. {error.remedy}", param_hint=error.field) from None


def _facts(one: DeadLetter) -> dict[str, Any]:
    settled = one.settlement
    return {
        "position": str(one.position),
        "rejected_at": one.rejected_at,
        "sender": one.sender,
        "type": one.type,
        "ce_id": one.ce_id,
        "record": f"{one.topic}/{one.partition}/{one.offset}",
        "field": one.field,
        "reason": one.reason,
        "remedy": one.remedy,
        "state": one.state,
        **({"settled_at": settled.at, "settled_by": settled.by, "settled_because": settled.reason} if settled else {}),
    }
