"""What pydantic finds wrong, in the words of this project: what must be so, without the value that is not; pure."""

from __future__ import annotations

from typing import Final

from pydantic_core import ErrorDetails

from placehub.saying import said

UNKNOWN: Final = ("extra_forbidden", "unexpected_keyword_argument")
"""Types of the errors of a field that is not known, whatever it says."""
_RULES: Final = {
    "missing": "is required",
    "missing_argument": "is required",
    "missing_keyword_only_argument": "is required",
    **dict.fromkeys(UNKNOWN, "is not known here"),
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "too_short": "must have {min_length} or more entries",
    "too_long": "must have {max_length} or fewer entries",
    "string_too_short": "must have {min_length} or more characters",
    "string_too_long": "must have {max_length} or fewer characters",
    "string_pattern_mismatch": "must be of the form that is asked for",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "timezone_aware": "must say its time zone",
    "decimal_max_digits": "must have {max_digits} digits or fewer",
    "decimal_max_places": "must have {decimal_places} decimal places or fewer",
    "decimal_whole_digits": "must have {whole_digits} digits or fewer before the decimal point",
    "finite_number": "must be a finite number",
    "json_invalid": "must be valid JSON",
}
_KINDS: Final = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "date": "a date, as 2026-03-02",
    "datetime": "a date and time with its zone, as 2026-03-02T09:00:00Z",
    "time": "a time of day, as 09:00:00",
    "uuid": "a UUID",
    "bytes": "bytes in base64",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "dict": "a table of names and values",
    "mapping": "a table of names and values",
    "model": "a table of names and values",
    "dataclass": "a table of names and values",
}
"""By the beginning of the error's type: what the value must be."""
_ANY: Final = "must be as the documentation has it"


def rule_of(found: ErrorDetails) -> str:
    """Return which rule is broken, as the rest of a sentence that begins with the field: `is required`."""
    rule = _RULES.get(found["type"])
    if rule is not None:
        return said(rule, **found.get("ctx", {}))
    kind = _KINDS.get(found["type"].partition("_")[0])
    return _must_be(kind) if kind else _ANY


def forms() -> frozenset[str]:
    """Return the form of every rule that `rule_of` can return."""
    return frozenset((*_RULES.values(), *map(_must_be, _KINDS.values()), _ANY))


def _must_be(kind: str) -> str:
    return f"must be {kind}"
