"""The live driver on Faust: its loop and its partition assignment, nothing else of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import faust
import structlog
from faust.types import TP

from placehub.drivers.brokers import reader
from placehub.drivers.gathering import Fetching, Gathering
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


def run_live(worker: Worker, settings: Settings, gathering: Gathering) -> None:
    """Run until SIGTERM or SIGINT. Any fault that trying again cannot mend ends the process (exit code 3)."""
    app = make_app(worker, settings, gathering)
    worker.start()
    program = _Program(app, override_logging=False, redirect_stdouts=False, quiet=True)
    program.spinner = None  # it would write a terminal's escapes into the log
    program.execute_from_commandline()


def make_app(worker: Worker, settings: Settings, gathering: Gathering) -> Any:
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
    feeding = _Feeding(app, worker, Mending(lambda: reader(settings)), gathering)
    app.on_partitions_assigned.connect(feeding.assigned)  # type: ignore[arg-type]  # the signal asks for more than it sends
    app.on_partitions_revoked.connect(feeding.revoked)  # type: ignore[arg-type]  # as above
    app.on_before_shutdown.connect(feeding.leaving)
    app.agent(app.topic(*processor.streams, key_type=bytes, value_type=bytes), name="consume", concurrency=1)(
        feeding.consume
    )
    app.task(worker.loop.keep)
    app.task(feeding.reread)
    return app


class _Feeding:
    """Hands on to a worker what Faust fetches, and which partitions come and go."""

    def __init__(self, app: Any, worker: Worker, mending: Mending, gathering: Gathering) -> None:
        self._app = app
        self._worker = worker
        self._mending = mending
        self._gathering = gathering
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="worker")
        self._mine: set[Partition] = set()
        self._settled = asyncio.Event()  # who has which partition is known; not so while they are given anew
        self._idle = _Idle()

    async def _off_loop(self, act: Callable[..., Any], *arguments: Any) -> None:
        # the loop must stay free for heartbeats; a fault nobody can mend must not be acknowledged by going on
        processor = self._worker.shell.processor.name
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, act, *arguments)
        except asyncio.CancelledError:
            raise
        except Misconfigured as error:
            LOG.error(str(error), processor=processor)
            os._exit(Misconfigured.exit_code)
        except BaseException:
            LOG.exception("the worker failed; the process ends and is started again", processor=processor)
            os._exit(3)

    async def assigned(self, _: Any, assigned: Iterable[TP], **__: Any) -> None:
        """Take partitions."""
        given = {Partition(one.topic, one.partition) for one in assigned}
        await self._off_loop(self._worker.assigned, given)
        self._mine.update(given)
        self._settled.set()
        shutil.rmtree(self._app.conf.datadir, ignore_errors=True)  # for tables of Faust's own, of which there are none

    async def revoked(self, _: Any, revoked: Iterable[TP], **__: Any) -> None:
        """Give partitions up."""
        await self._give_up({Partition(one.topic, one.partition) for one in revoked})

    async def leaving(self, *_: Any, **__: Any) -> None:
        """Give all up: the others are given them before this process is gone, which must not meet them any more."""
        await self._give_up(set(self._mine))

    async def _give_up(self, taken: set[Partition]) -> None:
        self._settled.clear()
        self._mine -= taken
        await self._off_loop(self._worker.revoked, taken)

    async def consume(self, stream: Any) -> None:
        """Hand on what comes, batch by batch."""
        async for events in self._idle.between(self._batches(stream)):
            while await asyncio.get_running_loop().run_in_executor(self._pool, self._worker.gate.shut):
                await asyncio.sleep(REST_SECONDS)  # not in the pool, which the next assignment needs
            await self._settled.wait()
            # what was read of a partition that another worker has by now is that worker's: not taken in, not acked
            batches = {place: some for place, some in _by_partition(events).items() if place in self._mine}
            read = {place: [_message(one) for one in some] for place, some in batches.items()}
            await self._off_loop(self._worker.process, read, self._mending.whole)
            for event in (one for some in batches.values() for one in some):
                event.ack()

    async def _batches(self, stream: Any) -> AsyncIterator[list[Any]]:
        """Group what is there already, and what comes until nothing does for a while, or it has been waited for often.

        Only the first of a batch comes by way of the stream, at which Faust turns its whole loop for each event.
        """
        usual, fetching = self._gathering, None
        now = usual
        async for first in stream.noack().events():
            batch, more = [first], [first]
            for _ in range(now.times):
                await asyncio.sleep(now.seconds)
                more = _fetched(stream, MOST - len(batch))
                batch += more
                if not more or len(batch) == MOST:
                    break
            if usual.steadily:
                fetching = fetching or Fetching(self._app.consumer._thread._ensure_consumer()._fetcher)
                fetching.steadily(bool(more))
                now = usual.steadily if more else usual
            yield batch

    async def reread(self) -> None:
        """Set the consumer back where it is ahead of what was taken in, and nothing is on its way."""
        rereading = Rereading()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not (self._settled.is_set() and self._mine and self._idle.seconds > LOOK_SECONDS):
                continue
            positions = await asyncio.get_running_loop().run_in_executor(None, self._worker.shell.positions)
            reads = {one: await _next_read(self._app, one) for one in positions}
            if not self._settled.is_set() or self._idle.seconds <= LOOK_SECONDS:
                continue  # something came meanwhile
            for place, offset in rereading.lost(positions, reads).items():
                LOG.warning("read again from here", topic=place.topic, partition=place.number, offset=offset)
                await self._app.consumer.seek(TP(place.topic, place.number), offset)


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


def _fetched(stream: Any, most: int) -> list[Any]:
    """Take what Faust has fetched out of the stream's queue, as its own iterator does: not what is of an earlier share
    of the partitions, nor anything while they are given anew.
    """
    queue, app, found = stream.channel.queue, stream.app, list[Any]()
    while len(found) < most and not queue.empty():
        event = queue.get_nowait()
        if app.flow_control.is_active() and event.message.generation_id == app.consumer_generation_id:
            found.append(event)
    return found


def _message(event: Any) -> Message:
    raw = event.message
    headers = raw.headers.items() if isinstance(raw.headers, dict) else (raw.headers or [])
    return Message(raw.topic, raw.partition, raw.offset, raw.key, raw.value, [(name, value) for name, value in headers])
