"""The log held against streams and heads: whole it is silent, and one changed byte of anything is found and named."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from typing import Any

import pytest
from sqlalchemy import BigInteger, LargeBinary, Text, delete, select, update

from placehub.evidence.events import TreeHeadSigned
from placehub.evidence.leaves import Leaf, Sealed
from placehub.evidence.store import open_log, read_log
from placehub.evidence.tables import LEAF, LOG, TILE
from placehub.evidence.tiles import WIDTH

from .made import KEY, Made, Making, chance_of

TRIALS = 100


def flipped(chance: random.Random, data: bytes, *, text: bool = False) -> tuple[bytes, int]:
    """Return the bytes with one of them changed, and which; of a text so that it stays one."""
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 if text else chance.randint(1, 255))]) + data[at + 1 :], at


def flip_record(chance: random.Random, log: Made) -> str:
    """Change a byte of a record in its stream."""
    stream = log.streams[chance.choice(sorted(log.streams))]
    at = chance.randrange(len(stream))
    one, part = stream[at], chance.choice(["key", "headers", "value"])
    changed: dict[str, Any] = {}
    if part == "headers":
        which = chance.randrange(len(one.headers))
        name, value = one.headers[which]
        now = (name, flipped(chance, value)[0])
        changed["headers"] = [*one.headers[:which], now, *one.headers[which + 1 :]]
    elif part == "value":
        changed["value"] = flipped(chance, one.value)[0]
    else:
        changed["key"] = flipped(chance, one.key.encode(), text=True)[0].decode()
    stream[at] = replace(one, **changed)
    return f"record {one.topic}/{one.partition}/{one.offset}, {part}:"


def flip_leaf(chance: random.Random, log: Made) -> str:
    """Change a byte of a leaf's row in the database."""
    number = chance.randrange(read_log(log.connection).size)
    column = LEAF.c[chance.choice([one.name for one in fields(Leaf)])]
    was = log.connection.execute(select(column).where(LEAF.c.number == number)).scalar_one()
    if isinstance(column.type, LargeBinary):
        now: Any = flipped(chance, was)[0]
    elif isinstance(column.type, Text):
        now = flipped(chance, was.encode(), text=True)[0].decode()
    else:
        wide = 8 if isinstance(column.type, BigInteger) else 4
        now = int.from_bytes(flipped(chance, was.to_bytes(wide))[0], signed=True)
    log.connection.execute(update(LEAF).where(LEAF.c.number == number).values({column.name: now}))
    return f"leaf {number}, {column.name}:"


def flip_tile(chance: random.Random, log: Made) -> str:
    """Change a byte of the tree."""
    tile = chance.choice(log.connection.execute(select(TILE).order_by(TILE.c.level, TILE.c.number)).all())
    now, at = flipped(chance, tile.hashes)
    mine = (TILE.c.level == tile.level) & (TILE.c.number == tile.number)
    log.connection.execute(update(TILE).where(mine).values(hashes=now))
    return f"tile {tile.level}/{tile.number}, hash {at // 32}:"


def flip_head(chance: random.Random, log: Made) -> str:
    """Change a byte of a signed head."""
    at = chance.randrange(len(log.heads))
    head, part = log.heads[at], chance.choice(["root_hash", "signature", "consistency", "key_id"])
    text = getattr(head, part)
    if part == "consistency":
        if not text:
            return flip_head(chance, log)
        now: Any = (flipped(chance, text[0].encode(), text=True)[0].decode(), *text[1:])
    else:
        now = flipped(chance, text.encode(), text=True)[0].decode()
    log.heads[at] = replace(head, **{part: now})
    return f"tree head {head.tree_size}, {part}:"


def flip_log(chance: random.Random, log: Made) -> str:
    """Change a byte of what the log says of itself."""
    row = log.connection.execute(select(LOG)).one()
    part = chance.choice(["size", "head_size"])
    now = int.from_bytes(flipped(chance, getattr(row, part).to_bytes(7))[0])
    log.connection.execute(update(LOG).values({part: now}))
    return f"log, {part}:"


FLIPS = (flip_record, flip_leaf, flip_tile, flip_head, flip_log)


def test_a_whole_log_is_silent(made: Making) -> None:
    """A log as it was made agrees with its streams and heads, chunk by chunk, up to its end."""
    log = made()
    found, passed = log.check()
    assert found == []
    assert passed[-1].size == read_log(log.connection).size > 2 * WIDTH
    assert len(log.heads) == 10


@pytest.fixture(scope="module")
def whole(made: Making) -> Made:
    """A log that each trial changes a copy of."""
    return made(2, batches=24)


@pytest.mark.parametrize("seed", range(TRIALS))
def test_one_changed_byte_is_found_and_named(whole: Made, seed: int) -> None:
    """A byte changed at random in a record, a leaf, the tree, a head or the log is named: where, and which part."""
    chance = chance_of(seed)
    streams = {place: list(records) for place, records in whole.streams.items()}
    log = Made(whole.connection, streams, list(whole.heads))
    where = chance.choice(FLIPS)(chance, log)
    found, _ = log.check()
    log.connection.rollback()
    assert any(one.startswith(where) for one in found), f"{where} not in {found[:5]}"
    about = {one.split(",")[0].split(":")[0] for one in found}
    assert where.startswith(("tree head", "log")) or about == {where.split(",")[0]}, "only it is named"


def test_what_was_checked_is_not_read_again(made: Making) -> None:
    """A later check goes on where the one before came to; what was changed behind it is found from the beginning."""
    log = made()
    (*_, checked) = log.check()[1]
    log.grow(chance_of(7), batches=3)
    read: list[Sealed] = []

    def watched(topic: str, partition: int, begin: int) -> Any:
        for one in Made.read(log, topic, partition, begin):
            read.append(one)
            yield one

    log.read = watched  # type: ignore[method-assign]  # to see what is read
    assert log.check(checked)[0] == []
    assert len(read) == read_log(log.connection).size - checked.size
    first = log.streams["referral", 0][0]
    log.streams["referral", 0][0] = replace(first, value=first.value + b"\x00")
    assert log.check(checked)[0] == []
    assert log.check()[0] == ["record referral/0/0, value: is not what was logged"]


def test_a_tree_that_was_changed_behind_the_last_check_stops_the_next(made: Making) -> None:
    """Where the tree is not as it was checked, or a tile of it is gone, the next check says so and how to go on."""
    log = made()
    (*_, checked) = log.check()[1]
    log.connection.execute(delete(TILE).where(TILE.c.level == 1))
    found, passed = log.check(checked)
    assert passed == []
    assert [one.split(":")[0] for one in found] == [f"tree, up to leaf {checked.size}"]
    assert all(one.startswith("tile 1/0, hash ") for one in log.check()[0])


def test_a_rewritten_log_is_found_by_its_heads(made: Making) -> None:
    """Whoever rewrites records, leaves and tree alike still has signed heads against them; a shortened log, too."""
    log, other = made(3), made(4)
    rewritten = Made(other.connection, other.streams, log.heads)
    assert any("was signed for another tree" in one or "was signed, and" in one for one in rewritten.check()[0])
    shorter = made(3, batches=20)
    shorter.heads = log.heads
    found = shorter.check()[0]
    assert any(one.startswith(f"tree head {log.heads[-1].tree_size}, tree_size: was signed") for one in found)


def test_what_came_or_went_in_a_stream_is_named(made: Making) -> None:
    """A record that is gone, and one that was put into a stream without the log, are each named."""
    log = made()
    stream = log.streams["vacancy", 1]
    gone = stream.pop(3)
    assert log.check()[0] == [f"record vacancy/1/{gone.offset}: is in the log and not in its stream any more"]
    stream.insert(3, gone)
    stream.insert(0, replace(gone, offset=-1))
    assert log.check()[0] == ["record vacancy/1/-1: is in the stream and not in the log"]


def test_two_heads_of_one_log_are_told_apart(made: Making) -> None:
    """A head that was signed for a second log of the same size is found against the first: nobody can fork it."""
    log, other = made(5), made(6, batches=30)
    size = log.heads[-1].tree_size
    fork = KEY.sign_head(size, bytes(32), other.heads[-1].signed_at)
    told: TreeHeadSigned = replace(log.heads[-1], root_hash="00" * 32, signature=fork.signature.hex())
    log.heads[-1] = told
    assert (
        f"tree head {size}, root_hash: was signed for another tree: the log was rewritten, or there are two"
        in (log.check()[0])
    )


def test_the_log_of_another_key_is_not_added_to(made: Making) -> None:
    """A hub that is given another key stops with a sentence instead of going on with a log it cannot sign."""
    from placehub.errors import Misconfigured
    from placehub.evidence.heads import SigningKey

    log = made(batches=1)
    with pytest.raises(Misconfigured, match="begun with another key"):
        open_log(log.connection, SigningKey(bytes(32)).public)
