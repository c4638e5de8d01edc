"""What a file of rows comes to: which events, and what is said of each row. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping as Dict
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from placehub_connectors.ledger import Said, Waiting
from placehub_connectors.letters import Letter, Problem
from placehub_connectors.mapping.language import Mapping
from placehub_connectors.mapping.paths import bare, take
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
    data: bytes,
    said: Dict[str, Said],
    names: Pseudonyms,
    now: datetime,
    *,
    full: bool = False,
    closing: tuple[str, str] | None = None,
) -> Plan:
    """Return what a file comes to. With `full`, what it does not name any more is closed by `closing`.

    `closing` is (event, the field of its aggregate's id). A file with a row set aside closes nothing: the row that is
    wrong may be the one that is missed.
    """
    try:
        table = read_file(name, data, mapping.file)
        _check_header(mapping, table)
    except Unreadable as error:
        problem = Problem(file=name, line=error.line, rule=error.rule, remedy=error.remedy)
        return Plan((Line(SET_ASIDE, problem),))
    told = events(mapping, table.rows, names, now)
    plan = _planned(mapping, name, told, said, names)
    bad = tuple(
        Line(SET_ASIDE, Problem(file=name, line=one.line, rule=one.rule, remedy=one.remedy)) for one in table.bad
    )
    plan = replace(plan, lines=tuple(sorted((*plan.lines, *bad), key=lambda one: one.problem.line or 0)))
    if full and closing is not None:
        return _closed(mapping, name, plan, said, names, now, {key_of(names, one) for one in told}, closing)
    return plan


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
        raise Unreadable(
            rule, "Give it a rule in the mapping, or say there why it is left out.", mapping.file.header_row
        )


def _planned(mapping: Mapping, name: str, told: tuple[Told, ...], said: Dict[str, Said], names: Pseudonyms) -> Plan:
    lines: list[Line] = []
    letters: list[Waiting] = []
    then: dict[str, Said] = {}
    for one in told:
        lines += [Line("note", replace(note, file=name)) for note in one.notes]
        if one.document is None:
            lines += [Line(SET_ASIDE, replace(problem, file=name)) for problem in one.problems]
            continue
        key = key_of(names, one)
        line, letter, now_said = _decided(mapping, name, one, key, said.get(key), names)
        lines.append(line)
        if letter is not None and now_said is not None:
            letters.append(Waiting(letter, name, one.lines[0], mapping.name, key))
            then[key] = now_said
    return Plan(tuple(lines), tuple(letters), then)


def _decided(
    mapping: Mapping, name: str, told: Told, key: str, before: Said | None, names: Pseudonyms
) -> tuple[Line, Letter | None, Said | None]:
    document = dict(told.document or {})
    digest = names.digest("says", json.dumps(document, sort_keys=True)).hex()
    if before is not None and before.digest == digest:
        return Line("unchanged", _place(name, told, "says nothing new", "")), None, None
    if before is not None and not mapping.revised:
        remedy = f"Correct it in the hub, or give it a new {' and '.join(mapping.key)}."
        rule = f"was sent already and says something else now, and a {mapping.event} is never revised"
        return Line(SET_ASIDE, _place(name, told, rule, remedy)), None, None
    version = before.version + 1 if before else 1
    if mapping.revised:
        document["version"] = version
    event = mapping.event if version == 1 else mapping.revised
    letter = Letter(event, document, told.time, names.derived("event", mapping.name, key, str(version), digest))
    line = Line("new" if version == 1 else "changed", _place(name, told, "was taken", ""), event)
    return line, letter, Said(digest, version, _own(mapping, document))


def _place(name: str, told: Told, rule: str, remedy: str) -> Problem:
    return Problem(file=name, line=told.lines[0], rule=rule, remedy=remedy)


def _own(mapping: Mapping, document: dict[str, Any]) -> str:
    """Return the aggregate's id: the first pseudonym that stands at the top of the document."""
    top = next((one.to for one in mapping.rules if one.kind == "pseudonym" and len(bare(one.to)) == 1), "")
    return str(take(document, top)) if top else ""


def _closed(
    mapping: Mapping, name: str, plan: Plan, said: Dict[str, Said], names: Pseudonyms, now: datetime,
    named: set[str], closing: tuple[str, str],
) -> Plan:  # fmt: skip
    missed = {key: one for key, one in said.items() if key not in named and one.digest}
    if plan.problems:
        problem = Problem(
            file=name, rule="closes nothing, since it has rows that were set aside", remedy="Correct them first."
        )
        return replace(plan, lines=(*plan.lines, Line("note", problem))) if missed else plan
    event, field = closing
    lines, letters, then = list(plan.lines), list(plan.letters), dict(plan.said or {})
    for key, one in sorted(missed.items()):
        id = names.derived("event", mapping.name, key, str(one.version), event)
        letters.append(
            Waiting(
                Letter(event, {field: one.own, mapping.own: names.organisation}, now, id), name, 0, mapping.name, key
            )
        )
        then[key] = Said("", one.version, one.own)
        lines.append(Line("closed", Problem(file=name, rule="is in the file no more", remedy=""), event))
    return Plan(tuple(lines), tuple(letters), then)
