"""The same view folded in four ways, each by a process of its own; a fifth is in Java.

`python -m placehub.bench.contestants WAY SCHEMA EVENTS`: all read the stream `referral` with the same codec, fold it
with the same rules, and end with one row a case in the table `search` of the schema. One JSON object on the standard
output says what it took, from the first record in hand until the rows are committed. Settings come from the
environment.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

import faust
from kafka import TopicPartition
from sqlalchemy import Engine

from placehub.bench.kafka_streams import STREAM
from placehub.bench.replaying import FETCH_BYTES, LIVE_AT_ONCE, WAIT_MS
from placehub.clock import WallClock
from placehub.contracts.codec import Codec, Registry
from placehub.database import connect
from placehub.drivers.brokers import partitions_of, poll, reader
from placehub.drivers.records import Message, Partition, read_event
from placehub.drivers.shell import Shell
from placehub.monitoring.processor import COUNTED, Monitoring, blank
from placehub.monitoring.tables import SEARCH
from placehub.observing.usage import most_memory_mb
from placehub.postcodes import Postcodes
from placehub.replaying.folding import Folding, copy
from placehub.replaying.running import AT_ONCE, Silent
from placehub.replaying.shadow import translated
from placehub.settings import Settings

Row = Mapping[str, Any]


@dataclass(slots=True)
class Watch:
    """Tells what a fold took, once all events have been counted."""

    events: int
    done: int = 0
    _began: float = 0.0
    _busy: float = 0.0
    _half: tuple[int, float, float] | None = None

    def take(self, count: int = 1) -> None:
        """Count events that are in hand."""
        if not self.done:
            self._began, self._busy = time.perf_counter(), time.process_time()
        if self._half is None and 2 * self.done >= self.events:
            self._half = self.done, time.perf_counter(), time.process_time()
        self.done += count

    @property
    def over(self) -> bool:
        """Tell whether all of them have been."""
        return self.done >= self.events

    def told(self) -> dict[str, Any]:
        """Return what it took by now: seconds, processor seconds of this process, and its memory at most.

        `later_a_second`, `later_busy_us`: events a second, and processor microseconds an event, of the latter half
        alone, when everything has been loaded; of all of them where they were in hand at once.
        """
        now, busy = time.perf_counter(), time.process_time()
        before, since, used = self._half or (0, self._began, self._busy)
        return {
            "seconds": now - self._began,
            "later_a_second": (self.done - before) / (now - since),
            "later_busy_us": (busy - used) * 1e6 / (self.done - before),
            "busy": busy - self._busy,
            "memory_mb": most_memory_mb(),
        }


@dataclass(slots=True)
class Tools:
    """What every way has: how to read a record, the rules, and where the rows go."""

    settings: Settings
    schema: str
    watch: Watch
    codec: Codec = field(init=False)
    views: Monitoring = field(init=False)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        """Open what the settings name."""
        self.codec = Codec(Registry(self.settings.registry), COUNTED)
        self.views = Monitoring(Postcodes.open(), (SEARCH,))
        database = connect(self.settings.database.get_secret_value())
        self.engine = database.execution_options(**translated(self.schema))

    def fold(self, row: Row | None, key: bytes | None, value: bytes | None, headers: Any) -> Row | None:
        """Return a case's row after one more record; as it was where the record changes nothing of it."""
        record = read_event(self.codec, Message(STREAM, 0, 0, key, value, headers))
        for _, changes in self.views.changes([record]):
            for case, change in changes:
                row = change(blank(SEARCH, case) if row is None else row)
        return row

    def write(self, rows: Iterable[Row]) -> None:
        """Write all rows at once."""
        with self.engine.begin() as connection:
            copy(connection, self.schema, SEARCH, rows)


def live(tools: Tools) -> None:
    """As the hub's live shell does: 500 records, their rows and the positions in one transaction."""
    shell = Shell(tools.views, tools.engine, tools.codec, Silent(), WallClock())
    for batches in _read(tools, LIVE_AT_ONCE, lambda place: shell.take(place, {})):
        shell.process(batches)


def replay(tools: Tools) -> None:
    """As `placehub replay` does in one process: rows in memory, repeats dropped, written at the end."""
    folding = Folding(tools.views.name, [(tools.views, lambda record: True)], tools.schema)
    with tools.engine.connect() as connection:
        folding.begin(connection)
    for batches in _read(tools, AT_ONCE):
        with tools.engine.connect() as connection:
            folding.take(connection, [read_event(tools.codec, one) for some in batches.values() for one in some])
    with tools.engine.begin() as connection:
        folding.write(connection)


def _read(
    tools: Tools, most: int, take: Callable[[Partition], object] = lambda place: None
) -> Iterator[Mapping[Partition, Sequence[Message]]]:
    """Yield everything there is, in batches of `most` records."""
    with reader(tools.settings, max_partition_fetch_bytes=FETCH_BYTES) as consumer:
        places = partitions_of(consumer, (STREAM,))
        for one in places:
            take(Partition(one.topic, one.partition))
        consumer.assign([TopicPartition(one.topic, one.partition) for one in places])
        consumer.seek_to_beginning()
        while not tools.watch.over:
            batches = poll(consumer, WAIT_MS, most)
            if batches:
                tools.watch.take(sum(map(len, batches.values())))
                yield batches


def faust_agent(tools: Tools) -> None:
    """As a plain Faust agent does: one event after the other, rows in a table with a changelog."""
    app = _faust_app(tools)
    rows = app.Table("search", partitions=_partitions(tools))
    rows.key_serializer, rows.value_serializer = "raw", "pickle"  # Faust would write JSON, which has no dates

    @app.agent(app.topic(STREAM, key_type=bytes, value_type=bytes), concurrency=1)  # type: ignore[untyped-decorator]  # Faust's
    async def consume(stream: Any) -> None:
        async for event in stream.events():
            tools.watch.take()
            headers = list(event.headers.items())
            after = tools.fold(rows.get(event.key), event.key, event.value, headers)
            if after is not None:
                rows[event.key] = after
            if tools.watch.over:
                await app.producer.flush()
                tools.write(rows.values())
                _say(tools.watch)
                os._exit(0)  # the library's own leaving takes seconds

    program = faust.Worker(app, override_logging=False, redirect_stdouts=False, quiet=True)
    program.spinner = None
    program.execute_from_commandline()


def _faust_app(tools: Tools) -> Any:
    settings, name = tools.settings, f"bench-{tools.schema}"
    _declare(tools, f"{name}-search-changelog")
    return faust.App(
        name,
        broker=";".join(f"kafka://{one}" for one in settings.bootstrap.split(",")),
        broker_credentials=faust.SASLCredentials(
            username=settings.kafka_user,
            password=settings.kafka_password.get_secret_value(),
            mechanism="SCRAM-SHA-256",
        ),
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        datadir=tempfile.mkdtemp(prefix="placehub-bench-"),
        store="memory://",
        key_serializer="raw",
        value_serializer="raw",
    )


def _declare(tools: Tools, topic: str) -> None:
    """Create a changelog: Faust asks for topics in a version of the protocol that the broker has given up."""
    from kafka.admin import KafkaAdminClient

    from placehub.drivers.brokers import access

    admin = KafkaAdminClient(**access(tools.settings))
    admin.create_topics({topic: {"num_partitions": _partitions(tools), "replication_factor": 1}})
    admin.close()


def _partitions(tools: Tools) -> int:
    with reader(tools.settings) as consumer:
        return len(partitions_of(consumer, (STREAM,)))


def quixstreams(tools: Tools) -> None:
    """As a quixstreams application does: one event after the other, rows in RocksDB with a changelog."""
    library = import_module("quixstreams")
    settings = tools.settings
    broker = import_module("quixstreams.kafka.configuration").ConnectionConfig(
        bootstrap_servers=settings.bootstrap,
        security_protocol="sasl_plaintext",
        sasl_mechanism="SCRAM-SHA-256",
        sasl_username=settings.kafka_user,
        sasl_password=settings.kafka_password.get_secret_value(),
    )
    app = library.Application(
        broker,
        consumer_group=f"bench-{tools.schema}",
        auto_offset_reset="earliest",
        state_dir=tempfile.mkdtemp(prefix="placehub-bench-"),
        loglevel=None,
    )
    last: dict[bytes, Row] = {}  # its state cannot be read as a whole: the last row of each case is kept for the end

    def step(value: bytes, key: bytes, _at: int, headers: Any, state: Any) -> None:
        tools.watch.take()
        after = tools.fold(_unpacked(state.get_bytes("row")), key, value, headers)
        if after is not None:
            state.set_bytes("row", pickle.dumps(after))
            last[key] = after
        if tools.watch.over:
            app.stop()

    topic = app.topic(STREAM, key_deserializer="bytes", value_deserializer="bytes")
    app.dataframe(topic).apply(step, stateful=True, metadata=True)
    app.run()
    tools.write(last.values())


def _unpacked(kept: bytes | None) -> Row | None:
    row: Row | None = pickle.loads(kept) if kept else None  # noqa: S301  # written by this very process
    return row


WAYS: Final[Mapping[str, Callable[[Tools], None]]] = {
    "live": live,
    "replay": replay,
    "faust": faust_agent,
    "quixstreams": quixstreams,
}
"""Each way by its name."""


def _say(watch: Watch) -> None:
    print(json.dumps(watch.told()), flush=True)


def main(words: Sequence[str]) -> None:
    """Fold in the way the words ask for, and say what it took."""
    way, schema, events = words
    tools = Tools(Settings.load(), schema, Watch(int(events)))
    WAYS[way](tools)
    _say(tools.watch)


if __name__ == "__main__":
    main(sys.argv[1:])
