"""The folder drop on a real hub, by its own command, killed while it sends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from placehub.mailboxes.access import Access
from placehub.mailboxes.events import EventRejected
from placehub.search.events import ReferralAssessed
from placehub_connectors.dropping import Drop
from placehub_connectors.ledger import Ledger
from placehub_connectors.mapping.shipped import shipped_mapping
from placehub_connectors.posting import post_waiting
from placehub_connectors.profile.facts import PROFILE, plan_profile, read_facts
from placehub_connectors.profile.trials import sample_profile
from placehub_connectors.vacancies import MAPPING

from ..conftest import Hub
from .test_dropping import returns
from .test_vacancies import FULL, ROWS, homes

pytestmark = pytest.mark.broker
CONNECT = Path(sys.executable).with_name("placehub-connect")
REFERRALS = 40


@dataclass(frozen=True)
class Standing:
    """A clock that stands at the hub's time."""

    at: datetime

    def now(self) -> datetime:
        """Return the one time."""
        return self.at


def test_a_providers_list_of_homes_is_taken(hub: Hub, tmp_path: Path) -> None:
    """Homes opened, revised and closed by three editions of a list, and a profile, are all taken by the hub."""
    credentials = hub.add("provider")
    whole = homes(*ROWS)
    with hub.mailbox(credentials) as mailbox:
        for data in (whole, whole.replace(b"now,2,", b"now,1,"), whole[: whole.index(b"V-102")]):
            (tmp_path / "homes.csv").write_bytes(data)
            with Ledger(tmp_path, credentials.code) as ledger:
                (done,) = Drop(tmp_path, shipped_mapping(MAPPING), ledger, mailbox, Standing(hub.now), FULL).look()
            assert done.clean
        with Ledger(tmp_path, credentials.code) as ledger:
            facts = read_facts("profile.csv", sample_profile())[0]
            letters, said = plan_profile(facts, "", {}, ledger.names, hub.now)
            ledger.write_down("profile.csv", "", [], letters, PROFILE, said)
            assert post_waiting(ledger, mailbox) == 1
        hub.settle()
        assert [one.event for one in mailbox.read_to_end() if isinstance(one.event, EventRejected)] == []


def test_killed_while_it_sends_every_referral_is_in_the_hub_once(hub: Hub, tmp_path: Path) -> None:
    """kill -9 in the middle of sending, twice: the hub takes each row's referral once; what it refuses is told."""
    credentials = hub.add("authority")
    access = Access(
        organisation=credentials.code,
        bootstrap=hub.settings.bootstrap,
        kafka_password=credentials.kafka_password,
        api=hub.settings.api,
        api_token=credentials.api_token,
    )
    folder = tmp_path / "drop"
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.csv").write_bytes(returns(REFERRALS // 2, first=number * (REFERRALS // 2)))
    command: list[str | Path] = [
        CONNECT, "folder", "run", folder, "--mapping", "placements-data-standard-v2",
        "--credentials", access.save(tmp_path / "access.json"), "--json",
    ]  # fmt: skip
    for waits in (1.5, 2.5):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            process.wait(waits)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert len(list((folder / "done").glob("*.results.csv"))) == 2
    (folder / "again.csv").write_bytes(returns(REFERRALS))
    (folder / "elsewhere.csv").write_bytes(returns(1, first=REFERRALS, preferredLocation="ZZ9 9"))
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    counts = [json.loads(line)["counts"] for line in again.stdout.splitlines()]
    assert counts == [{"unchanged": REFERRALS}, {"new": 1}]
    hub.settle()
    subprocess.run(command, capture_output=True, check=True)
    (refused,) = (folder / "done").glob("elsewhere.*.results.csv")
    assert "set aside,elsewhere.csv,2,wanted.near_sector" in refused.read_text(encoding="utf-8")
    with hub.mailbox(credentials) as mailbox:
        received = [one.event for one in mailbox.read_to_end()]
    assert len([one for one in received if isinstance(one, EventRejected)]) == 1
    told = Counter(one.referral_id for one in received if isinstance(one, ReferralAssessed))
    assert len(told) == REFERRALS
    assert set(told.values()) == {1}
