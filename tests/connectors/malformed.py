"""A corpus of malformed files, made from the samples: each has one thing wrong, and two rows or more that are right."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from placehub_connectors.mapping.language import Mapping
from placehub_connectors.mapping.samples import sample
from placehub_connectors.mapping.shipped import shipped_mapping

CANARY = "canary-3f9c"
V2 = "placements-data-standard-v2"
NORTHSHIRE = "northshire-family-request"
EASTMERE = "eastmere-early-notice"
_FORGIVING = ("text", "pseudonym")


@dataclass(frozen=True)
class Malformed:
    """One file: `line` None stands for the whole file, `good` is how many events the rest must still come to."""

    what: str
    mapping: str
    name: str
    data: bytes
    line: int | None
    column: str
    good: int


def corpus() -> list[Malformed]:
    """Return every file of the corpus."""
    rows = (one for name in (V2, NORTHSHIRE) for made in (_wrong_cells, _headers) for one in made(name))
    return [*rows, *_texts(), *_jsons(), *_workbooks()]


def _table(name: str) -> list[list[str]]:
    mapping = shipped_mapping(name)
    text = sample(name)[1].decode(mapping.file.encoding)
    return list(csv.reader(io.StringIO(text), delimiter=mapping.file.delimiter))


def _csv(mapping: Mapping, table: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=mapping.file.delimiter).writerows(table)
    return out.getvalue().encode(mapping.file.encoding)


def _wrong_cells(name: str) -> Iterator[Malformed]:
    """The last row's cell of each column: a value there is not, or nothing where something must be."""
    mapping, table = shipped_mapping(name), _table(name)
    rest = 2 if name == V2 else 1
    for column in dict.fromkeys(one.column for one in mapping.rules):
        rules = [one for one in mapping.rules if one.column == column]
        wrongs = [] if all(one.kind in _FORGIVING or one.or_note for one in rules) else [CANARY]
        wrongs += [""] if any(one.required for one in rules) else []
        for wrong in (one for one in wrongs if not any("*" in rule.members for rule in rules)):
            changed = [*table[:-1], list(table[-1])]
            changed[-1][table[0].index(column)] = wrong
            what = f"{name}: {column} {'blank' if not wrong else 'wrong'}"
            yield Malformed(what, name, "rows.csv", _csv(mapping, changed), len(table), column, rest)


def _headers(name: str) -> Iterator[Malformed]:
    mapping, table = shipped_mapping(name), _table(name)
    for column in dict.fromkeys(one.column for one in mapping.rules if one.required):
        place = table[0].index(column)
        changed = [[*row[:place], *row[place + 1 :]] for row in table]
        yield Malformed(f"{name}: no column {column}", name, "rows.csv", _csv(mapping, changed), 1, "", 0)
    for what, header in (
        ("a column nobody knows", [*table[0][:-1], CANARY]),
        ("a column named twice", [*table[0][:-1], table[0][0]]),
        ("a column without a name", ["", *table[0][1:]]),
    ):
        yield Malformed(f"{name}: {what}", name, "rows.csv", _csv(mapping, [header, *table[1:]]), 1, "", 0)


def _texts() -> Iterator[Malformed]:
    data = sample(V2)[1]
    lines = data.splitlines(keepends=True)

    def last(change: Callable[[bytes], bytes]) -> bytes:
        return b"".join([*lines[:-1], change(lines[-1])])

    for what, changed, line, good in (
        ("nothing in it", b"", None, 0),
        ("white space alone", b" \r\n\r\n", None, 0),
        ("no UTF-8 in line 4", last(lambda row: row.replace(b"104503", b"10\xff503")), 4, 0),
        ("UTF-16", data.decode().encode("utf-16"), 1, 0),
        ("a NUL byte in line 4", last(lambda row: row.replace(b"104503", b"10\x00503")), 4, 0),
        ("a quotation mark that is never closed", last(lambda row: b'"' + row), 4, 2),
        ("text after a closed quotation", last(lambda row: b'"x"y' + row), 4, 2),
        ("a row with too few cells", last(lambda _: b"104503,Today\r\n"), 4, 2),
        ("a row with too many cells", last(lambda row: row.rstrip() + b",more\r\n"), 4, 2),
        ("a row that is cut off", data[:-30], 4, 2),
        ("a control character", last(lambda row: row.replace(b"104503", b"1045\x0703")), 4, 2),
        ("a cell of 30,000 characters", last(lambda row: row.replace(b"104503", b"1" * 30_000)), 4, 2),
        ("a spreadsheet's error", last(lambda row: row.replace(b"104503", b"#REF!")), 4, 2),
        ("a key of a row above", last(lambda row: row.replace(b"104503", b"104502")), 4, 2),
        ("a day in the future", last(lambda row: row.replace(b"2026-03-02", b"2031-03-02")), 4, 2),
        ("a day there is not", last(lambda row: row.replace(b"2026-03-02", b"2026-02-30")), 4, 2),
        ("a day the wrong way round", last(lambda row: row.replace(b"2026-03-02", b"02/03/2026")), 4, 2),
        ("semicolons", data.replace(b",", b";"), 1, 0),
        ("tabs", data.replace(b",", b"\t"), 1, 0),
        ("a web page", b"<html><body>Please log in</body></html>", 1, 0),
    ):
        yield Malformed(f"text: {what}", V2, "rows.csv", changed, line, "", good)
    for ending in ("txt", "xls", "pdf", "xml", "csv.gz", "ods"):
        yield Malformed(f"a file that ends in .{ending}", V2, f"rows.{ending}", data, None, "", 0)


def _jsons() -> Iterator[Malformed]:
    header, *rows = _table(V2)
    good = [dict(zip(header, row, strict=True)) for row in rows]
    text = json.dumps(good)
    for what, changed, line, left in (
        ("cut off", text[:-1], 1, 0),
        ("an empty list", "[]", None, 0),
        ("a number", "7", None, 0),
        ("a text", '"rows"', None, 0),
        ("null", "null", None, 0),
        ("a list of numbers", "[1, 2]", None, 0),
        ("a list of lists", "[[1], [2]]", None, 0),
        ("NaN", text.replace('"104503"', "NaN"), None, 0),
        ("a field named twice", text.replace('"childId": "104503"', '"childId": "1", "childId": "2"'), None, 0),
        ("a comment", f"// rows\n{text}", 1, 0),
        ("nested a hundred thousand deep", "[" * 100_000, None, 0),
        ("a number of 5,000 digits", text.replace('"104503"', "9" * 5_000), None, 0),
        ("a lone surrogate", text.replace("104503", "\\ud800"), 3, 2),
        ("a record in a list", json.dumps([*good[:2], good[2] | {"pets": [{"dog": 1}]}]), 3, 2),
        ("a row nested ten deep", json.dumps([*good[:2], {"childId": _deep(10)}]), 3, 2),
        ("a key that is empty", json.dumps([*good[:2], good[2] | {"childId": None}]), 3, 2),
        ("a code that is a number", json.dumps([*good[:2], good[2] | {"pets": 4}]), 3, 2),
        ("lines, the third broken", "\n".join([*map(json.dumps, good[:2]), "{"]), 3, 0),
    ):
        yield Malformed(f"json: {what}", V2, "rows.json", changed.encode(), line, "", left)


def _deep(levels: int) -> object:
    return {"a": _deep(levels - 1)} if levels else 1


def _workbooks() -> Iterator[Malformed]:
    data = sample(EASTMERE)[1]
    for what, changed, line, good in (
        ("no workbook", b"PK\x03\x04 and then nothing", None, 0),
        ("cut off", data[: len(data) // 2], None, 0),
        ("an older Excel's", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), None, 0),
        ("a zip of something else", _zip({"a.txt": b"a"}), None, 0),
        ("parts that are no XML", _zip({"[Content_Types].xml": b"<", "xl/workbook.xml": b"<"}), None, 0),
        ("no such sheet", _workbook(lambda sheet: setattr(sheet, "title", "Sheet1")), None, 0),
        ("no header", _workbook(lambda sheet: sheet.delete_rows(1, 9)), 3, 0),
        ("a header one line too high", _workbook(lambda sheet: sheet.delete_rows(2, 1)), 3, 0),
        ("a code there is not", _workbook(lambda sheet: sheet.__setitem__("D5", CANARY)), 5, 1),
        ("an error in a cell", _workbook(lambda sheet: sheet.__setitem__("G5", "#REF!")), 5, 1),
        ("a key left out", _workbook(lambda sheet: sheet.__setitem__("A5", None)), 5, 1),
        ("a day in words", _workbook(lambda sheet: sheet.__setitem__("C5", "second of March")), 5, 1),
        ("a formula never reckoned", _workbook(lambda sheet: sheet.__setitem__("C5", "=TODAY()")), 5, 1),
        ("a cell beyond the last column", _workbook(lambda sheet: sheet.__setitem__("M5", "x")), 5, 1),
    ):
        yield Malformed(f"workbook: {what}", EASTMERE, "rows.xlsx", changed, line, "", good)


def _workbook(change: Callable[[Worksheet], object]) -> bytes:
    workbook = openpyxl.load_workbook(io.BytesIO(sample(EASTMERE)[1]))
    change(workbook.worksheets[0])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()
