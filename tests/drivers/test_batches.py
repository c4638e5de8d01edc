"""Batches of any client are read within bounds, and none stops the reader."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from collections.abc import Callable
from typing import Any

import cramjam
import lz4.frame  # type: ignore[import-untyped]  # has no types
import pytest
import zstandard
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder

from placehub.drivers import batches
from placehub.drivers.batches import MOST_BYTES, UNREADABLE

HEAD = DefaultRecordBatch.HEADER_STRUCT
SENT = [(0, b"k", b"v" * 1000, [("a", b"1")]), (1, None, None, [("xx", None)]), (2, b"\xff", b"", [])]


@pytest.fixture(autouse=True)
def tolerant() -> None:
    """Read batches as the hub does."""
    batches.install()


def xerial(data: bytes) -> bytes:
    """Pack as Java's snappy streams do: a head, then blocks with their lengths."""
    block = bytes(cramjam.snappy.compress_raw(data))
    return b"\x82SNAPPY\x00" + struct.pack(">iii", 1, 1, len(block)) + block


PACKS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "plain": (0, bytes),
    "gzip": (1, gzip.compress),
    "snappy": (2, lambda data: bytes(cramjam.snappy.compress_raw(data))),
    "snappy in blocks": (2, xerial),
    "lz4": (3, lz4.frame.compress),
    "zstd": (4, zstandard.compress),
}
PACKED = pytest.mark.parametrize("pack", PACKS)


def batch(pack: str, body: bytes | None = None) -> bytes:
    """Return a batch of SENT, packed; `body` instead of its records if it is given."""
    builder = MemoryRecordsBuilder(2, 0, 100_000)
    for _, key, value, headers in SENT:
        builder.append(1, key, value, headers)
    builder.close()
    plain = bytes(builder.buffer())
    codec, packed = PACKS[pack]
    data = packed(plain[HEAD.size :] if body is None else body)
    head = list(HEAD.unpack_from(plain))
    head[1], head[5] = HEAD.size - 12 + len(data), codec
    return bytes(HEAD.pack(*head)) + data


def read(raw: bytes) -> list[tuple[Any, ...]]:
    """Return what a consumer reads."""
    return [(one.offset, one.key, one.value, one.headers) for one in MemoryRecords(raw).next_batch()]


@PACKED
def test_every_packing_is_read(pack: str) -> None:
    """Whatever a client packs with, its records are read."""
    assert read(batch(pack)) == SENT


@pytest.mark.parametrize("pack", [name for name in PACKS if name != "plain"])
def test_a_batch_that_grows_without_end(pack: str) -> None:
    """A batch that would fill the memory is read as one record that says so, at its last offset, within bounds."""
    bomb = batch(pack, bytes(MOST_BYTES * 4))
    tracemalloc.start()
    assert read(bomb) == [(2, None, None, [(UNREADABLE, b"")])]
    assert tracemalloc.get_traced_memory()[1] < MOST_BYTES * 3
    tracemalloc.stop()


def test_a_batch_that_cannot_be_unpacked() -> None:
    """Garbage where a packed batch should be is passed in the same way."""
    whole = batch("gzip")
    assert read(whole[: HEAD.size] + bytes(len(whole) - HEAD.size)) == [(2, None, None, [(UNREADABLE, b"")])]


@PACKED
def test_a_headers_name_that_is_no_text(pack: str) -> None:
    """A header whose name is not UTF-8 is read with marks in place of what cannot be; the records after it are read."""
    plain = batch("plain")
    foreign = plain[HEAD.size :].replace(b"xx", b"\xff\xfe")
    found = read(batch(pack, foreign))
    assert found[1] == (1, None, None, [("\ufffd\ufffd", None)])
    assert (found[0], found[2]) == (SENT[0], SENT[2])
