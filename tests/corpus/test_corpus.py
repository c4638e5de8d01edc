"""Every input that was ever found bad, a file each: refused by its field, at once, in little memory."""

from __future__ import annotations

import json
import struct
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from placehub.contracts.codec import Codec, Folder, event_class
from placehub.contracts.headers import Attributes, read_headers, write_headers
from placehub.errors import Rejected

INPUTS: Final = sorted((Path(__file__).parent / "inputs").glob("*.json"))
MOST_BYTES: Final = 20_000_000
"""Memory that a refusal may take: a record has a megabyte at most."""
CODEC: Final = Codec(Folder())
GOOD: Final = Attributes(
    id=UUID(int=7),
    source="/organisations/E08000035",
    type="referral.ReferralMade",
    subject=str(UUID(int=8)),
    time=datetime(2026, 3, 2, tzinfo=UTC),
)


def _bytes(parts: list[tuple[str, int]]) -> bytes:
    return b"".join(bytes.fromhex(one) * times for one, times in parts)


def _take(bad: dict[str, Any]) -> object:
    """Take the input in as intake would."""
    if "header" in bad:
        kept = [(name, value) for name, value in write_headers(GOOD) if name != bad["header"]]
        return read_headers([*kept, (bad["header"], _bytes(bad["value"]))])
    if "wire" in bad:
        return CODEC.decode(_bytes(bad["wire"]))
    cls = event_class(bad["event"])
    assert cls is not None
    return CODEC.decode(struct.pack(">bI", 0, Folder().id_of(cls)) + _bytes(bad["value"]))


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_a_bad_input_is_refused(path: Path) -> None:
    """The input is Rejected by the field it is wrong in, without the memory that it asks for."""
    bad = json.loads(path.read_text(encoding="utf-8"))
    tracemalloc.start()
    try:
        with pytest.raises(Rejected) as why:
            _take(bad)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert why.value.field == bad["refused"]
