"""The tree as it is kept: tiles of up to 256 hashes of one level, each 8 levels above the one below; pure.

Tile 0/3 holds the hashes of leaves 768 to 1023; tile 1/0 the roots of tiles 0/0 to 0/255. Whatever lies between is
made from them, so that a leaf takes 32 bytes, and a proof a handful of tiles, however large the log is. The layout is
that of C2SP's tlog-tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from placehub.evidence.tree import HASH_BYTES, Node, node_hash, root

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
KEPT: Final = 512
"""Tiles that a reader keeps in memory, 8 kB each."""


class Place(NamedTuple):
    """Where a tile stands."""

    level: int
    number: int


class Entry(NamedTuple):
    """One hash that came to a level of tiles: `number` counts along the level."""

    level: int
    number: int
    hash: bytes

    @property
    def tile(self) -> Place:
        """The tile it is in."""
        return Place(self.level, self.number >> HEIGHT)


Load = Callable[[Place], bytes]
"""Returns the hashes of a tile, one after the other; nothing when there is no such tile."""


def hashes_of(tile: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def whole_root(hashes: list[bytes]) -> bytes:
    """Return the root above 2^n hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def nodes_of(load: Load) -> Node:
    """Return what gives the nodes of a tree whose tiles `load` gives; ValueError when a tile is too short."""
    kept = lru_cache(KEPT)(load)

    def node(level: int, number: int) -> bytes:
        tiles, above = divmod(level, HEIGHT)
        first = number << above
        place, at = Place(tiles, first >> HEIGHT), first % WIDTH
        hashes = hashes_of(kept(place))[at : at + (1 << above)]
        if len(hashes) < 1 << above or len(hashes[-1]) < HASH_BYTES:
            raise ValueError(f"tile {place.level}/{place.number} is too short")
        return whole_root(hashes)

    return node


def unfinished(size: int) -> Iterator[tuple[Place, int]]:
    """Yield the tiles that are being filled at that size, and how many hashes each has; those with none left out."""
    level, entries = 0, size
    while entries:
        if entries % WIDTH:
            yield Place(level, entries >> HEIGHT), entries % WIDTH
        level, entries = level + 1, entries >> HEIGHT


class Growth:
    """A tree that leaves are added to. Memory holds the unfinished tiles, one a level, and what has changed."""

    def __init__(self, size: int, load: Load) -> None:
        """Go on from the first `size` leaves, whose tiles `load` gives."""
        self.size = size
        self._open = {place: bytearray(load(place)[: count * HASH_BYTES]) for place, count in unfinished(size)}
        self._changed: dict[Place, bytearray] = {}

    def add(self, leaf: bytes) -> list[Entry]:
        """Add a leaf's hash; return what came to each level of tiles, the leaf itself first."""
        made = [Entry(0, self.size, leaf)]
        self._put(made[0])
        while made[-1].number % WIDTH == WIDTH - 1:
            full = self._open.pop(made[-1].tile)
            made.append(Entry(made[-1].level + 1, made[-1].number >> HEIGHT, whole_root(hashes_of(bytes(full)))))
            self._put(made[-1])
        self.size += 1
        return made

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add the hashes of several leaves."""
        for leaf in leaves:
            self.add(leaf)

    def _put(self, entry: Entry) -> None:
        tile = self._open.setdefault(entry.tile, bytearray())
        tile += entry.hash
        self._changed[entry.tile] = tile

    def root(self) -> bytes:
        """Return the root hash of all leaves so far."""
        return root(self.size, nodes_of(lambda place: bytes(self._open.get(place, b""))))

    def take_changed(self) -> dict[Place, bytes]:
        """Hand over the tiles that have changed since this was last asked."""
        changed, self._changed = self._changed, {}
        return {place: bytes(tile) for place, tile in changed.items()}
