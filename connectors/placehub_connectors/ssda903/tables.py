"""The tables of a 903 return, as CSV files recognised by their columns.

Columns: `lac_validator/config.py` of csc-validator-be-903 0.1.17, collection years 2023 to 2027.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from placehub_connectors.letters import Problem
from placehub_connectors.mapping.kinds import plain
from placehub_connectors.mapping.language import Format
from placehub_connectors.reading.files import read_csv
from placehub_connectors.reading.tables import Unreadable

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "Header": ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"),
    "Episodes": (
        "CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE",
        "HOME_POST", "PL_POST", "URN",
    ),
    "Reviews": ("CHILD", "DOB", "REVIEW", "REVIEW_CODE"),
    "UASC": ("CHILD", "SEX", "DOB", "DUC"),
    "OC2": (
        "CHILD", "DOB", "SDQ_SCORE", "SDQ_REASON", "CONVICTED", "HEALTH_CHECK", "IMMUNISATIONS", "TEETH_CHECK",
        "HEALTH_ASSESSMENT", "SUBSTANCE_MISUSE", "INTERVENTION_RECEIVED", "INTERVENTION_OFFERED",
    ),
    "OC3": ("CHILD", "DOB", "IN_TOUCH", "ACTIV", "ACCOM"),
    "AD1": ("CHILD", "DOB", "DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"),
    "PlacedAdoption": ("CHILD", "DOB", "DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED"),
    "PrevPerm": ("CHILD", "DOB", "PREV_PERM", "LA_PERM", "DATE_PERM"),
    "Missing": ("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END"),
    "SWEpisodes": ("CHILD", "DOB", "SW_ID", "SW_DECOM", "SW_DEC", "SW_REASON"),
    "DoLo": ("CHILD", "DOB", "DOLO_START", "DOLO_END"),
}  # fmt: skip


@dataclass
class Line:
    """One row of a table: where it stood, and its cells."""

    line: int
    cells: dict[str, str]


@dataclass
class Return:
    """The tables of one collection year; a table that was not handed in is empty."""

    tables: dict[str, list[Line]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    files: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, table: str, line: int, column: str, rule: str, remedy: str) -> None:
        """Set a row aside; its values are a child's and are never repeated."""
        file = self.files.get(table, table)
        self.problems.append(Problem(file=file, line=line, column=column, rule=rule, remedy=remedy))


def collection_year(year: int) -> tuple[date, date]:
    """Return the first and last day of a collection year: 2026 is 1 April 2025 to 31 March 2026."""
    return date(year - 1, 4, 1), date(year, 3, 31)


def read_return(files: Mapping[str, bytes]) -> Return:
    """Return the return that CSV files hold, by their names; what is no table of it is told."""
    found = Return()
    for name, data in sorted(files.items()):
        try:
            table = read_csv(data, Format())
        except Unreadable as error:
            found.problems.append(Problem(file=name, line=error.line, rule=error.rule, remedy=error.remedy))
            continue
        kind = next((one for one, columns in COLUMNS.items() if set(columns) == set(table.columns)), None)
        if kind is None or kind in found.files:
            rule = "has not the columns of any table of the 903 return" if kind is None else f"is a second {kind} table"
            found.problems.append(Problem(file=name, line=1, rule=rule, remedy="Hand in each table once, as exported."))
            continue
        found.files[kind] = name
        found.tables[kind] = [
            Line(row.line, {key: plain(cell) for key, cell in row.cells.items()}) for row in table.rows
        ]
        for bad in table.bad:
            found.problems.append(Problem(file=name, line=bad.line, rule=bad.rule, remedy=bad.remedy))
    return found


def write_return(given: Return) -> dict[str, bytes]:
    """Return the twelve CSV files of a return; a table without rows has its header, as the sector's rules expect."""
    files = {}
    for name, columns in COLUMNS.items():
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(one.cells for one in given.tables[name])
        files[given.files.get(name, f"{name.lower()}.csv")] = out.getvalue().encode()
    return files


def day(text: str) -> date | None:
    """Return the day a cell tells as dd/mm/yyyy; None when it is blank or tells none."""
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007  # a day, not a moment
    except ValueError:
        return None


def written(day: date) -> str:
    """Return a day as the return writes it."""
    return day.strftime("%d/%m/%Y")
