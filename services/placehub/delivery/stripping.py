"""Taking fields out of an event before it is sent; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import is_dataclass, replace
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from placehub.errors import Misconfigured
from placehub.streams import full_name


def strip(event: Any, without: Iterable[str]) -> Any:
    """Return the event without the fields: an optional one becomes None, a tuple empty."""
    for path in without:
        event = _without(event, path.split("."))
    return event


def _without(thing: Any, path: list[str]) -> Any:
    if isinstance(thing, tuple):
        return tuple(_without(one, path) for one in thing)
    if thing is None:
        return None
    name, *rest = path
    left = _without(getattr(thing, name), rest) if rest else _nothing(type(thing), name)
    return replace(thing, **{name: left})


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _nothing(cls: type, name: str) -> Any:
    hint = _hints(cls)[name]
    if get_origin(hint) in (Union, UnionType) and type(None) in get_args(hint):
        return None
    if get_origin(hint) is tuple:
        return ()
    raise Misconfigured(f"{cls.__name__}.{name} is required, so it cannot be removed. Make it optional or keep it.")


def check_path(event: type, path: str) -> None:
    """Raise Misconfigured unless the dotted path leads to a field that can be removed from the event."""
    _check(event, event, path.split("."))


def _check(event: type, cls: type, path: list[str]) -> None:
    name, *rest = path
    if name not in _hints(cls):
        raise Misconfigured(f"{full_name(event)} has no field {name} to remove. Correct its row of the delivery table.")
    if not rest:
        _nothing(cls, name)
        return
    for inner in _records(_hints(cls)[name]):
        _check(event, inner, rest)


def _records(hint: Any) -> Iterable[type]:
    if is_dataclass(hint):
        yield hint  # type: ignore[misc]  # a hint is a class, never an instance
    for inner in get_args(hint):
        yield from _records(inner)
