"""The Merkle tree of RFC 9162, section 2.1: hashes, proofs and their checks; pure.

A node is named by (level, number): node 0/7 is the hash of leaf 7, node 3/1 that of leaves 8 to 15. Only whole nodes,
of 2^level leaves, are asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

Node = Callable[[int, int], bytes]
"""(level, number) -> the hash of that whole node."""
HASH_BYTES: Final = 32


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(size: int, node: Node) -> bytes:
    """Return the root hash of the first `size` leaves."""
    return _range(0, size, node) if size else hashlib.sha256(b"").digest()


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _range(begin: int, end: int, node: Node) -> bytes:
    size = end - begin
    if size & (size - 1) == 0:
        return node(size.bit_length() - 1, begin // size)
    middle = begin + _split(size)
    return node_hash(_range(begin, middle, node), _range(middle, end, node))


def inclusion(number: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that leaf `number` is among the first `size`; ValueError when it is not."""
    if not 0 <= number < size:
        raise ValueError(f"leaf {number} is not among the first {size}")
    return _path(number, 0, size, node)


def _path(number: int, begin: int, end: int, node: Node) -> list[bytes]:
    if end - begin == 1:
        return []
    middle = begin + _split(end - begin)
    if number < middle:
        return [*_path(number, begin, middle, node), _range(middle, end, node)]
    return [*_path(number, middle, end, node), _range(begin, middle, node)]


def consistency(earlier: int, later: int, node: Node) -> list[bytes]:
    """Return the proof that the first `later` leaves begin with the first `earlier`; none is needed where one is 0."""
    if not 0 <= earlier <= later:
        raise ValueError(f"{earlier} leaves are not among the first {later}")
    return _subproof(earlier, 0, later, node, whole=True) if earlier else []


def _subproof(earlier: int, begin: int, end: int, node: Node, *, whole: bool) -> list[bytes]:
    if earlier == end:
        return [] if whole else [_range(begin, end, node)]
    middle = begin + _split(end - begin)
    if earlier <= middle:
        return [*_subproof(earlier, begin, middle, node, whole=whole), _range(middle, end, node)]
    return [*_subproof(earlier, middle, end, node, whole=False), _range(begin, middle, node)]


def includes(leaf: bytes, number: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Tell whether the proof shows this hash as leaf `number` of the first `size` (RFC 9162, 2.1.3.2)."""
    if not 0 <= number < size:
        return False
    at, last, found = number, size - 1, leaf
    for one in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(one, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, one)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root_hash


def extends(earlier: int, later: int, proof: Sequence[bytes], earlier_root: bytes, later_root: bytes) -> bool:
    """Tell whether the proof shows that the later tree begins with the earlier one (RFC 9162, 2.1.4.2)."""
    if not 0 < earlier < later:
        return not proof and (earlier == 0 or (earlier == later and earlier_root == later_root))
    path = list(proof) if earlier & (earlier - 1) else [earlier_root, *proof]
    if not path:
        return False
    at, last = earlier - 1, later - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(one, before), node_hash(one, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, one)
        at, last = at >> 1, last >> 1
    return last == 0 and before == earlier_root and after == later_root
