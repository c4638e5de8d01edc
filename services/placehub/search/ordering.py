"""The one order of homes: by the keys a policy names, best first, the same for one home and for columns of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Generic, Protocol, TypeVar
from uuid import UUID

from placehub.search.price import NO_PRICE

BANDS: Final = ("fits", "fits with named support", "stretch")
"""The bands of need fit, best first."""
FULL: Final = 1000
"""The need of a home that meets every need criterion."""
NOT_KNOWN: Final = 2**40
"""Stands for a distance or a day that is not known: after all that are."""

T = TypeVar("T", bound=Any)


@dataclass(frozen=True, slots=True)
class Standing(Generic[T]):
    """What orders homes: numbers for one home, columns for many."""

    band: T
    """Position in `BANDS`."""
    need: T
    tenths: T
    """Tenths of a mile."""
    available: T
    """Day number on which a child could come."""
    price: T
    """Pence a week; `NO_PRICE` where it is not told or must not count."""


KEYS: Final[Mapping[str, Callable[[Standing[Any]], Any]]] = {
    "band": lambda one: one.band,
    "need": lambda one: FULL - one.need,
    "distance": lambda one: one.tenths,
    "available": lambda one: one.available,
    "price": lambda one: one.price,
}
"""What each key of `Policy.order` reads; the least comes first."""


class Fitted(Protocol):
    """What of a home's fit orders it."""

    @property
    def vacancy_id(self) -> UUID:
        """The home's vacancy."""

    @property
    def band(self) -> str:
        """One of `BANDS`."""

    @property
    def need(self) -> int:
        """From 0 to `FULL`."""

    @property
    def distance_miles(self) -> Decimal | None:
        """To a tenth."""

    @property
    def available_from(self) -> date | None:
        """The day a child could come."""


def keys(standing: Standing[T], order: Sequence[str]) -> tuple[T, ...]:
    """Return what orders homes, first key first; the vacancy's id decides between equals."""
    return tuple(KEYS[name](standing) for name in order)


def place_of(fit: Fitted, order: Sequence[str]) -> tuple[Any, ...]:
    """Return a fit's place in the order. A fit carries no price: among fits alone the price decides nothing."""
    standing = Standing(
        band=BANDS.index(fit.band),
        need=fit.need,
        tenths=NOT_KNOWN if fit.distance_miles is None else int(fit.distance_miles * 10),
        available=NOT_KNOWN if fit.available_from is None else fit.available_from.toordinal(),
        price=NO_PRICE,
    )
    return (*keys(standing, order), str(fit.vacancy_id))
