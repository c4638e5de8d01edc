"""Markdown: the few forms every page uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def page(title: str, source: str, *parts: str) -> str:
    """Return a whole page: first the line that says what it is generated from, then title and parts."""
    head = f"*{page_source(source)}*"
    return "\n\n".join([head, f"# {title}", *(part.strip("\n") for part in parts if part)]) + "\n"


def page_source(source: str) -> str:
    """Return the sentence that says what a page is generated from."""
    return f"Generated from {source} by `placehub docs write`: change it there, not here."


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; line ends and bars within a cell do not break it."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(_cell(one) for one in line) + " |" for line in lines)


def code(text: object) -> str:
    """Return a text as code."""
    return f"`{text}`"


def codes(texts: Iterable[object]) -> str:
    """Return several texts as code, with commas; a dash where there is none."""
    return ", ".join(map(code, texts)) or "-"


def words(texts: Iterable[str]) -> str:
    """Return several texts with commas; a dash where there is none."""
    return ", ".join(texts) or "-"


def section(title: str, *parts: str, level: int = 2) -> str:
    """Return a heading and what stands under it."""
    return "\n\n".join([f"{'#' * level} {title}", *(part.strip("\n") for part in parts if part)])


def flowing(text: str) -> str:
    """Return a docstring's paragraphs as one line, for a table's cell."""
    return " ".join(text.split())


def anchor(title: str) -> str:
    """Return the fragment under which a heading is found."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _cell(text: str) -> str:
    return flowing(text).replace("|", "\\|") or "-"
