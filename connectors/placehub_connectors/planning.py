"""What a file of rows comes to: which events, and what is said of each row. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping as Dict
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from placehub.streams import stream
from placehub_connectors.letters import Letter, Problem, Said, Waiting
from placehub_connectors.mapping.language import Mapping
from placehub_connectors.mapping.rows import Told, events
from placehub_connectors.pseudonyms import Pseudonyms
from placehub_connectors.reading.files import read_file
from placehub_connectors.reading.tables import Table, Unreadable

Came = Literal["new", "changed", "unchanged", "closed", "set aside", "note"]
SET_ASIDE: Final = "set aside"


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of one row: what it came to and, where something is wrong, what."""

    came: Came
    problem: Problem
    event: str = ""

    def facts(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"came": self.came, **asdict(self.problem), "event": self.event}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be sent of a file, what has then been said, and the report on its rows."""

    lines: tuple[Line, ...] = ()
    letters: tuple[Waiting, ...] = ()
    said: Dict[str, Said] | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return what was set aside."""
        return tuple(one.problem for one in self.lines if one.came == SET_ASIDE)


def plan_file(
    mapping: Mapping,
    name: str,
    file: str,
    data: bytes,
    said: Dict[str, Said],
    names: Pseudonyms,
    now: datetime,
    *,
    full: bool = False,
    closing: str = "",
) -> Plan:
    """Return what a file comes to; `file` is its digest, `said` what was told before under each key.

    With `full`, what it does not name any more is closed by the event `closing`; but a file with a row set aside closes
    nothing, since the row that is wrong may be the one that is missed, nor does a file without rows.
    """
    try:
        table = read_file(name, data, mapping.file)
        _check_header(mapping, table)
    except Unreadable as error:
        return Plan((_set_aside(name, error.line, error.rule, error.remedy),))
    told = events(mapping, table.rows, names, now)
    plan = _Planning(mapping, name, file, said, names)
    for one in told:
        plan.take(one)
    plan.lines += [_set_aside(name, one.line, one.rule, one.remedy) for one in table.bad]
    plan.lines.sort(key=lambda one: one.problem.line or 0)
    if full and closing:
        plan.close({key_of(names, one) for one in told}, closing, now)
    return Plan(tuple(plan.lines), tuple(plan.letters), plan.then)


def _set_aside(name: str, line: int | None, rule: str, remedy: str, column: str = "") -> Line:
    return Line(SET_ASIDE, Problem(file=name, line=line, column=column, rule=rule, remedy=remedy))


def key_of(names: Pseudonyms, told: Told) -> str:
    """Return the name a key goes by in the ledger, of one length whatever the key is."""
    return names.digest("key", *told.key).hex()


def _check_header(mapping: Mapping, table: Table) -> None:
    if not table.columns and table.bad:
        return
    unknown = [one for one in table.columns if one not in mapping.columns]
    needed = {*mapping.key, *(one.column for one in mapping.rules if one.required)}
    missing = [one for one in mapping.columns if one in needed and one not in table.columns]
    if missing:
        remedy = f"Add it, or check that this is {mapping.name}."
        raise Unreadable(f"lacks the column {missing[0]!r}", remedy, mapping.file.header_row)
    if unknown:
        place = table.columns.index(unknown[0]) + 1
        rule = f"has a column (number {place}) that the mapping {mapping.name} does not know"
        remedy = "Give it a rule in the mapping, or say there why it is left out."
        raise Unreadable(rule, remedy, mapping.file.header_row)


class _Planning:
    """One file being planned."""

    def __init__(self, mapping: Mapping, name: str, file: str, said: Dict[str, Said], names: Pseudonyms) -> None:
        self._mapping, self._name, self._file, self._said, self._names = mapping, name, file, said, names
        self.lines: list[Line] = []
        self.letters: list[Waiting] = []
        self.then: dict[str, Said] = {}

    def take(self, told: Told) -> None:
        """Plan what one row, or one group of rows, told."""
        self.lines += [Line("note", replace(note, file=self._name)) for note in told.notes]
        if told.document is None:
            self.lines += [Line(SET_ASIDE, replace(problem, file=self._name)) for problem in told.problems]
            return
        key = key_of(self._names, told)
        before = self._said.get(key)
        digest = self._names.digest("says", json.dumps(told.document, sort_keys=True)).hex()
        known = self._known(before, digest, told.lines[0])
        if known is None:
            self._send(told, key, before.version + 1 if before else 1, digest)
        else:
            self.lines.append(known)

    def _known(self, before: Said | None, digest: str, line: int) -> Line | None:
        """Return what is said of a row that is not sent: it says nothing new, or may not say it; None for the rest."""
        if before is None:
            return None
        if before.digest == digest:
            if before.refusal is None:
                return Line("unchanged", Problem(file=self._name, line=line, rule="says nothing new", remedy=""))
            refusal = before.refusal
            return _set_aside(
                self._name, line, f"was refused by the hub: {refusal.rule}", refusal.remedy, refusal.field
            )
        if before.version and not self._mapping.revised:
            rule = f"was sent already and says something else now, and a {self._mapping.event} is never revised"
            remedy = f"Correct it in the hub, or give it a new {' and '.join(self._mapping.key)}."
            return _set_aside(self._name, line, rule, remedy)
        return None

    def _send(self, told: Told, key: str, version: int, digest: str) -> None:
        mapping, document = self._mapping, dict(told.document or {})
        if mapping.revised:
            document["version"] = version
        event = mapping.event if version == 1 else mapping.revised
        came: Came = "new" if version == 1 else "changed"
        self.lines.append(Line(came, Problem(file=self._name, line=told.lines[0], rule="was taken", remedy=""), event))
        self._write(Letter(event, document, told.time, self._id(key, version, digest)), told.lines[0], key)
        self.then[key] = Said(digest, version, str(document[_id_field(mapping)]))

    def _id(self, key: str, version: int, said: str) -> UUID:
        return self._names.derived("event", self._mapping.name, key, str(version), said)

    def _write(self, letter: Letter, line: int, key: str) -> None:
        self.letters.append(Waiting(letter, self._file, line, self._mapping.name, key))

    def close(self, named: set[str], event: str, now: datetime) -> None:
        """Close what was told before and is not among those named."""
        missed = {
            key: one for key, one in sorted(self._said.items()) if key not in named and one.digest and one.version
        }
        sound = self.lines and not any(one.came == SET_ASIDE for one in self.lines)
        if missed and not sound:
            why = "since it has rows that were set aside" if self.lines else "having no row"
            problem = Problem(file=self._name, rule=f"closes nothing, {why}", remedy="Hand the full list in again.")
            self.lines.append(Line("note", problem))
            return
        for key, one in missed.items():
            document = {_id_field(self._mapping): one.own, self._mapping.own: self._names.organisation}
            self._write(Letter(event, document, now, self._id(key, one.version, event)), 0, key)
            self.then[key] = Said("", one.version, one.own)
            self.lines.append(Line("closed", Problem(file=self._name, rule="is in the file no more", remedy=""), event))


def _id_field(mapping: Mapping) -> str:
    return stream(mapping.cls.STREAM).key  # type: ignore[attr-defined]  # every event names one
