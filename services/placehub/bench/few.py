"""Which homes few searches fit, told before any of them opens: P4 is about those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from placehub.postcodes import Postcodes
from placehub.referrals.events import EarlyNoticeGiven
from placehub.search.homes import Homes
from placehub.search.matching import match
from placehub.search.policy import DEFAULT
from placehub.search.sought import sought_of
from placehub.vacancies.events import VacancyOpened


def searches_that_fit(
    homes: Sequence[VacancyOpened], notices: Sequence[EarlyNoticeGiven], postcodes: Postcodes, now: datetime
) -> list[int]:
    """Return how many of the notices' searches each home fits under the shipped policy, whoever's it is.

    A running hub may tell fewer: a provider that is invited already, say, hears of what is news to it alone.
    """
    columns = Homes()
    for one in homes:
        east, north = postcodes.centre(one.home.postcode_sector) or (None, None)
        columns.put(one.vacancy_id, one.provider, one.household_ref, one.home, east, north, one.version)
    counts = Counter[UUID]()
    for notice in notices:
        sought = sought_of(notice, place=postcodes.centre(notice.wanted.near_sector))
        counts.update(match(sought, columns, None, now, DEFAULT).fits.bands().keys())
    return [counts[one.vacancy_id] for one in homes]
