"""Whatever is killed, stopped and ended while the demo runs: it ends right, nothing is lost, nothing is twice."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from .conftest import CALM_SECONDS, SECONDS, SEEDS, await_that, begun, read_again, verdicts
from .injecting import SERVERS, Injector, children
from .oracle import Seen, faults

pytestmark = pytest.mark.broker
FEWEST = 5
"""Faults without which a run shows nothing."""


@pytest.mark.timeout(4 * CALM_SECONDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_demo_under_faults(seed: int, calm: Any, tmp_path: Path) -> None:
    """Under seeded faults, with three search workers, the demo decides what it decides when all is calm."""
    folder = tmp_path / "hub"
    with begun(folder, "--search-workers", "3") as demo:
        assert {one.name for one in children(demo.process.pid)} >= {"search", "intake", *SERVERS.values()}
        injector = Injector(demo.process.pid, seed)
        injector.run(SECONDS, lambda: demo.process.poll() is None)
        demo.process.wait(2 * CALM_SECONDS)
        assert demo.process.returncode == 0, f"{injector.done}\n{demo.told()}"
    print(f"\nseed {seed}: {len(injector.done)} faults: {', '.join(injector.done)}")
    assert len(injector.done) >= FEWEST
    assert verdicts(folder) == calm
    left = read_again(folder)
    assert faults(left) == [], injector.done
    oracle_sees(left)


def oracle_sees(left: dict[str, list[Seen]]) -> None:
    """Assert that the oracle would have seen it, had something been lost or done twice in this very run."""
    referral = left["referral"]
    last = next(at for at in reversed(range(len(referral))) if referral[at].by_organisation)
    lost = {**left, "referral": referral[:last] + referral[last + 1 :]}
    assert any("was lost" in fault or "has a gap" in fault for fault in faults(lost))
    again = replace(referral[last], headers={**referral[last].headers, "ce_sequence": "999"})
    assert any("taken twice" in fault for fault in faults({**left, "referral": [*referral, again]}))
    invited = next(one for one in referral if one.name == "ProviderInvited" and one.event)
    provider = f"inbox.{invited.event['provider']}" if invited.event else ""
    undelivered = {**left, provider: [one for one in left[provider] if one.id != invited.id]}
    assert any("ProviderInvited 0 times" in fault for fault in faults(undelivered))


@pytest.mark.timeout(CALM_SECONDS)
def test_the_whole_hub_is_killed(tmp_path: Path) -> None:
    """Killed as a whole in the midst of a demo, the hub is started again on its folder and has all it had taken."""
    folder = tmp_path / "hub"
    with begun(folder) as demo:
        await_that(lambda: "simulated day 4 of" in demo.told() or demo.process.poll() is not None)
        os.kill(demo.process.pid, signal.SIGKILL)
        demo.process.wait(30)
    left = read_again(folder)
    assert left["referral"], "nothing had been decided yet"
    assert faults(left) == []
