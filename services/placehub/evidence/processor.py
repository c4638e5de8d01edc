"""The evidence log as a processor: every record of the streams becomes a leaf, and the log is signed at intervals.

The order of the leaves is the log's own: within a batch by topic, partition and offset, and batches in the order in
which they were taken in. It is recorded, leaf by leaf; of one partition it is always that of the offsets.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import uuid5

from sqlalchemy import Connection

from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Step, Turn
from placehub.evidence.events import TreeHeadSigned
from placehub.evidence.heads import SigningKey
from placehub.evidence.leaves import Sealed
from placehub.evidence.store import StoredLog, open_log
from placehub.evidence.tiles import Growth, nodes_of
from placehub.evidence.tree import consistency
from placehub.streams import LOGGED

SEAT: Final = Partition("organisation", 0)
"""Whoever holds this partition signs: so the heads have one writer, and their sequence no gap."""


class Evidence:
    """Adds what it reads to the log, repeats as well: what stands in a stream stands in the log, leaf for record."""

    name = "evidence"
    streams: tuple[str, ...] = LOGGED
    raw: tuple[str, ...] = LOGGED
    world: tuple[str, ...] = ()

    def __init__(self, key: SigningKey, seconds: int) -> None:
        """`seconds`: how long after a head the next is signed, if the log has grown."""
        self._key = key
        self._every = timedelta(seconds=seconds)

    def handle(self, turns: Sequence[Turn]) -> None:
        """Add the records of each partition to the log."""
        leaves = [sealed(one).leaf for _, records in turns for one in records]
        leaves.sort(key=lambda leaf: (leaf.topic, leaf.partition, leaf.offset))
        open_log(turns[0][0].connection, self._key.public).add(leaves)

    def tick(self, step: Step) -> None:
        """Sign the log if that is due."""
        if step.partition != SEAT:
            return
        log = open_log(step.connection, self._key.public)
        waits = log.head_at is not None and step.now < log.head_at + self._every
        if log.size > log.head_size and not waits:
            step.emit(self._sign(log, step), because=uuid5(log.log_id, f"head {log.size}"))
            log.signed(step.now)

    def _sign(self, log: StoredLog, step: Step) -> TreeHeadSigned:
        head = self._key.sign_head(log.size, Growth(log.size, log.tile).root(), step.now)
        proof = consistency(log.head_size, log.size, nodes_of(log.tile))
        return TreeHeadSigned(
            log_id=head.log_id,
            tree_size=head.tree_size,
            root_hash=head.root_hash.hex(),
            signed_at=head.signed_at,
            key_id=self._key.public.key_id,
            signature=head.signature.hex(),
            previous_size=log.head_size,
            consistency=tuple(one.hex() for one in proof),
            to=log.keys("organisation"),
        )

    def learn(self, records: Sequence[Record], offsets: dict[str, list[int]]) -> None:
        """Its world is empty."""

    def take(self, connection: Connection, partition: Partition) -> None:
        """Keep nothing of a partition in memory."""

    def drop(self, partition: Partition) -> None:
        """Keep nothing of a partition in memory."""

    def react(self, step: Step, records: Sequence[Record]) -> None:
        """Its world is empty."""


def sealed(record: Record) -> Sealed:
    """Return a record as the log takes it: as it stands in its stream."""
    return Sealed(record.topic, record.partition, record.offset, record.key, record.headers, record.value or b"")
