"""Who at a provider covers when, by a rota file; pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import holidays
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from placehub.contracts.wording import UNKNOWN, rule_of
from placehub.errors import Misconfigured

LONDON: Final = ZoneInfo("Europe/London")
"""The time zone of every hour in a rota."""
LOOKED_AHEAD: Final = timedelta(days=28)
"""How far ahead a rota is searched for holes."""
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_A_DAY: Final = timedelta(days=1)

Nation = Literal["England", "Wales", "Scotland"]
SUBDIVISIONS: Final[dict[str, str]] = {"England": "ENG", "Wales": "WLS", "Scotland": "SCT"}
USUAL: Final[Nation] = "England"
"""Whose bank holidays hold while it is not known where the provider is registered."""
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Address = Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Cover(_Part):
    """One person covers these hours; `until` at or before `from` is on the next day. Every day unless `days` says."""

    who: str
    days: tuple[Day, ...] = _DAYS
    begins: time = Field(time(0), alias="from")
    until: time = time(0)
    first: date | None = None
    last: date | None = None
    bank_holidays: bool = False
    """Whether it holds on bank holidays, too."""

    def spans(self, day: date, nation: Nation) -> tuple[datetime, datetime] | None:
        """Return from when to when the cover that begins on a day lasts; None when none does."""
        if _DAYS[day.weekday()] not in self.days or not (self.first or day) <= day <= (self.last or day):
            return None
        if not self.bank_holidays and is_bank_holiday(day, nation):
            return None
        ends = day if self.until > self.begins else day + _A_DAY
        return datetime.combine(day, self.begins, LONDON), datetime.combine(ends, self.until, LONDON)


class Away(_Part):
    """One person is away from the first of these days to the last."""

    who: str
    first: date
    last: date


class Rota(_Part):
    """People by a name of the provider's choosing, who covers when, who is away, and the deputy told when nobody is.

    `nation`: whose bank holidays hold; absent, it is the nation the provider is registered in.
    """

    people: Annotated[dict[str, Address], Field(min_length=1)]
    deputy: str
    cover: tuple[Cover, ...]
    away: tuple[Away, ...] = ()
    nation: Nation | None = None

    def of(self, nation: str) -> Rota:
        """Return it for a provider registered in a nation, unless it names one itself."""
        return self if self.nation or nation not in SUBDIVISIONS else self.model_copy(update={"nation": nation})

    def who(self, now: datetime) -> str:
        """Return the name of whoever is told now: the first that covers, else the deputy."""
        return self.covering(now) or self.deputy

    def covering(self, now: datetime) -> str | None:
        """Return the name of the first who covers a moment and is not away; None when nobody does."""
        today = now.astimezone(LONDON).date()
        for one in self.cover:
            for day in (today - _A_DAY, today):
                span = one.spans(day, self._nation)
                if span and span[0] <= now < span[1] and not self._is_away(one.who, today):
                    return one.who
        return None

    @property
    def _nation(self) -> Nation:
        return self.nation or USUAL

    def _is_away(self, who: str, day: date) -> bool:
        return any(one.who == who and one.first <= day <= one.last for one in self.away)

    def holes(self, now: datetime) -> tuple[Hole, ...]:
        """Return when nobody covers, from now to `LOOKED_AHEAD`, neighbouring spans as one."""
        found: list[Hole] = []
        for begins, ends in self._even_spans(now):
            if self.covering(begins) is not None:
                continue
            if found and found[-1].ends == begins:
                begins = found.pop().begins
            found.append(Hole(begins, ends))
        return tuple(found)

    def _even_spans(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield spans within which who covers does not change."""
        end, days = now + LOOKED_AHEAD, range(-1, LOOKED_AHEAD.days + 2)
        first = now.astimezone(LONDON).date()
        edges = {now, end}
        for day in (first + timedelta(days=number) for number in days):
            edges.add(datetime.combine(day, time(0), LONDON))
            edges |= {edge for one in self.cover for edge in one.spans(day, self._nation) or ()}
        # compared as moments: two times of one zone would be compared by what the clock on the wall says
        moments = sorted({edge.astimezone(now.tzinfo) for edge in edges})
        within = [one for one in moments if now <= one <= end]
        yield from pairwise(within)


@dataclass(frozen=True, slots=True)
class Hole:
    """From when to when nobody covers."""

    begins: datetime
    ends: datetime

    def __str__(self) -> str:
        """As `Sat 7 March 2026 17:00 to Mon 9 March 2026 09:00`, in London's time."""
        return f"{as_told(self.begins)} to {as_told(self.ends)}"


def as_told(moment: datetime) -> str:
    """Return a moment as people write it, in London's time: `Sat 7 March 2026 17:00`."""
    local = moment.astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%B %Y %H:%M}"


def is_bank_holiday(day: date, nation: Nation) -> bool:
    """Tell whether a day is a bank holiday of a nation (the `holidays` library)."""
    return day in _bank_holidays(day.year, nation)


@cache
def _bank_holidays(year: int, nation: Nation) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv=SUBDIVISIONS[nation], years=year))


def read_rota(text: str) -> Rota:
    """Return the rota a TOML file holds; Misconfigured names the field, the rule and the remedy, and no value."""
    try:
        rota = Rota.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"The rota is not TOML: {error}. Correct that place.") from None
    except ValidationError as error:
        raise Misconfigured(_wrong(error.errors(include_input=False)[0])) from None
    named = {"deputy": rota.deputy} | {f"cover.{n}.who": one.who for n, one in enumerate(rota.cover)}
    named |= {f"away.{n}.who": one.who for n, one in enumerate(rota.away)}
    for where, who in named.items():
        if who not in rota.people:
            raise Misconfigured(f"The rota's {where} must be one of its people. Add them to [people], or correct it.")
    return rota


def _wrong(found: ErrorDetails) -> str:
    where, rule = ".".join(map(str, found["loc"])), rule_of(found)
    if found["type"] == "string_pattern_mismatch":  # of all it holds only addresses have a form
        rule = "must be an e-mail address"
    remedy = "Take it out, or correct its spelling" if found["type"] in UNKNOWN else "Correct it"
    remedy = "Add it" if found["type"] == "missing" else remedy
    return f"The rota's {where} {rule}. {remedy}; docs/digest.md shows a whole rota."
