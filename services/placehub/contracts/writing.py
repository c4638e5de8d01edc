"""Events in which the same findings stand again and again: each finding is written as Avro once.

A criterion says the same of many homes and in many searches, and says it with the very same object, which nobody
changes. Avro has no pointers, so what was once written of it is good wherever it stands.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, Final, get_args, get_origin, get_type_hints

import fastavro
from fastavro.schema import parse_schema

from placehub.contracts.limits import shape
from placehub.contracts.parts import Finding
from placehub.contracts.schema import avro_schema, of_fields, unpack

_MOST_KEPT: Final = 4096
"""Findings: what about a hundred searches bring anew."""
_END: Final = b"\x00"
"""Ends a list; an empty one is that alone."""


class Written:
    """What has been written of findings, kept for whatever event they stand in next."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Finding, bytes]] = {}
        self._writers: dict[type, _Writer | None] = {}

    def body(self, event: Any) -> bytes | None:
        """Return an event's record as Avro; None where it holds no list of findings, or anything that does not fit.

        Then the event must be written as a whole, which also finds out what is wrong with it.
        """
        cls: type = type(event)
        if cls not in self._writers:
            self._writers[cls] = _writer_of(cls, avro_schema(cls))
        writer = self._writers[cls]
        try:
            return None if writer is None else self._record(writer, event)
        except (ValueError, TypeError, OverflowError):  # as of the whole event
            return None

    def _record(self, writer: _Writer, one: Any) -> bytes:
        cls: type = type(one)
        if cls is not writer.cls:
            raise TypeError
        record = checked(replace(one, **writer.without_lists))
        out = io.BytesIO()
        for schema, name, items in writer.runs:
            fastavro.schemaless_writer(out, schema, record, disable_tuple_notation=True)
            if name:
                out.write(self._list(items, getattr(one, name)))
        return out.getvalue()

    def _list(self, items: _Writer | Any, values: Any) -> bytes:
        if type(values) is not tuple:
            raise TypeError
        if not values:
            return _END
        parts = [self._record(items, one) for one in values] if isinstance(items, _Writer) else self._of(items, values)
        return b"".join((_count(len(values)), *parts, _END))

    def _of(self, schema: Any, findings: Sequence[Any]) -> list[bytes]:
        known = list(map(self._kept.get, map(id, findings)))
        return [self._keep(schema, one) if kept is None else kept[1] for kept, one in zip(known, findings, strict=True)]

    def _keep(self, schema: Any, one: Any) -> bytes:
        if type(one) is not Finding:
            raise TypeError
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()  # those that stand in many are soon there again
        body = written(schema, checked(one))
        self._kept[id(one)] = one, body  # the finding is kept with its bytes, or its id could be another's
        return body


class _Writer:
    """How a class is written: runs of fields, between them the lists that hold findings or records that do."""

    def __init__(self, cls: type, schema: Any, lists: dict[str, Any]) -> None:
        self.cls = cls
        self.without_lists = dict.fromkeys(lists, ())
        self.runs: list[tuple[Any, str, Any]] = []
        """The schema of some fields, the list after them (empty after the last), and how its items are written."""
        run: list[Any] = []
        for field in schema["fields"]:
            if field["name"] in lists:
                self.runs.append((of_fields(schema, run), field["name"], lists[field["name"]]))
                run = []
            else:
                run.append(field)
        if run:
            self.runs.append((of_fields(schema, run), "", None))


def _writer_of(cls: type, schema: Any) -> _Writer | None:
    """Return how records of a class are written; None where none of its lists holds findings."""
    hints = get_type_hints(cls, include_extras=True)
    types = {field["name"]: field["type"] for field in schema["fields"]}
    lists = {one.name: _items_of(unpack(hints[one.name])[0], types[one.name]) for one in fields(cls)}
    held = {name: items for name, items in lists.items() if items is not None}
    return _Writer(cls, schema, held) if held else None


def _items_of(hint: Any, schema: Any) -> Any:
    """Return how a list's items are written where they are findings or hold some: their schema, or their writer."""
    item = unpack(get_args(hint)[0])[0] if get_origin(hint) is tuple else None
    if not (isinstance(item, type) and is_dataclass(item)) or not isinstance(schema["items"], dict):
        return None
    return parse_schema(schema["items"]) if item is Finding else _writer_of(item, schema["items"])


def checked(one: Any) -> dict[str, Any]:
    """Return the dictionary an Avro writer takes; ValidationError where a field does not fit."""
    cls: type = type(one)
    validator, serializer = shape(cls)
    record: dict[str, Any] = serializer.to_python(validator.validate_python(one, strict=True))
    return record


def written(schema: Any, record: Any) -> bytes:
    """Return a record as Avro; ValueError, TypeError or OverflowError for what the checks of its class cannot see."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, record, disable_tuple_notation=True)
    return out.getvalue()


_LONG: Final = parse_schema("long")


@lru_cache(maxsize=1024)
def _count(number: int) -> bytes:
    return written(_LONG, number)
