"""A return begun from nothing: the children whom the streams tell of as placed in a collection year; pure.

The hub knows the children who were placed through it, and of those what their referrals said. What a return asks beyond
that is told as not held, table by table: nobody has to find out by the sector's rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from placehub_connectors.letters import Problem
from placehub_connectors.pseudonyms import Pseudonyms
from placehub_connectors.ssda903.tables import COLUMNS, Line, Return, collection_year, written

HELD: Final = ("Header", "Episodes", "Reviews", "Missing")
"""Tables the streams hold facts of."""
NOT_HELD: Final[Mapping[str, tuple[str, ...]]] = {
    "Header": ("UPN", "MOTHER", "MC_DOB"),
    "Episodes": ("PLACE", "PL_POST"),
    **{table: ("every column",) for table in COLUMNS if table not in HELD},
}
"""Table -> its columns of which the hub holds nothing, whatever it was told."""
_FROM: Final = "Take it from the case system."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildFacts:
    """What the last referral of a child said of it, opened; empty where it did not say."""

    sex: str = ""
    born: date | None = None
    ethnicity: str = ""
    legal_status: str = ""
    category_of_need: str = ""
    postcode: str = ""


def begin(
    acts: Sequence[tuple[str, Mapping[str, Any]]], facts: Mapping[str, ChildFacts], names: Pseudonyms, year: int
) -> tuple[Return, list[Problem]]:
    """Return a return that has a header for each child who was placed in the year, and what the hub cannot tell of it.

    `facts`: by the child's pseudonym.
    """
    made, left = Return(), list(_not_held())
    for child_id in _placed(acts, year):
        number = names.number("child", UUID(child_id))
        if number is None:
            rule = "is of a child placed in the year whom the drop folder's ledger does not know"
            left.append(Problem(file="Header", column="CHILD", rule=rule, remedy="Name the folder it was referred by."))
            continue
        line = Line(len(made.tables["Header"]) + 2, _header(number, facts.get(child_id, ChildFacts())))
        made.tables["Header"].append(line)
        left += _blank(line)
    return made, left


def _placed(acts: Sequence[tuple[str, Mapping[str, Any]]], year: int) -> list[str]:
    """Return the pseudonyms of the children who were in a placement in the year, each once, by when they came."""
    first, last = collection_year(year)
    ended = {one["placement_id"]: one["ended_on"] for kind, one in acts if kind == "PlacementEnded"}
    started = [one for kind, one in acts if kind == "PlacementStarted" and one["started_on"] <= last.isoformat()]
    there = [one for one in started if ended.get(one["placement_id"], first.isoformat()) >= first.isoformat()]
    return list(dict.fromkeys(one["child_id"] for one in sorted(there, key=lambda one: str(one["started_on"]))))


def _header(number: str, facts: ChildFacts) -> dict[str, str]:
    told = {
        "CHILD": number,
        "SEX": facts.sex,
        "ETHNIC": facts.ethnicity,
        "DOB": written(facts.born) if facts.born else "",
    }
    return dict.fromkeys(COLUMNS["Header"], "") | told


def _blank(line: Line) -> Iterator[Problem]:
    for column in ("SEX", "DOB", "ETHNIC"):
        if not line.cells[column]:
            yield Problem(
                file="Header", line=line.line, column=column, rule="was not told in the referral", remedy=_FROM
            )


def _not_held() -> Iterator[Problem]:
    for table, columns in NOT_HELD.items():
        yield Problem(file=table, column=", ".join(columns), rule="is not held by the hub", remedy=_FROM)
    rule = "has the children placed through the hub alone"
    yield Problem(file="Header", column="CHILD", rule=rule, remedy="Add whoever else was looked after in the year.")
