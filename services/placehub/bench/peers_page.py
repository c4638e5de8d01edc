"""`bench peers` in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from placehub.bench.page import table, told


def peers(found: dict[str, Any]) -> str:
    """Return the section of `bench peers`."""
    return "\n".join(
        (
            "## The hub's fold beside its peers",
            "",
            f"Written by `placehub bench peers --write docs/benchmarks.md`. {told(found['machine'])}",
            f"{found['events']:,} events of the stream `referral`, folded into {found['rows']:,} rows of the searches'",
            "table, from the first record in hand until the rows are committed. Each way is a process of its own.",
            "Those in Python have the same codec and rules, and differ in what moves the records and keeps the rows;",
            "Kafka Streams has the same rules told again in Java, reads the same fields, and checks none of them.",
            "",
            table(_COLUMNS, [_row(found, way) for way in _WAYS if way in found["ways"]]),
            "",
            "The hub to its peers, events a second: "
            + ", ".join(f"{_pair(pair)} {one}" for pair, one in found["to_theirs"].items())
            + ".",
            unlike(found),
            "",
            "The hub's two ways drop what is delivered twice; the live one writes its rows and positions in one",
            "transaction for each 500 records. The peers do neither: they write a changelog to the broker, keep their",
            "rows in memory (Faust) or in RocksDB (quixstreams; Kafka Streams, with its cache on and at least once),",
            "and write them to the database once, at the end. Processor time is of the folding process, without the",
            "broker and the database; of Java, compiling while it runs is in it. The latter half is of the events that",
            "come once much has been loaded: a Java program is slow in its first seconds.",
        )
    )


_COLUMNS: Final = ("what", "events a second", "latter half", "processor µs an event", "memory MB", "to bare")
_WAYS: Final[Mapping[str, str]] = {
    "bare": "kafka-python and fastavro, nothing folded",
    "live": "the hub, live",
    "replay": "the hub, replay in one process",
    "faust": "a plain Faust agent with a table",
    "quixstreams": "quixstreams with state",
    "kafka-streams": "Kafka Streams, one thread",
    "kafka-streams-2": "Kafka Streams, two threads",
}


def _row(found: Mapping[str, Any], way: str) -> list[object]:
    one, later = found["ways"][way], found["later_a_second"].get(way)
    half = f"{later:,}" if later else ""
    busy, memory, to_bare = one["busy_us_an_event"], one["memory_mb"] or "", found["to_bare"].get(way, "")
    return [_WAYS[way], f"{one['a_second']:,}", half, busy, memory, to_bare]


def _pair(pair: str) -> str:
    return pair.replace("/", " to ")


def unlike(found: Mapping[str, Any]) -> str:
    """Return whether all ways came to the same rows; otherwise how many of each way differ from the first's."""
    ways = {way: count for way, count in found["different"].items() if count}
    if not ways:
        return "All came to the same rows."
    return (
        f"**{sum(ways.values())} rows differ**: " + ", ".join(f"{count} of {way}" for way, count in ways.items()) + "."
    )
