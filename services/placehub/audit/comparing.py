"""A decision as it was and as it is made again, held against each other field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from placehub.contracts.codec import to_json
from placehub.contracts.headers import Attributes

Outcome = Literal["equal", "different", "erased", "other version"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("equal", "different", "erased", "other version")
Said = tuple[Any, Attributes]
"""An event and its attributes."""
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that came out otherwise; values are codes, bands, ids and numbers, as the hub's events hold them."""

    event: str
    field: str
    was: str | None
    now: str | None


def differences(was: Sequence[Said], now: Sequence[Said]) -> tuple[Difference, ...]:
    """Return what differs between the events of one decision, then and now; events are told apart by their ids."""
    before, after = _by_id(was), _by_id(now)
    found: list[Difference] = []
    for id in dict.fromkeys([*before, *after]):
        if id not in after:
            found.append(Difference(_name(before[id]), "", "decided", "not decided"))
        elif id not in before:
            found.append(Difference(_name(after[id]), "", "not decided", "decided"))
        else:
            found += _of_one(before[id], after[id])
    return tuple(found)


def _of_one(was: Said, now: Said) -> Iterator[Difference]:
    if was[0] == now[0] and was[1].marks == now[1].marks:
        return
    before = {**dict(_flat(to_json(was[0]))), "ce_marks": ",".join(was[1].marks)}
    after = {**dict(_flat(to_json(now[0]))), "ce_marks": ",".join(now[1].marks)}
    for path in dict.fromkeys([*before, *after]):
        if before.get(path) != after.get(path):
            yield Difference(_name(was), path, _shown(before.get(path)), _shown(after.get(path)))


def _by_id(said: Sequence[Said]) -> dict[UUID, Said]:
    return {about.id: (event, about) for event, about in said}


def _name(said: Said) -> str:
    return type(said[0]).__name__


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every leaf with its dotted path; an empty list or object is a leaf of its own."""
    inner: Mapping[str, Any] | None = None
    if isinstance(value, dict):
        inner = value
    elif isinstance(value, list):
        inner = {str(number): one for number, one in enumerate(value)}
    if not inner:
        yield path, value
        return
    for name, one in inner.items():
        yield from _flat(one, f"{path}.{name}" if path else name)


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)[:_LONGEST]
