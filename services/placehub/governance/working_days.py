"""Working days of a nation: Monday to Friday but for its bank holidays, which differ between the three."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final

from holidays import HolidayBase, country_holidays

SUBDIVISIONS: Final = {"England": "ENG", "Wales": "WLS", "Scotland": "SCT"}
SATURDAY: Final = 5


@cache
def _holidays(nation: str) -> HolidayBase:
    return country_holidays("GB", subdiv=SUBDIVISIONS[nation])


def is_working_day(day: date, nation: str) -> bool:
    """Tell whether it is one; KeyError for a nation that the hub does not serve."""
    return day.weekday() < SATURDAY and day not in _holidays(nation)


def after(day: date, working_days: int, nation: str) -> date:
    """Return the day so many working days after `day`, which itself does not count."""
    while working_days > 0:
        day += timedelta(days=1)
        working_days -= is_working_day(day, nation)
    return day
