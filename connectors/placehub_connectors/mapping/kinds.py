"""The kinds of values: how a cell is read as a field's JSON value, and a field written as a cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from placehub.codes import band_of
from placehub.errors import Rejected
from placehub.postcodes.notation import normalise_sector, sector_of
from placehub_connectors.mapping.language import Rule
from placehub_connectors.pseudonyms import Pseudonyms

Cell = str | tuple[str, ...] | date
"""What a file has in one place: text, several texts (JSON), a day or moment (Excel)."""
UNITS: Final = {"": Decimal(1), "pence": Decimal("0.01"), "years": Decimal(12), "weeks": Decimal(7)}
"""What one of the unit is in the hub's: pounds, months, days."""
_LARGEST_WHOLE: Final = 10**9


class Context:
    """What reading a row needs beside it: pseudonyms, the zone of its clock, the event's own time."""

    def __init__(self, names: Pseudonyms, zone: str, now: datetime) -> None:
        self.names, self.zone, self.now = names, ZoneInfo(zone), now


class Wrong(Exception):
    """A cell that cannot be read: which rule it breaks, and what to do."""

    def __init__(self, rule: str, remedy: str) -> None:
        super().__init__(rule)
        self.rule, self.remedy = rule, remedy


def read(rule: Rule, cell: Cell, context: Context) -> Any:
    """Return the JSON value of a cell that is not blank; Wrong when it has none."""
    return _READ[rule.kind](rule, cell, context)


def write(rule: Rule, value: Any, context: Context) -> str:
    """Return the text for a value that is there; LookupError when the format has no word for it."""
    return _WRITE[rule.kind](rule, value, context)


def plain(cell: Cell) -> str:
    """Return a cell as one text, without white space around it."""
    if isinstance(cell, tuple):
        return ";".join(one.strip() for one in cell)
    return (cell if isinstance(cell, str) else cell.isoformat()).strip()


def _whole(rule: Rule, cell: Cell, _: Context) -> int:
    number = _number(cell) * UNITS[rule.unit]
    if number != number.to_integral_value() or abs(number) > _LARGEST_WHOLE:
        raise Wrong("must be a whole number", "Write digits only, as 7.")
    return int(number)


def _amount(rule: Rule, cell: Cell, _: Context) -> str:
    amount = _number(cell) * UNITS[rule.unit]
    if amount != amount.quantize(Decimal("0.01")) or not 0 <= amount <= _LARGEST_WHOLE:
        raise Wrong("must be an amount of money", "Write it as 512.50.")
    return str(amount.quantize(Decimal("0.01")))


def _number(cell: Cell) -> Decimal:
    try:
        number = Decimal(plain(cell).removeprefix("£").replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > _LARGEST_WHOLE:
        raise Wrong("must be a number", "Write digits only, as 7 or 512.50.")
    return number


def _yes_no(rule: Rule, cell: Cell, _: Context) -> bool:
    said = plain(cell).casefold()
    if said in {one.casefold() for one in rule.yes}:
        return True
    if said in {one.casefold() for one in rule.no}:
        return False
    raise Wrong(f"must be {rule.yes[0]} or {rule.no[0]}", "Leave it blank where it is not known.")


def day(cell: Cell, format: str) -> date:
    """Return the day a cell tells, by a `strptime` format or ISO 8601; Wrong when it tells none."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    return _parsed(plain(cell), format, date.fromisoformat).date()


def moment(cell: Cell, format: str, zone: ZoneInfo) -> datetime:
    """Return the moment a cell tells, of the zone where it names none; a day is its first moment."""
    if isinstance(cell, date):
        found = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day, tzinfo=zone)
    else:
        found = _parsed(plain(cell), format, datetime.fromisoformat)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _moment(rule: Rule, cell: Cell, context: Context) -> str:
    found = moment(cell, rule.format, context.zone)
    if rule.last_moment and found.time() == time.min:
        found = found.replace(hour=23, minute=59, second=59)
    if rule.coming and found <= context.now:
        raise Wrong("must lie after the day it is told", "Ask again, and say until when it holds now.")
    return found.isoformat()


def _parsed(text: str, format: str, iso: Callable[[str], Any]) -> datetime:
    try:
        # What has no zone is given the mapping's by whoever asked.
        found = datetime.strptime(text, format) if format else iso(text)  # noqa: DTZ007
    except ValueError:
        raise Wrong(f"must be a date written as {format or '2026-03-02'}", "Correct the date.") from None
    return found if isinstance(found, datetime) else datetime(found.year, found.month, found.day)  # noqa: DTZ001


def _code(rule: Rule, cell: Cell, _: Context) -> str:
    return _translated(rule, plain(cell))


def _translated(rule: Rule, word: str) -> str:
    if not rule.codes:
        return word
    known = {one.casefold(): ours for one, ours in rule.codes.items()}
    if word.casefold() not in known:
        near = get_close_matches(word, rule.codes, n=3) or list(rule.codes)[:12]
        raise Wrong("must be a word of the format's own list", f"Use one of: {', '.join(near)}.")
    return known[word.casefold()]


def _list(rule: Rule, cell: Cell, _: Context) -> list[str]:
    if rule.empty and plain(cell).casefold() == rule.empty.casefold():
        return []
    words = cell if isinstance(cell, tuple) else plain(cell).split(rule.separator)
    return [_translated(rule, one.strip()) for one in words if one.strip()]


def _sector(_: Rule, cell: Cell, __: Context) -> str:
    sector = sector_of(plain(cell)) or normalise_sector(plain(cell))
    if sector is None:
        raise Wrong("must be a postcode or a postcode sector", "Write it as LS6 2AB or LS6 2.")
    return sector


def _age_band(rule: Rule, cell: Cell, context: Context) -> str:
    if isinstance(cell, str) and plain(cell).isdigit():
        years = int(plain(cell)[:4])
    else:
        born = day(cell, rule.format)
        years = context.now.year - born.year - ((context.now.month, context.now.day) < (born.month, born.day))
    try:
        return band_of(years)
    except Rejected as error:
        raise Wrong(error.rule, error.remedy) from None


def _day_text(rule: Rule, value: Any) -> str:
    return date.fromisoformat(value).strftime(rule.format) if rule.format else str(value)


def _moment_text(rule: Rule, value: Any, context: Context) -> str:
    found = datetime.fromisoformat(value).astimezone(context.zone)
    if rule.format:
        return found.strftime(rule.format)
    alone = time(23, 59, 59) if rule.last_moment else time.min
    return found.date().isoformat() if found.time() == alone else found.replace(tzinfo=None).isoformat()


def _word(rule: Rule, code: str) -> str:
    return next((word for word, ours in rule.codes.items() if ours == code), "") if rule.codes else code


def _spoken(rule: Rule, code: str) -> str:
    word = _word(rule, code)
    if not word:
        raise LookupError(f"{rule.column} has no word for a code of the event")
    return word


def _number_text(rule: Rule, value: Any) -> str:
    return format((Decimal(value) / UNITS[rule.unit]).normalize(), "f")


def _own_number(rule: Rule, value: Any, context: Context) -> str:
    number = context.names.number(rule.names, UUID(value))
    if number is None:
        raise LookupError(f"{rule.column}: the id was not made here, so its own number is not known")
    return number


_READ: Final[dict[str, Callable[[Rule, Cell, Context], Any]]] = {
    "text": lambda _, cell, __: plain(cell),
    "whole": _whole,
    "amount": _amount,
    "yes-no": _yes_no,
    "date": lambda rule, cell, _: day(cell, rule.format).isoformat(),
    "moment": _moment,
    "code": _code,
    "list": _list,
    "sector": _sector,
    "pseudonym": lambda rule, cell, context: str(context.names.of(rule.names, plain(cell))),
    "age-band": _age_band,
}
_WRITE: Final[dict[str, Callable[[Rule, Any, Context], str]]] = {
    "text": lambda _, value, __: str(value),
    "whole": lambda rule, value, _: _number_text(rule, value),
    "amount": lambda rule, value, _: _number_text(rule, value),
    "yes-no": lambda rule, value, _: rule.yes[0] if value else rule.no[0],
    "date": lambda rule, value, _: _day_text(rule, value),
    "moment": _moment_text,
    "code": lambda rule, value, _: _spoken(rule, value),
    "list": lambda rule, value, _: rule.separator.join(_spoken(rule, one) for one in value) or rule.empty,
    "sector": lambda _, value, __: str(value),
    "pseudonym": _own_number,
    "age-band": lambda _, value, __: str(value),
}
