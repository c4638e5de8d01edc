"""Events of any class, made up within what their fields allow."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st

from placehub.contracts.schema import optional, unpack

CONTROL = "".join(chr(one) for one in (*range(9), 11, 12, *range(14, 32), 127))
"""Control characters that no event may hold."""
TEXT = st.characters(exclude_categories=["Cs"], exclude_characters=CONTROL)

_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(TEXT, max_size=40),
    bytes: st.binary(max_size=60),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    datetime: st.datetimes(timezones=st.just(UTC)),
    date: st.dates(),
    UUID: st.uuids(),
    Decimal: st.decimals(Decimal("-9999999999.99"), Decimal("9999999999.99"), places=2),
}


@cache
def events_of(cls: type) -> st.SearchStrategy[Any]:
    """Return a strategy for events (or records) of the class."""
    hints = get_type_hints(cls, include_extras=True)
    return st.builds(cls, **{one.name: _values(hints[one.name]) for one in fields(cls)})


def _values(hint: Any) -> st.SearchStrategy[Any]:
    plain, nullable = optional(unpack(hint)[0])
    plain = unpack(plain)[0]
    if nullable:
        return st.none() | _values(plain)
    if get_origin(plain) is tuple:
        return st.lists(_values(get_args(plain)[0]), max_size=3).map(tuple)
    if get_origin(plain) is dict:
        return st.dictionaries(st.text(TEXT, max_size=8), _values(get_args(plain)[1]), max_size=3)
    return events_of(plain) if is_dataclass(plain) and isinstance(plain, type) else _SIMPLE[plain]
