"""The live driver on the real broker: what Faust loses on the way is read again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast
from uuid import uuid4

import pytest
from faust.types import TP
from kafka import KafkaAdminClient, TopicPartition

from placehub.drivers.brokers import access, producer, reader
from placehub.drivers.gathering import Fetching, Gathering
from placehub.drivers.live import make_app
from placehub.drivers.records import Message, Partition
from placehub.drivers.rereading import Mending, Rereading
from placehub.drivers.worker import Batches, Worker
from placehub.observing.pulse import Pulse

from ..waiting import until

HERE, THERE = Partition("referral", 0), Partition("referral", 1)


class Noting:
    """A worker that keeps the offsets it was given, and whose positions follow them."""

    def __init__(self, topic: str) -> None:
        self.name = f"test-{uuid4().hex}"
        self.streams = (topic,)
        self.loop = Pulse("loop")
        self.taken: list[int] = []
        self.shell = self.processor = self.gate = self
        self.topic = topic

    def positions(self) -> dict[Partition, int]:
        """Return the next offset of its partition."""
        return {Partition(self.topic, 0): len(set(self.taken))}

    def shut(self) -> bool:
        """Nobody has paused it."""
        return False

    def assigned(self, partitions: Iterable[Partition]) -> None:
        """Take partitions."""

    def revoked(self, partitions: Iterable[Partition]) -> None:
        """Give them up."""

    def process(self, batches: Batches, mended: Callable[[Batches, Mapping[Partition, int]], Batches]) -> None:
        """Note what came once it is made whole."""
        for some in mended(batches, self.positions()).values():
            self.taken += [one.offset for one in some]


@pytest.fixture
def topic(hub: Any) -> str:
    """A topic of one partition that holds three records."""
    name = f"lost-{uuid4().hex}"
    with KafkaAdminClient(**access(hub.settings)) as admin:
        admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1}})
        admin.wait_for_topics([name])
    send(hub, name, range(3))
    return name


def send(hub: Any, topic: str, numbers: Iterable[int], **options: Any) -> None:
    """Write a record for each number; with a `transactional_id` as one transaction."""
    sender = producer(hub.settings, **options)
    if options:
        sender.init_transactions()
        sender.begin_transaction()
    for number in numbers:
        sender.send(topic, str(number).encode(), b"key").get(10)
    if options:
        sender.commit_transaction()
    sender.close(timeout=5)


@pytest.mark.broker
@pytest.mark.parametrize("later", [0, 1])
def test_what_was_fetched_and_dropped_is_read_again(hub: Any, topic: str, later: int) -> None:
    """What the consumer is ahead of the position in the database is taken in, whether a later record comes or none."""
    worker, all_of_them = Noting(topic), 3 + later

    async def run() -> None:
        app = make_app(cast(Worker, worker), hub.settings, Gathering(seconds=0.01, times=8))
        app.loop = asyncio.get_running_loop()

        @app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]  # Faust's own
        async def lose(*_: Any, **__: Any) -> None:
            await app.consumer.seek(TP(topic, 0), 3)
            send(hub, topic, range(3, all_of_them))

        await app.start()
        try:
            async with asyncio.timeout(60):
                while worker.positions()[Partition(topic, 0)] < all_of_them:
                    await asyncio.sleep(0.1)
        finally:
            await app.stop()

    asyncio.run(run())
    assert sorted(set(worker.taken)) == list(range(all_of_them))
    assert not later or worker.taken == sorted(worker.taken)


@pytest.mark.broker
def test_much_is_fetched_at_once_while_much_is_going_on(hub: Any, topic: str) -> None:
    """While records come all the time the broker is asked for many at once, and as usual again when they end."""
    worker, asked = Noting(topic), list[tuple[int, int]]()
    sent = [0, 1, 2]

    def more() -> Iterator[int]:
        while len(asked) < 2:
            time.sleep(0.01)
            sent.append(len(sent))
            yield sent[-1]

    async def run() -> None:
        steadily = Gathering(seconds=0.25, times=2)
        app = make_app(cast(Worker, worker), hub.settings, Gathering(seconds=0.05, times=4, steadily=steadily))
        app.loop = asyncio.get_running_loop()
        await app.start()
        try:
            async with asyncio.timeout(60):
                sending = asyncio.create_task(asyncio.to_thread(send, hub, topic, more()))
                while not sending.done() or len(worker.taken) < len(sent) or asked[-1] != asked[0]:
                    fetcher = app.consumer._thread._ensure_consumer()._fetcher
                    now = fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms
                    asked.extend([now] if asked[-1:] != [now] else [])
                    await asyncio.sleep(0.02)
        finally:
            await app.stop()

    asyncio.run(run())
    usual, much = (1, 1500), (Fetching.BYTES, Fetching.WAIT_MS)
    assert asked[:3] == [usual, much, usual]
    assert worker.taken == sent


@pytest.mark.broker
def test_a_batch_is_made_whole(hub: Any, topic: str) -> None:
    """What is missing before and among records is read from the broker; a transaction's mark stays missing."""
    place = Partition(topic, 0)
    send(hub, topic, (3, 4), transactional_id=topic)
    with reader(hub.settings) as consumer:  # the broker writes the mark, 5, after it has said that it will
        until(lambda: consumer.end_offsets([TopicPartition(*place)])[TopicPartition(*place)] == 6)
    send(hub, topic, (6, 7))
    batch = [Message(topic, 0, offset, b"key", str(offset).encode(), []) for offset in (1, 2, 6, 2)]
    mending = Mending(lambda: reader(hub.settings))
    whole = mending.whole({place: batch}, {place: 0})[place]
    assert [(one.offset, one.value) for one in whole] == [(n, str(n).encode()) for n in (0, 1, 2, 3, 4, 6)]
    assert mending.whole({place: batch}, {place: 7})[place] == []


def test_a_gap_is_read_once() -> None:
    """Where nothing comes of reading again, since a gap holds no records, it is left; a new gap is read again."""
    rereading = Rereading()
    assert rereading.lost({HERE: 1, THERE: 4}, {HERE: 6, THERE: 4}) == {HERE: 1}
    assert rereading.lost({HERE: 1}, {HERE: 6}) == {}
    assert rereading.lost({HERE: 1}, {HERE: 7}) == {HERE: 1}
    assert rereading.lost({HERE: 7}, {HERE: 7}) == {}
    assert rereading.lost({HERE: 1}, {}) == {}
