"""A profile as a list of facts, and what of it is new: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from placehub_connectors.letters import Letter, Problem, Said, Waiting
from placehub_connectors.mapping.kinds import plain
from placehub_connectors.mapping.language import Format
from placehub_connectors.pseudonyms import Pseudonyms
from placehub_connectors.reading.files import read_file
from placehub_connectors.reading.tables import Unreadable

PROFILE: Final = "profile"
"""The name facts go by in the ledger."""
_COLUMNS: Final = ("name", "value", "as_of")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its value, and the day it was true."""

    value: str
    as_of: str


def read_facts(name: str, data: bytes) -> tuple[dict[str, Fact], tuple[Problem, ...]]:
    """Return the facts of a file with the columns name, value and as_of, and what is wrong with the rest."""
    try:
        table = read_file(name, data, Format())
        if set(table.columns) != set(_COLUMNS):
            raise Unreadable("must have the columns name, value and as_of, and no other", "Name them so.", 1)
    except Unreadable as error:
        return {}, (Problem(file=name, line=error.line, rule=error.rule, remedy=error.remedy),)
    problems = [Problem(file=name, line=one.line, rule=one.rule, remedy=one.remedy) for one in table.bad]
    facts: dict[str, Fact] = {}
    for row in table.rows:
        fact, value, as_of = (plain(row.cells[column]) for column in _COLUMNS)
        wrong = _wrong(fact, value, as_of, facts)
        if wrong is None:
            facts[fact] = Fact(value, as_of)
        else:
            problems.append(Problem(file=name, line=row.line, column=wrong[0], rule=wrong[1], remedy=wrong[2]))
    return facts, tuple(problems)


def _wrong(name: str, value: str, as_of: str, facts: Mapping[str, Fact]) -> tuple[str, str, str] | None:
    if not name or name in facts:
        return "name", "must be given, and once only", "Name each fact once."
    if not value:
        return "value", "must be given", "Fill it in, or take the fact out."
    try:
        date.fromisoformat(as_of)
    except ValueError:
        return "as_of", "must be a date written as 2026-03-02", "Say when it was true."
    return None


def plan_profile(
    facts: Mapping[str, Fact], file: str, said: Mapping[str, Said], names: Pseudonyms, now: datetime
) -> tuple[list[Waiting], dict[str, Said]]:
    """Return what is to be sent of a profile: all of it the first time, later each fact that says something else."""
    digests = {name: names.digest("fact", name, one.value, one.as_of).hex() for name, one in facts.items()}
    changed = [name for name, digest in digests.items() if name not in said or said[name].digest != digest]
    then = {name: Said(digests[name], said[name].version + 1 if name in said else 1, name) for name in changed}
    if not changed:
        return [], {}
    if not said:
        told: dict[str, Any] = {"facts": [_document(name, facts[name]) for name in changed]}
        keys, documents = [changed[0]], [("ProfilePublished", told)]
    else:
        keys, documents = changed, [("ProfileFactChanged", {"fact": _document(one, facts[one])}) for one in changed]
    letters = []
    for key, (event, document) in zip(keys, documents, strict=True):
        id = names.derived("event", PROFILE, event, key, str(then[key].version), digests[key])
        letter = Letter(event, {"organisation": names.organisation, **document}, now, id)
        letters.append(Waiting(letter, file, 0, PROFILE, key))
    return letters, then


def _document(name: str, fact: Fact) -> dict[str, Any]:
    return {"name": name, "value": fact.value, "as_of": fact.as_of}
