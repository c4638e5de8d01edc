"""A log of made-up records in tables of its own: what each test of the log begins with."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, Engine

from placehub.evidence.checking import Checked, LogCheck
from placehub.evidence.events import TreeHeadSigned
from placehub.evidence.heads import SigningKey
from placehub.evidence.leaves import Sealed
from placehub.evidence.store import open_log, read_log
from placehub.evidence.tables import CHECKED, LEAF, LOG, TILE
from placehub.evidence.tiles import Growth, nodes_of
from placehub.evidence.tree import consistency

KEY = SigningKey(bytes(range(32)))
"""A key of the tests' own."""
BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
TABLES = (LOG, LEAF, TILE, CHECKED)


def with_tables(engine: Engine) -> Connection:
    """Return a connection that has the log's tables to itself, as temporary ones."""
    connection = engine.connect().execution_options(schema_translate_map={"evidence": "pg_temp"})
    for table in TABLES:
        table.create(connection, checkfirst=False)
    return connection


def record(chance: random.Random, topic: str, partition: int, offset: int) -> Sealed:
    """Return a made-up record."""
    headers = [("ce_id", chance.randbytes(16).hex().encode()), ("ce_type", f"{topic}.Made".encode())]
    value = b"\x00\x00\x00\x00\x07" + chance.randbytes(chance.randint(10, 60))
    return Sealed(topic, partition, offset, f"key-{chance.randint(0, 9)}", headers, value)


@dataclass
class Made:
    """A log, the streams it was made from, and its heads."""

    connection: Connection
    streams: dict[tuple[str, int], list[Sealed]]
    heads: list[TreeHeadSigned]

    def read(self, topic: str, partition: int, begin: int) -> Iterator[Sealed]:
        """Read a stream as a check does."""
        return (one for one in self.streams.get((topic, partition), []) if one.offset >= begin or not begin)

    def check(self, begin: Checked | None = None) -> tuple[list[str], list[Checked]]:
        """Return what a check finds, as lines, and how far it came."""
        check = LogCheck(read_log(self.connection), self.heads, self.read, KEY.public, begin)
        passed = list(check.run())
        return [str(one) for one in check.findings], passed

    def grow(self, chance: random.Random, *, batches: int, largest: int = 60) -> None:
        """Add batches of records, and sign after each third."""
        for number in range(batches):
            batch = []
            for _ in range(chance.randint(1, largest)):
                topic, partition = chance.choice(["referral", "vacancy", "organisation"]), chance.randint(0, 2)
                stream = self.streams.setdefault((topic, partition), [])
                stream.append(record(chance, topic, partition, len(stream)))
                batch.append(stream[-1])
            log = open_log(self.connection, KEY.public)
            log.add([one.leaf for one in sorted(batch, key=lambda one: (one.topic, one.partition, one.offset))])
            if number % 3 == 2:
                self.sign()

    def sign(self) -> None:
        """Sign the log as it stands."""
        log = open_log(self.connection, KEY.public)
        at = BEGIN + timedelta(days=len(self.heads))
        head = KEY.sign_head(log.size, Growth(log.size, log.tile).root(), at)
        self.heads.append(
            TreeHeadSigned(
                log_id=head.log_id,
                tree_size=head.tree_size,
                root_hash=head.root_hash.hex(),
                signed_at=at,
                key_id=KEY.public.key_id,
                signature=head.signature.hex(),
                previous_size=log.head_size,
                consistency=tuple(one.hex() for one in consistency(log.head_size, log.size, nodes_of(log.tile))),
                to=(),
            )
        )
        log.signed(at)


def chance_of(seed: int) -> random.Random:
    """Return what draws, the same from the same seed."""
    return random.Random(seed)  # noqa: S311 - it makes up records, not secrets


class Making(Protocol):
    """What makes logs."""

    def __call__(self, seed: int = 1, batches: int = 30) -> Made:
        """Return a log of some hundred leaves."""
        ...


@contextmanager
def making(engine: Engine) -> Iterator[Making]:
    """Give what makes logs; their tables go at the end."""
    with ExitStack() as ending:

        def made(seed: int = 1, batches: int = 30) -> Made:
            connection = with_tables(engine)
            ending.callback(connection.close)
            ending.callback(connection.invalidate)  # and with the session its tables
            one = Made(connection, {}, [])
            one.grow(chance_of(seed), batches=batches)
            connection.commit()
            return one

        yield made
