"""`placehub replay`: the shared views made again from the streams; first a plan, then the act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import typer

from placehub.cli.completion import complete_views
from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, hub, now, time_given

if TYPE_CHECKING:
    from placehub.replaying.planning import Wanted
    from placehub.replaying.running import Progress, Replay
    from placehub.replaying.shadow import Compared
    from placehub.settings import Settings


def add_to(program: typer.Typer) -> None:
    """Add this command to the program."""
    program.command()(replay)


def replay(
    view: Annotated[
        list[str] | None, typer.Option(help="A view; again for each.", autocompletion=complete_views)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every view.")] = False,
    since: Annotated[str | None, typer.Option("--from", help="Only what happened from then on, RFC 3339.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Only what happened before, RFC 3339.")] = None,
    duration: Annotated[
        str | None, typer.Option("--by-duration", help="Only what happened this long ago or later, ISO 8601, as P30D.")
    ] = None,
    case: Annotated[UUID | None, typer.Option(help="Only what is about this referral and its placements.")] = None,
    into: Annotated[
        Literal["shadow", "live"], typer.Option(help="Tables beside the live ones, or then in their place.")
    ] = "shadow",
    processes: Annotated[int, typer.Option(min=1, max=2, help="How many processes make them, side by side.")] = 1,
    execute: Annotated[bool, typer.Option("--execute", help="Do it; without, the plan is told.")] = False,
    discard: Annotated[bool, typer.Option("--discard", help="Take the shadow of an earlier replay away.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Make views again from the streams and hold them against the live ones; exit 1 when they are not the same.

    Nothing is sent to anyone. One that is broken off goes on when it is asked for again.
    """
    from placehub.app import replaying
    from placehub.database import database_errors
    from placehub.drivers.presence import worker_id
    from placehub.observing.logs import set_up_logs

    settings = hub(folder)
    set_up_logs("WARNING", "replay", str(worker_id()), settings.secrets())
    with database_errors(settings.database.get_secret_value()):
        if discard:
            _discard(settings)
            return
        wanted = _wanted(settings, view or [], every, _since(settings, since, duration), until, case)
        made = replaying(settings, replace(wanted, processes=processes))
        _check(made.plan.wanted, into)
        if not execute:
            _tell_plan(made, json)
        elif not all(one.equal for one in _act(made, into, json)):
            raise typer.Exit(1)


def _wanted(
    settings: Settings, views: Sequence[str], every: bool, since: datetime | None, until: str | None, case: UUID | None
) -> Wanted:
    from placehub.replaying.planning import Wanted, wanted_views

    before = time_given(until, "--to")
    if since and before and since >= before:
        raise typer.BadParameter("must be later than --from", param_hint="--to")
    return Wanted(views=wanted_views(views, every), since=since, until=before, case=case)


def _since(settings: Settings, since: str | None, duration: str | None) -> datetime | None:
    from pydantic import TypeAdapter, ValidationError

    if duration is None:
        return time_given(since, "--from")
    if since is not None:
        raise typer.BadParameter("cannot be given with --from: leave one of them out", param_hint="--by-duration")
    try:
        length = TypeAdapter(timedelta).validate_strings(duration)
    except ValidationError:
        raise typer.BadParameter("must be an ISO 8601 duration, as P30D", param_hint="--by-duration") from None
    return (now(settings) - length).astimezone(UTC)


def _check(wanted: Wanted, into: str) -> None:
    if into == "live" and not wanted.whole:
        rule = "takes the place of the live views, so it must be made of every event"
        raise typer.BadParameter(f"{rule}: leave out --from, --to, --by-duration and --case", param_hint="--into live")


def _discard(settings: Settings) -> None:
    from placehub.cli.options import database
    from placehub.replaying.shadow import discard

    with database(settings) as connection:
        there = discard(connection)
        connection.commit()
    print("The shadow is taken away." if there else "There is no shadow.")


def _tell_plan(made: Replay, json: bool) -> None:
    from placehub.cli.printing import as_facts, as_json

    plan, rate = made.plan, made.measure()
    told: dict[str, Any] = {
        **plan.wanted.document(),
        "streams": list(plan.streams),
        "tables": [table.name for table in plan.tables],
        "events": plan.events,
        "events_a_second": round(rate) if rate else None,
        "seconds": round(plan.events / rate, 1) if rate else None,
    }
    if json:
        as_json(told)
        return
    lists = {name: ", ".join(value) for name, value in told.items() if isinstance(value, list)}
    as_facts({**told, **lists})
    print("Nothing was done. Add --execute to do it; it sends nothing to anyone.")


def _act(made: Replay, into: str, json: bool) -> list[Compared]:
    from placehub.cli.printing import as_facts, as_json, as_table, aside
    from placehub.replaying.shadow import begin

    if begin(made.engine, made.plan.wanted) and not json:
        aside("A replay that was broken off goes on.")
    teller = _Teller()
    memory = made.run(teller)
    found = made.settle(into == "live")
    rows = [{**asdict(one), "equal": one.equal} for one in found]
    last = teller.last
    done, seconds = (last.done, round(last.seconds, 1)) if last else (0, 0.0)
    figures = {"events": done, "seconds": seconds, "memory_mb": memory, "into": into}
    if json:
        as_json({**figures, "tables": rows})
        return found
    as_facts(figures)
    if rows:
        as_table("Made again, beside the live views", list(rows[0]), [list(one.values()) for one in rows])
    print(_outcome(found, into))
    return found


def _outcome(found: Sequence[Compared], into: str) -> str:
    if into == "live":
        return "The views made again stand in the place of the live ones."
    if not found:
        return "Of a part of the time nothing is compared. It stands in the schema 'replay' until --discard."
    if all(one.equal for one in found):
        return "All are the same. The shadow stands in the schema 'replay' until --discard."
    return "They are not the same. Look at both, then put them right with --into live, or --discard."


class _Teller:
    """Tells once a second how far it is, to who watches a terminal."""

    def __init__(self) -> None:
        self.last: Progress | None = None
        self._told = 0.0

    def __call__(self, progress: Progress) -> None:
        from placehub.cli import printing

        self.last = progress
        if progress.seconds - self._told >= 1:
            self._told = progress.seconds
            printing.progress(str(progress))
