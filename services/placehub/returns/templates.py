"""The forms of returns, each a file beside this module in the words of the connectors' mapping files; pure.

`name`, `says`, `kind` (list `return_kind`), and in order of its lines `[[rules]]` with `section`, `column` and `to`.
`to` is `figures.NAME` (`placehub.returns.figures`) or `facts[name=FACT].value`, a fact of the organisation's profile.
There is no other source: a form cannot ask anybody anything. `kind = "date"` with `format` writes a day otherwise,
`kind = "code"` with `codes` (the form's word = the fact's) a code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

from placehub.errors import Misconfigured, NotFound
from placehub.returns.figures import FIGURES

_TO: Final = re.compile(r"figures\.(?P<figure>\w+)|facts\[name=(?P<fact>[^\]]+)\]\.value")
_KEYS: Final = {"section", "column", "to", "kind", "format", "codes"}
_KINDS: Final = ("text", "date", "code")
DEFAULTS: Final = {"monitoring": "quarterly-monitoring", "sufficiency": "sufficiency"}
"""Kind of return -> the template where an agreement names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One column of a form: where it stands, where it comes from, and how it is written."""

    section: str
    column: str
    figure: str | None
    fact: str | None
    kind: str = "text"
    format: str = "%Y-%m-%d"
    words: Mapping[str, str]

    @property
    def source(self) -> str:
        """What its lines say they come from."""
        return f"figures.{self.figure}" if self.figure else f"profile.{self.fact}"

    def written(self, value: str) -> str:
        """Return a value as the form writes it; as it is, where the form has no word for it."""
        if self.kind == "code":
            return self.words.get(value, value)
        if self.kind == "text":
            return value
        try:
            return date.fromisoformat(value).strftime(self.format)
        except ValueError:
            return value


@dataclass(frozen=True, slots=True)
class Template:
    """A form: for which kind of return, and its columns in order."""

    name: str
    says: str
    kind: str
    rules: tuple[Rule, ...]


def templates() -> tuple[str, ...]:
    """Return the names of the forms that are shipped, sorted."""
    folder = files("placehub.returns") / "templates"
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")))


@cache
def template(name: str) -> Template:
    """Return a shipped form; NotFound when there is none of that name."""
    if name not in templates():
        raise NotFound(f"There is no template {name}. Use one of: {', '.join(templates())}.")
    return load((files("placehub.returns") / "templates" / f"{name}.toml").read_text(encoding="utf-8"))


def load(text: str) -> Template:
    """Read a form; Misconfigured names the rule that is wrong, a source of another kind included."""
    told = tomllib.loads(text)
    rules = tuple(_rule(one, number) for number, one in enumerate(told["rules"], start=1))
    if len({one.column for one in rules}) < len(rules):
        raise Misconfigured(f"Template {told['name']} has a column twice. Name each once.")
    return Template(told["name"], told["says"], told["kind"], rules)


def _rule(told: Mapping[str, Any], number: int) -> Rule:
    if unknown := told.keys() - _KEYS:
        raise Misconfigured(f"Rule {number} has {', '.join(sorted(unknown))}. Use only {', '.join(sorted(_KEYS))}.")
    found = _TO.fullmatch(told["to"])
    if found is None or (found["figure"] and found["figure"] not in FIGURES):
        raise Misconfigured(
            f"Rule {number} comes from {told['to']}. Name a figure of the hub or a fact of the profile."
        )
    kind = told.get("kind", "text")
    if kind not in _KINDS:
        raise Misconfigured(f"Rule {number} is of kind {kind}. Use one of: {', '.join(_KINDS)}.")
    return Rule(
        section=told["section"],
        column=told["column"],
        figure=found["figure"],
        fact=found["fact"],
        kind=kind,
        format=told.get("format", "%Y-%m-%d"),
        words={fact: word for word, fact in told.get("codes", {}).items()},
    )
