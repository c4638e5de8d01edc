"""The template a provider fills in: a CSV of column names, or a workbook that offers the words each column takes."""

from __future__ import annotations

import csv
import io
from typing import Final

from placehub.codes import code_list
from placehub.errors import Misconfigured
from placehub_connectors.mapping.language import Mapping, Rule
from placehub_connectors.mapping.paths import target

_LONGEST_CHOICE: Final = 250
"""Excel takes no longer list of words to choose from."""
_ROWS: Final = 500
_FORMS: Final = {
    "whole": "a whole number",
    "amount": "pounds, as 512.50",
    "date": "a date, as 2026-03-02",
    "moment": "a date, as 2026-03-20",
    "text": "your own words",
    "pseudonym": "your own reference",
    "list": "your own words, separated by ;",
}


def words(mapping: Mapping, rule: Rule) -> tuple[str, ...]:
    """Return the words a column takes; none where it takes any."""
    if rule.kind == "yes-no":
        return (rule.yes[0], rule.no[0])
    if rule.codes:
        return tuple(rule.codes)
    codes = target(mapping.cls, rule.to).codes if rule.kind in ("code", "list") else None
    return (*(one.code for one in code_list(codes).values), *filter(None, (rule.empty,))) if codes else ()


def explained(mapping: Mapping) -> list[tuple[str, str, str]]:
    """Return (column, whether it must be filled in, what it takes) for every column that is written."""
    rows = []
    for rule in mapping.rules:
        if not rule.derived:
            taken = words(mapping, rule)
            said = ", ".join(taken) + (" (several: with ; between)" if rule.kind == "list" else "")
            rows.append((rule.column, "yes" if rule.required else "", said if taken else _FORMS.get(rule.kind, "")))
    return rows


def csv_template(mapping: Mapping) -> bytes:
    """Return the template as CSV: the names of the columns."""
    out = io.StringIO()
    csv.writer(out).writerow([name for name, _, _ in explained(mapping)])
    return out.getvalue().encode("utf-8-sig")


def workbook_template(mapping: Mapping) -> bytes:
    """Return the template as a workbook, with words to choose from and a sheet that explains every column."""
    try:
        from openpyxl import Workbook
        from openpyxl.styles import Font
        from openpyxl.utils import get_column_letter
        from openpyxl.worksheet.datavalidation import DataValidation
    except ImportError:
        raise Misconfigured("Excel files need openpyxl. Install it: pip install 'placehub[connectors]'.") from None
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = mapping.file.sheet or "Rows"
    sheet.append([name for name, _, _ in explained(mapping)])
    for number, rule in enumerate((one for one in mapping.rules if not one.derived), start=1):
        sheet.cell(1, number).font = Font(bold=rule.required)
        choice = ",".join(words(mapping, rule))
        if choice and rule.kind != "list" and len(choice) < _LONGEST_CHOICE:
            letter = get_column_letter(number)
            check = DataValidation(type="list", formula1=f'"{choice}"', allow_blank=True)
            check.add(f"{letter}2:{letter}{_ROWS}")
            sheet.add_data_validation(check)
    help_sheet = workbook.create_sheet("How to fill it in")
    for row in (("Column", "Must be filled in", "What it takes"), *explained(mapping)):
        help_sheet.append(row)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
