"""What came of one search, told the same way of history and of the shadow: a fold of its events; pure.

A home is judged as the hub put it to a provider: what its findings say of distance, brothers and sisters, school and
identity. Of several, the best is the first in the order of the shipped policy, so that both sides are measured alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from placehub.contracts.parts import HomeFit
from placehub.offers.events import OfferMade
from placehub.placements.events import PlacementStarted
from placehub.referrals.events import OfferSelected
from placehub.search.events import InvitationUpdated, ProviderInvited
from placehub.search.ordering import place_of
from placehub.search.policy import DEFAULT

LINE_MILES: Final = 20
"""The line of England's return on looked-after children: so far from home counts as far."""
MET: Final[Mapping[str, bool]] = {"fits": True, "lesser fit": False, "needs support": False, "does not fit": False}
"""What a verdict says of a need; every other leaves it unknown."""
_NEEDS: Final = ("siblings", "school distance", "identity")
"""The criteria of which a home's verdict is kept, in the order of `Seen`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is measured of one home: its findings in full are kilobytes, and a year tells of millions."""

    place: tuple[Any, ...]
    """Where it stands in the order of the shipped policy."""
    vacancy_id: UUID
    miles: Decimal | None
    together: bool | None
    school: bool | None
    identity: bool | None


@dataclass(slots=True)
class Outcome:
    """One search, in history or in the shadow."""

    invited: dict[str, datetime] = field(default_factory=dict)
    """Provider -> when it was first told."""
    offers: dict[UUID, tuple[str, UUID, datetime]] = field(default_factory=dict)
    """Offer -> provider, vacancy and when it was made."""
    homes: dict[UUID, Seen] = field(default_factory=dict)
    """Every home a provider was told of, as it was told last."""
    deliveries: int = 0
    selected: UUID | None = None
    placed: bool = False

    def take(self, event: Any, at: datetime) -> None:
        """Fold one event that stood."""
        if isinstance(event, ProviderInvited):
            self.deliveries += 1
            self.invited.setdefault(event.provider, at)
        if isinstance(event, ProviderInvited | InvitationUpdated):
            self.homes |= {one.vacancy_id: _seen(one) for one in event.homes}
        elif isinstance(event, OfferMade):
            self.offers[event.offer_id] = event.provider, event.vacancy_id, at
        elif isinstance(event, OfferSelected):
            self.selected = event.offer_id
        elif isinstance(event, PlacementStarted):
            self.placed = True

    @property
    def first_told(self) -> datetime | None:
        """When the first provider was told."""
        return min(self.invited.values(), default=None)

    @property
    def first_offer(self) -> datetime | None:
        """When the first offer was made."""
        return min((at for _, _, at in self.offers.values()), default=None)

    @property
    def best(self) -> Seen | None:
        """The best home that was proposed."""
        return min(self.homes.values(), key=attrgetter("place"), default=None)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is measured of one search; None: not known, or nothing there to measure."""

    hours_to_told: float | None
    hours_to_offer: float | None
    deliveries: int
    miles: Decimal | None
    near: bool | None
    together: bool | None
    school: bool | None
    identity: bool | None
    fee: Decimal | None


def figures(one: Outcome, known_at: datetime, children: int, fees: Mapping[UUID, Decimal | None]) -> Figures:
    """Measure one search; `known_at` is when the need was known, `fees` the standard weekly fee of each vacancy."""
    best = one.best
    miles = best.miles if best else None
    return Figures(
        hours_to_told=_hours(known_at, one.first_told),
        hours_to_offer=_hours(known_at, one.first_offer),
        deliveries=one.deliveries,
        miles=miles,
        near=None if miles is None else miles <= LINE_MILES,
        together=best.together if best and children > 1 else None,
        school=best.school if best else None,
        identity=best.identity if best else None,
        fee=fees.get(best.vacancy_id) if best else None,
    )


def _hours(begin: datetime, end: datetime | None) -> float | None:
    return None if end is None else max(0.0, (end - begin) / timedelta(hours=1))


def _seen(home: HomeFit) -> Seen:
    verdicts = {one.criterion: one.verdict for one in reversed(home.findings)}
    together, school, identity = (MET.get(verdicts.get(name, "")) for name in _NEEDS)
    place = place_of(home, DEFAULT.order)
    return Seen(place, home.vacancy_id, home.distance_miles, together, school, identity)
