"""New credentials for an organisation, and shutting one out: at once, also for those who are connected."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import AuthorizationError, KafkaError
from sqlalchemy import Connection

from placehub.errors import Conflict, Misconfigured, NotFound, Rejected
from placehub.mailboxes.connection import login
from placehub.organisations.joining import Credentials
from placehub.organisations.register import disable, rotate, show
from placehub.streams import inbox, outbox

pytestmark = pytest.mark.broker
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def token_works(hub: Any, organisation: Credentials) -> bool:
    """Tell whether the API takes its token."""
    auth = (organisation.code, organisation.api_token)
    status = httpx.get(f"{hub.settings.api}/registry/subjects", auth=auth, timeout=10).status_code
    assert status in (200, 401)
    return status == 200


def posts(hub: Any, organisation: Credentials) -> Callable[[], None]:
    """Connect, and return what posts one record over that connection."""
    access = login(hub.settings.bootstrap, organisation.code, organisation.kafka_password, None)
    producer = KafkaProducer(**access)
    return lambda: producer.send(outbox(organisation.code), b"x").get(timeout=10)


def read(consumer: KafkaConsumer) -> None:
    """Ask for some seconds."""
    for _ in range(20):
        consumer.poll(500)


def test_new_credentials(hub: Any) -> None:
    """The new ones work; the old token does not, and nobody logs in with the old password again."""
    old = hub.add("provider")
    new = rotate(hub.settings, old.code, NOW)
    assert (token_works(hub, old), token_works(hub, new)) == (False, True)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            posts(hub, new)()
            break
        except KafkaError:  # the broker acts on a new password a moment after it took it
            time.sleep(0.2)
    else:
        pytest.fail("the new password does not work")
    with pytest.raises(KafkaError):
        posts(hub, old)()


def test_shut_out_at_once(hub: Any, connection: Connection) -> None:
    """Over connections that are open it can neither post nor read; its token is dead, and the register says so."""
    gone = hub.add("provider")
    access = login(hub.settings.bootstrap, gone.code, gone.kafka_password, None)
    post = posts(hub, gone)
    post()
    hub.settle()
    with KafkaConsumer(group_id=None, auto_offset_reset="earliest", **access) as consumer:
        consumer.assign([TopicPartition(inbox(gone.code), 0)])
        assert consumer.poll(5000)
        disable(hub.settings, gone.code, "contract ended", NOW)
        with pytest.raises(AuthorizationError):
            post()
        consumer.seek_to_beginning()
        with pytest.raises(AuthorizationError):
            read(consumer)
    assert not token_works(hub, gone)
    assert show(connection, gone.code)["state"] == "disabled"
    with hub.mailbox(gone) as mailbox, pytest.raises(Misconfigured):
        mailbox.read_to_end()
    with pytest.raises(Conflict):
        disable(hub.settings, gone.code, "again", NOW)
    with pytest.raises(Conflict):
        rotate(hub.settings, gone.code, NOW)


def test_what_was_asked_wrongly(hub: Any) -> None:
    """Nobody of that name; no reason."""
    with pytest.raises(NotFound):
        disable(hub.settings, "NOBODY", "gone", NOW)
    with pytest.raises(Rejected):
        disable(hub.settings, hub.add("provider").code, " ", NOW)
