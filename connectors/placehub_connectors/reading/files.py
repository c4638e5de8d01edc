"""CSV, Excel, JSON and e-mail: which reader a file's name asks for, and the readers of the two that are text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any, Final

from placehub_connectors.mapping.kinds import Cell
from placehub_connectors.mapping.language import Format
from placehub_connectors.reading.messages import read_message
from placehub_connectors.reading.tables import MOST_BYTES, BadRow, Table, Unreadable, table
from placehub_connectors.reading.workbooks import read_workbook

_DEEPEST: Final = 8


def read_file(name: str, data: bytes, format: Format) -> Table:
    """Return a file as a table by the ending of its name; Unreadable says why it is none."""
    reader = _READERS.get(PurePath(name).suffix.lower())
    if reader is None:
        raise Unreadable(f"must end in one of {', '.join(_READERS)}", "Save it in one of these forms.")
    if not data.strip():
        raise Unreadable("is empty", "Export it again.")
    if len(data) > MOST_BYTES:
        raise Unreadable(f"must be at most {MOST_BYTES // 1_000_000} MB", "Split the file.")
    return reader(data, format)


def _text(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(f"must be {encoding} text", "Save it in that encoding, or tell the mapping.", line) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise Unreadable("holds NUL bytes, so it is no text", "Export it again as text.", line)
    return text


def read_csv(data: bytes, format: Format) -> Table:
    """Return a CSV file as a table; a broken quotation ends it with its line."""
    lines = csv.reader(io.StringIO(_text(data, format.encoding), newline=""), delimiter=format.delimiter, strict=True)
    numbered = _numbered(lines)
    number, header = next((one for one in numbered if one[0] >= format.header_row), (format.header_row, []))
    if len(header) == 1 and any(other in header[0] for other in ",;\t|" if other != format.delimiter):
        raise Unreadable(f"must be separated by {format.delimiter!r}", "Save it so, or tell the mapping.", number)
    return table(header, numbered, number)


def _numbered(lines: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it begins on."""
    while True:
        begins = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error:
            rule = "has a quotation mark that is not closed, or text after one"
            raise Unreadable(rule, "Double each mark within a value.", begins) from None
        yield begins, cells


def read_json(data: bytes, format: Format) -> Table:
    """Return a JSON list of objects, or JSON lines, as a table; the line of a row is its place in the list."""
    text = _text(data, format.encoding)
    try:
        whole = _parsed(text)
    except Unreadable as error:
        whole = _lines(text, error)
    entries = _entries(whole, format.rows_at)
    flat: dict[int, dict[str, Cell]] = {}
    bad = []
    for number, one in enumerate(entries, start=1):
        try:
            flat[number] = _flat(one, format.leaf, number)
        except Unreadable as error:
            bad.append(BadRow(number, error.rule, error.remedy))
    columns = tuple(dict.fromkeys(name for row in flat.values() for name in row))
    if not columns and not bad:
        raise Unreadable("must hold at least one row", "Export it again.")
    found = table(columns or ("row",), ((at, [row.get(one, "") for one in columns]) for at, row in flat.items()), 1)
    return Table(found.columns if columns else (), found.rows, (*bad, *found.bad))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise Unreadable("must be JSON", "Correct it at this line.", error.lineno) from None
    except RecursionError:
        raise Unreadable("is nested too deeply", "Export plain rows.") from None
    except ValueError:  # a number of more digits than Python turns into one
        raise Unreadable("holds a number that is too long", "Export it as text.") from None


def _lines(text: str, whole: Unreadable) -> list[Any]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) < 2:
        raise whole
    found = []
    for number, line in lines:
        try:
            found.append(_parsed(line))
        except Unreadable as error:
            # With a first line that is whole it was meant as JSON lines; else as one document.
            raise (Unreadable(error.rule, error.remedy, number) if found else whole) from None
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("has an object that names a field twice", "Name each field once.")
    return found


def _constant(_: str) -> Any:
    raise Unreadable("holds NaN or Infinity, which are no JSON", "Leave the value out where there is none.")


def _entries(whole: Any, rows_at: str) -> list[Any]:
    for step in filter(None, rows_at.split(".")):
        whole = whole.get(step) if isinstance(whole, dict) else None
    if isinstance(whole, dict) and not rows_at:
        whole = [whole]
    if not isinstance(whole, list) or not all(isinstance(one, dict) for one in whole):
        where = f" at {rows_at}" if rows_at else ""
        raise Unreadable(f"must hold a list of objects{where}", "Export one object for each row.")
    return whole


def _flat(entry: dict[str, Any], leaf: bool, number: int, within: str = "", depth: int = 1) -> dict[str, Cell]:
    if depth > _DEEPEST:
        raise Unreadable("is nested too deeply", "Export plain rows.", number)
    found: dict[str, Cell] = {}
    for name, value in entry.items():
        path = name if leaf or not within else f"{within}.{name}"
        inner = _flat(value, leaf, number, path, depth + 1) if isinstance(value, dict) else {path: _cell(value, number)}
        if set(inner) & set(found):
            raise Unreadable("names a field twice", "Name each field once.", number)
        found |= inner
    return found


def _cell(value: Any, number: int) -> Cell:
    if isinstance(value, list):
        if any(isinstance(one, dict | list) for one in value):
            raise Unreadable("has a list of objects in a row", "Export one row for each.", number)
        return tuple(_word(one) for one in value)
    return _word(value)


def _word(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_mail(data: bytes, format: Format) -> Table:
    """Return the table in the one attachment of a message saved as a file."""
    return read_message(data, format, read_file, set(_READERS) - {".eml"})


_READERS: Final[dict[str, Callable[[bytes, Format], Table]]] = {
    ".csv": read_csv,
    ".json": read_json,
    ".jsonl": read_json,
    ".xlsx": read_workbook,
    ".eml": read_mail,
}
