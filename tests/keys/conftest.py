"""Ways to call the API of the key service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from sqlalchemy.engine import Engine

from placehub.keys.api import create_app

from .calling import HUB_TOKEN, MASTER, NOW, Api, free_port, served


@pytest.fixture
def code() -> Callable[[str], str]:
    """A maker of organisation codes no other test uses."""
    return lambda name: f"{name}-{uuid4().hex[:8]}"


@pytest.fixture
def nowhere() -> str:
    """The root of a server that is not there."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def api(engine: Engine, nowhere: str) -> Api:
    """The API in this process, its schema registry away."""
    return Api(create_app(engine, MASTER, HUB_TOKEN, nowhere, lambda: NOW), engine)


@pytest.fixture
def root(api: Api) -> Iterator[str]:
    """The root of the API served over a real port."""
    with served(api.app) as address:
        yield address
