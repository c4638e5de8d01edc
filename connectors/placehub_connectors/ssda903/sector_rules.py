"""Run by the validator's own Python, never imported here: the sector's rules on a folder of CSV files.

Argument: a JSON object {folder, year, authority}. Writes one JSON object to the standard output: `failures`, each with
table, row (0: the first), child's row only, code, fields and description; `crashed` and `skipped` rules; `rules`, how
many ran. Each rule gets a copy of its own, since rule 365 changes what it is given.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

from lac_validator.datastore import create_datastore
from lac_validator.ingress import read_from_text
from lac_validator.rules.ruleset_utils import get_year_ruleset


def main() -> None:
    """Check the folder and write what was found."""
    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore")
    asked = json.loads(sys.argv[1])
    files = [
        {"name": path.name, "description": "This year", "file_content": path.read_bytes()}
        for path in sorted(Path(asked["folder"]).glob("*.csv"))
    ]
    with contextlib.redirect_stdout(io.StringIO()):  # some rules print
        found = check(files, asked["year"], asked["authority"])
    json.dump(found, sys.stdout)


def check(files: list[dict[str, Any]], year: str, authority: str) -> dict[str, Any]:
    """Return what the rules of a collection year say of the files."""
    tables, more = read_from_text(raw_files=files)
    store = create_datastore(tables, {"collectionYear": year, "localAuthority": authority, **more})
    found: dict[str, Any] = {"failures": [], "crashed": [], "skipped": [], "rules": 0}
    for code, rule in get_year_ruleset(year).items():
        own = {
            name: one.copy(deep=True) if hasattr(one, "copy") and name != "metadata" else one
            for name, one in store.items()
        }
        try:
            result = rule.func(own)
        except Exception:
            found["crashed"].append(str(code))
            continue
        found["rules"] += 1
        if result == {}:
            found["skipped"].append(str(code))
        found["failures"] += failures(rule, result)
    return found


def failures(rule: Any, result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one entry for each row a rule found wrong."""
    return [
        {
            "table": table,
            "row": int(row),
            "code": str(rule.code),
            "fields": [str(one) for one in rule.affected_fields],
            "description": str(rule.message),
        }
        for table, rows in result.items()
        for row in sorted({one for one in rows if one == one})
    ]


if __name__ == "__main__":
    main()
