"""The tree against the vectors of RFC 6962's reference log, and against the definition for every small size."""

from __future__ import annotations

import hashlib
from functools import partial
from itertools import pairwise

import pytest

from placehub.evidence.tiles import WIDTH, Growth, Place, nodes_of
from placehub.evidence.tree import consistency, extends, includes, inclusion, leaf_hash, node_hash, root

ENTRIES = [
    bytes.fromhex(one)
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
"""The entries of the reference log of Certificate Transparency."""
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""Its root at each size from 1 on."""


def grown(leaves: list[bytes]) -> tuple[Growth, dict[Place, bytes]]:
    """Return a tree of these leaf hashes, and its tiles."""
    growth = Growth(0, lambda place: b"")
    growth.extend(leaves)
    return growth, growth.take_changed()


def defined(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 9162 defines it, as plainly as can be."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node_hash(defined(leaves[:middle]), defined(leaves[middle:]))


def test_the_roots_are_those_of_the_reference_log() -> None:
    """A log of the reference entries has the published root at every size."""
    leaves = [leaf_hash(one) for one in ENTRIES]
    assert [grown(leaves[: size + 1])[0].root().hex() for size in range(8)] == list(ROOTS)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 65, WIDTH - 1, WIDTH, WIDTH + 1, 2 * WIDTH + 77])
def test_every_proof_holds_and_no_other(size: int) -> None:
    """Each leaf's proof shows that leaf at that place alone, and each earlier size is shown to be the beginning."""
    leaves = [leaf_hash(str(one).encode()) for one in range(size)]
    growth, tiles = grown(leaves)
    node = nodes_of(lambda place: tiles.get(place, b""))
    top = root(size, node)
    assert top == growth.root() == defined(leaves)
    step = max(1, size // 40)
    for number in range(0, size, step):
        proof = inclusion(number, size, node)
        assert includes(leaves[number], number, size, proof, top)
        assert not includes(leaf_hash(b"another"), number, size, proof, top)
        assert not includes(leaves[number], (number + 1) % size, size, proof, top) or size == 1
        assert not includes(leaves[number], number, size, [*proof, top], top)
    for earlier in range(1, size + 1, step):
        proof, before = consistency(earlier, size, node), defined(leaves[:earlier])
        assert extends(earlier, size, proof, before, top)
        assert not extends(earlier, size, proof, leaf_hash(b"another"), top)
        assert earlier == size or not extends(earlier, size, proof[:-1], before, top)


def stored(tiles: dict[Place, bytes], place: Place) -> bytes:
    """Return a tile of those that are kept."""
    return tiles.get(place, b"")


def test_a_log_that_grows_in_steps_is_the_one_that_grew_at_once() -> None:
    """Whatever the batches, tiles and root come out the same: a restart changes nothing."""
    leaves = [leaf_hash(str(one).encode()) for one in range(3 * WIDTH + 5)]
    whole, tiles = grown(leaves)
    kept: dict[Place, bytes] = {}
    ends = [0, 1, 100, WIDTH, WIDTH + 1, 3 * WIDTH, len(leaves)]
    for begin, end in pairwise(ends):
        growth = Growth(begin, partial(stored, kept))
        growth.extend(leaves[begin:end])
        kept |= growth.take_changed()
    assert kept == tiles
    assert growth.root() == whole.root()
