"""The periods of returns: whole months, counted from April, so that a year has whole ones; pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from dateutil.relativedelta import relativedelta

QUARTER: Final = 3
"""Months of a period where an agreement says nothing."""
APRIL: Final = 4


def period_of(day: date, months: int) -> tuple[date, date]:
    """Return the first and the last day of the period that a day lies in."""
    into = (day.month - APRIL) % 12 % months
    starts_on: date = day.replace(day=1) - relativedelta(months=into)
    return starts_on, starts_on + relativedelta(months=months) - timedelta(days=1)


def last_complete(today: date, months: int) -> tuple[date, date]:
    """Return the first and the last day of the last period that is over."""
    starts_on, _ = period_of(today, months)
    return period_of(starts_on - timedelta(days=1), months)
