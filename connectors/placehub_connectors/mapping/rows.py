"""Rows to events and back, by a mapping. Pure: no file, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from placehub.errors import Rejected
from placehub.mailboxes.documents import prepare
from placehub_connectors.letters import Problem
from placehub_connectors.mapping.kinds import Cell, Context, Wrong, moment, plain, read, write
from placehub_connectors.mapping.language import Mapping, Rule
from placehub_connectors.mapping.paths import bare, put, required, take, target
from placehub_connectors.pseudonyms import Pseudonyms

_NO_ID = UUID(int=0)
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its line as the file shows it, and its cells by column."""

    line: int
    cells: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Told:
    """What one row, or the rows of one group, told: a document, or the problems that set it aside.

    `key` is what makes it the same thing said again. `notes` are what was taken and yet should be looked at.
    """

    key: tuple[str, ...]
    lines: tuple[int, ...]
    time: datetime
    document: dict[str, Any] | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Reading:
    """One row being read."""

    row: Row
    time: datetime
    document: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


def events(mapping: Mapping, rows: Sequence[Row], names: Pseudonyms, now: datetime) -> tuple[Told, ...]:
    """Return what the rows tell, in the order of the file; `now` is the time of events whose rows tell none."""
    read_rows = [_read_row(mapping, row, names, now) for row in rows]
    groups: dict[tuple[str, ...], list[_Reading]] = {}
    for one in read_rows:
        groups.setdefault(_key(mapping, one.row), []).append(one)
    return tuple(told for key, group in groups.items() for told in _told(mapping, key, group, names))


def _key(mapping: Mapping, row: Row) -> tuple[str, ...]:
    columns = (mapping.group,) if mapping.group else mapping.key
    said = tuple(plain(row.cells.get(one, "")) for one in columns)
    return said if all(said) else ("", str(row.line))


def _read_row(mapping: Mapping, row: Row, names: Pseudonyms, now: datetime) -> _Reading:
    one = _Reading(row, now)
    one.time = _time(mapping, one)
    context = Context(names, mapping.zone, one.time)
    for path, value in mapping.constants.items():
        put(one.document, path, value)
    for rule in mapping.rules:
        _apply(mapping, rule, one, context)
    for rule in mapping.rules:
        if rule.kind == "implied":
            _imply(rule, one)
    for column in (*mapping.key, mapping.group):
        if column and not plain(row.cells.get(column, "")):
            _refuse(one, column, "must be given: it says which row this is", "Fill it in.")
    one.notes.extend(_left_out(mapping, row))
    if one.document.setdefault(mapping.own, names.organisation) != names.organisation:
        remedy = f"Hand in what is {names.organisation}'s own."
        _refuse(one, _column(mapping, mapping.own), "names another organisation", remedy)
    for name in required(mapping.cls):  # a record of which nothing is told is there, and says nothing
        inner = target(mapping.cls, name)
        if not inner.many and hasattr(inner.plain, "__dataclass_fields__"):
            one.document.setdefault(name, {})
    return one


def _time(mapping: Mapping, one: _Reading) -> datetime:
    cell = one.row.cells.get(mapping.time.column, "") if mapping.time else ""
    if mapping.time is None or not plain(cell):
        return one.time
    try:
        found = moment(cell, mapping.time.format, ZoneInfo(mapping.zone))
    except Wrong as wrong:
        _refuse(one, mapping.time.column, wrong.rule, wrong.remedy)
        return one.time
    if found > one.time:
        _refuse(one, mapping.time.column, "must not lie in the future", "Correct the date.", plain(cell))
    return found


def _refuse(one: _Reading, column: str, rule: str, remedy: str, value: str | None = None) -> None:
    told = Problem(line=one.row.line, column=column, value=value, rule=rule, remedy=remedy)
    if not any(other.column == column for other in one.problems):
        one.problems.append(told)


def _apply(mapping: Mapping, rule: Rule, one: _Reading, context: Context) -> None:
    cell = one.row.cells.get(rule.column, "")
    said = plain(cell)
    if rule.kind == "implied":
        return
    if not said or said.casefold() in {word.casefold() for word in rule.absent}:
        if rule.required and not said:
            _refuse(one, rule.column, "must be given", "Fill it in.")
        return
    try:
        _set(rule, cell, one, context)
    except Wrong as wrong:
        shown = None if personal(mapping, rule) else said[:60]
        if rule.or_note:
            one.notes.append(
                Problem(line=one.row.line, column=rule.column, value=shown, rule=rule.or_note, remedy=wrong.remedy)
            )
        else:
            _refuse(one, rule.column, wrong.rule, wrong.remedy, shown)


def personal(mapping: Mapping, rule: Rule) -> bool:
    """Tell whether a column's values may say something of a person, and so are never repeated."""
    if rule.kind == "pseudonym" or (rule.kind == "text"):
        return True
    # A column may feed an open field and a sealed one.
    paths = [path for other in mapping.rules if other.column == rule.column for path in other.paths]
    return any(target(mapping.cls, path).personal for path in paths)


def _set(rule: Rule, cell: Cell, one: _Reading, context: Context) -> None:
    if rule.kind != "member":
        put(one.document, rule.to, read(rule, cell, context))
        return
    words = {word.casefold(): path for word, path in rule.members.items()}
    path = words.get(plain(cell).casefold(), words.get("*", ""))
    if not path:
        raise Wrong("must be a word of the format's own list", f"Use one of: {', '.join(rule.members)}.")
    put(one.document, path, [*(take(one.document, path) or ()), rule.member])


def _imply(rule: Rule, one: _Reading) -> None:
    """Hold a column that sums up a list against that list; where it says `not known`, the list is not known."""
    said = plain(one.row.cells.get(rule.column, ""))
    found = take(one.document, rule.to)
    if said.casefold() == rule.absent[0].casefold() and found in (None, [], [rule.only]):
        put(one.document, rule.to, None)
        return
    if not said and rule.required:
        _refuse(one, rule.column, "must be given", "Fill it in.")
    elif said.casefold() != _implied(rule, found).casefold():
        _refuse(one, rule.column, "contradicts the column that says it in full", "Correct one of the two.")


def _implied(rule: Rule, found: Any) -> str:
    if not found:
        return rule.absent[0]
    return rule.no[0] if found == [rule.only] else rule.yes[0]


def _left_out(mapping: Mapping, row: Row) -> Iterator[Problem]:
    for column, left in mapping.left_out.items():
        said = plain(row.cells.get(column, ""))
        if left.unless is not None and said.casefold() not in {one.casefold() for one in left.unless}:
            yield Problem(
                line=row.line, column=column, rule=f"is not carried: {left.why}", remedy="Tell it another way."
            )


def _told(mapping: Mapping, key: tuple[str, ...], group: list[_Reading], names: Pseudonyms) -> Iterator[Told]:
    if not mapping.group and len(group) > 1:
        for later in group[1:]:
            _refuse(later, mapping.key[0], "has the key of a row above", "Give each row a key of its own.")
        for one in group:
            yield _checked(mapping, key, [one])
        return
    yield _checked(mapping, key, group)


def _checked(mapping: Mapping, key: tuple[str, ...], group: list[_Reading]) -> Told:
    problems = [problem for one in group for problem in one.problems]
    document = deepcopy(group[0].document)
    for one in group[1:]:
        problems += _join(mapping, document, one)
    if not problems:
        problems += _refused(mapping, document, group)
    lines = tuple(one.row.line for one in group)
    notes = tuple(note for one in group for note in one.notes)
    return Told(key, lines, group[0].time, None if problems else document, tuple(problems), notes)


def _join(mapping: Mapping, document: dict[str, Any], one: _Reading) -> list[Problem]:
    """Add a row's entry to the first row's document; both must say the same of all else."""
    first = {name: value for name, value in document.items() if name != mapping.each}
    other = {name: value for name, value in one.document.items() if name != mapping.each}
    document.setdefault(mapping.each, []).extend(one.document.get(mapping.each, ()))
    if first == other:
        return []
    differs = next(name for name in (*first, *other) if first.get(name) != other.get(name))
    rule = f"the rows of one {mapping.group} must say the same of {differs}"
    return [Problem(line=one.row.line, column=mapping.group, rule=rule, remedy="Correct one of the rows.")]


def _refused(mapping: Mapping, document: dict[str, Any], group: list[_Reading]) -> list[Problem]:
    """Ask the SDK's own checks of the whole event, and name the column and line it came from."""
    versioned = {"version": 1} if mapping.revised else {}
    try:
        prepare(mapping.event, {**document, **versioned}, group[0].time, _NO_ID)
    except Rejected as error:
        number = next((int(step) for step in error.field.split(".") if step.isdecimal()), 0)
        row = group[number if mapping.group and number < len(group) else 0].row
        column = _column(mapping, error.field)
        return [Problem(line=row.line, column=column, rule=error.rule, remedy=error.remedy)]
    return []


def _column(mapping: Mapping, where: str) -> str:
    """Return the column that gives the event's field, or else the field itself."""
    wanted = tuple(step for step in where.split(".") if not step.isdecimal())
    for rule in mapping.rules:
        if any(bare(path)[: len(wanted)] == wanted for path in rule.paths):
            return rule.column
    return where


def rows_of(mapping: Mapping, document: dict[str, Any], names: Pseudonyms) -> tuple[dict[str, str], ...]:
    """Return the rows for an event, its sealed parts open; Rejected names the column that has no word for it."""
    if not mapping.group:
        return (_row_of(mapping, document, names),)
    entries = document.get(mapping.each) or ()
    return tuple(_row_of(mapping, {**document, mapping.each: [one]}, names) for one in entries)


def _row_of(mapping: Mapping, document: dict[str, Any], names: Pseudonyms) -> dict[str, str]:
    context = Context(names, mapping.zone, _ANY_TIME)
    row = dict.fromkeys(mapping.columns, "")
    for rule in mapping.rules:
        if not rule.derived:
            try:
                row[rule.column] = _cell_of(rule, document, context)
            except LookupError as error:
                raise Rejected(rule.column, str(error.args[0]), "Add it to the mapping.") from None
    return row


def _cell_of(rule: Rule, document: dict[str, Any], context: Context) -> str:
    absent = rule.absent[0] if rule.absent else rule.blank
    if rule.kind == "member":
        found = (word for word, path in rule.members.items() if rule.member in (take(document, path) or ()))
        return next(found, absent)
    value = take(document, rule.to)
    if rule.kind == "implied":
        return _implied(rule, value)
    return absent if value is None else write(rule, value, context)
