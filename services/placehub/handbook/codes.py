"""`docs/codes.md`: every code list, where it comes from, and its values with their dates."""

from __future__ import annotations

from placehub.codes import Code, CodeList, code_list, names
from placehub.handbook.writing import code, page, section, table, words

_INTRO = """\
Lists change every year, so they are data with dates and a nation, never hard enums. A value may be used from its
first to its last day, both included; without a date it is as old as its list, or still holds. The event's own time
decides."""


def codes() -> str:
    """Return the page."""
    lists = [code_list(name) for name in names()]
    overview = table(
        ("list", "what", "values", "source"),
        [(f"[{one.name}](#{one.name})", one.title, str(len(one.values)), one.source) for one in lists],
    )
    return page("Code lists", "`placehub.codes`", _INTRO, overview, *map(_list, lists))


def _list(one: CodeList) -> str:
    about = f"{one.title}. Source: {one.citation}. Licence: {one.licence}. Nations: {words(one.nations)}."
    columns = ("code", "meaning", "from", "to")
    return section(one.name, about, table(columns, [_value(value) for value in one.values]))


def _value(value: Code) -> tuple[str, ...]:
    days = (day.isoformat() if day else "" for day in (value.valid_from, value.valid_to))
    return (code(value.code), value.meaning, *days)
