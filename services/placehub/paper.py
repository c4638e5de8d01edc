"""A PDF for paper, in parts: a title and a table each; pure.

It is set in a font that every reader has, which knows the letters of Western Europe alone: of others (`ŵ`) the mark is
left out, `ł` becomes `?`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fpdf import FPDF

Rows = Sequence[Sequence[str]]
_MOST_IN_CELL: Final = 700
_FONT: Final = "Helvetica"


def begin(title: str, dated: datetime) -> FPDF:
    """Return an empty page, wide; dated by what it is about, so that the same is the same bytes."""
    from fpdf import FPDF

    paper = FPDF(orientation="landscape", format="A4")
    paper.set_creation_date(dated)
    paper.set_title(_western(title))
    paper.set_auto_page_break(True, margin=15)
    paper.add_page()
    return paper


def plain(text: str) -> str:
    """Return text as a file can hold it: control characters, which some formats refuse, become spaces."""
    return "".join(one if one.isprintable() or one == "\n" else " " for one in text)


def part(paper: FPDF, title: str, head: Sequence[str], rows: Rows, widths: Sequence[int] | None = None) -> None:
    """Add a title and a table with a head line; `widths` are the columns' shares of the page, if not all the same."""
    paper.set_font(_FONT, "B", 13)
    paper.cell(text=_western(title), new_x="LMARGIN", new_y="NEXT", h=9)
    paper.set_font(_FONT, size=8)
    with paper.table(line_height=4.5, text_align="LEFT", col_widths=widths) as table:
        for row in (head, *rows):
            for part in _pieces([_western(one) for one in row]):
                table.row(part)
    paper.ln(4)


def _pieces(row: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield a row, one with long texts as several: a row of a table has to fit on a page."""
    for start in range(0, max(1, *map(len, row)), _MOST_IN_CELL):
        yield [one[start : start + _MOST_IN_CELL] for one in row]


def _western(text: str) -> str:
    """Return text in the letters that the font knows."""
    known = "".join(
        one if _knows(one) else "".join(part for part in unicodedata.normalize("NFKD", one) if _knows(part)) or "?"
        for one in plain(text.replace("\n", " "))
    )
    return known


def _knows(letter: str) -> bool:
    try:
        letter.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
