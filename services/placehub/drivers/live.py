"""The live driver on Faust: its loop and its partition assignment, nothing else of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import tempfile
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import faust
import structlog
from faust.types import TP

from placehub.drivers.brokers import reader
from placehub.drivers.pausing import REST_SECONDS
from placehub.drivers.records import Message, Partition
from placehub.drivers.rereading import LOOK_SECONDS, Mending, Rereading
from placehub.drivers.worker import Worker
from placehub.errors import Misconfigured
from placehub.settings import Settings

LOG = structlog.get_logger()
LONGEST_PAUSE_SECONDS: Final = 7 * 24 * 60 * 60.0
"""How long a worker may take in nothing and still keep its partitions: an operator has paused it."""
MOST: Final = 500
"""Records in one transaction at most."""


def run_live(worker: Worker, settings: Settings, gather_seconds: float) -> None:
    """Run until SIGTERM or SIGINT. Any fault that trying again cannot mend ends the process (exit code 3).

    `gather_seconds` is how long a batch waits for one more record.
    """
    app = make_app(worker, settings, gather_seconds)
    worker.start()
    program = _Program(app, override_logging=False, redirect_stdouts=False, quiet=True)
    program.spinner = None  # it would write a terminal's escapes into the log
    program.execute_from_commandline()


def make_app(worker: Worker, settings: Settings, gather_seconds: float) -> Any:
    """Return the Faust app that feeds a worker; starting it connects."""
    processor = worker.shell.processor
    app = faust.App(
        f"hub.{processor.name}",
        broker=";".join(f"kafka://{one}" for one in settings.bootstrap.split(",")),
        broker_credentials=faust.SASLCredentials(
            username=settings.kafka_user,
            password=settings.kafka_password.get_secret_value(),
            mechanism="SCRAM-SHA-256",
            ssl_context=ssl.create_default_context(cafile=settings.kafka_tls_ca) if settings.kafka_tls_ca else None,
        ),
        broker_session_timeout=6,
        broker_heartbeat_interval=2,
        broker_max_poll_interval=LONGEST_PAUSE_SECONDS,
        broker_commit_interval=3,  # for those who look at the group's lag: positions stand in the database
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        datadir=tempfile.mkdtemp(prefix="placehub-"),
        key_serializer="raw",
        value_serializer="raw",
        stream_wait_empty=False,
    )
    app.task(worker.loop.keep)
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="worker")
    mine: set[Partition] = set()
    settled = asyncio.Event()  # who has which partition is known; not so while they are given anew
    idle = _Idle()
    mending = Mending(lambda: reader(settings))

    async def off_loop(act: Any, *arguments: Any) -> None:
        # the loop must stay free for heartbeats; a fault nobody can mend must not be acknowledged by going on
        try:
            await asyncio.get_running_loop().run_in_executor(pool, act, *arguments)
        except asyncio.CancelledError:
            raise
        except Misconfigured as error:
            LOG.error(str(error), processor=processor.name)
            os._exit(Misconfigured.exit_code)
        except BaseException:
            LOG.exception("the worker failed; the process ends and is started again", processor=processor.name)
            os._exit(3)

    @app.on_partitions_assigned.connect  # type: ignore[arg-type]  # Faust's signal type asks for more than it sends
    async def assigned(_: Any, assigned: Any, **__: Any) -> None:
        given = {Partition(one.topic, one.partition) for one in assigned}
        await off_loop(worker.assigned, given)
        mine.update(given)
        settled.set()
        shutil.rmtree(app.conf.datadir, ignore_errors=True)  # for tables of Faust's own, of which there are none

    @app.on_partitions_revoked.connect  # type: ignore[arg-type]  # as above
    async def revoked(_: Any, revoked: Any, **__: Any) -> None:
        taken = {Partition(one.topic, one.partition) for one in revoked}
        settled.clear()
        mine.difference_update(taken)
        await off_loop(worker.revoked, taken)

    @app.on_before_shutdown.connect
    async def leaving(*_: Any, **__: Any) -> None:
        # the others are given our partitions before this process is gone: it must not meet them any more
        settled.clear()
        taken = set(mine)
        mine.clear()
        await off_loop(worker.revoked, taken)

    @app.agent(app.topic(*processor.streams, key_type=bytes, value_type=bytes), concurrency=1)
    async def consume(stream: Any) -> None:
        async for events in idle.between(_batches(stream.noack().events(), gather_seconds)):
            while await asyncio.get_running_loop().run_in_executor(pool, worker.gate.shut):
                await asyncio.sleep(REST_SECONDS)  # not in the pool, which the next assignment needs
            await settled.wait()
            # what was read of a partition that another worker has by now is that worker's: not taken in, not acked
            batches = {place: some for place, some in _by_partition(events).items() if place in mine}
            read = {place: [_message(one) for one in some] for place, some in batches.items()}
            await off_loop(worker.process, read, mending.whole)
            for event in (one for some in batches.values() for one in some):
                event.ack()

    async def reread() -> None:
        rereading = Rereading()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not (settled.is_set() and mine and idle.seconds > LOOK_SECONDS):
                continue
            positions = await asyncio.get_running_loop().run_in_executor(None, worker.shell.positions)
            reads = {one: await _next_read(app, one) for one in positions}
            if not settled.is_set() or idle.seconds <= LOOK_SECONDS:
                continue  # something came meanwhile
            for place, offset in rereading.lost(positions, reads).items():
                LOG.warning("read again from here", topic=place.topic, partition=place.number, offset=offset)
                await app.consumer.seek(TP(place.topic, place.number), offset)

    app.task(reread)
    return app


class _Program(faust.Worker):
    """Faust's way of running an app, with the process's own title left as it is."""

    def _setproctitle(self, info: str, **_: Any) -> None:
        pass


class _Idle:
    """How long the next batch has been waited for."""

    def __init__(self) -> None:
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the last batch was done with; 0 while one is at work."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    async def between(self, batches: AsyncIterator[list[Any]]) -> AsyncIterator[list[Any]]:
        """Yield the batches, and note when nothing is done about any."""
        self._since = time.monotonic()
        async for batch in batches:
            self._since = None
            yield batch
            self._since = time.monotonic()


async def _next_read(app: Any, place: Partition) -> int:
    """Return the next offset the consumer will fetch; 0 where it does not say."""
    try:
        return await app.consumer.position(TP(place.topic, place.number)) or 0
    except Exception:  # whatever a consumer says whose partitions are given anew: it is asked again
        return 0


def _by_partition(events: list[Any]) -> dict[Partition, list[Any]]:
    found: dict[Partition, list[Any]] = {}
    for event in events:
        found.setdefault(Partition(event.message.topic, event.message.partition), []).append(event)
    return found


async def _batches(events: Any, gather_seconds: float) -> AsyncIterator[list[Any]]:
    """Group what is there already; the one pending read is kept and never cancelled, or its event would be lost."""
    pending = asyncio.ensure_future(anext(events))
    while True:
        try:
            batch = [await pending]
        except StopAsyncIteration:
            return
        pending = asyncio.ensure_future(anext(events))
        while len(batch) < MOST and (await asyncio.wait({pending}, timeout=gather_seconds))[0]:
            batch.append(pending.result())
            pending = asyncio.ensure_future(anext(events))
        yield batch


def _message(event: Any) -> Message:
    raw = event.message
    headers = raw.headers.items() if isinstance(raw.headers, dict) else (raw.headers or [])
    return Message(raw.topic, raw.partition, raw.offset, raw.key, raw.value, [(name, value) for name, value in headers])
