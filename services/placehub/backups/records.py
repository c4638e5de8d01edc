"""The records of one partition in a file: an Avro container, which every Avro reader opens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast

import fastavro
from fastavro.schema import parse_schema

SCHEMA: Final = parse_schema(
    {
        "type": "record",
        "name": "placehub.backup.Record",
        "doc": "One record as it stood in its partition, sealed parts sealed.",
        "fields": [
            {"name": "offset", "type": "long"},
            {"name": "timestamp", "type": "long", "doc": "milliseconds, as the broker has it"},
            {"name": "key", "type": ["null", "bytes"]},
            {
                "name": "headers",
                "type": {
                    "type": "array",
                    "items": {
                        "type": "record",
                        "name": "Header",
                        "fields": [{"name": "name", "type": "string"}, {"name": "value", "type": ["null", "bytes"]}],
                    },
                },
            },
            {"name": "value", "type": ["null", "bytes"]},
        ],
    }
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One record."""

    offset: int
    timestamp: int
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None


def write_records(path: Path, records: Iterable[Kept]) -> tuple[int | None, int]:
    """Write records, in their order, into a new file; return the first one's offset and how many there were."""
    first, count = None, 0

    def counted() -> Iterator[dict[str, Any]]:
        nonlocal first, count
        for one in records:
            first, count = one.offset if first is None else first, count + 1
            yield _row(one)

    path.touch(mode=0o600)
    with path.open("wb") as file:
        fastavro.writer(file, SCHEMA, counted(), codec="deflate")
    return first, count


def read_records(path: Path) -> Iterator[Kept]:
    """Yield the records of a file, in their order."""
    with path.open("rb") as file:
        for row in fastavro.reader(file):
            found = cast(dict[str, Any], row)
            headers = tuple((one["name"], one["value"]) for one in found["headers"])
            yield Kept(**(found | {"headers": headers}))


def _row(record: Kept) -> dict[str, Any]:
    return asdict(record) | {"headers": [{"name": name, "value": value} for name, value in record.headers]}
