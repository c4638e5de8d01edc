"""The sample world: who takes part, which homes have room, which children need one, and when it all happens.

The same seed and scale give the same world on every machine. Nothing here reads a clock or a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Final

from placehub.agreements.events import AgreementRegistered, ProviderJoined
from placehub.errors import Misconfigured, NotFound
from placehub.postcodes import Postcodes
from placehub.sample import figures, parties
from placehub.sample.cases import Case, make_cases
from placehub.sample.homes import SampleHome, make_homes
from placehub.sample.parties import Party
from placehub.sample.places import Places

FIRST_DAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday; the simulation's own time has nothing to do with today."""
HOURS: Final = (8, 16)
MORNING: Final = HOURS[0]
"""The hour at which providers bring their vacancies up to date; needs become known at the other hours."""
EMERGENCY_HOURS: Final = (1.0, 2.0)
"""After a need for today is known the world also stops at these hours, since minutes matter then."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of the country the world holds."""

    authorities: int
    providers: int
    households: int
    days: int
    nation: str | None = None
    """All of whose authorities are taken; without one they are the region's."""


SCALES: Final[dict[str, Scale]] = {
    "region": Scale(authorities=14, providers=40, households=2_000, days=30),
    "corner": Scale(authorities=3, providers=6, households=300, days=7),
    "england": Scale(authorities=153, providers=318, households=42_190, days=3, nation="England"),
}


@dataclass(frozen=True)
class World:
    """Everything that is so before anybody acts."""

    seed: int
    scale: Scale
    authorities: tuple[Party, ...]
    providers: tuple[Party, ...]
    lead: Party
    agreements: tuple[AgreementRegistered, ...]
    joinings: tuple[ProviderJoined, ...]
    homes: tuple[SampleHome, ...]
    cases: tuple[Case, ...]

    @property
    def parties(self) -> tuple[Party, ...]:
        """Every organisation."""
        return (*self.authorities, *self.providers, self.lead)

    @cached_property
    def steps(self) -> tuple[datetime, ...]:
        """The moments at which the actors act: two a day, and closer together while a need for today is open."""
        regular = set(regular_steps(self.scale.days))
        extra = {
            case.need_known_at + timedelta(hours=hours)
            for case in self.cases
            if case.emergency
            for hours in EMERGENCY_HOURS
        }
        return tuple(sorted(regular | extra))

    def homes_of(self, provider: str) -> tuple[SampleHome, ...]:
        """Return one provider's own homes."""
        return tuple(one for one in self.homes if one.provider == provider)

    def cases_of(self, authority: str) -> tuple[Case, ...]:
        """Return one authority's own cases."""
        return tuple(one for one in self.cases if one.authority == authority)

    def canaries(self) -> frozenset[str]:
        """Return the token of every sealed text: none may ever be found outside what is sealed."""
        return frozenset(_tokens(self))


def _tokens(world: World) -> Iterator[str]:
    for home in world.homes:
        yield from home.canaries
    for case in world.cases:
        yield from case.canaries


def regular_steps(days: int) -> tuple[datetime, ...]:
    """Return the four moments of each simulated day."""
    return tuple(
        datetime.combine(FIRST_DAY.date() + timedelta(days=day), time(hour), UTC)
        for day in range(days)
        for hour in HOURS
    )


def make_world(seed: int, scale: str, postcodes: Postcodes, days: int | None = None) -> World:
    """Draw the world of that seed and scale, for its usual days or those given.

    NotFound for a scale there is none of; Misconfigured for a number of days that is not at least one.
    """
    if scale not in SCALES:
        raise NotFound(f"There is no scale {scale!r}. Use one of: {', '.join(SCALES)}.")
    if days is not None and days < 1:
        raise Misconfigured("A sample world lasts at least one day. Give --days 1 or more.")
    size = replace(SCALES[scale], days=days or SCALES[scale].days)
    authorities = parties.make_authorities(size.authorities, size.nation)
    places = Places(postcodes, [one.code for one in authorities])
    providers = parties.make_providers(seed, size.providers, authorities, places)
    steps = regular_steps(size.days)
    mornings = [step for step in steps if step.hour == MORNING]
    searches = figures.searches_in(size.days, size.households)
    return World(
        seed=seed,
        scale=size,
        authorities=authorities,
        providers=providers,
        lead=parties.make_lead(),
        agreements=parties.agreements(seed, authorities),
        joinings=parties.joinings(seed, providers),
        homes=make_homes(seed, providers, places, size.households, mornings),
        cases=make_cases(seed, authorities, places, searches, [step for step in steps if step.hour != MORNING]),
    )
