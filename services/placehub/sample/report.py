"""What a run of the demo came to, from the shared views alone, in words a commissioner uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from rich.table import Table
from sqlalchemy import Connection, Numeric, cast, extract, func, select

from placehub.monitoring.tables import SEARCH
from placehub.sample.recheck import Violation

ARMS: Final = {
    "EarlyNoticeGiven": "searched at hour 0",
    "ReferralMade": "searched after the formal referral",
}
HOURS: Final = {
    "search_started_at": "hours from need known to the sector being told",
    "first_invited_at": "... to the first invitation",
    "first_offer_at": "... to the first offer",
    "placed_at": "... to the child moving in",
}
HOMES: Final = ("independent", "in-house", "kin", "home")


@dataclass(frozen=True, slots=True)
class ArmResult:
    """What the searches of one arm came to; hours are medians of the searches that got so far."""

    searches: int
    hours: Mapping[str, Decimal | None]
    placed: int
    in_house: int
    not_found: int
    open: int
    invitations: int

    @property
    def per_placement(self) -> Decimal | None:
        """Return how many providers were invited for each search that ended with a child moving in."""
        return round(Decimal(self.invitations) / self.placed, 1) if self.placed else None


def arm_results(connection: Connection) -> dict[str, ArmResult]:
    """Return the result of each arm: what the search began with tells which one it is in."""
    closed = SEARCH.c.closed_at.is_not(None)
    placed = SEARCH.c.placed_at.is_not(None)
    found = SEARCH.c.outcome.in_(HOMES)
    query = (
        select(
            SEARCH.c.began_with,
            func.count().label("searches"),
            func.count().filter(placed).label("placed"),
            func.count().filter(SEARCH.c.outcome == "in-house").label("in_house"),
            func.count().filter(closed, ~placed, ~found).label("not_found"),
            func.count().filter(~closed, ~placed).label("open"),
            func.coalesce(func.sum(SEARCH.c.invitations), 0).label("invitations"),
            *(_median_hours(name).label(name) for name in HOURS),
        )
        .where(SEARCH.c.began_with.is_not(None))
        .group_by(SEARCH.c.began_with)
    )
    return {row["began_with"]: _result(row) for row in connection.execute(query).mappings()}


def a_placed_search(connection: Connection) -> UUID | None:
    """Return a search of this run that ended with a child moving in, best one that began with an early notice."""
    query = select(SEARCH.c.referral_id).where(SEARCH.c.placed_at.is_not(None))
    return connection.execute(query.order_by(SEARCH.c.began_with, SEARCH.c.referral_id).limit(1)).scalar()


def result_table(results: Mapping[str, ArmResult]) -> Table:
    """Return the table that sets the two arms side by side."""
    table = Table(title="Simulated: two ways of looking for the same kind of home")
    table.add_column("")
    for name in ARMS.values():
        table.add_column(name, justify="right")
    for words, *values in _lines([results.get(arm) for arm in ARMS]):
        table.add_row(words, *values)
    return table


def notes(violations: Sequence[Violation], rejected: int) -> list[str]:
    """Return what has to be said beside the table."""
    return [
        "Everything above is simulated: people, homes and what they decide are made up; only the authorities' names,"
        " codes and postcodes are real.",
        "Which searches got an early notice was drawn by the seed; both kinds live in one world and compete for the"
        " same homes. The gain is what the written-down model assumes, not evidence. Hours are medians of the searches"
        " that got so far.",
        f"Every invitation was checked again by separate code: {len(violations)} break a hard constraint.",
        f"Events the hub sent back to their sender: {rejected} (placehub views show rejected_events).",
    ]


def _median_hours(name: str) -> Any:
    hours = extract("epoch", SEARCH.c[name] - SEARCH.c.need_known_at) / 3600
    return func.round(cast(func.percentile_cont(0.5).within_group(hours.asc()), Numeric), 1)


def _result(row: Mapping[Any, Any]) -> ArmResult:
    counts = ("searches", "placed", "in_house", "not_found", "open", "invitations")
    return ArmResult(hours={name: row[name] for name in HOURS}, **{name: int(row[name]) for name in counts})


def _lines(results: Sequence[ArmResult | None]) -> list[list[str]]:
    def line(words: str, get: Any) -> list[str]:
        return [words, *("-" if one is None or get(one) is None else str(get(one)) for one in results)]

    return [
        line("searches", lambda one: one.searches),
        *(line(words, lambda one, name=name: one.hours[name]) for name, words in HOURS.items()),
        line("searches that ended with a child moving in", lambda one: one.placed),
        line("invitations for each of them", lambda one: one.per_placement),
        line("found among the authority's own carers", lambda one: one.in_house),
        line("no home found", lambda one: one.not_found),
        line("still open on the last day", lambda one: one.open),
    ]
