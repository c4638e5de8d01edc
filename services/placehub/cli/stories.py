"""`placehub search` and `placehub views`: what the hub knows, for people and programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer

from placehub.cli.completion import complete_charts, complete_organisations, complete_views
from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, database, hub, now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from placehub.search.policy import Policy

Rows = list[dict[str, Any]]

ForWhom = Annotated[
    str | None,
    typer.Option(
        "--as", help="Only what this organisation is entitled to; its code.", autocompletion=complete_organisations
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")]
TIMES: Final = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]
searches = typer.Typer(help="Searches for a home.", no_args_is_help=True, rich_markup_mode=None)
views = typer.Typer(help="The shared views.", no_args_is_help=True, rich_markup_mode=None)


@searches.callback()
def _searches() -> None:
    """Searches for a home."""


@searches.command("show")
def show_search(
    referral: Annotated[UUID, typer.Argument(help="Id of the referral.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Tell one search from its first event to now."""
    from placehub.monitoring.searches import search_story

    missing = "No search of that referral is known. See 'placehub views show searches'."
    rows = _read(folder, lambda connection: search_story(connection, referral), missing)
    _print(f"Search {referral}", ("at", "organisation", "sentence"), rows, json)


@searches.command("policy")
def show_policy(
    agreement: Annotated[UUID | None, typer.Option(help="Id of the agreement; without it, the shipped policy.")] = None,
    at: Annotated[datetime | None, typer.Option(formats=TIMES, help="A moment in UTC; now, if left out.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Show the matching policy that is, or was, in force."""
    from placehub.cli.printing import as_facts, as_json
    from placehub.contracts.codec import to_json
    from placehub.search.policy import DEFAULT

    found = to_json(DEFAULT if agreement is None else _policy_of(folder, agreement, at))
    if json:
        as_json(found)
    else:
        as_facts(found)


@searches.command("missed")
def show_missed(
    provider: Annotated[str, typer.Option("--as", help="Code of the provider.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Show how many searches a provider was not invited to, and which of its own facts caused it."""
    from placehub.monitoring.fairness import missed
    from placehub.search.wording import because

    rows = _read(folder, lambda connection: missed(connection, provider))
    told = rows if json else [{"because": because(row["criterion"]), **row} for row in rows]
    _print(f"Searches {provider} was not invited to", ("because", "searches"), told, json)


@views.command("performance")
def show_performance(
    provider: Annotated[str, typer.Option("--as", help="Code of the provider.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Show a provider its own reviews, missing episodes and endings, every number as it is."""
    from placehub.monitoring.performance import PROVIDER_PERFORMANCE, own_performance

    missing = f"No placement of {provider} is known. See 'placehub views show placements'."
    rows = _read(folder, lambda connection: own_performance(connection, provider), missing)
    _print(f"Placements of {provider}", list(PROVIDER_PERFORMANCE.columns), rows, json)


def _policy_of(folder: Path, agreement: UUID, at: datetime | None) -> Policy:
    from placehub.agreements.reading import agreement_of
    from placehub.errors import NotFound

    settings = hub(folder)
    found = agreement_of(settings, agreement)
    if found is None:
        raise NotFound("No agreement of that id is known. See 'placehub tail agreement'.")
    return found.policy_for(at.replace(tzinfo=UTC) if at else now(settings))


@searches.command("offers")
def show_offers(
    referral: Annotated[UUID, typer.Argument(help="Id of the referral.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Show the offers of one search, best fit first; fees stand beside and never order."""
    from placehub.monitoring.offers import OFFERS, search_offers

    missing = "No offer in that search is known. See 'placehub views show searches'."
    rows = _read(folder, lambda connection: search_offers(connection, referral), missing)
    _print(f"Offers in search {referral}", [name for name in OFFERS.columns if name != "referral_id"], rows, json)


def _read(folder: Path, read: Callable[[Connection], Rows], missing: str | None = None) -> Rows:
    """Return what is read from the hub's database; NotFound where there is nothing and that is said to be `missing`."""
    from placehub.errors import NotFound

    with database(hub(folder)) as connection:
        rows = read(connection)
    if missing and not rows:
        raise NotFound(missing)
    return rows


def _print(title: str, columns: Sequence[str], rows: Rows, json: bool, csv: bool = False) -> None:
    """Print rows whole as JSON, or these columns of them as CSV or a table."""
    from placehub.cli.printing import as_csv, as_json, as_table

    shown = [[row[name] for name in columns] for row in rows]
    if json:
        as_json(rows)
    elif csv:
        as_csv(columns, shown)
    else:
        as_table(title, columns, shown)


@views.command("list")
def list_views(
    organisation: ForWhom = None, csv: Csv = False, folder: Folder = DEFAULT_FOLDER, json: Json = False
) -> None:
    """List the views and who may see them; with --as those that the organisation is entitled to, which asks the hub."""
    from placehub.monitoring.listing import views_for
    from placehub.monitoring.views import VIEWS

    listed = list(VIEWS.values())
    if organisation is not None:
        with database(hub(folder)) as connection:
            listed = views_for(connection, organisation)
    rows = [{"name": one.name, "title": one.title, "entitled": one.entitled.says} for one in listed]
    _print("Views", ("name", "title", "entitled"), rows, json, csv)


@views.command("show")
def show_view(
    name: Annotated[str, typer.Argument(help="As `views list` names it.", autocompletion=complete_views)],
    organisation: ForWhom = None,
    csv: Csv = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Show one view: all of it, or what one organisation is entitled to."""
    from placehub.monitoring.listing import view_named

    view = view_named(name)
    rows = _read(folder, partial(view.rows, organisation=organisation))
    _print(view.titled(organisation), list(view.columns), rows, json, csv)


@views.command("chart")
def draw_view(
    name: Annotated[str, typer.Argument(help="A view that has a chart.", autocompletion=complete_charts)],
    organisation: ForWhom = None,
    write: Annotated[Path | None, typer.Option("--write", help="The file to write; without it, it is printed.")] = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Draw one view as SVG: all of it, or what one organisation is entitled to."""
    from placehub.cli.printing import as_file
    from placehub.monitoring.charts import draw
    from placehub.monitoring.listing import view_named

    view = view_named(name)
    with database(hub(folder)) as connection:
        drawn = draw(view.chart(connection, organisation=organisation))
    if write is None:
        sys.stdout.write(drawn)
        return
    as_file(write, drawn.encode(), "--write")
