"""Excel workbooks: values only. Macros, links and formulas are never run, and a bomb is refused before it unfolds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from placehub.errors import Misconfigured
from placehub_connectors.mapping.kinds import Cell
from placehub_connectors.mapping.language import Format
from placehub_connectors.reading.tables import MOST_COLUMNS, MOST_ROWS, Table, Unreadable, table

MOST_UNPACKED: Final = 300_000_000
"""Bytes of all parts of a workbook once unpacked."""


def read_workbook(data: bytes, format: Format) -> Table:
    """Return a sheet of a workbook as a table; Misconfigured when openpyxl is not installed."""
    try:
        import openpyxl
    except ImportError:
        raise Misconfigured("Excel files need openpyxl. Install it: pip install 'placehub[connectors]'.") from None
    _check_parts(data)
    try:
        workbook = openpyxl.load_workbook(
            io.BytesIO(data), read_only=True, data_only=True, keep_vba=False, keep_links=False
        )
        lines = list(_lines(_sheet(workbook, format.sheet)))
    except Unreadable:
        raise
    except Exception:  # openpyxl raises whatever a broken part made its parsers raise
        raise Unreadable("must be a whole Excel workbook", "Open it, save it as .xlsx, and hand it in again.") from None
    above = max(format.header_row - 1, 0)
    if len(lines) <= above:
        raise Unreadable("must begin with a line of column names", "Put the names above the rows.", format.header_row)
    (number, header), rows = lines[above], lines[above + 1 :]
    width = len(header)
    return table(header, ((one, [*cells, *[""] * (width - len(cells))]) for one, cells in rows), number)


def _check_parts(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            unpacked = sum(one.file_size for one in parts.infolist())
            names = set(parts.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Unreadable("must be an Excel workbook", "Save it as .xlsx (not .xls, not with a password).") from None
    if unpacked > MOST_UNPACKED:
        raise Unreadable("unfolds to more than a workbook of rows can be", "Hand in plain rows.")
    if "[Content_Types].xml" not in names:
        raise Unreadable("must be an Excel workbook", "Save it as .xlsx.")


def _sheet(workbook: Any, name: str) -> Any:
    if name and name not in workbook.sheetnames:
        raise Unreadable(f"must have a sheet named {name}", "Name the sheet so, or tell the mapping.")
    return workbook[name] if name else workbook.worksheets[0]


def _lines(sheet: Any) -> Iterator[tuple[int, Sequence[Cell]]]:
    # What a sheet says of its own size may be wrong either way.
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1), start=1):
        if number > MOST_ROWS + 100:
            raise Unreadable(f"must have at most {MOST_ROWS} rows", "Split the file.", number)
        yield number, [_cell(one) for one in cells]


def _cell(value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date() if value.time() == datetime.min.time() else value
    if isinstance(value, date):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)
