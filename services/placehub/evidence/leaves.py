"""What a leaf of the log is made of: where a record stands, and the hashes of what it says; pure.

The record is taken as it stands in its stream, sealed parts still sealed. So the log holds nothing of it, and what
becomes of the keys changes no leaf.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from placehub.evidence.tree import leaf_hash

FIELDS: Final = ("topic", "partition", "offset", "key", "headers", "value")
"""The parts of a record that its leaf stands for."""


def canonical(value: Any) -> bytes:
    """Return the one way in which the log writes JSON: names in order, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf. `headers` and `value` are SHA-256 hashes of what the record has there."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: bytes
    value: bytes

    @property
    def position(self) -> str:
        """The place of its record, `topic/partition/offset`."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def hash(self) -> bytes:
        """Its hash in the tree."""
        return leaf_hash(
            canonical(
                {
                    "topic": self.topic,
                    "partition": self.partition,
                    "offset": self.offset,
                    "key": self.key,
                    "headers_sha256": self.headers.hex(),
                    "value_sha256": self.value.hex(),
                }
            )
        )


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record as it stands in its stream."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: Sequence[tuple[str, bytes]]
    value: bytes

    @property
    def leaf(self) -> Leaf:
        """The leaf that stands for it."""
        headers = hashlib.sha256(canonical(self.headers_as_json())).digest()
        value = hashlib.sha256(self.value).digest()
        return Leaf(self.topic, self.partition, self.offset, self.key, headers, value)

    def headers_as_json(self) -> list[list[str]]:
        """Return the headers in their order, values in base64."""
        return [[name, base64.b64encode(value).decode()] for name, value in self.headers]


def differing(one: Leaf, other: Leaf) -> list[str]:
    """Return the fields in which two leaves differ."""
    return [name for name in FIELDS if getattr(one, name) != getattr(other, name)]
