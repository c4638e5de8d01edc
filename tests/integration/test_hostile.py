"""A storm of wrong records of every kind, with right ones of another organisation between them, on the real hub.

`make hostile` runs it with 5,000 wrong ones and 200 right ones; beside the other tests it is a shorter one. The seed is
printed, and `PLACEHUB_HOSTILE_SEED` gives one.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import pytest

from placehub.mailboxes.events import EventRejected
from placehub.referrals.events import EarlyNoticeGiven
from placehub.streams import OUTBOX, outbox

from .story import Desk
from .test_foreign_wrong import Quarter, dead_letters, librdkafka, notice, quarter_of
from .wrong import KINDS, Foreign, Wire

pytestmark = [pytest.mark.broker, pytest.mark.timeout(3600)]
WRONG: Final = int(os.environ.get("PLACEHUB_HOSTILE_RECORDS", "300"))
RIGHT: Final = max(10, WRONG // 25)
SEED: Final = int(os.environ.get("PLACEHUB_HOSTILE_SEED", "11"))
"""Another one than any other test on the same hub has: what is drawn from the same seed has the same ids."""


class Storm:
    """What was posted, and what became of it."""

    def __init__(self, hub: Any) -> None:
        self.quarter: Quarter = quarter_of(hub, SEED)
        self.other = self.quarter.other
        self.chance = self.quarter.senders["authority"].chance
        known = self.quarter.senders["authority"]
        self.calm = replace(known, code=self.other.code)
        self.calm_client = Foreign(librdkafka(hub, self.other), outbox(self.other.code))
        self.kinds: Counter[str] = Counter()
        self.right: list[Wire] = []

    def blow(self) -> None:
        """Post everything: each kind at least once, then by chance; the right ones in between."""
        names = list(KINDS)
        chosen = names + self.chance.choices(names, k=max(0, WRONG - len(names)))
        self.chance.shuffle(chosen)
        every = max(1, len(chosen) // RIGHT)
        for number, name in enumerate(chosen):
            kind, make = KINDS[name]
            self.kinds[name] += 1
            self.quarter.clients[kind].post(make(self.quarter.senders[kind]))
            if number % every == 0 and len(self.right) < RIGHT:
                self.right.append(notice(self.calm))
                self.calm_client.post(self.right[-1])
        for one in (*self.quarter.clients.values(), self.calm_client):
            one.flush()

    def posted(self) -> list[tuple[Desk, int, Wire]]:
        """Return every wrong record, who posted it and at which offset it stands."""
        return [
            (self.quarter.desks[kind], offset, wire)
            for kind, client in self.quarter.clients.items()
            for offset, wire in client.at.items()
        ]


def names_of(wire: Wire, position: str) -> set[str]:
    """Return what a record is known by: its place in its outbox, and its id if it has one that can be read."""
    return {position} | {
        value.decode()
        for name, value in wire.headers
        if name == "ce_id" and isinstance(value, bytes) and len(value) > 9
    }


def processes(hub: Any) -> dict[str, int]:
    """Return the process ids of the hub's services."""
    return {name: child.pid for name, child in hub.running.supervisor.services.items()}


def test_a_storm(hub: Any) -> None:
    """All right ones are taken, each wrong one has one dead letter and one answer, and no process is restarted."""
    storm, before, begun = Storm(hub), processes(hub), time.monotonic()
    storm.blow()
    hub.running.wait_quiet(600 + WRONG)
    took = time.monotonic() - begun
    wrong, right = sum(storm.kinds.values()), len(storm.right)
    told = f"{wrong} wrong records of {len(storm.kinds)} kinds and {right} right ones, seed {SEED}, in {took:.0f} s"
    print(f"\nhostile: {told}", file=sys.stderr)
    assert processes(hub) == before
    assert [receipts(storm.other, one) for one in storm.right] == [1] * len(storm.right)
    assert storm.other.got(EventRejected) == []
    assert unanswered(storm) == []


def receipts(own: Desk, wire: Wire) -> int:
    """Return how often a notice came back as taken."""
    assert wire.key is not None
    return len(own.got(EarlyNoticeGiven, UUID(wire.key.decode())))


def unanswered(storm: Storm) -> list[tuple[str | None, list[str], list[str]]]:
    """Return the wrong records that have not exactly one answer and one dead letter, both for the field they should."""
    answers: dict[str, list[str]] = {}
    for own in storm.quarter.desks.values():
        for one in own.got(EventRejected):
            for name in {one.position, str(one.rejected_id)}:
                answers.setdefault(name, []).append(one.field)
    letters: dict[str, list[str]] = {}
    # another test of the same seed gives its records the same ids, under organisations of its own
    ours = {outbox(own.code) for own in storm.quarter.desks.values()}
    all_letters = dead_letters(storm.quarter.hub)
    for dead in (one for one in all_letters if one.get("topic") in ours or not one.get("topic", "").startswith(OUTBOX)):
        for name in {f"{dead.get('topic')}/{dead.get('partition')}/{dead.get('offset')}", dead.get("ce_id", "")}:
            letters.setdefault(name, []).append(dead.get("field", ""))
    missing = []
    for own, offset, wire in storm.posted():
        names = names_of(wire, f"{outbox(own.code)}/0/{offset}")
        told = max((answers.get(name, []) for name in names), key=len)
        kept = max((letters.get(name, []) for name in names), key=len)
        if (told, kept) != ([wire.field], [wire.field]):
            missing.append((wire.field, told, kept))
    return missing
