"""Record batches as any client may have written them: none may stop the reader of a topic that others write.

kafka-python reads a batch by unpacking it whole, whatever its size, and gives up for good on a header whose name is
not UTF-8. A broker takes both: it checks lengths, and looks neither into headers nor at what a packed batch grows to.
So the class below takes the place of kafka-python's own, for every consumer of this process.
"""

from __future__ import annotations

import zlib
from typing import Any, Final

import cramjam
import lz4.frame  # type: ignore[import-untyped]  # has no types
import zstandard
from kafka.errors import CorruptRecordError
from kafka.record import memory_records
from kafka.record.default_records import DefaultRecord, DefaultRecordBatch
from kafka.record.util import decode_varint

MOST_BYTES: Final = 32_000_000
"""Bytes of a batch at most once it is unpacked; clients pack far smaller ones."""
UNREADABLE: Final = "placehub-unreadable"
"""The one header of the record that stands for a batch that cannot be unpacked."""
_XERIAL: Final = b"\x82SNAPPY\x00"
_XERIAL_HEAD: Final = 16


class _TooLarge(Exception):
    """The batch would be larger than a reader takes."""


def unpack(codec: int, data: bytes) -> bytes:
    """Return the unpacked bytes of a batch; fails before it has made more than `MOST_BYTES` of them."""
    unpacked = _UNPACK[codec](data)
    if len(unpacked) > MOST_BYTES:
        raise _TooLarge
    return unpacked


def _gzip(data: bytes) -> bytes:
    return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(data, MOST_BYTES + 1)


def _snappy(data: bytes) -> bytes:
    if not data.startswith(_XERIAL):
        return _snappy_block(data, 0)
    unpacked, at = bytearray(), _XERIAL_HEAD
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        unpacked += _snappy_block(data[at + 4 : end], len(unpacked))
        at = end
    return bytes(unpacked)


def _snappy_block(data: bytes, before: int) -> bytes:
    if before + cramjam.snappy.decompress_raw_len(data) > MOST_BYTES:
        raise _TooLarge
    return bytes(cramjam.snappy.decompress_raw(data))


def _lz4(data: bytes) -> bytes:
    return bytes(lz4.frame.LZ4FrameDecompressor().decompress(data, max_length=MOST_BYTES + 1))


def _zstd(data: bytes) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
        return bytes(reader.read(MOST_BYTES + 1))


_UNPACK: Final = {
    DefaultRecordBatch.CODEC_GZIP: _gzip,
    DefaultRecordBatch.CODEC_SNAPPY: _snappy,
    DefaultRecordBatch.CODEC_LZ4: _lz4,
    DefaultRecordBatch.CODEC_ZSTD: _zstd,
}


class TolerantBatch(DefaultRecordBatch):  # type: ignore[misc]  # kafka-python has no types
    """A batch that is read within bounds; one that cannot be unpacked is read as a single record that says so."""

    _buffer: bytearray
    _pos: int
    _decompressed: bool
    _next_record_index: int
    _stands_for_it = False

    def _maybe_uncompress(self) -> None:
        if self._decompressed or self.compression_type == self.CODEC_NONE:
            self._decompressed = True
            return
        try:
            self._buffer = bytearray(unpack(self.compression_type, bytes(memoryview(self._buffer)[self._pos :])))
        except Exception:  # whatever its codec met: the broker has taken the batch, so it must be passed
            self._stands_for_it = True
        self._pos, self._decompressed = 0, True

    def __next__(self) -> Any:
        if self._stands_for_it:
            return self._standing_for_it()
        try:
            return super().__next__()
        except CorruptRecordError as error:
            if not isinstance(error.__context__, UnicodeDecodeError):
                raise
        self._next_record_index += 1
        return self._with_foreign_names()

    def _standing_for_it(self) -> Any:
        if self._next_record_index:
            raise StopIteration
        self._next_record_index = 1
        head = (0, self.last_offset, self.max_timestamp, self.timestamp_type)
        return DefaultRecord(*head, None, None, [(UNREADABLE, b"")])

    def _with_foreign_names(self) -> Any:
        """Read a record in which a header's name is not UTF-8: such names are read with marks of replacement."""
        buffer = self._buffer
        size, at = decode_varint(buffer, self._pos)
        _, at = decode_varint(buffer, at)
        later, at = decode_varint(buffer, at)
        further, at = decode_varint(buffer, at)
        key, at = _field(buffer, at)
        value, at = _field(buffer, at)
        count, at = decode_varint(buffer, at)
        headers = []
        for _ in range(count):
            name, at = _field(buffer, at)
            text, at = _field(buffer, at)
            headers.append(((name or b"").decode(errors="replace"), text))
        self._pos = at
        offset, time = self.base_offset + further, self.first_timestamp + later
        return DefaultRecord(size, offset, time, self.timestamp_type, key, value, headers)


def _field(buffer: bytearray, at: int) -> tuple[bytes | None, int]:
    length, at = decode_varint(buffer, at)
    return (None, at) if length < 0 else (bytes(buffer[at : at + length]), at + length)


def install() -> None:
    """Let every consumer of this process read batches this way; harmless twice."""
    memory_records.DefaultRecordBatch = TolerantBatch
