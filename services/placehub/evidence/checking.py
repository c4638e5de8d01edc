"""The log held against the streams and the signed tree heads; pure. Whatever differs is named.

A record, its row in the log and its hash in the tree say the same thing three times. Where two of them agree, the third
was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from placehub.evidence.events import TreeHeadSigned
from placehub.evidence.findings import Finding
from placehub.evidence.heads import PublicKey
from placehub.evidence.leaves import Leaf, Sealed, differing
from placehub.evidence.signed import check_follows, check_signature, name_of
from placehub.evidence.tiles import WIDTH, Entry, Growth, Place, hashes_of

LEAVES_AT_ONCE: Final = 2048
"""Leaves that are in memory at once."""

Partition = tuple[str, int]
"""Topic and partition number."""
Read = Callable[[str, int, int], Iterator[Sealed]]
"""(topic, partition, first offset) -> its records from there on, in order, up to where it ended when it was asked."""


class Log(Protocol):
    """The log as it is stored."""

    size: int
    """How many leaves it says it has."""
    head_size: int
    """At which size it says it was signed last."""

    def last(self) -> int:
        """Return the largest number of any leaf below `size`; -1 when there is none."""
        ...

    def strays(self) -> Sequence[int]:
        """Return numbers of leaves that are below 0 or not below `size`; a few of them are enough."""
        ...

    def leaves(self, begin: int, end: int) -> Mapping[int, Leaf]:
        """Return the leaves from `begin` up to `end`, by number."""
        ...

    def tile(self, place: Place) -> bytes:
        """Return a tile's hashes; nothing when it is not there."""
        ...

    def partitions(self, size: int) -> Mapping[Partition, int]:
        """Return each partition that has a leaf, with the offset after its last record below `size`; else 0."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """How far the log has been checked: up to this size, at which it had this root hash."""

    size: int
    root_hash: bytes


class _Records:
    """The next record of each partition."""

    def __init__(self, read: Read, begins: Mapping[Partition, int]) -> None:
        self._read = read
        self._begins = begins
        self._open: dict[Partition, Iterator[Sealed]] = {}
        self._next: dict[Partition, Sealed | None] = {}

    def next(self, place: Partition) -> Sealed | None:
        """Return the next record of a partition without passing it; None at its end, or when there is no such one."""
        if place not in self._begins:
            return None
        if place not in self._next:
            if place not in self._open:
                self._open[place] = self._read(*place, self._begins[place])
            self._next[place] = next(self._open[place], None)
        return self._next[place]

    def passed(self, record: Sealed) -> None:
        """Go on to the record after this one."""
        self._next.pop((record.topic, record.partition), None)

    def with_hash(self, wanted: bytes, first: Partition | None) -> Sealed | None:
        """Return the next record of some partition that has this hash as a leaf; `first` is looked at first."""
        own = self.next(first) if first else None
        if own and own.leaf.hash == wanted:
            return own
        others = (self.next(one) for one in sorted(self._begins) if one != first)
        return next((one for one in others if one and one.leaf.hash == wanted), None)


class LogCheck:
    """One check of the log, from where an earlier one came to. `findings` grows as it runs."""

    def __init__(
        self, log: Log, heads: Sequence[TreeHeadSigned], read: Read, key: PublicKey, begin: Checked | None
    ) -> None:
        """`heads`: all that were signed, in the order of their stream."""
        self._log, self._heads, self._key, self._begin = log, heads, key, begin
        self.end = min(max(log.size, 0), log.last() + 1)
        """Up to which size there is something to check."""
        start = begin.size if begin else 0
        self._growth = Growth(start, log.tile)
        self._records = _Records(read, log.partitions(start))
        self._tiles: dict[int, tuple[Place, list[bytes]]] = {}
        self.findings: list[Finding] = []

    def run(self) -> Iterator[Checked]:
        """Check chunk by chunk; yield how far it has come after each. Stop early when what was checked is gone."""
        self._check_log()
        self._check_heads()
        if self._begin and not self._stands(self._begin):
            says = "is not as it was when it was checked; check from the beginning (--all) to find what was changed"
            self.findings.append(Finding("tree", f"up to leaf {self._begin.size}", says))
            return
        at_size = {one.tree_size: one for one in self._heads}
        stops = sorted({size for size in at_size if self._growth.size < size <= self.end} | {self.end})
        for stop in stops:
            while self._growth.size < stop:
                self._check_leaves(self._growth.size, min(stop, self._growth.size + LEAVES_AT_ONCE))
                yield Checked(self._growth.size, self._growth.root())
            if stop in at_size:
                self.findings += check_signature(at_size[stop], self._key, self._growth.root())

    def _stands(self, checked: Checked) -> bool:
        """Tell whether the tree is still as it was when it was checked."""
        try:
            return checked.size <= self.end and self._growth.root() == checked.root_hash
        except ValueError:  # a tile is gone, or shorter than it was
            return False

    def _check_log(self) -> None:
        if self.end != self._log.size:
            self.findings.append(Finding("log", "size", f"says {self._log.size}, and its last leaf is {self.end - 1}"))
        self.findings += [Finding(f"leaf {one}", "number", "is outside of the log") for one in self._log.strays()]
        last = self._heads[-1].tree_size if self._heads else 0
        if self._log.head_size != last:
            self.findings.append(Finding("log", "head_size", f"is not {last}, at which it was signed last"))

    def _check_heads(self) -> None:
        """Check how the heads follow on each other, and by themselves those that no leaf here is checked against."""
        for before, one in zip([None, *self._heads], self._heads, strict=False):
            self.findings += check_follows(before, one)
            if one.tree_size > self.end:
                says = f"was signed, and the log ends at {self.end}: leaves are gone, or the size was changed"
                self.findings.append(Finding(name_of(one), "tree_size", says))
            if not self._growth.size < one.tree_size <= self.end:
                self.findings += check_signature(one, self._key)

    def _check_leaves(self, begin: int, end: int) -> None:
        rows = self._log.leaves(begin, end)
        for number in range(begin, end):
            entry = Entry(0, number, self._check_leaf(number, rows.get(number), self._stored(Entry(0, number, b""))))
            for made in self._growth.add(entry.hash)[1:]:
                if self._stored(made) != made.hash:
                    self._changed_in_tree(made)
        self._growth.take_changed()

    def _check_leaf(self, number: int, row: Leaf | None, noted: bytes) -> bytes:
        """Name what differs between a leaf's row, its hash in the tree and its record; return the hash that counts."""
        where = f"leaf {number}"
        record = self._records.with_hash(noted, (row.topic, row.partition) if row else None)
        if record:
            self._records.passed(record)
            if row is None:
                self.findings.append(Finding(where, "", f"is missing in the log; it was record {record.leaf.position}"))
            else:
                says = f"was changed in the log: tree and record {record.leaf.position} agree on another"
                self.findings += [Finding(where, name, says) for name in differing(row, record.leaf)]
        elif row and row.hash == noted:
            self._changed_in_stream(row)
        elif row and (own := self._records.next((row.topic, row.partition))) and own.leaf == row:
            self._records.passed(own)
            self._changed_in_tree(Entry(0, number, noted))
            return row.hash
        else:
            self.findings.append(Finding(where, "", "is in no agreement with the tree or any record: several changed"))
        return noted

    def _changed_in_stream(self, row: Leaf) -> None:
        place = (row.topic, row.partition)
        while (record := self._records.next(place)) and record.offset < row.offset:
            self._records.passed(record)
            self.findings.append(Finding(f"record {record.leaf.position}", "", "is in the stream and not in the log"))
        if record is None or record.offset != row.offset:
            self.findings.append(Finding(f"record {row.position}", "", "is in the log and not in its stream any more"))
            return
        self._records.passed(record)
        says = "is not what was logged"
        self.findings += [Finding(f"record {row.position}", name, says) for name in differing(row, record.leaf)]

    def _changed_in_tree(self, entry: Entry) -> None:
        name = f"tile {entry.level}/{entry.tile.number}"
        self.findings.append(Finding(name, f"hash {entry.number % WIDTH}", "was changed in the tree"))

    def _stored(self, entry: Entry) -> bytes:
        """Return the stored hash at an entry's place; nothing when there is none."""
        place, hashes = self._tiles.get(entry.level, (None, []))
        if place != entry.tile:
            hashes = hashes_of(self._log.tile(entry.tile))
            self._tiles[entry.level] = (entry.tile, hashes)
        at = entry.number % WIDTH
        return hashes[at] if at < len(hashes) else b""
