"""A client goes on asking who leads what, whatever became of a question that somebody else had put."""

from __future__ import annotations

from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaConnectionError
from kafka.future import Future

from placehub.drivers.brokers import reader
from placehub.mailboxes.connection import ends_of, login
from placehub.streams import TREEHEAD

pytestmark = pytest.mark.broker


def test_a_failed_question_of_somebody_else_does_not_end_the_asking(hub: Any) -> None:
    """The loop waits for a question that is under way; when that one fails, the next is put all the same."""
    settings = hub.settings
    access = login(settings.bootstrap, settings.kafka_user, settings.kafka_password.get_secret_value(), None)
    with KafkaConsumer(**access, group_id=None, metadata_max_age_ms=100) as consumer:
        cluster: Any = consumer._cluster
        cluster._refresh_future = others = Future()
        cluster.request_update()
        while not others._callbacks and not others._errbacks:
            consumer._net.run(consumer._net.sleep, 0.01)
        others.failure(KafkaConnectionError("made up"))
        assert TopicPartition(TREEHEAD, 0) in ends_of(consumer, [TopicPartition(TREEHEAD, 0)])


def test_a_broker_that_was_away_for_long_is_found_soon(hub: Any) -> None:
    """After thirty failures a client of the hub tries again within three seconds, an organisation's within six."""
    settings = hub.settings
    access = login(settings.bootstrap, settings.kafka_user, settings.kafka_password.get_secret_value(), None)
    with reader(settings) as ours, KafkaConsumer(**access, group_id=None) as theirs:
        for client, most in ((ours, 3_000), (theirs, 6_000)):
            manager: Any = client._manager
            assert max(manager.update_backoff("away") for _ in range(30)) <= most
