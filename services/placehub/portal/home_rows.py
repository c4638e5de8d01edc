"""A provider's list of homes with room, one row a home: the columns, and a row as a vacancy's facts. Pure.

The columns are those of the template that `placehub-connect vacancies template` writes, so that one list serves both.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final

from placehub.codes import code_list
from placehub.errors import Rejected
from placehub.portal.words import amount, retold, typed_day, whole_number
from placehub.portal.words import gettext as _
from placehub.postcodes.notation import normalise, sector_of

MOST_ROWS: Final = 500
MOST_BYTES: Final = 150_000
_LARGEST_NUMBER: Final = 100
_NEVER, _BESIDE = "never", "not beside our younger child"

Read = Callable[[str, str], Any]
"""Column, what stands in it -> the fact as an event has it; Rejected where it is none."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, the fact it tells, and what it takes."""

    name: str
    fact: str
    read: Read
    takes: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one value of a row."""

    column: str
    value: str
    rule: str
    remedy: str


@dataclass(slots=True)
class Row:
    """One row, by its line in the file (the first line is the heads'); with nothing wrong it can be posted."""

    line: int
    reference: str
    """The provider's own of the vacancy."""
    household_reference: str = ""
    home: dict[str, Any] = field(default_factory=dict)
    household: dict[str, Any] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)
    came_to: str = ""
    """What it came to: new, revised, confirmed, the same or on its way; empty while something is wrong."""

    def refuse(self, why: Rejected) -> None:
        """Note a refusal of the whole row's event beside the column it is about."""
        fact = why.field.replace("home.postcode_sector", "household.postcode")
        column = next((one.name for one in COLUMNS if fact.startswith(one.fact)), why.field)
        self.wrong.append(Wrong(column, "", retold(why.rule), retold(why.remedy)))


def rows(data: bytes, today: date) -> Iterator[Row]:
    """Yield each row that is not empty; Rejected where the file as a whole cannot be read."""
    reader = _reader(data)
    heads = [one.strip() for one in next(reader, [])]
    missing = [one.name for one in COLUMNS if one.required and one.name not in heads]
    if missing:
        rule = _("lacks the columns: {columns}").format(columns=", ".join(missing))
        raise Rejected("file", rule, _("Start from the template, and keep the names of its columns."))
    unknown = [one for one in heads if one and one not in {each.name for each in COLUMNS}]
    if unknown:
        rule = _("has columns that are not known: {columns}").format(columns=", ".join(unknown))
        raise Rejected("file", rule, _("Take them out, or name them as the template does."))
    count = 0
    for values in reader:
        if not any(one.strip() for one in values):
            continue
        count += 1
        if count > MOST_ROWS:
            rule = _("may have {most} rows at most").format(most=MOST_ROWS)
            raise Rejected("file", rule, _("Send the others in a second file."))
        yield _row(reader.line_num, dict(zip(heads, values, strict=False)), today)


def template() -> str:
    """Return an empty list: the names of the columns."""
    out = io.StringIO()
    csv.writer(out).writerow([one.name for one in COLUMNS])
    return out.getvalue()


def _reader(data: bytes) -> Any:
    if len(data) > MOST_BYTES:
        rule = _("may have {most} bytes at most").format(most=f"{MOST_BYTES:,}")
        raise Rejected("file", rule, _("Send it in several files."))
    if data.startswith(b"PK"):
        raise Rejected("file", _("must be CSV"), _("In Excel choose Save as, then CSV UTF-8."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")  # how Excel writes CSV where nobody chooses
    if "\x00" in text or not text.strip():
        raise Rejected("file", _("must be CSV with a line of heads"), _("Start from the template."))
    first = text.partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _row(line: int, values: Mapping[str, str], today: date) -> Row:
    row = Row(line, values.get(REFERENCE, "").strip(), values.get(HOUSEHOLD, "").strip())
    told: dict[str, Any] = {"home": row.home, "household": row.household}
    for column in COLUMNS:
        value = values.get(column.name, "").strip()
        if not value and column.required:
            row.wrong.append(Wrong(column.name, "", _("must be filled in"), column.takes))
        if not value:
            continue
        part, _dot, name = column.fact.partition(".")
        try:
            fact = column.read(column.name, value)
        except Rejected as why:
            shown = "" if part == "household" else value[:60]
            row.wrong.append(Wrong(column.name, shown, retold(why.rule), retold(why.remedy) or column.takes))
            continue
        if part in told and name == "exclusions":
            row.home.setdefault(name, []).append(fact)
        elif part in told:
            told[part][name] = fact
    if "postcode" in row.household:
        row.home["postcode_sector"] = sector_of(row.household["postcode"])
    if row.home.get("willing_until", str(today)) < str(today):
        remedy = _("Ask the carer, and tell until when.")
        row.wrong.append(Wrong(WILLING, values.get(WILLING, ""), _("must lie ahead"), remedy))
    return row


def _text(column: str, value: str) -> str:
    return value


def _free(column: str, value: str) -> list[str]:
    return [one.strip() for one in value.split(";") if one.strip()]


def _number(column: str, value: str) -> int | None:
    return whole_number(column, value, 0, _LARGEST_NUMBER)


def _day(column: str, value: str) -> str | None:
    found = typed_day(column, value)
    return found.isoformat() if found else None


def _moment(column: str, value: str) -> str | None:
    """Return the last moment of a day: a carer's word holds through it."""
    found = typed_day(column, value)
    return datetime.combine(found, time(23, 59, 59), UTC).isoformat() if found else None


def _postcode(column: str, value: str) -> str:
    found = normalise(value)
    if found is None:
        raise Rejected(column, _("must be a whole postcode"), _("Write it like LS6 2AB."))
    return found


def _yes_no(column: str, value: str) -> bool:
    if value.lower() not in ("yes", "y", "no", "n"):
        raise Rejected(column, _("must be yes or no"), _("Leave it empty where it is not known."))
    return value.lower().startswith("y")


def _one(codes: Mapping[str, str]) -> Read:
    def read(column: str, value: str) -> str:
        found = {word.lower(): code for word, code in codes.items()}.get(value.lower())
        if found is None:
            raise Rejected(
                column, _("is not one of its words"), _("Use one of: {words}.").format(words=", ".join(codes))
            )
        return found

    return read


def _several(codes: Mapping[str, str], nothing: str = "") -> Read:
    one = _one(codes)

    def read(column: str, value: str) -> list[str]:
        if nothing and value.lower() == nothing:
            return []
        return [one(column, word.strip()) for word in value.split(";") if word.strip()]

    return read


def _excluding(risk: str) -> Read:
    def read(column: str, value: str) -> dict[str, Any]:
        how = _one({_NEVER: _NEVER, _BESIDE: _BESIDE})(column, value)
        return {"risk": risk, "younger_child": how == _BESIDE}

    return read


def takes_in_words(column: Column) -> str:
    """Return what a column takes, as people read it; codes stand as they must be typed."""
    codes, several, _rest = column.takes.partition(SEVERAL)
    return _(codes) + (_(SEVERAL) if several else "")


def _words(codes: Mapping[str, str], *, several: bool = False) -> str:
    said = ", ".join(codes)
    return said + (SEVERAL if several else "")


def _list(name: str) -> dict[str, str]:
    return {one.code: one.code for one in code_list(name).values}


def _languages() -> dict[str, str]:
    return {one.meaning: one.code for one in code_list("language").values}


REFERENCE: Final = "Our reference"
SEVERAL: Final = " (several: with ; between)"
HOUSEHOLD: Final = "Household"
WILLING: Final = "Carer's word holds until"
_STATES: Final = {"now": "now", "coming": "coming", "ask the carer": "ask carer"}
_SEXES: Final = {"either": "any", "boys": "M", "girls": "F"}
_RISKS: Final = {
    "self-harm": "riskSelfHarm",
    "sexual exploitation": "riskSexualExploitation",
    "criminal exploitation": "riskCriminalExploitation",
    "drugs or alcohol": "riskDrugAlcohol",
    "eating disorder": "riskEatingDisorder",
    "going missing": "riskMissing",
    "physical harm to others": "riskToOthersPhysical",
    "sexual harm to others": "riskToOthersSexual",
    "fire-setting": "riskToOthersFire",
    "harm to animals": "riskToOthersAnimals",
}
COLUMNS: Final = (
    Column(REFERENCE, "vacancy_id", _text, "your own reference", required=True),
    Column(HOUSEHOLD, "household_ref", _text, "your own reference", required=True),
    Column("Postcode", "household.postcode", _postcode, "a whole postcode, like LS6 2AB", required=True),
    Column("State", "home.state", _one(_STATES), _words(_STATES), required=True),
    Column("Places", "home.places", _number, "a whole number", required=True),
    Column("Free from", "home.available_from", _day, "a date, like 27/3/2026", required=True),
    Column(WILLING, "home.willing_until", _moment, "a date, like 27/3/2026", required=True),
    Column(
        "Kinds",
        "home.kinds",
        _several(_list("placement_kind")),
        _words(_list("placement_kind"), several=True),
        required=True,
    ),
    Column("Youngest age", "home.min_age", _number, "a whole number", required=True),
    Column("Oldest age", "home.max_age", _number, "a whole number", required=True),
    Column("Boys or girls", "home.sex", _one(_SEXES), _words(_SEXES), required=True),
    Column("Siblings together", "home.sibling_places", _number, "a whole number"),
    Column("Foster children there now", "home.children_placed", _number, "a whole number"),
    Column("Approved places", "home.approved_places", _number, "a whole number"),
    Column("Languages", "home.languages", _several(_languages()), "their names, with ; between"),
    Column("Pets", "home.pets", _several(_list("household_pet"), "none"), _words(_list("household_pet"), several=True)),
    Column("Somebody smokes", "home.smoking", _yes_no, "yes, no"),
    Column("Adapted for a wheelchair", "home.adapted", _yes_no, "yes, no"),
    Column("Skills", "home.skills", _several(_list("skill"), "none"), _words(_list("skill"), several=True)),
    Column("School run (miles)", "home.school_run_miles", _number, "a whole number"),
    Column("Weekly fee", "home.weekly_fee", amount, "pounds, like 512.50"),
    *(
        Column(f"No child with {name}", "home.exclusions", _excluding(risk), f"{_NEVER}, {_BESIDE}")
        for name, risk in _RISKS.items()
    ),
    Column("Carers", "household.carers", _text, "your own words; sealed"),
    Column("Faiths", "household.faiths", _free, "your own words, with ; between; sealed"),
    Column("Ethnicities", "household.ethnicities", _several(_list("ethnicity")), "903 codes, with ; between; sealed"),
    Column("Notes", "household.notes", _text, "your own words; sealed"),
)
