"""`placehub whatif`: history decided again under another policy, in a shadow."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placehub.audit.whatif.starts import SearchAt
from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, hub, time_given

if TYPE_CHECKING:
    from placehub.audit.whatif.comparing import Compared
    from placehub.search.policy import Policy
    from placehub.settings import Settings

COLUMNS = ("name", "figure", "was", "would_be", "counted", "not_known")


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(whatif)


def whatif(
    policy: Annotated[Path, typer.Option(help="File with the policy's fields as JSON; others are as shipped.")],
    begin: Annotated[str | None, typer.Option("--from", help="Cases that began from this time on, RFC 3339.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Cases that began before this time, RFC 3339.")] = None,
    search_at: Annotated[SearchAt, typer.Option(help="When a search begins.")] = SearchAt.notice,
    charts: Annotated[Path | None, typer.Option(help="Folder for a chart as SVG and its table as CSV.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Decide history again under another policy and compare; nothing is sent or stored.

    The search's own rules decide in memory, on the streams and the world as it was. What providers said counts where
    the same invitation is made again; what they would have said to another is not known, and is counted as such.
    """
    from placehub.audit.whatif.comparing import differing
    from placehub.audit.whatif.policies import read_policy
    from placehub.cli.printing import as_json
    from placehub.search.policy import DEFAULT

    tried = read_policy(policy)
    span = time_given(begin, "--from"), time_given(end, "--to")
    found = _compared(hub(folder), tried, search_at, span, json=json)
    about = {
        "policy": tried.version,
        "search_at": search_at.value,
        "differs_from_shipped": {name: list(both) for name, both in differing(DEFAULT, tried).items()},
    }
    if charts is not None:
        _draw(charts, tried.version, found)
    if json:
        as_json({**about, **found.document()})
    else:
        _show(about, found)


def _compared(settings: Settings, tried: Policy, at: SearchAt, span: tuple[Any, Any], *, json: bool) -> Compared:
    from placehub.app import AUDIT, opened_households, opened_needs, past
    from placehub.audit.whatif.comparing import compare
    from placehub.audit.whatif.history import stories
    from placehub.audit.whatif.policies import starting
    from placehub.audit.whatif.shadow import Shadow
    from placehub.cli.printing import progress
    from placehub.postcodes import Postcodes

    run, after_hours = starting(tried, at)
    log = past(settings)
    needs, households = opened_needs(settings, AUDIT), opened_households(settings, AUDIT)
    known = stories(log, *span)
    shadow = Shadow(log, Postcodes.open(), needs, households, run, known)
    shadow.run(at, after_hours, (lambda line: None) if json else progress)
    return compare(known, shadow.found, shadow.fees)


def _draw(folder: Path, name: str, found: Compared) -> None:
    from placehub.audit.whatif.charting import chart_of
    from placehub.cli.printing import aside
    from placehub.errors import Misconfigured
    from placehub.monitoring.charts import draw

    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(COLUMNS)
    rows.writerows([getattr(one, column) for column in COLUMNS] for one in found.measures)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in (("whatif.svg", draw(chart_of(name, found.measures))), ("whatif.csv", table.getvalue())):
            (folder / file).write_text(text, encoding="utf-8")
            aside(str(folder / file))
    except OSError as error:
        raise Misconfigured(f"{folder} cannot be written: {error.strerror}. Name another with --charts.") from None


def _show(about: dict[str, Any], found: Compared) -> None:
    from placehub.cli.printing import as_facts, as_table

    told = found.document()
    differs = {f"differs: {name}": f"{was} -> {now}" for name, (was, now) in about["differs_from_shipped"].items()}
    counts = {name: value for name, value in told.items() if isinstance(value, int)}
    as_facts({"policy": about["policy"], "search_at": about["search_at"], **differs, **counts})
    as_table("Was, and would be", COLUMNS, [[getattr(one, column) for column in COLUMNS] for one in found.measures])
    if told["why_left_out"]:
        as_table("Why providers are not told any more", ("because", "times"), list(told["why_left_out"].items()))
    rows = [
        (
            one["referral_id"],
            one["told_hours"],
            one["deliveries"],
            ", ".join(one["invited"]),
            "; ".join(f"{who}: {why}" for who, why in one["left_out"].items()),
        )
        for one in told["cases_that_change"]
    ]
    if rows:
        columns = ("referral", "told_hours_later", "more_deliveries", "told_besides", "not_told_because")
        as_table("The cases that change most", columns, rows)
