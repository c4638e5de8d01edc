"""A mapping is itself checked: each field, code, column and unit it names, and what the event cannot be without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from placehub.codes import code_list
from placehub.errors import Rejected
from placehub.mailboxes.documents import event_named
from placehub_connectors.mapping.kinds import UNITS
from placehub_connectors.mapping.language import Mapping, Rule, parse
from placehub_connectors.mapping.paths import Target, bare, chosen_by, chosen_values, required, target

_TYPES: Final[dict[str, type]] = {
    "text": str,
    "whole": int,
    "amount": Decimal,
    "yes-no": bool,
    "date": date,
    "moment": datetime,
    "code": str,
    "list": str,
    "sector": str,
    "pseudonym": UUID,
    "member": str,
    "implied": str,
    "age-band": str,
}
_OF_LISTS: Final = ("list", "member", "implied")
_IN_TEXT: Final = ("date", "whole", "amount")
_BY_THE_CONNECTOR: Final = ("version",)


def load(text: str) -> Mapping:
    """Return a mapping that is sound; Rejected names the first rule, field, code or column that is not."""
    mapping = parse(text)
    check(mapping)
    return mapping


def check(mapping: Mapping) -> None:
    """Raise Rejected for the first thing the mapping says that cannot be; its `field` is the place in the file."""
    cls = _event(mapping.event, "event")
    if mapping.revised:
        _event(mapping.revised, "revised")
    _check_zone(mapping.zone)
    _at("own", cls, mapping.own)
    for number, rule in enumerate(mapping.rules, start=1):
        _check_rule(rule, cls, f"rules.{number} ({rule.column})", renders=mapping.renders)
    for path, value in mapping.constants.items():
        _check_codes(_at(f"constants.{path}", cls, path), [value], f"constants.{path}")
    _check_columns(mapping)
    if not mapping.renders:
        _check_given(mapping, cls)


def _event(name: str, where: str) -> type:
    try:
        return event_named(name)
    except Rejected as error:
        raise Rejected(where, error.rule, error.remedy) from None


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (LookupError, ValueError):
        raise Rejected("zone", "must be a time zone of the IANA database", "Write Europe/London.") from None


def _at(where: str, cls: type, path: str) -> Target:
    try:
        return target(cls, path)
    except Rejected as error:
        raise Rejected(where, error.rule, error.remedy) from None


def _check_rule(rule: Rule, cls: type, where: str, *, renders: bool) -> None:
    if rule.unit not in UNITS:
        raise Rejected(where, "names a unit there is not", f"Use one of: {', '.join(filter(None, UNITS))}.")
    if rule.kind == "pseudonym" and not rule.names:
        raise Rejected(where, "must say what the pseudonym names", 'Add names = "child", or "case".')
    for path in rule.paths:
        found = _at(where, cls, path)
        # A text that holds a date or a number may be written in another form.
        if not (renders and found.plain is str and rule.kind in _IN_TEXT):
            _check_kind(rule, found, where)
        for field, value in chosen_values(path):
            _check_codes(target(cls, field, places=False), [value], where)
        _check_codes(found, [*rule.codes.values(), *filter(None, (rule.member, rule.only))], where)


def _check_kind(rule: Rule, found: Target, where: str) -> None:
    if found.many != (rule.kind in _OF_LISTS):
        told = "is a list" if found.many else "is no list"
        raise Rejected(where, f"the field {told}, which the kind {rule.kind} does not fit", "Use another kind.")
    if found.plain is not _TYPES[rule.kind]:
        name = getattr(found.plain, "__name__", str(found.plain))
        raise Rejected(where, f"the field is of type {name}, which the kind {rule.kind} does not fit", "Correct it.")
    if rule.kind == "code" and found.codes is None and not rule.codes:
        raise Rejected(where, "the field has no code list, so the rule needs a table of codes", "Add codes.")


def _check_codes(found: Target, codes: list[Any], where: str) -> None:
    if found.codes is None:
        return
    known = [one.code for one in code_list(found.codes).values]
    for code in codes:
        if code not in known:
            rule = f"{code!r} is no code of list {found.codes}"
            raise Rejected(where, rule, f"Use one of: {', '.join(known[:20])}.")


def _check_columns(mapping: Mapping) -> None:
    written = Counter(one.column for one in mapping.rules if not one.derived)
    twice = [name for name, times in written.items() if times > 1]
    if twice:
        raise Rejected("rules", f"two rules write the column {twice[0]}", "Mark the one that only reads it derived.")
    ruled = {one.column for one in mapping.rules}
    for name in mapping.left_out:
        if name in ruled:
            raise Rejected(f"left_out.{name}", "is left out and has a rule", "Keep one of the two.")
    for where, name in _named(mapping):
        if name not in mapping.columns:
            raise Rejected(where, f"{name!r} is no column of the format", "Give it a rule, or say why it is left out.")


def _named(mapping: Mapping) -> Iterator[tuple[str, str]]:
    yield from (("key", name) for name in mapping.key)
    if mapping.group:
        yield "group", mapping.group
    if not mapping.key:
        yield "key", ""
    if bool(mapping.group) != bool(mapping.each):
        yield "each", mapping.each


def _check_given(mapping: Mapping, cls: type) -> None:
    given = {one for rule in mapping.rules for path in rule.paths for one in (bare(path), *chosen_by(path))}
    given |= {bare(path) for path in mapping.constants} | {(mapping.own,)}
    for path in _needed(cls, (), given):
        if not any(one[: len(path)] == path for one in given):
            rule = f"nothing gives {'.'.join(path)}, without which there is no {mapping.event}"
            raise Rejected("rules", rule, "Add a rule for a column of the format, or a constant.")


def _needed(cls: type, within: tuple[str, ...], given: set[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    for name in required(cls):
        if name not in _BY_THE_CONNECTOR:
            yield (*within, name)
    for name in {one[len(within)] for one in given if one[: len(within)] == within and len(one) > len(within)}:
        inner = target(cls, name).plain
        if hasattr(inner, "__dataclass_fields__"):
            chosen = {one for one in given if one[: len(within) + 1] == (*within, name)}
            if any(len(one) > len(within) + 1 for one in chosen):
                yield from _needed(inner, (*within, name), given)
