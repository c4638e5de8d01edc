"""One sample world for all tests of this folder."""

from __future__ import annotations

import pytest

from placehub.postcodes import Postcodes
from placehub.sample.world import World, make_world

SEED = 7


@pytest.fixture(scope="session")
def postcodes() -> Postcodes:
    """Return the directory of the installed data."""
    return Postcodes.open()


@pytest.fixture(scope="session")
def world(postcodes: Postcodes) -> World:
    """Return the region of one seed."""
    return make_world(SEED, "region", postcodes)


@pytest.fixture(scope="session")
def corner(postcodes: Postcodes) -> World:
    """Return the small world of one seed."""
    return make_world(SEED, "corner", postcodes)
