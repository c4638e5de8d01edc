"""The stage of the sample world: who acts when, whatever the hub behind it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from placehub.referrals.child import Child, ChildNeed
from placehub.sample.actors import Act, Actor, Lead, Letter, waves
from placehub.sample.behaviour import Model
from placehub.sample.manager import ReferralManager
from placehub.sample.officer import Officer
from placehub.sample.parties import Party
from placehub.sample.world import FIRST_DAY, World

A = TypeVar("A")
R = TypeVar("R")


class Front(Protocol):
    """The hub as the actors meet it: through their mailboxes, or in memory. Both run the same rules."""

    def register(self, parties: Sequence[Party], now: datetime) -> None:
        """Set the hub's clock, and register every organisation."""
        ...

    def turn(self, now: datetime) -> Mapping[str, Sequence[Letter]]:
        """Move the hub's clock on; return what then has come to each organisation since it last was asked."""
        ...

    def post(self, wave: Sequence[Act]) -> None:
        """Post what goes well together, and return once it is decided."""
        ...

    def need(self, provider: str, child: Child) -> ChildNeed | None:
        """Return a child's need as far as it is open to the provider."""
        ...

    def each(self, do: Callable[[A], R], items: Iterable[A]) -> list[R]:
        """Return what `do` returns for each item, in their order."""
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...


class Stage:
    """The actors in front of a hub."""

    def __init__(self, front: Front, world: World, model: Model | None = None) -> None:
        self._front = front
        self._world = world
        self._model = model or Model()
        self._actors: dict[str, Actor] = {}

    def prepare(self) -> None:
        """Register every organisation, hire the actors, and let the lead register the agreements."""
        parties = self._world.parties
        self._front.register(parties, FIRST_DAY)
        self._actors = {one.code: self._hire(one) for one in parties}
        self._post(self._actors[self._world.lead.code].act(FIRST_DAY))

    def step(self, now: datetime) -> None:
        """Move the clock on, let everybody read what has come, and post what they then decide, in waves."""
        came = self._front.turn(now)
        for code in sorted(came):
            self._actors[code].read(came[code], now)
        acts = self._front.each(lambda actor: actor.act(now), self._actors.values())
        self._post(act for some in acts for act in some)

    @property
    def rejected(self) -> list[object]:
        """Every event that came back to an actor."""
        return [event for actor in self._actors.values() for event in actor.rejected]

    def _hire(self, party: Party) -> Actor:
        match party.kind:
            case "authority":
                return Officer(self._world, party.code, self._model)
            case "provider":
                return ReferralManager(self._world, party.code, self._model, partial(self._front.need, party.code))
            case _:
                return Lead(self._world)

    def _post(self, acts: Iterable[Act]) -> None:
        for wave in waves(list(acts)):
            self._front.post(wave)
