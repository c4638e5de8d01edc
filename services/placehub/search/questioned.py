"""Facts of a home that were contradicted: read as unknown, and visibly so, until its provider says them again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from placehub.contracts.parts import Finding
from placehub.vacancies.events import Home

WILLINGNESS: Final = frozenset({"home.state", "home.willing_until"})
"""Facts that the carer's word, VacancyConfirmed, answers; any other is answered by VacancyRevised."""
_UNKNOWN: Final[Mapping[str, Any]] = MappingProxyType(
    dict.fromkeys(
        (
            *("sibling_places", "languages", "children_at_home", "pets", "smoking", "adapted", "skills"),
            *("school_run_miles", "children_placed", "approved_places", "exemption"),
        )
    )
    | {"kinds": (), "sex": "not known"}
)
"""What stands for unknown in a fact of a home; a fact that is not here is asked of the carer as a whole."""
_READ_BY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "state": ("state",),
        "kinds": ("kind",),
        "available_from": ("available by",),
        "places": ("places",),
        "sibling_places": ("siblings",),
        "min_age": ("age",),
        "max_age": ("age",),
        "sex": ("sex",),
        "adapted": ("adaptation",),
        "exclusions": ("risks",),
        "pets": ("pets",),
        "children_at_home": ("living companions", "risks"),
        "children_placed": ("usual limit", "terms of approval"),
        "exemption": ("usual limit",),
        "approved_places": ("usual limit", "terms of approval"),
        "willing_until": ("freshness",),
        "skills": ("communication", "skills"),
        "languages": ("communication", "identity"),
    }
)
"""Which criteria read a fact of a home."""


def as_asked(home: Home, facts: Iterable[str]) -> Home:
    """Return the home with these facts (`home.skills`) unknown; silence itself makes nothing unknown."""
    names = {fact.removeprefix("home.").partition(".")[0] for fact in facts} - {"willing_until"}
    unknown: dict[str, Any] = {name: _UNKNOWN[name] for name in names if name in _UNKNOWN}
    if not names <= unknown.keys():
        unknown["state"] = "ask carer"
    return replace(home, **unknown)


def marked(findings: Sequence[Finding], facts: Iterable[str]) -> tuple[Finding, ...]:
    """Return the findings, those that rest on a questioned fact saying so."""
    names = {fact.removeprefix("home.").partition(".")[0] for fact in facts}
    resting = {criterion for name in names for criterion in _READ_BY.get(name, ())}
    return tuple(
        replace(one, facts={**one.facts, "questioned": "yes"}) if one.criterion in resting else one for one in findings
    )
