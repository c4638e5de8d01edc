"""Events in a file: read and checked, every one, before any is posted."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from placehub.errors import Misconfigured, NotFound, Rejected
from placehub.mailboxes.documents import Prepared, prepare

FORM = '{"type": "EarlyNoticeGiven", "time": "2026-03-02T09:30:00+00:00", "data": {...}}'


def read_letters(file: str) -> list[Prepared]:
    """Return the events of a file (`-`: the standard input), all checked; Rejected names the event and its field."""
    items = _parsed(_text(file))
    prepared = []
    for number, item in enumerate(items, start=1):
        try:
            prepared.append(_prepared(item))
        except Rejected as error:
            if len(items) == 1:
                raise
            raise Rejected(f"event {number}, {error.field}", error.rule, error.remedy) from None
    return prepared


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(f"There is no file {file}.") from None
    except UnicodeDecodeError:
        raise Rejected("file", "must be UTF-8 text", "Save it as UTF-8.") from None
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None


def _parsed(text: str) -> Sequence[Any]:
    if not text.strip():
        raise Rejected("file", "must hold at least one event", f"Write {FORM}.")
    try:
        whole = json.loads(text)
    except ValueError as error:
        return _lines(text, error)
    if whole == []:
        raise Rejected("file", "must hold at least one event", f"Write {FORM}.")
    return whole if isinstance(whole, list) else [whole]


def _lines(text: str, error: ValueError) -> list[Any]:
    items = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                items.append(json.loads(line))
            except ValueError:
                # With a first line that is whole it was meant as JSON lines; else as one document.
                where = getattr(error, "lineno", number) if not items else number
                raise Rejected(f"line {where}", "must be JSON", "Correct the line, then give the file again.") from None
    return items


def _prepared(item: Any) -> Prepared:
    if not isinstance(item, dict):
        raise Rejected("event", "must be an object", f"Write {FORM}.")
    unknown = set(item) - {"type", "time", "data", "id"}
    if unknown:
        raise Rejected(sorted(unknown)[0], "is not part of an event's envelope", f"Write {FORM}.")
    for name in ("type", "time"):
        if not isinstance(item.get(name), str):
            raise Rejected(name, "is required, as text", f"Write {FORM}.")
    if not isinstance(item.get("data"), dict):
        raise Rejected("data", "must be an object", f"Write {FORM}.")
    return prepare(item["type"], item["data"], _time(item["time"]), _id(item.get("id")))


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Rejected("time", "must be an RFC 3339 time", "Write it as 2026-03-02T09:30:00+00:00.") from None


def _id(given: Any) -> UUID:
    try:
        return uuid4() if given is None else UUID(given)
    except (TypeError, ValueError, AttributeError):
        raise Rejected("id", "must be a UUID", "Leave it out, or give each event a UUID of its own.") from None
