"""`placehub bench evidence`: a year's records taken into the evidence log and held against it, beside a bare reader.

The bare thing is one process that polls the same topics with kafka-python and hashes every value: no tree, no log.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

from kafka import TopicPartition

from placehub.app import signing_key
from placehub.bench.replaying import FETCH_BYTES, WAIT_MS, Ends, Timed, ends_of, run_program, summed, taken_in
from placehub.bench.timing import machine
from placehub.clock import WallClock
from placehub.contracts.codec import Codec, Registry
from placehub.database import connect
from placehub.drivers.brokers import producer, reader
from placehub.drivers.publisher import Publisher
from placehub.drivers.shell import Shell
from placehub.evidence.processor import SEAT, Evidence
from placehub.replaying.running import AT_ONCE
from placehub.settings import Settings
from placehub.streams import LOGGED


def measure(settings: Settings, tell: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Return the figures for the streams as they are: each record taken in, all checked, and checked once more.

    `findings` is how many things were found to differ: none should.
    """
    ends = ends_of(settings, LOGGED)
    tell(f"{sum(ends.values()):,} records hashed")
    bare = hashed(settings, ends)
    tell("the same taken into the log")
    taken = _taken(settings, ends)
    tell("the log held against them")
    whole, first = _verified(settings)
    again, second = _verified(settings)
    return {
        "machine": machine(),
        "records": sum(ends.values()),
        "findings": first + second,
        **{name: summed([one]) for name, one in (("bare", bare), ("taken", taken), ("verified", whole))},
        "again_seconds": round(again.seconds, 1),
    }


def hashed(settings: Settings, ends: Ends) -> Timed:
    """Poll and hash every value there is."""
    with reader(settings, max_partition_fetch_bytes=FETCH_BYTES) as consumer:
        places = [TopicPartition(one.topic, one.number) for one in ends]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        began, busy, done, all_of = time.perf_counter(), time.process_time(), 0, sum(ends.values())
        while done < all_of:
            for batch in consumer.poll(timeout_ms=WAIT_MS, max_records=AT_ONCE).values():
                for one in batch:
                    hashlib.sha256(one.value or b"").digest()
                done += len(batch)
        return Timed(all_of, time.perf_counter() - began, time.process_time() - busy)


def _taken(settings: Settings, ends: Ends) -> Timed:
    """Add every record to the log as the hub does, and sign it."""
    engine = connect(settings.database.get_secret_value())
    log = Evidence(signing_key(settings), 0, lambda: None)
    codec = Codec(Registry(settings.registry, register=True))
    with producer(settings) as out:
        shell = Shell(log, engine, codec, Publisher(engine, out), WallClock())
        made = taken_in(settings, shell, {SEAT: 0, **ends})
        shell.act([SEAT], log.tick, None)
    engine.dispose()
    return made


def _verified(settings: Settings) -> tuple[Timed, int]:
    """Run `placehub audit verify` as anybody would; return what it took, its start included, and what it found."""
    began = time.perf_counter()
    out, used = run_program(settings, ["audit", "verify", "--json"])
    told = json.loads(out)
    leaves = told["checked_to"] - told["checked_from"]
    busy = used.ru_utime + used.ru_stime
    return Timed(max(1, leaves), time.perf_counter() - began, busy, told["memory_mb"]), len(told["findings"])
