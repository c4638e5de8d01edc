"""Two intakes share the outboxes: of what only one may say one is taken, in order, one of them killed meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final
from uuid import UUID, uuid4

import pytest

from placehub.app import lag
from placehub.codesign.events import Clause, DocumentProposed
from placehub.contracts.codec import Codec, Registry
from placehub.contracts.headers import read_headers
from placehub.drivers.brokers import partitions_of, reader
from placehub.mailboxes.events import EventRejected
from placehub.streams import full_name, outbox

from ..observing.asking import workers
from ..waiting import until
from .story import Desk, HubUnderTest, Town, desk

pytestmark = pytest.mark.broker
VERSIONS: Final = 60
CLAUSES: Final = (Clause(clause_id="1", about="liability", text="Each is liable for its own (made up)."),)


def held(hub: HubUnderTest) -> dict[int, frozenset[str]]:
    """Return the outboxes that each intake holds, by process."""
    return {one.pid: frozenset(one.partitions) for one in workers(hub.settings) if one.processor == "intake"}


@contextmanager
def further_intake(hub: HubUnderTest) -> Iterator[subprocess.Popen[bytes]]:
    """Let one more intake take part."""
    words = [sys.executable, "-m", "placehub", "run", "intake"]
    environment = os.environ | hub.settings.environment()
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def proposed(side: Desk, town: Town, document: UUID, version: int) -> DocumentProposed:
    """Return a version of a document, as one of the parties proposes it."""
    return DocumentProposed(
        agreement_id=town.agreement_id,
        document_id=document,
        document_version=version,
        sender=side.code,
        kind="contract terms",
        title="Terms (made up)",
        clauses=CLAUSES,
        in_force_from=side.hub.now,
    )


def taken(hub: HubUnderTest, document: UUID) -> list[int]:
    """Return the versions of a document in their agreement's stream, in its order; what comes again is dropped."""
    codec, seen = Codec(Registry(hub.settings.registry)), set[UUID]()
    versions = []
    with closing(reader(hub.settings)) as consumer:
        places = partitions_of(consumer, ("agreement",))
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(one) < ends[one] for one in places):
            for record in (one for some in consumer.poll(500).values() for one in some):
                about = read_headers(list(record.headers))
                if about.type == full_name(DocumentProposed) and about.id not in seen:
                    seen.add(about.id)
                    event = codec.decode(record.value)
                    versions += [event.document_version] if event.document_id == document else []
    return versions


def test_of_two_that_say_the_same_one_is_taken(hub: HubUnderTest, town: Town) -> None:
    """Both sides of an agreement propose every version of a document, each through another intake: each is taken once.

    They stand in the stream in their order, and every other one is refused; one intake is killed in the midst of it.
    """
    hub.settle()
    with further_intake(hub) as joined:
        until(lambda: bool(held(hub).get(joined.pid)), said=lambda: str(held(hub)))
        one, other = _apart(hub, town, joined.pid)
        document, at_once, killed = uuid4(), threading.Barrier(2), threading.Event()
        posted: list[UUID] = []

        def post(side: Desk) -> None:
            for version in range(1, VERSIONS + 1):
                at_once.wait(60)
                posted.append(side.post(proposed(side, town, document, version)))
                if len(posted) > VERSIONS and not killed.is_set():
                    killed.set()
                    joined.send_signal(signal.SIGKILL)

        both = [threading.Thread(target=post, args=(side,)) for side in (one, other)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(120)
        assert killed.is_set()
        until(lambda: not any(lag(hub.settings).values()))
    assert taken(hub, document) == list(range(1, VERSIONS + 1))
    refused = Counter(told.rejected_id for side in (one, other) for told in side.got(EventRejected))
    assert sum(refused[id] for id in posted) == VERSIONS
    assert max(refused.values()) == 1


def _apart(hub: HubUnderTest, town: Town, pid: int) -> tuple[Desk, Desk]:
    """Return two parties of which that process takes in the one, and another process the other.

    Providers join until there are such.
    """
    desks = [town.authority, *town.providers]
    while True:
        until(lambda: {outbox(one.code) for one in desks} <= frozenset().union(*held(hub).values()))
        mine = held(hub)[pid]
        sides = {outbox(one.code) in mine: one for one in desks}
        if len(sides) == 2:
            return sides[True], sides[False]
        desks.append(desk(hub, "provider"))
        town.join(desks[-1])
        hub.settle()
