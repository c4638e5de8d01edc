"""The one place of matching where a home's price is read: as a key of order that an agreed policy may put last."""

from __future__ import annotations

from typing import Final

from placehub.vacancies.events import Home

NO_PRICE: Final = 2**53
"""Stands for a price that is not told: after all that are."""


def price_of(home: Home) -> int:
    """Return the standard weekly fee in pence."""
    fee = home.weekly_fee
    return NO_PRICE if fee is None else min(max(int(fee * 100), 0), NO_PRICE)
