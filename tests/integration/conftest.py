"""Two authorities and three providers for each module, and an agreement of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .story import Desk, HubUnderTest, Town, desk


@pytest.fixture(scope="module")
def authorities(hub: HubUnderTest) -> Iterator[tuple[Desk, Desk]]:
    """Two authorities."""
    both = desk(hub, "authority"), desk(hub, "authority")
    yield both
    for one in both:
        one.mailbox.close()


@pytest.fixture(scope="module")
def providers(hub: HubUnderTest) -> Iterator[tuple[Desk, ...]]:
    """Three providers."""
    three = tuple(desk(hub, "provider") for _ in range(3))
    yield three
    for one in three:
        one.mailbox.close()


@pytest.fixture
def town(hub: HubUnderTest, authorities: tuple[Desk, Desk], providers: tuple[Desk, ...]) -> Iterator[Town]:
    """The first authority's agreement with all three providers; the second authority is beside it."""
    made = Town(hub, authorities[0], providers, neighbour=authorities[1])
    made.begin()
    yield made
    made.end()
