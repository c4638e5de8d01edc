"""Every field of an event class, the fields of the records within it included, for the checks of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, TypeVar, get_args, get_type_hints

from placehub.contracts.schema import optional, unpack
from placehub.keys.sealed import Sealed

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Place:
    """One field: the class it stands in, its type without None and around no list, and the marks on it."""

    owner: type
    name: str
    leaf: type
    marks: tuple[Any, ...]
    nullable: bool
    defaulted: bool

    def __str__(self) -> str:
        """Name the place as messages do, `FeeLine.amount`."""
        return f"{self.owner.__name__}.{self.name}"

    def marked(self, kind: type[M]) -> tuple[M, ...]:
        """Return the marks of one kind."""
        return tuple(mark for mark in self.marks if isinstance(mark, kind))


def places(cls: type) -> Iterator[Place]:
    """Yield every field of the class and, once each, of the records within it; nothing within a sealed part."""
    waiting, seen = [cls], {cls, Sealed}
    while waiting:
        for place in _own(waiting.pop()):
            yield place
            if is_dataclass(place.leaf) and place.leaf not in seen:
                seen.add(place.leaf)
                waiting.append(place.leaf)


def records(cls: type) -> set[type]:
    """Return the class and every record within it."""
    return {place.owner for place in places(cls)}


def _own(cls: type) -> Iterator[Place]:
    hints = get_type_hints(cls, include_extras=True)
    for one in fields(cls):
        plain, marks = unpack(hints[one.name])
        defaulted = one.default is not MISSING or one.default_factory is not MISSING
        yield Place(cls, one.name, _leaf(plain), marks, optional(plain)[1], defaulted)


def _leaf(hint: Any) -> type:
    plain = unpack(optional(unpack(hint)[0])[0])[0]
    within = [part for part in get_args(plain) if part is not ...]
    return _leaf(within[-1]) if within else plain
