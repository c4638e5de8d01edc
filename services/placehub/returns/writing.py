"""A return as CSV, Excel or PDF, each with the pack for the meeting; nothing is read or written here.

Text that a spreadsheet would take for a formula is written so that it stays text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from placehub.paper import Rows, begin, part, plain
from placehub.returns.events import ReturnProduced
from placehub.returns.pack import NOTHING, Pack

if TYPE_CHECKING:
    from openpyxl import Workbook

LINES: Final = ("section", "column", "group", "value", "source")
PACK: Final = ("part", "what", "before or who", "now or words")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def _lines(of: ReturnProduced) -> Rows:
    return [(one.section, one.column, one.group or "", one.value or "", one.source) for one in of.lines]


def _head(of: ReturnProduced) -> Rows:
    return [
        ("agreement", str(of.agreement_id)),
        ("lead", of.lead),
        ("of", of.of_organisation),
        ("kind", of.kind),
        ("template", of.template),
        ("period", f"{of.starts_on} to {of.ends_on}"),
        ("version", str(of.return_version)),
        ("return", str(of.return_id)),
    ]


def _unformed(text: str) -> str:
    """Return text for CSV: what a spreadsheet would take for a formula begins with an apostrophe."""
    return f"'{plain(text)}" if text.startswith(_FORMULA) and text != NOTHING else plain(text)


def as_csv(of: ReturnProduced, pack: Pack) -> bytes:
    """Return the lines, then the pack, as one CSV file with a head line before each; in UTF-8 as Excel knows it."""
    table = io.StringIO()
    writer = csv.writer(table)
    for head, rows in ((LINES, _lines(of)), (PACK, pack.rows())):
        writer.writerow(head)
        writer.writerows([list(map(_unformed, row)) for row in rows])
        writer.writerow([])
    return table.getvalue().encode("utf-8-sig")


def as_excel(of: ReturnProduced, pack: Pack) -> bytes:
    """Return a workbook: the return with its figures as numbers, its pack, and what it is about."""
    from openpyxl import Workbook

    book = Workbook()
    del book[book.sheetnames[0]]
    _sheet(book, "Return", LINES, [(*row[:3], _number(row[3], row[4]), row[4]) for row in _lines(of)])
    _sheet(book, "Pack for the meeting", PACK, pack.rows())
    _sheet(book, "About", ("what", "says"), _head(of))
    whole = io.BytesIO()
    book.save(whole)
    return whole.getvalue()


def _number(value: str, source: str) -> str | float:
    """Return a figure as a number; a fact of a profile may only look like one."""
    try:
        return float(value) if source.startswith("figures.") else value
    except ValueError:
        return value


def _sheet(book: Workbook, title: str, head: Sequence[str], rows: Sequence[Sequence[str | float]]) -> None:
    sheet = book.create_sheet(title)
    for row in (head, *rows):
        sheet.append([plain(one) if isinstance(one, str) else one for one in row])
    for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
        cell.data_type = "s"  # text that begins like a formula stays text


def as_pdf(of: ReturnProduced, pack: Pack) -> bytes:
    """Return a PDF for paper: what the return is about, its lines, and the pack; dated by its period, not by today."""
    dated = datetime(of.ends_on.year, of.ends_on.month, of.ends_on.day, tzinfo=UTC)
    paper = begin(f"{of.kind} return {of.of_organisation} {of.starts_on} to {of.ends_on}", dated)
    part(paper, f"{of.kind.capitalize()} return of {of.of_organisation}", ("what", "says"), _head(of))
    part(paper, "Return", LINES, _lines(of))
    paper.add_page()
    part(paper, "Pack for the meeting", PACK, pack.rows())
    return bytes(paper.output())


FORMATS: Final[Mapping[str, Callable[[ReturnProduced, Pack], bytes]]] = {
    "csv": as_csv,
    "xlsx": as_excel,
    "pdf": as_pdf,
}
"""How a return is exported, by the ending of its file."""
