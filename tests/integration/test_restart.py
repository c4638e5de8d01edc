"""Whatever is killed while events are being posted: nothing is lost, nothing takes effect twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition

from placehub import app, whole
from placehub.app import READS
from placehub.contracts.headers import Attributes, read_headers
from placehub.drivers.brokers import partitions_of, reader
from placehub.embedded.processes import Child
from placehub.embedded.stack import Stack
from placehub.errors import Conflict, HubError
from placehub.mailboxes.inbox import Received
from placehub.mailboxes.mailbox import Mailbox
from placehub.organisations.joining import Credentials, Organisation, SharingAgreement
from placehub.organisations.register import add_many
from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, InHouseSearchStarted, Wanted
from placehub.search.events import NoFitFound, ReferralAssessed, SearchStarted
from placehub.settings import Settings
from placehub.streams import STREAMS, inbox
from placehub.whole import Running, start_embedded

from ..waiting import until
from .story import BASIS

pytestmark = pytest.mark.broker
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SERVICES = (*READS, "api", "portal")
AUTHORITY = "E08000035"
QUIET_SECONDS = 60
T = TypeVar("T")


@dataclass
class Hub:
    """A hub of this module's own, which is stopped, killed and started again."""

    folder: Path
    running: Running
    credentials: Credentials
    posted: list[tuple[UUID, UUID, UUID]] = field(default_factory=list)

    def mailbox(self) -> Mailbox:
        """Open the authority's mailbox."""
        one, settings = self.credentials, self.running.settings
        return Mailbox(
            one.code,
            bootstrap=settings.bootstrap,
            kafka_password=one.kafka_password,
            api=settings.api,
            api_token=one.api_token,
        )

    def post(self, mailbox: Mailbox) -> None:
        """Post one case: a notice, and an event after it; tried again with the same ids until the broker has both."""
        case, first, second = uuid4(), uuid4(), uuid4()
        notice = EarlyNoticeGiven(
            referral_id=case,
            authority=AUTHORITY,
            need_known_at=NOW,
            lawful_basis=BASIS,
            wanted=Wanted(kind="long term", near_sector="LS6 2", within_miles=30),
            children=(NotedChild(child_id=uuid4(), age_band="8-10", sex="F"),),
        )
        after = InHouseSearchStarted(referral_id=case, authority=AUTHORITY)
        for _ in range(60):
            try:
                mailbox.post_many([(notice, NOW, first), (after, NOW, second)])
            except HubError:
                time.sleep(0.2)
                continue
            self.posted.append((case, first, second))
            return
        raise AssertionError("the broker did not come back")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub in a folder of its own, with one authority."""
    folder = tmp_path_factory.mktemp("restart") / "hub"
    running = start_embedded(folder, "stream")
    try:
        running.tick(NOW)
        agreement = SharingAgreement(reference="DSA-TEST", signed_on=date(2026, 1, 1), contact="post@example.org")
        joining = Organisation(
            code=AUTHORITY, scheme="ons", kind="authority", name="Leeds", nation="England", agreement=agreement
        )
        made = Hub(folder, running, add_many(running.settings, [joining], NOW)[0])
        running.wait_quiet(QUIET_SECONDS)
        yield made
        made.running.stop()
    except BaseException:
        running.stop()
        raise


def kill(child: Child) -> None:
    """End a child at once, as power loss or the kernel would."""
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)


def while_posting(own: Hub, killed: Callable[[], None]) -> None:
    """Kill something while a mailbox goes on posting, and wait until the hub has come to rest again."""
    enough, faults = threading.Event(), list[BaseException]()

    def go_on() -> None:
        try:
            with own.mailbox() as mailbox:
                while not enough.is_set():
                    own.post(mailbox)
        except BaseException as fault:
            faults.append(fault)

    before = len(own.posted)
    poster = threading.Thread(target=go_on)
    poster.start()
    try:
        _await(lambda: len(own.posted) > before or bool(faults))
        killed()
        after = len(own.posted)
        _await(lambda: len(own.posted) > after + 3 or bool(faults), own.running.supervisor.look)
    finally:  # or the poster would go on through every later test
        enough.set()
        poster.join(60)
    assert not faults
    own.running.wait_quiet(QUIET_SECONDS)


def _await(holds: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None, seconds: float = 150) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "nothing was posted any more"
        meanwhile()
        time.sleep(0.02)


def check(own: Hub) -> None:
    """Compare the inbox with what was posted, record by record, and every sequence with a gapless count."""
    with own.mailbox() as mailbox:
        received = mailbox.read_to_end()
    assert not mailbox.skipped
    by_case: dict[UUID, list[Received]] = defaultdict(list)
    for one in received:
        if hasattr(one.event, "referral_id"):
            by_case[one.event.referral_id].append(one)
    assert set(by_case) == {case for case, _, _ in own.posted}, "a case was lost, or invented"
    for case, first, second in own.posted:
        own_side = [one.attributes.id for one in by_case[case] if not one.attributes.source.startswith("/hub/")]
        assert own_side == [first, second]
        hubs = [type(one.event) for one in by_case[case] if one.attributes.source.startswith("/hub/")]
        assert hubs == [SearchStarted, NoFitFound, ReferralAssessed]
    topics = (*(one.name for one in STREAMS if one.name != "clock"), inbox(AUTHORITY))
    with reader(own.running.settings) as consumer:
        counted = {topic: sequences(consumer, topic) for topic in topics}
    assert counted["referral"]
    for topic, found in counted.items():
        for place, numbers in found.items():
            assert numbers == list(range(1, len(numbers) + 1)), f"{topic} {place[0]} has a gap or a new repeat"


def sequences(consumer: KafkaConsumer, topic: str) -> dict[tuple[str, str], list[int]]:
    """Return the numbers of each (source, subject) of a topic in order, repeats of the transport dropped."""
    places = partitions_of(consumer, (topic,))
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends: dict[TopicPartition, int] = consumer.end_offsets(places)
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    ids: dict[tuple[str, str, int], UUID] = {}
    while any(consumer.position(place) < end for place, end in ends.items()):
        for batch in consumer.poll(500).values():
            for one in batch:
                about: Attributes = read_headers(list(one.headers))
                known = ids.setdefault((about.source, about.subject, about.sequence), about.id)
                assert known == about.id, "one number was given to two events"
                numbers = found[about.source, about.subject]
                if about.sequence > (numbers[-1] if numbers else 0):
                    numbers.append(about.sequence)
    return found


def test_services_are_killed(own: Hub) -> None:
    """After kill -9 of every service in turn, each before the one before has quite come back, nothing is missing."""

    def in_turn() -> None:
        for service in SERVICES:
            posted = len(own.posted)
            kill(own.running.supervisor.services[service])
            _await(lambda posted=posted: len(own.posted) > posted + 1, own.running.supervisor.look)  # type: ignore[misc]  # a default of its own

    while_posting(own, in_turn)
    check(own)


def noted_stacks(monkeypatch: pytest.MonkeyPatch) -> list[Stack]:
    """Return a list that every stack is put in which starts from now on."""
    stacks: list[Stack] = []

    def noted(stack: Stack, start: Callable[[Stack], Settings] = Stack.start) -> Settings:
        stacks.append(stack)
        return start(stack)

    monkeypatch.setattr(Stack, "start", noted)
    return stacks


def fail_late(own: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start the hub, which comes to nothing once its services run; its processes and its own clients end."""
    servers: list[Child] = []

    def fails(*_: object) -> None:
        servers.extend(stacks[-1].servers)
        raise Conflict("What answers there is no API.")  # an error that patience does not try again

    threads = set(threading.enumerate())
    with monkeypatch.context() as failing:
        stacks = noted_stacks(failing)
        failing.setattr(whole, "_await_page", fails)
        with pytest.raises(Conflict, match="What answers there is no API"):
            start_embedded(own.folder, "stream")
    assert {one.name for one in servers} == {"kafka", "postgresql", "registry"}
    assert [one.name for one in servers if one.alive] == []
    # a client that is still open tells at length that its broker has gone
    until(lambda: set(threading.enumerate()) <= threads, 10, lambda: str(set(threading.enumerate()) - threads))


@pytest.mark.parametrize("server", ["kafka", "postgresql"])
def test_a_server_is_killed(own: Hub, server: str) -> None:
    """After kill -9 of the broker or the database, services wait for it and nothing is missing."""
    (child,) = [one for one in own.running.stack.servers if one.name == server]
    while_posting(own, lambda: kill(child))
    check(own)


def test_one_hub_in_a_folder(own: Hub) -> None:
    """A second hub in the folder of a running one says so plainly and exits 4, and disturbs nothing."""
    with pytest.raises(Conflict, match="already runs"):
        start_embedded(own.folder, "stream")
    command = [sys.executable, "-m", "placehub", "up", "--dir", str(own.folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (4, "", 1)
    assert "already runs" in ended.stderr
    own.running.wait_quiet(QUIET_SECONDS)


def test_servers_are_killed_while_the_hub_starts(own: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """After kill -9 of each server while a stopped hub starts again on its folder, it is up all the same."""
    stacks = noted_stacks(monkeypatch)
    killed: list[str] = []

    def without(act: Callable[[Settings], T], *names: str) -> Callable[[Settings], T]:
        def later(settings: Settings) -> T:
            for child in stacks[-1].servers:
                if child.name in names and child.name not in killed:
                    killed.append(child.name)
                    kill(child)
            return act(settings)

        return later

    monkeypatch.setattr(whole, "prepare_servers", without(app.prepare_servers, "postgresql"))
    monkeypatch.setattr(whole, "register_schemas", without(app.register_schemas, "registry", "kafka"))
    own.running.stop()
    own.running = start_embedded(own.folder, "stream")
    assert sorted(killed) == ["kafka", "postgresql", "registry"]
    with own.mailbox() as mailbox:
        own.post(mailbox)
    own.running.wait_quiet(QUIET_SECONDS)
    check(own)


def test_stopped_and_started_again(own: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub stopped in the midst of it, whose next start fails late, has everything when started, and takes more."""
    with own.mailbox() as mailbox:
        for _ in range(5):
            own.post(mailbox)
    own.running.stop()
    fail_late(own, monkeypatch)
    own.running = start_embedded(own.folder, "stream")
    with own.mailbox() as mailbox:
        own.post(mailbox)
    own.running.wait_quiet(QUIET_SECONDS)
    check(own)
