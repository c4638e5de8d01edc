"""The results file beside a file that was read: what came of each row, as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

COLUMNS: Final = ("came", "file", "line", "column", "value", "rule", "remedy", "event")
FORMS: Final = ("csv", "json")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def counts(lines: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return how many rows came to what."""
    return dict(sorted(Counter(str(one["came"]) for one in lines).items()))


def results_text(lines: Sequence[dict[str, Any]], form: str) -> str:
    """Return a report as the text of its file; `form` is `csv` or `json`."""
    if form == "json":
        return json.dumps({"counts": counts(lines), "rows": list(lines)}, ensure_ascii=False, indent=1) + "\n"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_shown(one.get(name)) for name in COLUMNS] for one in lines)
    return out.getvalue()


def _shown(value: Any) -> str:
    text = "" if value is None else str(value)
    # A spreadsheet runs what begins so.
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file so that it is there whole, or not; readable by this user alone unless a mode is given."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)  # of a process that was killed
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
