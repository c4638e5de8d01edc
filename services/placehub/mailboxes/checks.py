"""Whether an event's codes are in their lists: asked by the sender before it posts, and by intake again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from placehub.codes import check
from placehub.contracts.fields import Code, Seals
from placehub.contracts.schema import optional, unpack


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an event or record, as its checks need it: code list, nested record or records, sealed document."""

    name: str
    codes: str | None
    record: type | None
    many: bool
    seals: Seals | None


def check_codes(event: Any, on: date, nation: str | None = None, *, within: str = "") -> None:
    """Raise Rejected for the first coded field whose value is not in its list on that day, nested ones included.

    The field is a dotted path (`children.0.age_band`), begun with `within`; its value is never repeated.
    """
    cls: type = type(event)
    for field in described(cls):
        if field.codes is None and field.record is None:
            continue
        for path, value in _flat(getattr(event, field.name), f"{within}{field.name}"):
            if field.codes is not None:
                check(field.codes, value, on, path, nation)
            elif field.record is not None:
                check_codes(value, on, nation, within=f"{path}.")


@cache
def described(cls: type) -> tuple[Field, ...]:
    """Return the fields of an event or record class."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple(_describe(one.name, hints[one.name]) for one in fields(cls))


def _describe(name: str, hint: Any) -> Field:
    marks = unpack(hint)[1]
    codes = [mark.list for mark in marks if isinstance(mark, Code)]
    seals = [mark for mark in marks if isinstance(mark, Seals)]
    return Field(
        name,
        codes=codes[-1] if codes else None,
        record=None if seals else _record(hint),
        many=get_origin(optional(unpack(hint)[0])[0]) is tuple,
        seals=seals[-1] if seals else None,
    )


def _record(hint: Any) -> type | None:
    plain, _ = optional(unpack(hint)[0])
    plain = unpack(plain)[0]
    if get_origin(plain) is tuple:
        return _record(get_args(plain)[0])
    return plain if isinstance(plain, type) and is_dataclass(plain) else None


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from _flat(one, f"{path}.{number}")
    elif value is not None:
        yield path, value
