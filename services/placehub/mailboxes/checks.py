"""What an event may say: asked by the sender before it posts, and by intake again. No value is ever repeated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any, Final, get_args, get_origin, get_type_hints

from dateutil.relativedelta import relativedelta

from placehub.codes import check
from placehub.contracts.codec import event_class
from placehub.contracts.fields import Code, FieldOf, MonthAhead, OpenWords, Seals, Sector
from placehub.contracts.schema import optional, unpack
from placehub.errors import Rejected
from placehub.keys.sealed import Sealed
from placehub.saying import said

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NTH: Final = "(?:st|nd|rd|th)?"
_STREETS: Final = "street|road|avenue|lane|close|drive|crescent|terrace|gardens|grove|court|way|place|square|hill"
PERSONAL: Final = {
    "a telephone number": re.compile(r"(?:(?:\+|\b00)44(?:[\s-]?\(0\))?|\(0|\b0)(?:[\s().-]{0,2}\d){9,10}\b"),
    "an e-mail address": re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.[a-z]{2,}", re.IGNORECASE),
    "a full postcode": re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE),
    "a street address": re.compile(rf"\b\d{{1,4}}[a-z]?,?\s+(?:[a-z'-]+\s+){{1,3}}(?:{_STREETS})\b", re.IGNORECASE),
    "a date of birth": re.compile(
        r"\b(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}[./-]\d{2}[./-]\d{2}"
        rf"|\d{{1,2}}{_NTH}(?: of)? (?:{_MONTHS})[a-z]*,? \d{{4}}|(?:{_MONTHS})[a-z]* \d{{1,2}}{_NTH},? \d{{4}})\b",
        re.IGNORECASE,
    ),
    "a name": re.compile(r"\b(?:(?i:named|name is|known as|mr|mrs|ms|miss|master|dr)\.?|[Cc]alled) [A-Z][a-z'-]+"),
}
"""What open words may not hold, whoever it belongs to: nobody can tell whether it is the child's."""
MOST_ENTRIES: Final = 500
"""Entries of one list at most, for the same reason as `MOST_WORDS`."""
MOST_WORDS: Final = 500
"""Characters of open words at most: they name a thing, and whoever sends a book must not keep the hub searching it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an event or record, as its checks need it: code list, nested record or records, sealed document."""

    name: str
    codes: str | None
    record: type | None
    many: bool
    seals: Seals | None
    marks: tuple[Any, ...] = ()


def check_event(event: Any, on: date) -> None:
    """Raise Rejected for the first field that breaks a rule: codes, named fields, open words, months, sealed parts.

    What only the hub can know (whether a postcode sector exists, whose aggregate it is) intake asks beside it.
    """
    _check_lengths(event)
    check_codes(event, on)
    for path, value, mark in marked(event):
        if isinstance(mark, FieldOf):
            _check_field(value, path, mark)
        elif isinstance(mark, OpenWords):
            _check_words(value, path)
        elif isinstance(mark, MonthAhead):
            _check_month(value, path, mark, on)
        elif isinstance(mark, Seals):
            _check_sealed(value, path)


def _check_lengths(event: Any, within: str = "") -> None:
    cls: type = type(event)
    for field in described(cls):
        value, path = getattr(event, field.name), f"{within}{field.name}"
        if isinstance(value, tuple) and len(value) > MOST_ENTRIES:
            raise Rejected(
                path, said("must have at most {most} entries", most=MOST_ENTRIES), "Send fewer, or in several events."
            )
        if field.record is not None:
            for where, one in _flat(value, path):
                _check_lengths(one, f"{where}.")


def marked(event: Any, within: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield (dotted path, value, mark) for every value that is given and every mark its field has."""
    cls: type = type(event)
    for field in described(cls):
        if not field.marks and field.record is None:
            continue
        for path, value in _flat(getattr(event, field.name), f"{within}{field.name}"):
            for mark in field.marks:
                yield path, value, mark
            if field.record is not None:
                yield from marked(value, f"{path}.")


def _check_field(value: str, path: str, mark: FieldOf) -> None:
    if not any(
        _leads([step for step in value.split(".") if not step.isdecimal()], event_class(name)) for name in mark.events
    ):
        raise Rejected(path, "must be a field of the event it is about", "Write its path, as `children.pets`.")


def _leads(steps: list[str], cls: type | None) -> bool:
    for number, step in enumerate(steps):
        found = next((one for one in described(cls) if one.name == step), None) if cls else None
        if found is None:
            return False
        cls = found.record or (found.seals.document if found.seals else None)
        if cls is None and number + 1 < len(steps):
            return False
    return True


def _check_words(value: str, path: str) -> None:
    if len(value) > MOST_WORDS:
        raise Rejected(
            path,
            said("must be at most {most} characters", most=MOST_WORDS),
            "Say it shorter, or in a part that is sealed.",
        )
    for what, pattern in PERSONAL.items():
        if pattern.search(value):
            rule = said("is open to everyone who gets the event, and holds what looks like {what}", what=what)
            raise Rejected(path, rule, "Take it out, or say it in a part that is sealed.")


def _check_month(value: date, path: str, mark: MonthAhead, on: date) -> None:
    first = on.replace(day=1)
    if value.day != 1:
        rule = "is open to both parties, so it must be a month: its first day, whatever the day is"
        raise Rejected(path, rule, "Write the first day of the month, never the day itself.")
    if not first <= value <= first + relativedelta(months=mark.months):
        rule = said("must be the month of the event or one of the {months} after it", months=mark.months)
        raise Rejected(path, rule, "Leave it out; tell it with a later event, in the year before.")


def _check_sealed(value: Sealed, path: str) -> None:
    if len(value.nonce) != NONCE_BYTES or len(value.ciphertext) <= TAG_BYTES:
        rule = said(
            "must be AES-256-GCM: a nonce of {nonce} bytes, a tag of {tag} at the end", nonce=NONCE_BYTES, tag=TAG_BYTES
        )
        raise Rejected(path, rule, "Seal the document with a key of the key service, and send it again.")
    if _is_text(value.ciphertext):
        raise Rejected(path, "must be sealed, and reads as plain text", "Seal it, and send it again as a new event.")


def _is_text(data: bytes) -> bool:
    """Tell whether bytes read as text: in UTF-8, or (every other byte nought) in UTF-16."""
    if data.count(0) > len(data) // 3:
        return True
    try:
        return "".join(data.decode().split()).isprintable()
    except UnicodeDecodeError:
        return False


def check_codes(event: Any, on: date, nation: str | None = None, *, within: str = "") -> None:
    """Raise Rejected for the first coded field whose value is not in its list on that day, nested ones included.

    The field is a dotted path (`children.0.age_band`), begun with `within`; its value is never repeated.
    """
    cls: type = type(event)
    for field in described(cls):
        if field.codes is None and field.record is None:
            continue
        for path, value in _flat(getattr(event, field.name), f"{within}{field.name}"):
            if field.codes is not None:
                check(field.codes, value, on, path, nation)
            elif field.record is not None:
                check_codes(value, on, nation, within=f"{path}.")


@cache
def described(cls: type) -> tuple[Field, ...]:
    """Return the fields of an event or record class."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple(_describe(one.name, hints[one.name]) for one in fields(cls))


def _describe(name: str, hint: Any) -> Field:
    marks = unpack(hint)[1]
    codes = [mark.list for mark in marks if isinstance(mark, Code)]
    seals = [mark for mark in marks if isinstance(mark, Seals)]
    return Field(
        name,
        codes=codes[-1] if codes else None,
        record=None if seals else _record(hint),
        many=get_origin(optional(unpack(hint)[0])[0]) is tuple,
        seals=seals[-1] if seals else None,
        marks=tuple(mark for mark in marks if isinstance(mark, FieldOf | MonthAhead | OpenWords | Seals | Sector)),
    )


def _record(hint: Any) -> type | None:
    plain, _ = optional(unpack(hint)[0])
    plain = unpack(plain)[0]
    if get_origin(plain) is tuple:
        return _record(get_args(plain)[0])
    return plain if isinstance(plain, type) and is_dataclass(plain) else None


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from _flat(one, f"{path}.{number}")
    elif value is not None:
        yield path, value
