"""What several tests of the portal need of the hub they share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from placehub.database import connect


@pytest.fixture(scope="package")
def engine_of_hub(hub: Any) -> Iterator[Engine]:
    """The shared hub's own database."""
    engine = connect(hub.settings.database.get_secret_value(), pool_size=1)
    yield engine
    engine.dispose()
