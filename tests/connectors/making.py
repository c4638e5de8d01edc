"""Rows a format may hold, made from its mapping alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from placehub.codes import code_list
from placehub_connectors.mapping.language import Mapping, Rule
from placehub_connectors.mapping.paths import target
from placehub_connectors.mapping.rows import Row
from placehub_connectors.pseudonyms import Pseudonyms

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
AUTHORITY = "E08000035"
WORDS = st.text("abcdefghijklmnopqrstuvwxyz ÀÉß'-", min_size=1, max_size=30).map(str.strip).filter(bool)


def pseudonyms() -> Pseudonyms:
    """Return pseudonyms under a secret that everybody knows."""
    return Pseudonyms(AUTHORITY, bytes(32))


def words(mapping: Mapping, rule: Rule) -> list[str]:
    """Return every word a coded column may hold that is written back as itself."""
    if rule.codes:
        return list({ours: word for word, ours in reversed(rule.codes.items())}.values())
    name = target(mapping.cls, rule.to).codes
    return list(code_list(name).codes(NOW.date())) if name else []


def cells(mapping: Mapping, rule: Rule) -> st.SearchStrategy[str]:
    """Return what a column may hold, blank left out."""
    # Code lists change by the year, so what is told is told in the year the words above hold in.
    born = any(other.column == rule.column and other.kind == "age-band" for other in mapping.rules)
    days = st.dates(date(2010, 1, 2), date(2025, 3, 1)) if born else st.dates(date(2025, 4, 1), date(2026, 3, 1))
    days = st.dates(date(2026, 4, 1), date(2030, 1, 1)) if rule.coming else days
    if any(other.column == rule.column and other.kind == "sector" for other in mapping.rules if other is not rule):
        return st.sampled_from(["LS6 2AB", "NE1 4LP"])
    if rule.kind in ("date", "moment"):
        return days.map(lambda day: day.strftime(rule.format or "%Y-%m-%d"))
    if rule.kind == "list":
        one = st.sampled_from(words(mapping, rule)) if words(mapping, rule) else WORDS
        several = st.lists(one, min_size=1, max_size=3, unique=True)
        return several.map(rule.separator.join)
    if rule.kind == "amount":
        return st.integers(1, 900).map(lambda number: f"{number}.25")
    plain: dict[str, st.SearchStrategy[str]] = {
        "whole": st.integers(1, 60).map(str),
        "yes-no": st.sampled_from([rule.yes[0], rule.no[0]]),
        "sector": st.sampled_from(["LS6 2", "NE1 4", "EC1A 1"]),
        "pseudonym": st.integers(1, 10**6).map(str),
        "member": st.sampled_from([one for one in rule.members if one != "*"] or ["Y"]),
        "code": st.sampled_from(words(mapping, rule) or [""]) if rule.kind == "code" else st.nothing(),
    }
    return plain.get(rule.kind, WORDS)


@st.composite
def rows(draw: st.DrawFn, mapping: Mapping) -> Row:
    """Make one row of the format that contradicts nothing."""
    row = dict.fromkeys(mapping.columns, "")
    for rule in mapping.rules:
        absent = rule.absent[0] if rule.absent else ""
        if rule.derived or rule.kind == "implied":
            continue
        given = rule.required or rule.column in (*mapping.key, mapping.group) or draw(st.booleans())
        row[rule.column] = draw(cells(mapping, rule)) if given else absent
    for rule in mapping.rules:
        if rule.kind == "implied":
            listed = next(one.column for one in mapping.rules if one.to == rule.to and one is not rule)
            row[listed] = draw(st.sampled_from([rule.only, "BSL", "ESOL;Makaton"]))
            sums_up = draw(st.sampled_from([rule.no[0], rule.absent[0]]))
            row[rule.column] = sums_up if row[listed] == rule.only else rule.yes[0]
    return Row(2, dict[str, Any](row))
