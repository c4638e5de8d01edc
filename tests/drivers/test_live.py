"""The live driver on the real broker: what Faust loses on the way is read again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast
from uuid import uuid4

import pytest
from faust.types import TP
from kafka import KafkaAdminClient

from placehub.drivers.brokers import access, producer
from placehub.drivers.live import make_app
from placehub.drivers.records import Message, Partition
from placehub.drivers.rereading import Rereading
from placehub.drivers.worker import Worker
from placehub.observing.pulse import Pulse

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

    def process(self, batches: Mapping[Partition, Sequence[Message]]) -> None:
        """Note what came."""
        self.taken += [one.offset for some in batches.values() for one in some]


@pytest.mark.broker
def test_what_was_fetched_and_dropped_is_read_again(hub: Any) -> None:
    """A consumer that is ahead of the position in the database, with nothing on its way, is set back to it."""
    topic = f"lost-{uuid4().hex}"
    with KafkaAdminClient(**access(hub.settings)) as admin:
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
        admin.wait_for_topics([topic])
    sender = producer(hub.settings)
    for number in range(3):
        sender.send(topic, str(number).encode(), b"key").get(10)
    sender.close(timeout=5)
    worker = Noting(topic)

    async def run() -> None:
        app = make_app(cast(Worker, worker), hub.settings, 0.01)
        app.loop = asyncio.get_running_loop()

        @app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]  # Faust's own
        async def lose(*_: Any, **__: Any) -> None:
            await app.consumer.seek(TP(topic, 0), 3)

        await app.start()
        try:
            async with asyncio.timeout(60):
                while worker.positions()[Partition(topic, 0)] < 3:
                    await asyncio.sleep(0.1)
        finally:
            await app.stop()

    asyncio.run(run())
    assert sorted(set(worker.taken)) == [0, 1, 2]


def test_a_gap_is_read_once() -> None:
    """Where nothing comes of reading again, since a gap holds no records, it is left; a new gap is read again."""
    rereading = Rereading()
    assert rereading.lost({HERE: 1, THERE: 4}, {HERE: 6, THERE: 4}) == {HERE: 1}
    assert rereading.lost({HERE: 1}, {HERE: 6}) == {}
    assert rereading.lost({HERE: 1}, {HERE: 7}) == {HERE: 1}
    assert rereading.lost({HERE: 7}, {HERE: 7}) == {}
    assert rereading.lost({HERE: 1}, {}) == {}
