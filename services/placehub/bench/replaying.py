"""`placehub bench replay`: all shared views made again from the streams, beside a bare reader of the same records.

The bare thing is one process that polls the same topics with kafka-python and decodes every value with fastavro: no
header, no event class, no row. It reads every field; the replay leaves out the items of lists that it only counts, so
the bare reader is timed a second time with those same schemas, which end where such a list begins.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import fastavro
from fastavro.schema import parse_schema
from kafka import TopicPartition

from placehub.bench.timing import machine, spread
from placehub.clock import WallClock
from placehub.contracts.codec import Codec, Registry, up_to_items
from placehub.database import connect
from placehub.drivers.brokers import partitions_of, poll, reader
from placehub.drivers.records import Partition
from placehub.drivers.shell import Shell
from placehub.monitoring.processor import COUNTED, Monitoring
from placehub.postcodes import Postcodes
from placehub.replaying.running import AT_ONCE, Silent
from placehub.replaying.shadow import stands
from placehub.settings import Settings
from placehub.streams import full_name

FETCH_BYTES: Final = 4_000_000
WAIT_MS: Final = 2000
LIVE_AT_ONCE: Final = 500
_HEAD: Final = 5
Ends = Mapping[Partition, int]


@dataclass(frozen=True, slots=True)
class Timed:
    """What one reading or making took."""

    events: int
    seconds: float
    """Of wall time."""
    busy: float
    """Processor seconds of this program, its servers' left out."""
    memory_mb: int = 0
    """Of its largest process, at most."""

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds


def measure(settings: Settings, repeats: int, tell: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Return the figures of P1 for the streams as they are.

    First the live shell folds them into the live tables, as a hub does that lives through them; what the replays make
    is then held against those, row by row.
    """
    ends = ends_of(settings, Monitoring.streams)
    tell(f"{sum(ends.values()):,} events folded as they come, for the comparison")
    live = _live(settings, ends)
    runs: dict[str, list[Timed]] = {name: [] for name in ("bare", "bare_counted", "one", "two")}
    equal: list[bool] = []
    for number in range(repeats):
        tell(f"run {number + 1} of {repeats}")
        runs["bare"].append(bare(settings, ends, counted=False))
        runs["bare_counted"].append(bare(settings, ends, counted=True))
        for name, processes in (("one", 1), ("two", 2)):
            made, alike = _replayed(settings, processes)
            runs[name].append(made)
            equal.append(alike)
    return {
        "machine": machine(),
        "events": sum(ends.values()),
        "equal_to_live": all(equal),
        "live_a_second": round(live.rate) if live else None,
        **{name: summed(some) for name, some in runs.items()},
        **{f"ratio_{name}": ratio(runs[name], runs["bare"]) for name in ("one", "two")},
        **{f"ratio_{name}_counted": ratio(runs[name], runs["bare_counted"]) for name in ("one", "two")},
    }


def summed(some: list[Timed]) -> dict[str, Any]:
    """Return what some runs come to: the middle one of each figure, and the most memory."""
    return {
        "a_second": round(median(one.rate for one in some)),
        "busy_us_an_event": round(median(one.busy / one.events for one in some) * 1e6, 1),
        "memory_mb": max(one.memory_mb for one in some),
    }


def ratio(ours: list[Timed], beside: list[Timed]) -> str:
    """Return how many times as fast runs are as those they took turns with, with the spread."""
    return spread([one.rate / other.rate for one, other in zip(ours, beside, strict=True)], 2)


def ends_of(settings: Settings, topics: tuple[str, ...]) -> dict[Partition, int]:
    """Return where each partition of the topics ends in which anything stands."""
    with reader(settings) as consumer:
        ends: Mapping[TopicPartition, int] = consumer.end_offsets(partitions_of(consumer, topics))
    return {Partition(one.topic, one.partition): end for one, end in ends.items() if end}


def bare(settings: Settings, ends: Ends, *, counted: bool) -> Timed:
    """Poll and decode every record there is; `counted`: items of lists that a replay counts are passed over."""
    registry, schemas = Registry(settings.registry), dict[int, tuple[Any, Any]]()
    with reader(settings, max_partition_fetch_bytes=FETCH_BYTES) as consumer:
        places = {TopicPartition(one.topic, one.number): end for one, end in ends.items()}
        consumer.assign(list(places))
        consumer.seek_to_beginning(*places)
        began, busy, done, all_of = time.perf_counter(), time.process_time(), 0, sum(ends.values())
        while done < all_of:
            for place, batch in consumer.poll(timeout_ms=WAIT_MS, max_records=AT_ONCE).items():
                for one in batch:
                    if one.offset >= places[place] or not one.value:
                        continue
                    number = int.from_bytes(one.value[1:_HEAD], "big")
                    if number not in schemas:
                        schemas[number] = _schemas(registry, number, counted)
                    fastavro.schemaless_reader(io.BytesIO(one.value[_HEAD:]), *schemas[number])
                done += len(batch)
        return Timed(all_of, time.perf_counter() - began, time.process_time() - busy)


def _schemas(registry: Registry, number: int, counted: bool) -> tuple[Any, Any]:
    """Return what wrote a value and what it is read as."""
    written: Any = parse_schema(dict(registry.schema_of(number) or {}))
    if counted and written["name"] in map(full_name, COUNTED):
        written = up_to_items(written)
    return written, written


def _live(settings: Settings, ends: Ends) -> Timed | None:
    """Fold everything as it is folded live; None when a hub has done so already."""
    engine = connect(settings.database.get_secret_value())
    with engine.connect() as connection:
        known = stands(connection)
    if all(known.get(place, 0) >= end for place, end in ends.items()):
        return None
    codec = Codec(Registry(settings.registry), COUNTED)
    shell = Shell(Monitoring(Postcodes.open()), engine, codec, Silent(), WallClock())
    timed = taken_in(settings, shell, ends)
    engine.dispose()
    return timed


def taken_in(settings: Settings, shell: Shell, ends: Ends) -> Timed:
    """Have a processor take in all that stands before these ends, in batches as full as they are live."""
    at = {place: shell.take(place, {})[0] for place in ends}
    with reader(settings, max_partition_fetch_bytes=FETCH_BYTES) as consumer:
        consumer.assign([TopicPartition(place.topic, place.number) for place in ends])
        for place, begin in at.items():
            consumer.seek(TopicPartition(place.topic, place.number), begin)
        began, busy, done, of = time.perf_counter(), time.process_time(), 0, sum(ends.values()) - sum(at.values())
        while done < of:
            batches = poll(consumer, WAIT_MS, LIVE_AT_ONCE)
            if batches:
                shell.process(batches)
                done += sum(map(len, batches.values()))
        return Timed(max(1, done), time.perf_counter() - began, time.process_time() - busy)


def _replayed(settings: Settings, processes: int) -> tuple[Timed, bool]:
    """Run `placehub replay` as anybody would; return what it took, and whether its tables are the live ones."""
    words = ["replay", "--all", "--processes", str(processes), "--execute", "--json"]
    out, used = run_program(settings, words)
    run_program(settings, ["replay", "--discard"])
    told = json.loads(out)
    return Timed(told["events"], told["seconds"], used.ru_utime + used.ru_stime, told["memory_mb"]), all(
        one["equal"] for one in told["tables"]
    )


def environment_of(settings: Settings) -> dict[str, str]:
    """Return what a program finds around it that works with these settings, and with none of ours."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PLACEHUB_")}
    return {**plain, **settings.environment()}


def run_program(settings: Settings, words: list[str]) -> tuple[str, Any]:
    """Run `placehub` with these words; return what it prints, and what the system says it took."""
    command = [sys.executable, "-m", "placehub", *words]
    with subprocess.Popen(  # noqa: S603 - this very program
        command, env=environment_of(settings), stdout=subprocess.PIPE, text=True
    ) as child:
        out = child.stdout.read() if child.stdout else ""
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return out, used
