"""Whole examples of any event, with every optional field filled, so that nothing can leak unseen."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

from placehub.contracts.headers import Attributes
from placehub.keys.sealed import Sealed
from placehub.streams import full_name, stream

T = TypeVar("T")
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SIMPLE: dict[Any, Any] = {
    str: "word",
    int: 1,
    bool: True,
    float: 1.0,
    date: date(2026, 3, 2),
    datetime: NOW,
    Decimal: Decimal("1.5"),
    bytes: b"twelve bytes",
}


def whole(cls: type[T], **given: Any) -> T:
    """Return an example of a record with every field filled."""
    hints = get_type_hints(cls)
    names = [one.name for one in fields(cls)]  # type: ignore[arg-type]  # only records are made
    return cls(**{name: given[name] if name in given else _value(hints[name], name) for name in names})


def _value(hint: Any, name: str) -> Any:
    if hint is Sealed:
        return Sealed(key_id=f"key of {name}", nonce=b"twelve bytes", ciphertext=b"sealed")
    if hint is UUID:
        return uuid4()
    if is_dataclass(hint) and isinstance(hint, type):
        return whole(hint)
    if get_origin(hint) in (Union, UnionType):
        return _value(get_args(hint)[0], name)
    if get_origin(hint) is tuple:
        return (_value(get_args(hint)[0], name),)
    return {"fact": "word"} if get_origin(hint) is dict else SIMPLE[hint]


def said(event: Any, source: str, **more: Any) -> Attributes:
    """Return attributes for an event: an organisation's by its code, the hub's by `/hub/...`."""
    name = full_name(type(event))
    return Attributes(
        id=more.pop("id", uuid4()),
        source=source if source.startswith("/") else f"/organisations/{source}",
        type=name,
        subject=str(getattr(event, stream(name.partition(".")[0]).key)),
        time=more.pop("time", NOW),
        recorded_at=NOW,
        **more,
    )
