"""What the tests of retention share: a connection and an owner of their own."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy.engine import Connection, Engine


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose changes nobody else sees."""
    with engine.connect() as one:
        yield one
        one.rollback()


@pytest.fixture
def owner() -> str:
    """An authority no other test has."""
    return f"A-{uuid4()}"
