"""How commands print: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any


def as_json(value: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(value, indent=1, ensure_ascii=False, default=_plain))


def as_json_line(value: Any) -> None:
    """Print one JSON document on a line of its own, at once."""
    print(json.dumps(value, ensure_ascii=False, default=_plain), flush=True)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print CSV with a head line."""
    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    writer.writerows([["" if value is None else _text(value) for value in row] for row in rows])


def as_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; plain text where there is no terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*[column.replace("_", " ") for column in columns], title=title or None, title_justify="left")
    for row in rows:
        table.add_row(*["" if value is None else Text(_text(value)) for value in row])
    # Cut by nobody's narrow terminal: in a pipe the whole of every value is wanted.
    console = Console(width=None if sys.stdout.isatty() else 200, soft_wrap=not sys.stdout.isatty())
    with console.capture() as drawn:
        console.print(table)
    print(drawn.get(), end="")


def as_facts(facts: Mapping[str, Any]) -> None:
    """Print the facts of one thing, a line each."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        print(f"{name.replace('_', ' '):<{width}}  {'' if value is None else _text(value)}")


def aside(line: str) -> None:
    """Print a line for the person at the terminal, apart from the result."""
    print(line, file=sys.stderr, flush=True)


def as_file(path: Path, data: bytes, option: str) -> None:
    """Write a file and print its name; errors as `to_file`."""
    to_file(path, data, option)
    print(path)


def to_file(path: Path, data: bytes, option: str) -> None:
    """Write a file; Misconfigured when it cannot be written there. `option` named the file."""
    from placehub.errors import Misconfigured

    try:
        path.write_bytes(data)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written: {error.strerror}. Name another file with {option}.") from error


def progress(line: str) -> None:
    """Print how far something is: for who watches a terminal alone."""
    if sys.stderr.isatty():
        aside(line)


def _text(value: Any) -> str:
    return value.isoformat(sep=" ", timespec="minutes") if isinstance(value, datetime) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else str(value)
