"""Whatever is killed, stopped, cut off and filled up while a world lives: nothing is lost, nothing is twice."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from placehub.faults.connected import HOMES as CONNECTED_HOMES
from placehub.faults.connected import NAMED
from placehub.faults.crowd import CODE, HOMES
from placehub.faults.foreign import Broker, Seen
from placehub.faults.oracle import Handed, judge
from placehub.faults.playing import play, playing
from placehub.faults.schedule import WAYS

from .conftest import SEEDS, await_that, seeds, up_again, wanted

pytestmark = [pytest.mark.broker, pytest.mark.timeout(3600)]
FEWEST = 8
"""Faults without which a run shows nothing."""
DECIDED = 10
"""Once the clock has been moved on so often, something has been decided."""


@pytest.mark.parametrize("seed", seeds())
def test_a_world_under_faults(seed: int, tmp_path: Path) -> None:
    """Under seeded faults, with three search workers, the world comes to what it comes to in memory, each once.

    Search workers join and leave meanwhile, and partitions go to others. Afterwards decisions, evidence and views are
    made again, and are the same.
    """
    run = play(wanted(seed), tmp_path / "hub")
    print(f"\nseed {seed}: {len(run.faults)} faults: {', '.join(run.faults)}")
    assert run.findings == [], run.faults
    assert len(run.faults) >= FEWEST
    assert len(run.handed.rows) >= FEWEST * CONNECTED_HOMES, "a list before each fault"
    assert {way for way in WAYS if any(way in one for one in run.faults)} >= {"killed", "joined"}
    assert any(name in one for name in NAMED.values() for one in run.faults) or seed not in SEEDS, (
        "a connector is among them"
    )
    assert run.taken_over > 0
    assert run.operations > len(run.left[f"outbox.{CODE}"]) > HOMES, "the world acts, and the crowd beside it"
    oracle_sees(run.left)
    oracle_sees_connectors(run.left, run.handed)


def oracle_sees(left: dict[str, list[Seen]]) -> None:
    """Assert that the oracle would have seen it, had something been lost, done twice or told to others in this run."""
    referral = left["referral"]
    last = next(at for at in reversed(range(len(referral))) if referral[at].by_organisation)
    assert "lost" in kinds({**left, "referral": referral[:last] + referral[last + 1 :]})
    again = replace(referral[last], headers={**referral[last].headers, "ce_sequence": "999"})
    assert "twice" in kinds({**left, "referral": [*referral, again]})
    invited = next(one for one in referral if one.name == "ProviderInvited" and one.event)
    provider = f"inbox.{invited.event['provider']}" if invited.event else ""
    assert "lost" in kinds({**left, provider: [one for one in left[provider] if one.id != invited.id]})
    case = invited.headers["ce_subject"]
    strangers = {name for name, some in left.items() if all(one.headers["ce_subject"] != case for one in some)}
    other = next(name for name in left if name.startswith("inbox.SAMPLE-IFA") and name in strangers)
    place = replace(invited, topic=other)
    assert "tenancy" in kinds({**left, other: [*left[other], place]})


def oracle_sees_connectors(left: dict[str, list[Seen]], handed: Handed) -> None:
    """Assert that it would have seen it, had a connector lost a row or a delivery, made one twice or out of order."""
    first, *others = handed.deliveries
    assert "lost" in kinds(left, replace(handed, rows=(*handed.rows, Decimal("99.99"))))
    assert "wrong" in kinds(left, replace(handed, rows=handed.rows[1:]))
    mine = f"outbox.{handed.organisation}"
    row = next(one for one in left[mine] if one.event)
    posted = replace(row, headers={**row.headers, "ce_id": "another"})
    assert "twice" in kinds({**left, mine: [*left[mine], posted]}, handed)
    assert "lost" in kinds(left, replace(handed, deliveries=tuple(one for one in others if one.id != first.id)))
    assert "order" in kinds(left, replace(handed, deliveries=handed.deliveries[::-1]))
    assert kinds(left, replace(handed, deliveries=(first, *handed.deliveries))) == set(), "a repeat is known"
    assert "wrong" in kinds(left, replace(handed, deliveries=(*handed.deliveries, replace(first, said={"data": {}}))))
    stranger = replace(first, id="of nobody's")
    assert "tenancy" in kinds(left, replace(handed, deliveries=(*handed.deliveries, stranger)))


def kinds(left: dict[str, list[Seen]], handed: Handed | None = None) -> set[str]:
    """Return what kinds of wrong the oracle finds."""
    return {one.kind for one in judge(left, handed)}


def test_the_whole_hub_is_killed(tmp_path: Path) -> None:
    """Killed as a whole while its world lives, the hub is started again on its folder and has all it had taken."""
    folder = tmp_path / "hub"
    with playing(wanted(7), folder) as one:
        one.await_that(lambda: one.watch.ticks >= DECIDED, 300, "Nothing was decided")
        os.kill(one.process.pid, signal.SIGKILL)
        await_that(lambda: not one.alive)
        with up_again(folder):
            left = Broker(folder).read()
    assert left["referral"], "nothing had been decided yet"
    assert judge(left) == []
