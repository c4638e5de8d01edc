"""Which organisations have an inbox at all: an event may name one that never joined, and nothing must wait for it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from placehub.streams import inbox

NOBODY: Final[frozenset[str]] = frozenset()


class Inboxes:
    """Asks the broker which inboxes there are, and asks again only about those it has not seen."""

    def __init__(self, topics: Callable[[], frozenset[str]]) -> None:
        """`topics` returns the names of all topics; Unavailable when the broker does not say."""
        self._topics = topics
        self._there: frozenset[str] = NOBODY

    def missing(self, organisations: Collection[str]) -> frozenset[str]:
        """Return those that have no inbox: an inbox is there before its organisation is told of."""
        unseen = frozenset(organisations) - self._there
        if unseen:
            topics = self._topics()
            self._there |= {code for code in unseen if inbox(code) in topics}
        return unseen - self._there
