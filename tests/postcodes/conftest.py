"""The real directory, imported once per machine into the user's cache."""

from __future__ import annotations

import pytest

from placehub.postcodes import Postcodes


@pytest.fixture(scope="session")
def postcodes() -> Postcodes:
    """Return the directory of the installed data."""
    return Postcodes.open()
