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
            *(_match(found["match"]) if "match" in found else ()),
        )
    )


def _match(found: Mapping[str, Any]) -> list[str]:
    ways = [[_MATCHING[way], *one.values()] for way, one in found["ways"].items()]
    return [
        "",
        "### Homes and searches matched, both ways",
        "",
        f"{found['homes']:,} homes open and {found['searches']:,} searches begin in turns, in one partition; each is",
        "matched as it comes against all of the other side so far, by kind, distance, places, siblings, age and sex.",
        "Kafka Streams keeps them in a store in memory with a changelog and goes through plain objects; the hub asks",
        "its columns, and judges what they leave by all of its rules, in bands, with a finding of each rule where a",
        f"home opens. {found['pairs']:,} pairs. " + ("Both found the same." if found["alike"] else "**They differ.**"),
        "",
        table(_MATCH_COLUMNS, ways),
    ]


_MATCHING: Final[Mapping[str, str]] = {"hub": "the hub's matching", "kafka-streams": "Kafka Streams, one thread"}
_MATCH_COLUMNS: Final = (
    *("what", "events a second", "processor µs an event", "processor µs in the latter half", "memory MB"),
)
_COLUMNS: Final = (
    *("what", "events a second", "processor µs an event", "latter half: events a second", "processor µs an event"),
    *("memory MB", "to bare"),
)
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
    one, later = found["ways"][way], found["later"].get(way)
    half = [f"{later['a_second']:,}", later["busy_us_an_event"]] if later else ["", ""]
    told_of = [one["busy_us_an_event"], *half, one["memory_mb"] or "", found["to_bare"].get(way, "")]
    return [_WAYS[way], f"{one['a_second']:,}", *told_of]


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
