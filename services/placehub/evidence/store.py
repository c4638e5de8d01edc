"""The log in the database: what is added to it, and how it is read. The caller's transaction holds all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Table, func, insert, or_, select, update

from placehub.database import insertion, rows_of
from placehub.errors import Misconfigured, NotFound
from placehub.evidence.checking import Checked, Partition
from placehub.evidence.heads import PublicKey
from placehub.evidence.leaves import Leaf
from placehub.evidence.tables import CHECKED, LEAF, LOG, TILE
from placehub.evidence.tiles import Growth, Place

NAMED_AT_MOST: Final = 10
"""Stray leaves that are named at most."""


def open_log(connection: Connection, key: PublicKey) -> StoredLog:
    """Return the log of this key, begun now if there is none, locked until the transaction ends.

    Misconfigured when the log here is another key's.
    """
    row = connection.execute(select(LOG).with_for_update()).first()
    if row is None:
        values = {"log_id": key.log_id, "public_key": key.raw, "size": 0, "head_size": 0}
        connection.execute(insert(LOG).values(values))
        row = connection.execute(select(LOG).with_for_update()).one()
    if row.log_id != key.log_id:
        raise Misconfigured(
            "The evidence log here was begun with another key. Set PLACEHUB_EVIDENCE_KEY to the key it was begun with."
        )
    return StoredLog(connection, row)


def read_log(connection: Connection) -> StoredLog:
    """Return the log as it stands; NotFound when none has begun."""
    row = connection.execute(select(LOG)).first()
    if row is None:
        raise NotFound("There is no evidence log here yet. It begins with the first record; is the hub up?")
    return StoredLog(connection, row)


class StoredLog:
    """The log at the size it had when it was opened, and what is added to it from here."""

    def __init__(self, connection: Connection, row: Any) -> None:
        self._connection = connection
        self.log_id: UUID = row.log_id
        self.public_key: bytes = row.public_key
        self.size: int = row.size
        self.head_size: int = row.head_size
        self.head_at: datetime | None = row.head_at

    def add(self, leaves: Sequence[Leaf]) -> None:
        """Add leaves in this order."""
        if not leaves:
            return
        growth = Growth(self.size, self.tile)
        rows = [
            {"number": number, **{name: getattr(leaf, name) for name in Leaf.__dataclass_fields__}}
            for number, leaf in enumerate(leaves, self.size)
        ]
        self._connection.execute(insertion(LEAF), rows_of(LEAF, rows))
        growth.extend(leaf.hash for leaf in leaves)
        for place, hashes in growth.take_changed().items():
            self._put(TILE, {"level": place.level, "number": place.number}, {"hashes": hashes})
        self.size = growth.size
        self._connection.execute(update(LOG).where(LOG.c.log_id == self.log_id).values(size=self.size))

    def _put(self, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        mine = [table.c[name] == value for name, value in key.items()]
        if not self._connection.execute(update(table).where(*mine).values(values)).rowcount:
            self._connection.execute(insert(table).values({**key, **values}))

    def signed(self, at: datetime) -> None:
        """Note that the log was signed at its present size."""
        mine = LOG.c.log_id == self.log_id
        self._connection.execute(update(LOG).where(mine).values(head_size=self.size, head_at=at))
        self.head_size, self.head_at = self.size, at

    def last(self) -> int:
        """Return the largest number of any leaf below `size`; -1 when there is none."""
        found = self._connection.execute(select(func.max(LEAF.c.number)).where(LEAF.c.number < self.size)).scalar()
        return -1 if found is None else int(found)

    def strays(self) -> list[int]:
        """Return the first numbers of leaves that are below 0 or not below `size`."""
        outside = select(LEAF.c.number).where(or_(LEAF.c.number < 0, LEAF.c.number >= self.size))
        return list(self._connection.execute(outside.order_by(LEAF.c.number).limit(NAMED_AT_MOST)).scalars())

    def leaves(self, begin: int, end: int) -> dict[int, Leaf]:
        """Return the leaves from `begin` up to `end`, by number."""
        wanted = select(LEAF).where(LEAF.c.number >= begin, LEAF.c.number < end)
        return {row.number: _leaf(row) for row in self._connection.execute(wanted)}

    def with_keys(self, topic: str, keys: Sequence[str], size: int) -> list[tuple[int, Leaf]]:
        """Return the leaves below `size` of records with one of these keys, in the log's order."""
        wanted = select(LEAF).where(LEAF.c.topic == topic, LEAF.c.key.in_(keys), LEAF.c.number < size)
        return [(row.number, _leaf(row)) for row in self._connection.execute(wanted.order_by(LEAF.c.number))]

    def keys(self, topic: str) -> tuple[str, ...]:
        """Return every key that a record of this topic had."""
        found = select(LEAF.c.key).where(LEAF.c.topic == topic).distinct()
        return tuple(sorted(self._connection.execute(found).scalars()))

    def tile(self, place: Place) -> bytes:
        """Return a tile's hashes; nothing when it is not there."""
        wanted = select(TILE.c.hashes).where(TILE.c.level == place.level, TILE.c.number == place.number)
        return bytes(self._connection.execute(wanted).scalar() or b"")

    def partitions(self, size: int) -> dict[Partition, int]:
        """Return each partition that has a leaf, with the offset after its last record below `size`; else 0."""
        place = (LEAF.c.topic, LEAF.c.partition)
        there = {(row.topic, row.partition): 0 for row in self._connection.execute(select(*place).distinct())}
        if size:
            passed = select(*place, (func.max(LEAF.c.offset) + 1).label("next")).where(LEAF.c.number < size)
            there |= {(row.topic, row.partition): row.next for row in self._connection.execute(passed.group_by(*place))}
        return there

    def checked(self) -> Checked | None:
        """Return how far the log has been checked; None when it never was."""
        row = self._connection.execute(select(CHECKED).where(CHECKED.c.log_id == self.log_id)).first()
        return Checked(row.size, bytes(row.root_hash)) if row else None

    def note_checked(self, checked: Checked, at: datetime) -> None:
        """Note how far the log has been checked, and when."""
        values = {"size": checked.size, "root_hash": checked.root_hash, "checked_at": at}
        self._put(CHECKED, {"log_id": self.log_id}, values)


def _leaf(row: Any) -> Leaf:
    return Leaf(row.topic, row.partition, row.offset, row.key, bytes(row.headers), bytes(row.value))
