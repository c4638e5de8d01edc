"""Three brokers with TLS, run by the containers' own script with what `deploy init` makes; one of them is killed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError
from kafka.future import Future
from kafka.net.manager import KafkaConnectionManager
from pydantic import SecretStr

from placehub.deployment.folder import init
from placehub.drivers.brokers import producer, reader
from placehub.mailboxes.connection import login
from placehub.organisations.broker import administer
from placehub.settings import Settings
from placehub.streams import inbox, outbox

from ..waiting import until
from .cluster import NODES, Cluster

pytestmark = pytest.mark.broker

STREAM = "referral"
ORGANISATION, PASSWORD = "T0001", "made up for this test alone"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three brokers that take part, each with the certificate `deploy init` made for it."""
    folder = tmp_path_factory.mktemp("cluster")
    brokers = Cluster(init(folder / "deployment", "localhost", datetime.now(UTC)), folder)
    try:
        brokers.start()
        yield brokers
    finally:
        brokers.stop()


@pytest.fixture(scope="module")
def settings(cluster: Cluster) -> Settings:
    """The settings of a hub on these brokers, its streams and one organisation's mailboxes made."""
    made = Settings(
        bootstrap=cluster.bootstrap(),
        bootstrap_outside=cluster.bootstrap("outside"),
        kafka_password=SecretStr((cluster.secrets / "kafka_password").read_text()),
        kafka_tls_ca=str(cluster.secrets / "ca"),
        registry="https://not-asked",
        database=SecretStr("postgresql+psycopg://not-asked"),
        api="http://not-asked",
        api_token=SecretStr("not asked"),
        replication=len(NODES),
    )
    with administer(made) as broker:
        broker.ensure_streams()
        broker.open_mailboxes([ORGANISATION])
        broker.set_passwords({ORGANISATION: PASSWORD})
        broker.grant_mailboxes([ORGANISATION])
        broker.await_in_force([ORGANISATION])
    return made


def _leader(cluster: Cluster, topic: str) -> int:
    with closing(KafkaAdminClient(**cluster.access())) as admin:
        return int(admin.describe_topics([topic])[0]["partitions"][0]["leader_id"])


def _read(settings: Settings, topic: str) -> list[bytes]:
    with closing(reader(settings, consumer_timeout_ms=5000)) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek_to_beginning()
        return [record.value for record in consumer]


def test_streams_have_three_copies(cluster: Cluster, settings: Settings) -> None:
    """A stream and a mailbox have three copies, and a record counts once two have it."""
    with closing(KafkaAdminClient(**cluster.access())) as admin:
        topics = admin.describe_topics([STREAM, inbox(ORGANISATION)])
        wanted = [ConfigResource(ConfigResourceType.TOPIC, STREAM)]
        enough = admin.describe_configs(wanted, config_filter="all")
    assert {len(one["replica_nodes"]) for topic in topics for one in topic["partitions"]} == {3}
    assert enough[ConfigResourceType.TOPIC.name.lower()][STREAM]["min.insync.replicas"]["value"] == "2"


def test_an_organisation_comes_in_by_its_own_door(cluster: Cluster, settings: Settings) -> None:
    """By the outside address an organisation reads its inbox, and nothing of a stream."""
    access = login(settings.bootstrap_outside, ORGANISATION, PASSWORD, settings.kafka_tls_ca)
    with closing(KafkaConsumer(**access, group_id=None)) as consumer:
        assert consumer.partitions_for_topic(inbox(ORGANISATION)) == {0}
        assert consumer.partitions_for_topic(outbox(ORGANISATION)) == {0}
        assert not consumer.partitions_for_topic(STREAM)


@pytest.mark.parametrize("wrong", ["no TLS", "another authority", "another password"])
def test_who_is_not_let_in(cluster: Cluster, settings: Settings, tmp_path: Path, wrong: str) -> None:
    """Without TLS nobody gets in; a broker of another authority is not trusted; a wrong password is refused."""
    access: dict[str, Any] = {**cluster.access("outside"), "bootstrap_timeout_ms": 3000}
    if wrong == "no TLS":
        access |= {"security_protocol": "SASL_PLAINTEXT", "ssl_cafile": None}
    elif wrong == "another authority":
        other = init(tmp_path / "other", "localhost", datetime.now(UTC))
        access["ssl_cafile"] = str(other / "secrets" / "ca")
    else:
        access["sasl_plain_password"] = "not the hub's"
    with pytest.raises(KafkaError):
        KafkaAdminClient(**access)


def test_a_reset_connection_does_not_blind_a_client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client whose question who leads what ended in a reset connection asks again, and hears of it."""
    with closing(reader(settings)) as consumer:
        assert consumer.partitions_for_topic(STREAM)
        cluster = consumer._cluster
        asked, ask = threading.Event(), KafkaConnectionManager.send

        def reset_once(self: Any, *arguments: Any, **more: Any) -> Any:
            if asked.is_set():
                return ask(self, *arguments, **more)
            asked.set()
            return Future().failure(ConnectionResetError(104, "Connection reset by peer"))

        monkeypatch.setattr(KafkaConnectionManager, "send", reset_once)
        for hears in (False, True):
            answer = cluster.request_update()
            until(partial(getattr, answer, "is_done"), 20)
            assert answer.succeeded() == hears


def test_a_broker_is_killed(cluster: Cluster, settings: Settings) -> None:
    """A broker killed with -9 takes no record with it: writing goes on, and it catches up when it is back."""
    killed = _leader(cluster, STREAM)
    with closing(producer(settings)) as outgoing:
        outgoing.send(STREAM, b"before", partition=0).get(timeout=30)
        cluster.kill(killed)
        outgoing.send(STREAM, b"after", partition=0).get(timeout=120)
    assert _leader(cluster, STREAM) != killed
    assert _read(settings, STREAM) == [b"before", b"after"]
    cluster.nodes[killed].start()
    until(lambda: cluster.whole([STREAM]), 120)
    assert _read(settings, STREAM) == [b"before", b"after"]


def test_with_one_broker_left_nothing_is_taken(cluster: Cluster, settings: Settings) -> None:
    """With two brokers gone no record is accepted that the last could lose, and the hub is told so."""
    last = _leader(cluster, STREAM)
    gone = [node for node in NODES if node != last]
    brief = {"acks": "all", "request_timeout_ms": 5000, "delivery_timeout_ms": 8000}
    with closing(KafkaProducer(**cluster.access(), **brief)) as outgoing:
        outgoing.send(STREAM, b"all", partition=0).get(timeout=30)
        for node in gone:
            cluster.kill(node)
        with pytest.raises(KafkaError):
            outgoing.send(STREAM, b"one", partition=0).get(timeout=20)
    for node in gone:
        cluster.nodes[node].start()
    until(lambda: cluster.whole([STREAM]), 120)
