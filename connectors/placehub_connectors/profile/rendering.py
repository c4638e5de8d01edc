"""A profile in an authority's own form, which facts that form used, and whether they still stand: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from placehub.errors import NotFound
from placehub_connectors.mapping.checking import load
from placehub_connectors.mapping.kinds import Context, read
from placehub_connectors.mapping.language import Mapping as Format
from placehub_connectors.mapping.paths import chosen_values
from placehub_connectors.mapping.rows import rows_of
from placehub_connectors.profile.facts import Fact
from placehub_connectors.pseudonyms import Pseudonyms


@dataclass(frozen=True, slots=True)
class Rendered:
    """One return that was written out: its file, its form, and the value of each fact it used."""

    file: str
    form: str
    facts: Mapping[str, str]


def forms() -> tuple[str, ...]:
    """Return the names of the forms that are shipped, sorted."""
    folder = files("placehub_connectors.profile") / "formats"
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")))


@cache
def form(name: str) -> Format:
    """Return a shipped form; NotFound when there is none of that name."""
    if name not in forms():
        raise NotFound(f"There is no form {name}. Use one of: {', '.join(forms())}, or name a .toml file.")
    return load((files("placehub_connectors.profile") / "formats" / f"{name}.toml").read_text(encoding="utf-8"))


def used(form: Format) -> dict[str, str]:
    """Return the column of each fact a form asks for."""
    return {value: rule.column for rule in form.rules for _, value in chosen_values(rule.to)}


def render(form: Format, facts: Mapping[str, Fact], names: Pseudonyms) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the form's row for a profile, and the columns that stay blank since the profile lacks their fact.

    Rejected names a column that has no word for what the profile says.
    """
    told: list[dict[str, Any]] = [{"name": name, "value": one.value} for name, one in facts.items()]
    (row,) = rows_of(form, {"facts": told}, names)
    return row, tuple(column for name, column in used(form).items() if name not in facts)


def facts_in(form: Format, row: Mapping[str, str], context: Context) -> dict[str, str]:
    """Return the values of the facts that a filled-in form tells: a profile may be begun from one."""
    told = [(rule, value) for rule in form.rules for _, value in chosen_values(rule.to) if row.get(rule.column)]
    return {name: str(read(rule, row[rule.column], context)) for rule, name in told}


def outdated(rendered: Iterable[Rendered], facts: Mapping[str, Fact]) -> list[tuple[Rendered, tuple[str, ...]]]:
    """Return every return that used a fact which now says something else, or is gone, with the names of those facts."""
    found = []
    for one in rendered:
        changed = tuple(name for name, value in one.facts.items() if name not in facts or facts[name].value != value)
        if changed:
            found.append((one, changed))
    return found
