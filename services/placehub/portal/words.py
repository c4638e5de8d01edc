"""The portal's words: texts through gettext, codes, times and amounts as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import get_month_names
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from placehub.codes import code_list
from placehub.errors import Rejected
from placehub.saying import begun, facts_of, form_of

LANGUAGES: Final = {"en": "English", "cy": "Cymraeg"}
"""Languages there are texts in, each by its own name; the first is the one the texts are written in."""
LOCALES: Final = Path(__file__).parent / "locales"
HERE: Final = ZoneInfo("Europe/London")
"""The time zone in which times are shown and typed."""
_TIME: Final = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))? ?(am|pm)?")
_BETWEEN: Final = re.compile(r"(, |; | or | and )")
"""What stands between the words of a fact that are several."""
_FIELD: Final = re.compile(r"[a-z_]+(?:[._][a-z_]+)+")
_LANGUAGE: ContextVar[str] = ContextVar("language", default="en")
_BY_MEANING: Final = {
    "age_band",
    "category_of_need",
    "ethnicity",
    "language",
    "risk",
    "legal_status",
    "sex",
    "household_sex",
    "offer_feedback",
    "missing",
    "reason_place_change",
    "review_participation",
    "scheme",
    "selection_reason",
    "representative_seat",
    "support_refused_reason",
}
"""Lists whose codes say nothing to people: their meaning is shown instead."""


@cache
def _texts(language: str) -> NullTranslations:
    """Return the texts of a language, read once; what it has not is told as it is written."""
    path = LOCALES / language / "LC_MESSAGES" / "portal.po"
    if not path.exists():
        return NullTranslations()
    packed = BytesIO()
    with path.open("rb") as texts:
        write_mo(packed, read_po(texts, locale=language))
    packed.seek(0)
    return GNUTranslations(packed)


def language() -> str:
    """Return the language that is spoken here and now."""
    return _LANGUAGE.get()


def preferred(accepted: str) -> str:
    """Return the language of an `Accept-Language` header that there are texts in; the first of ours where none is."""
    weighed = []
    for place, one in enumerate(accepted.split(",")):
        name, _, weight = one.strip().partition(";q=")
        with suppress(ValueError):
            weighed.append((-float(weight or 1), place, name.partition("-")[0].lower()))
    found = [name for less, _, name in sorted(weighed) if name in LANGUAGES and less < 0]
    return found[0] if found else next(iter(LANGUAGES))


def gettext(text: str) -> str:
    """Return a text in the reader's language; nothing stays nothing, under which a catalogue has its own head."""
    return _texts(_LANGUAGE.get()).gettext(text) if text else ""


def ngettext(one: str, several: str, count: int) -> str:
    """Return a text for so many in the reader's language."""
    return _texts(_LANGUAGE.get()).ngettext(one, several, count)


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Speak a language within."""
    token = _LANGUAGE.set(language)
    try:
        yield
    finally:
        _LANGUAGE.reset(token)


def label(list_name: str, code: str | None) -> str:
    """Return a code as people read it, in their language where it has it; an empty text for none."""
    if not code:
        return ""
    if list_name not in _BY_MEANING:
        return gettext(begun(code))
    return gettext(next((one.meaning for one in code_list(list_name).values if one.code == code), code))


def word(text: str) -> str:
    """Return a word of the hub's own in the reader's language, small as it is written; itself where it has none."""
    told = gettext(text)
    if told != text:
        return told
    told = gettext(begun(text))
    return text if told == begun(text) else told[:1].lower() + told[1:]


def retold(sentence: str) -> str:
    """Return a sentence of the hub, or a part of one, as people on a page read it."""
    facts = facts_of(sentence)
    told = gettext(form_of(sentence))
    if not facts:
        return told
    try:
        return told.format_map({name: _fact(value) for name, value in facts.items()})
    except (KeyError, IndexError, ValueError):  # another version's form, with other facts
        return str(sentence)


def _fact(value: str) -> str:
    return _moment(value) or "".join(
        gettext(one) if number % 2 else _word_of_fact(one) for number, one in enumerate(_BETWEEN.split(value))
    )


def _moment(value: str) -> str:
    """Return a day or time as people read it; an empty text for what is neither."""
    if not value[:1].isdigit():
        return ""  # most facts are words, and trying four forms takes longer than all else of them
    with suppress(ValueError):
        return day(date.fromisoformat(value))
    with suppress(ValueError):
        return when(datetime.fromisoformat(value))
    with suppress(ValueError):
        return day(datetime.strptime(value, "%d %B %Y").replace(tzinfo=UTC).date())
    with suppress(ValueError):
        return when(datetime.strptime(value, "%d %B %Y %H:%M UTC").replace(tzinfo=UTC))
    return ""


def _word_of_fact(one: str) -> str:
    """Return a code by its meaning, the last name of a field's path as words, and any other word as `word` does."""
    if any(one == each.code for each in code_list("risk").values):
        return label("risk", one)
    return word(one.rpartition(".")[2].replace("_", " ") if _FIELD.fullmatch(one) else one)


def choices(list_name: str, on: date, *, only: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Return the codes that may be chosen on a day, each with its label."""
    values = [one for one in code_list(list_name).values if one.holds(on) and (not only or one.code in only)]
    return [(one.code, label(list_name, one.code)) for one in values]


def day(value: date | None) -> str:
    """Return a day as `2 March 2026`."""
    return f"{value.day} {_months(language())[value.month]} {value.year}" if value else ""


@cache
def _months(language: str) -> Mapping[int, str]:
    return get_month_names("wide", locale=language)


def when(value: datetime | None) -> str:
    """Return a time as `2 March 2026, 9:30am`, by the clock of the United Kingdom."""
    if value is None:
        return ""
    here = value.astimezone(HERE)
    return f"{day(here.date())}, {hour(here.time())}"


def hour(value: time) -> str:
    """Return a time of day as people read it: `9am`, `5:30pm`, `midnight`, `midday`."""
    if value.hour % 12 == 0 and value.minute == 0:
        return gettext("midday") if value.hour else gettext("midnight")
    half = gettext("am") if value.hour < 12 else gettext("pm")
    minutes = f":{value:%M}" if value.minute else ""
    return f"{value.hour % 12 or 12}{minutes}{half}"


def as_typed(value: date | datetime) -> str:
    """Return a day as people type it, `27/3/2026`, by the clock of the United Kingdom."""
    here = value.astimezone(HERE) if isinstance(value, datetime) else value
    return f"{here.day}/{here.month}/{here.year}"


def clock(value: datetime) -> str:
    """Return a time of day as `hour` has it, by the clock of the United Kingdom."""
    return hour(value.astimezone(HERE).time())


def money(value: Decimal) -> str:
    """Return pounds as `£1,250.00`."""
    return f"£{value:,.2f}"


def whole_number(field: str, text: str, least: int, most: int) -> int | None:
    """Return a number that was typed; None for nothing, Rejected for what is none between these two."""
    given = text.strip()
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or not least <= int(given) <= most:
        rule = gettext("must be a whole number from {least} to {most}").format(least=least, most=most)
        raise Rejected(field, rule, gettext("Correct it."))
    return int(given)


def amount(field: str, text: str) -> str | None:
    """Return an amount that was typed, as an event has it; None for nothing, Rejected for what is none."""
    given = text.strip().removeprefix("£").replace(",", "")
    if not given:
        return None
    pounds, _, pence = given.partition(".")
    if not pounds.isascii() or not pounds.isdigit() or (pence and not (pence.isdigit() and len(pence) <= 2)):
        raise Rejected(field, gettext("must be an amount in pounds"), gettext("Enter it like 465 or 465.50."))
    return f"{int(pounds)}.{pence or '0':0<2}"


def typed_day(field: str, text: str) -> date | None:
    """Return a day that was typed, as 2026-03-02 or 2/3/2026; None for nothing, Rejected for what is none."""
    given = text.strip()
    if not given:
        return None
    try:
        if "-" in given:
            return date.fromisoformat(given)
        number, month, year = (int(part) for part in given.split("/"))
        return date(year, month, number)
    except ValueError:
        rule = gettext("must be a real date")
        raise Rejected(field, rule, gettext("Enter it like 27/3/2026.")) from None


def typed_time(field: str, text: str) -> time | None:
    """Return a time that was typed, as 5pm, 5:30pm, 17:30 or midnight; None for nothing, Rejected for what is none."""
    given = text.strip().lower()
    if not given:
        return None
    named = {"midnight": time(0), "midday": time(12), "noon": time(12)}
    named |= {gettext("midnight"): time(0), gettext("midday"): time(12)}
    found = named.get(given) or _by_the_clock(given.replace(gettext("am"), "am").replace(gettext("pm"), "pm"))
    if found is None:
        raise Rejected(field, gettext("must be a time of day"), gettext("Enter it like 9:30pm or 21:30."))
    return found


def _by_the_clock(given: str) -> time | None:
    written = _TIME.fullmatch(given)
    if written is None:
        return None
    number, minutes, half = int(written[1]), int(written[2] or 0), written[3]
    of_a_half = half is not None and 1 <= number <= 12
    of_a_day = half is None and written[2] is not None and number <= 23
    if minutes > 59 or not (of_a_half or of_a_day):
        return None
    return time(number % 12 + (12 if half == "pm" else 0) if half else number, minutes)
