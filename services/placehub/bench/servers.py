"""The servers of a benchmark: the embedded ones in a folder that goes with it, and a made world in their streams."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from placehub.app import prepare
from placehub.contracts.codec import Codec, Registry, event_class
from placehub.drivers.brokers import producer
from placehub.embedded.stack import Stack
from placehub.sample.made import Asked, make, read_made
from placehub.settings import Settings
from placehub.streams import LOGGED, full_name


@contextmanager
def servers() -> Iterator[Settings]:
    """Yield how to reach a broker, a registry and a database that are empty; call it from the main thread."""
    with tempfile.TemporaryDirectory(prefix="placehub-bench-") as name, Stack(Path(name) / "hub") as stack:
        settings = stack.start()
        prepare(settings)
        yield settings


def load_world(settings: Settings, asked: Asked, tell: Callable[[str], None]) -> dict[str, int]:
    """Put a made world's records into the streams as the hub would have written them; return how many are in each.

    Each has its own key, headers, partition and bytes. Batches are fuller than a hub's that lives through a year.
    """
    folder, _ = make(asked, tell)
    registry = Registry(settings.registry)
    heads: dict[str, bytes] = {}
    counts: dict[str, int] = {}
    with producer(settings, linger_ms=20, batch_size=200_000) as out:
        for stream in LOGGED:
            for one in read_made(folder, stream):
                name = one["type"]
                if name not in heads:
                    heads[name] = _head(registry, name)
                headers = [(key, value.encode()) for key, value in one["headers"].items()]
                out.send(stream, heads[name] + one["value"], one["key"].encode(), headers, one["partition"])
                counts[stream] = counts.get(stream, 0) + 1
        out.flush()
    return counts


def first_made(settings: Settings, asked: Asked, kinds: Sequence[type], tell: Callable[[str], None]) -> list[Any]:
    """Return the first event of each kind in a made world's stream `referral`."""
    folder, _ = make(asked, tell)
    registry = Registry(settings.registry)
    codec = Codec(registry)
    found: dict[str, Any] = {}
    for one in read_made(folder, "referral"):
        name = one["type"]
        if name not in found and name in map(full_name, kinds):
            found[name] = codec.decode(_head(registry, name) + one["value"])
    return [found[full_name(one)] for one in kinds]


def _head(registry: Registry, name: str) -> bytes:
    cls: Any = event_class(name)
    return b"\0" + registry.id_of(cls).to_bytes(4, "big")
