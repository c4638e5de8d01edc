"""Where in an event a value goes: `children.0.need.risks[risk=riskOther].trigger`.

A step is a field, a place in a list, or a field that is a list with the entry in which another field has that value.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from functools import cache
from itertools import pairwise
from typing import Any, Final, get_args, get_origin, get_type_hints

from placehub.contracts.fields import OpenWords
from placehub.contracts.schema import optional, unpack
from placehub.errors import Rejected
from placehub.mailboxes.checks import described

_STEP: Final = re.compile(r"(?P<name>[a-z_]+)(\[(?P<field>[a-z_]+)=(?P<value>[^\]]+)\])?|(?P<number>\d{1,3})")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path."""

    name: str = ""
    number: int | None = None
    chosen: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What stands at the end of a path in an event class."""

    plain: Any
    many: bool
    codes: str | None
    personal: bool


def steps_of(path: str) -> tuple[Step, ...]:
    """Return the steps of a path; Rejected when it is not written as one."""
    found = [_STEP.fullmatch(part) for part in path.split(".")]
    if not path or None in found:
        raise Rejected(path or "path", "must be fields joined by dots", "Write it as `children.0.need.age_years`.")
    return tuple(_step(one) for one in found if one is not None)


def _step(found: re.Match[str]) -> Step:
    if found["number"] is not None:
        return Step(number=int(found["number"]))
    return Step(name=found["name"], chosen=(found["field"], found["value"]) if found["field"] else None)


def take(document: Any, path: str) -> Any:
    """Return the value at a path, None where there is none."""
    place = document
    for step in steps_of(path):
        place = _inside(place, step)
        if place is None:
            return None
    return place


def _inside(place: Any, step: Step) -> Any:
    if step.number is not None:
        return place[step.number] if isinstance(place, list) and step.number < len(place) else None
    found = place.get(step.name) if isinstance(place, dict) else None
    if step.chosen is None or found is None:
        return found
    field, value = step.chosen
    return next((one for one in found if one.get(field) == value), None)


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at a path; records and lists on the way are made, lists only by their next place."""
    place: Any = document
    steps = steps_of(path)
    last = steps[-1]
    for step, after in pairwise(steps):
        place = _entered(place, step, [] if after.number is not None else {})
    if last.number is None:
        place[last.name] = value
    else:
        place.insert(last.number, value)


def _entered(place: Any, step: Step, new: Any) -> Any:
    if step.number is not None:
        if step.number == len(place):
            place.append(new)
        return place[step.number]
    if step.chosen is None:
        return place.setdefault(step.name, new)
    field, value = step.chosen
    entries = place.setdefault(step.name, [])
    for one in entries:
        if one[field] == value:
            return one
    entries.append({field: value})
    return entries[-1]


def bare(path: str) -> tuple[str, ...]:
    """Return the fields of a path without places and choices: `('children', 'need', 'risks', 'trigger')`."""
    return tuple(step.name for step in steps_of(path) if step.number is None)


def chosen_by(path: str) -> tuple[tuple[str, ...], ...]:
    """Return the fields by which a path chooses entries, as `bare` has them: they are given with the path."""
    return tuple(tuple(field.split(".")) for field, _ in chosen_values(path))


def chosen_values(path: str) -> tuple[tuple[str, str], ...]:
    """Return (dotted field, value) of every choice a path makes."""
    found, way = [], []
    for step in steps_of(path):
        if step.number is not None:
            continue
        way.append(step.name)
        if step.chosen is not None:
            found.append((".".join((*way, step.chosen[0])), step.chosen[1]))
    return tuple(found)


def target(cls: type, path: str, *, places: bool = True) -> Target:
    """Return what stands at a path of an event class; Rejected when the class has no such field.

    Unless `places` is False, the path must say which entry of each list it passes through.
    """
    found, personal = Target(cls, many=False, codes=None, personal=False), False
    for step in steps_of(path):
        if step.number is not None:
            found = _one_of(found, path)
            continue
        known = None if places and found.many else _field(found.plain, step.name)
        if known is None:
            raise Rejected(path, f"names no field of {cls.__name__}: {step.name}", "See docs/events.md for its fields.")
        personal = personal or known.personal
        found = Target(known.plain, known.many, known.codes, personal)
        if step.chosen is not None:
            found = _one_of(found, path)
            if _field(found.plain, step.chosen[0]) is None:
                raise Rejected(path, f"chooses by a field there is not: {step.chosen[0]}", "Correct it.")
    return found


def _one_of(found: Target, path: str) -> Target:
    if not found.many:
        raise Rejected(path, "names a place in what is no list", "Leave the number or the choice out.")
    return Target(found.plain, False, found.codes, found.personal)


def _field(cls: Any, name: str) -> Target | None:
    return _fields(cls).get(name) if isinstance(cls, type) else None


@cache
def _fields(cls: type) -> dict[str, Target]:
    if not hasattr(cls, "__dataclass_fields__"):
        return {}
    hints = get_type_hints(cls, include_extras=True)
    return {one.name: _described(hints[one.name], one) for one in described(cls)}


def _described(hint: Any, field: Any) -> Target:
    plain, many = _plain(hint)
    sealed = field.seals is not None
    open_words = any(isinstance(one, OpenWords) for one in field.marks)
    return Target(field.seals.document if sealed else plain, many, field.codes, sealed or open_words)


def _plain(hint: Any) -> tuple[Any, bool]:
    plain = unpack(optional(unpack(hint)[0])[0])[0]
    if get_origin(plain) is tuple:
        return _plain(get_args(plain)[0])[0], True
    return plain, False


def required(cls: type) -> tuple[str, ...]:
    """Return the fields an object of the class cannot be without."""
    return tuple(one.name for one in fields(cls) if one.default is MISSING and one.default_factory is MISSING)
