"""A file as a table: its columns, and its rows with the lines a person would find them on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from placehub_connectors.mapping.kinds import Cell, plain
from placehub_connectors.mapping.rows import Row

MOST_BYTES: Final = 50_000_000
MOST_ROWS: Final = 100_000
MOST_COLUMNS: Final = 500
MOST_CHARACTERS: Final = 20_000
"""Of one cell. What is larger is no return of rows but a mistake, or an attack."""
_SPREADSHEET_ERRORS: Final = ("#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!")


class Unreadable(Exception):
    """A file, or from some line on the rest of it, that cannot be read as rows."""

    def __init__(self, rule: str, remedy: str, line: int | None = None) -> None:
        super().__init__(rule)
        self.rule, self.remedy, self.line = rule, remedy, line


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be told into cells; the others stand."""

    line: int
    rule: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: rows that are blank throughout are not among them."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    bad: tuple[BadRow, ...] = ()


def table(header: Sequence[Cell], lines: Iterable[tuple[int, Sequence[Cell]]], header_line: int) -> Table:
    """Return the table of a header and the cells of numbered lines; Unreadable when it has no sound header."""
    columns = _columns(header, header_line)
    rows: list[Row] = []
    bad: list[BadRow] = []
    try:
        for number, cells in lines:
            wrong = _wrong(columns, cells, number)
            if wrong is not None:
                bad.append(wrong)
            elif any(plain(one) for one in cells):
                rows.append(Row(number, dict(zip(columns, cells, strict=False))))
    except Unreadable as error:  # what stands above the line that cannot be read stands
        bad.append(BadRow(error.line or 0, error.rule, error.remedy))
    if len(rows) + len(bad) > MOST_ROWS:
        raise Unreadable(f"must have at most {MOST_ROWS} rows", "Split the file.")
    return Table(columns, tuple(rows), tuple(bad))


def _columns(header: Sequence[Cell], line: int) -> tuple[str, ...]:
    names = [plain(one) for one in header]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise Unreadable("must begin with a line of column names", "Put the names above the rows.", line)
    if len(names) > MOST_COLUMNS:
        raise Unreadable(f"must have at most {MOST_COLUMNS} columns", "Take out those that are not needed.", line)
    if "" in names:
        raise Unreadable(f"column {names.index('') + 1} has no name", "Name each column.", line)
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice is not None:
        raise Unreadable("names a column twice", "Give each column a name of its own.", line)
    return tuple(names)


def _wrong(columns: tuple[str, ...], cells: Sequence[Cell], number: int) -> BadRow | None:
    if not any(plain(one) for one in cells):
        return None
    if any(plain(one) for one in cells[len(columns) :]):
        rule = f"has more cells than the {len(columns)} columns"
        return BadRow(number, rule, "Put a value that holds the separator in quotation marks.")
    if len(cells) < len(columns):
        return BadRow(number, f"has {len(cells)} cells of {len(columns)}", "Write every separator, also for blanks.")
    for name, cell in zip(columns, cells, strict=False):
        if len(plain(cell)) > MOST_CHARACTERS:
            return BadRow(number, f"{name} has more than {MOST_CHARACTERS} characters", "Shorten it.")
        if plain(cell) in _SPREADSHEET_ERRORS:
            return BadRow(number, f"{name} holds a formula that came to an error", "Correct it, or write the value.")
        if any(_unprintable(one) for one in plain(cell)):
            return BadRow(number, f"{name} holds control characters, or halves of characters", "Take them out.")
    return None


def _unprintable(one: str) -> bool:
    return (one < " " and one not in "\n\r\t") or "\ud800" <= one <= "\udfff" or one == "\x7f"
