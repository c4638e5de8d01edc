"""Logs for the tests of the evidence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from .made import Making, making


@pytest.fixture(scope="module")
def made(engine: Engine) -> Iterator[Making]:
    """What makes logs, which end with the module."""
    with making(engine) as making_logs:
        yield making_logs
