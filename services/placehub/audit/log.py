"""The streams as audit reads them: each partition in its order, from its beginning to where it ended at the start."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

from placehub.drivers.records import Record


class Log(Protocol):
    """Reads streams; it can write nothing."""

    def partitions(self, stream: str) -> int:
        """Return how many partitions a stream has; 0 when there is no such stream yet."""
        ...

    def records(
        self, stream: str, partition: int, types: Collection[str] | None = None, about: Collection[str] | None = None
    ) -> Iterator[Record]:
        """Yield one partition's records in their order, repeats dropped; of these types and subjects, if given."""
        ...


def everywhere(
    log: Log, stream: str, types: Collection[str] | None = None, about: Collection[str] | None = None
) -> Iterator[Record]:
    """Yield the records of every partition of a stream, one partition after the other, as `Log.records` does."""
    for number in range(log.partitions(stream)):
        yield from log.records(stream, number, types, about)


class MemoryLog:
    """Streams that are held in memory, as the bulk shell makes them."""

    def __init__(self, records: Iterable[Record], partitions: int) -> None:
        self._kept: dict[tuple[str, int], list[Record]] = {}
        self._partitions = partitions
        for one in records:
            self._kept.setdefault((one.topic, one.partition), []).append(one)

    def partitions(self, stream: str) -> int:
        """Return how many partitions every stream is given."""
        return self._partitions

    def records(
        self, stream: str, partition: int, types: Collection[str] | None = None, about: Collection[str] | None = None
    ) -> Iterator[Record]:
        """Yield what is held of a partition."""
        for one in self._kept.get((stream, partition), ()):
            if (types is None or one.attributes.type in types) and (about is None or one.key in about):
                yield one
