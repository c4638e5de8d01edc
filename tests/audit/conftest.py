"""One small sample world, lived through in memory, for all tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from placehub.audit.log import MemoryLog
from placehub.drivers.records import Record
from placehub.postcodes import Postcodes
from placehub.sample.inmemory import InMemory
from placehub.sample.stage import Stage
from placehub.sample.world import make_world
from placehub.search.opened import Households
from placehub.search.view import Needs

SEED, DAYS, PARTITIONS = 7, 30, 6


@dataclass(frozen=True)
class Lived:
    """What a world left: its streams, and what opens its needs and households."""

    records: tuple[Record, ...]
    needs: Needs
    households: Households
    postcodes: Postcodes

    @property
    def log(self) -> MemoryLog:
        """Return its streams."""
        return MemoryLog(self.records, PARTITIONS)

    def of(self, name: str) -> list[Record]:
        """Return the records of the events of that name."""
        return [one for one in self.records if type(one.event).__name__ == name]


@pytest.fixture(scope="session")
def lived() -> Lived:
    """Return the world, played by the bulk shell."""
    postcodes, records = Postcodes.open(), list[Record]()
    world = make_world(SEED, "corner", postcodes, DAYS)
    front = InMemory(SEED, postcodes, records.append)
    stage = Stage(front, world)
    stage.prepare()
    for now in world.steps:
        stage.step(now)
    return Lived(tuple(records), front.sealed, front.sealed.households, postcodes)
