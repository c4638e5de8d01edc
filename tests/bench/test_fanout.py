"""A decision is timed until its last inbox has it, beside the same bytes written by a bare producer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from sqlalchemy import Engine

from placehub.bench.fanout import Decision, measure
from placehub.bench.page import fanout as page
from placehub.clock import WallClock
from placehub.contracts.codec import Codec, Registry
from placehub.delivery.inboxes import Inboxes
from placehub.delivery.processor import Delivery
from placehub.drivers.brokers import access, poll, producer, reader
from placehub.drivers.publisher import Publisher
from placehub.drivers.records import Partition
from placehub.drivers.shell import Shell
from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, Wanted
from placehub.search.events import ProviderInvited
from placehub.streams import inbox

from ..conftest import Hub
from ..integration.story import BASIS

pytestmark = pytest.mark.broker


@contextmanager
def delivering(hub: Hub, engine: Engine, topics: tuple[str, ...]) -> Iterator[None]:
    """The hub's delivery, and nothing else of a hub, takes in the first of these topics; they are gone afterwards."""
    admin = KafkaAdminClient(**access(hub.settings))
    admin.create_topics({one: {"num_partitions": 1, "replication_factor": 1} for one in topics})
    over = threading.Event()
    with producer(hub.settings) as sender, reader(hub.settings) as consumer:
        delivery = Delivery(Inboxes(lambda: frozenset(topics)))
        shell = Shell(delivery, engine, Codec(Registry(hub.settings.registry)), Publisher(engine, sender), WallClock())
        shell.take(Partition(topics[0], 0), {})
        consumer.assign([TopicPartition(topics[0], 0)])
        consumer.seek_to_beginning()

        def deliver() -> None:
            while not over.is_set():
                if batches := poll(consumer, 100):
                    shell.process(batches)

        thread = threading.Thread(target=deliver)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            admin.delete_topics(list(topics))
            admin.close()


def test_one_decision_to_many_inboxes(hub: Hub, engine: Engine) -> None:
    """Every provider has the case and its invitation, the authority each invitation; a bare producer writes as much."""
    authority, *providers = (f"T{uuid4().hex[:10]}" for _ in range(4))
    stream, now = f"bench-{uuid4().hex[:10]}", WallClock().now()
    notice = EarlyNoticeGiven(
        referral_id=uuid4(),
        authority=authority,
        need_known_at=now,
        lawful_basis=BASIS,
        wanted=Wanted(kind="long term"),
        children=(NotedChild(child_id=uuid4(), age_band="8-10"),),
    )
    invited = ProviderInvited(
        referral_id=notice.referral_id,
        provider=providers[0],
        interest_only=True,
        band="fits",
        released_at=now,
        respond_by=now + timedelta(days=1),
    )
    seconds = iter(range(100))
    with delivering(hub, engine, (stream, *map(inbox, (authority, *providers)))):
        found = measure(
            hub.settings,
            providers,
            Decision(notice, invited, now, stream),
            sizes=(1, 3),
            rounds=1,
            repeats=1,
            busy=lambda: {"delivery": next(seconds), "kafka": 1.0},
        )
    one, three = found["sizes"]
    assert (one["inboxes"], one["decisions"], one["records"]) == (1, 1, 3)
    assert (three["inboxes"], three["decisions"], three["records"]) == (3, 1, 9)
    assert three["bytes"] > one["bytes"] > 0
    assert min(one["median_ms"], one["bare_median_ms"]) > 0
    assert three["busy_ms_a_record"] == {"delivery": round(1000 / 9, 2), "servers": 0.0}
    assert "| 3 | 9 |" in page(found)
