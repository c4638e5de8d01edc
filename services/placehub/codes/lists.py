"""The code lists: read from `lists/*.json`, each with its source, licence, nations and dated values.

A file gives `source`, `citation`, `licence` and `nations` once; a list may state its own instead. A value without
`valid_from` is as old as the list, one without `valid_to` still holds; both dates are included.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache, cached_property
from importlib.resources import files
from typing import NotRequired, TypedDict

from placehub.errors import Misconfigured, NotFound, Rejected
from placehub.saying import said

LISTED_IN_FULL = 12
NEAR = 5


class _Value(TypedDict):
    code: str
    meaning: str
    valid_from: NotRequired[str]
    valid_to: NotRequired[str]
    low: NotRequired[int]
    high: NotRequired[int]


class _Entry(TypedDict):
    name: str
    title: str
    source: str
    citation: str
    licence: str
    nations: list[str]
    values: list[_Value]


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a list and the days on which it may be used."""

    code: str
    meaning: str
    valid_from: date | None = None
    valid_to: date | None = None
    bounds: tuple[int, int] | None = None
    """First and last whole year, for age bands only."""

    def holds(self, on: date) -> bool:
        """Tell whether the code may be used on that day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True)
class CodeList:
    """A list of codes, where it comes from and where it applies."""

    name: str
    title: str
    source: str
    citation: str
    licence: str
    nations: tuple[str, ...]
    values: tuple[Code, ...]

    @cached_property
    def _by_code(self) -> dict[str, tuple[Code, ...]]:
        found: dict[str, tuple[Code, ...]] = {}
        for value in self.values:
            found[value.code] = (*found.get(value.code, ()), value)
        return found

    def allows(self, code: str, on: date, nation: str | None = None) -> bool:
        """Tell whether the code may be used on that day, in that nation if one is given."""
        if nation is not None and nation not in self.nations:
            return False
        return any(value.holds(on) for value in self._by_code.get(code, ()))

    def codes(self, on: date) -> tuple[str, ...]:
        """Return the codes that may be used on that day, in the list's order."""
        return tuple(value.code for value in self.values if value.holds(on))

    def meaning(self, code: str, on: date) -> str:
        """Return what the code means on that day; NotFound when it may not be used then."""
        for value in self._by_code.get(code, ()):
            if value.holds(on):
                return value.meaning
        raise NotFound(f"List {self.name} has no such code on {on.isoformat()}.")


def names() -> tuple[str, ...]:
    """Return the names of all lists, sorted."""
    return tuple(sorted(_lists()))


def code_list(name: str) -> CodeList:
    """Return the list of that name; NotFound when there is none."""
    try:
        return _lists()[name]
    except KeyError:
        near = get_close_matches(name, _lists(), n=NEAR) or names()
        raise NotFound(f"There is no code list {name!r}. Use one of: {', '.join(near)}.") from None


def check(name: str, code: str, on: date, field: str, nation: str | None = None) -> None:
    """Raise Rejected for `field` unless the list allows the code on that day (and in that nation, if given).

    The error names the list, the day and codes that are allowed, never the value that was given.
    """
    codes = code_list(name)
    if codes.allows(code, on, nation):
        return
    if nation is not None and nation not in codes.nations:
        rule = said("code list {name} is known for {nations} only", name=name, nations=", ".join(codes.nations))
        raise Rejected(field, rule, "Leave the field out for this nation.")
    rule = said("must be a code of list {name} on {day}", name=name, day=on.isoformat())
    raise Rejected(field, rule, _remedy(codes.codes(on), code))


@cache
def version() -> str:
    """Return a digest of all lists: it changes when any code, date or source does."""
    content = "".join(repr(_lists()[name]) for name in names())
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _remedy(allowed: tuple[str, ...], given: str) -> str:
    if len(allowed) <= LISTED_IN_FULL:
        return said("Use one of: {names}.", names=", ".join(allowed))
    near = get_close_matches(given, allowed, n=NEAR) or allowed[:NEAR]
    return said("Use one of its {count} codes, such as: {names}.", count=len(allowed), names=", ".join(near))


@cache
def _lists() -> dict[str, CodeList]:
    found: dict[str, CodeList] = {}
    for one in _read():
        if one.name in found:
            raise Misconfigured(f"Code list {one.name} is defined twice. Keep one of them.")
        found[one.name] = one
    return found


def _read() -> Iterator[CodeList]:
    folder = files("placehub.codes") / "lists"
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.name.endswith(".json"):
            content = json.loads(path.read_text(encoding="utf-8"))
            for entry in content["lists"]:
                yield _list(content | entry)


def _list(entry: _Entry) -> CodeList:
    try:
        return CodeList(
            name=entry["name"],
            title=entry["title"],
            source=entry["source"],
            citation=entry["citation"],
            licence=entry["licence"],
            nations=tuple(entry["nations"]),
            values=tuple(_code(value) for value in entry["values"]),
        )
    except KeyError as missing:
        raise Misconfigured(f"Code list {entry.get('name')} lacks {missing}. Add it to its file.") from None


def _code(value: _Value) -> Code:
    return Code(
        code=value["code"],
        meaning=value["meaning"],
        valid_from=_day(value.get("valid_from")),
        valid_to=_day(value.get("valid_to")),
        bounds=(value["low"], value["high"]) if "low" in value else None,
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
