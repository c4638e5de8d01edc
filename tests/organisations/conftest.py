"""What the tests of organisations share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from placehub.database import connect


@pytest.fixture
def connection(hub: Any) -> Iterator[Connection]:
    """A connection to the hub's database."""
    engine = connect(hub.settings.database.get_secret_value(), pool_size=1)
    with engine.connect() as opened:
        yield opened
    engine.dispose()
