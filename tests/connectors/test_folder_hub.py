"""The folder drop on a real hub, by its own command, killed while it sends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from placehub.mailboxes.access import Access
from placehub.mailboxes.events import EventRejected
from placehub.search.events import ReferralAssessed

from ..conftest import Hub
from .test_dropping import returns

pytestmark = pytest.mark.broker
CONNECT = Path(sys.executable).with_name("placehub-connect")
ROWS = 40


def test_killed_while_it_sends_every_referral_is_in_the_hub_once(hub: Hub, tmp_path: Path) -> None:
    """kill -9 in the middle of sending, twice: the hub takes each row's referral once and refuses nothing."""
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
        (folder / f"{number}.csv").write_bytes(returns(ROWS // 2, first=number * (ROWS // 2)))
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
    (folder / "again.csv").write_bytes(returns(ROWS))
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(again.stdout)["counts"] == {"unchanged": ROWS}
    hub.settle()
    with hub.mailbox(credentials) as mailbox:
        received = [one.event for one in mailbox.read_to_end()]
    assert [one for one in received if isinstance(one, EventRejected)] == []
    told = Counter(one.referral_id for one in received if isinstance(one, ReferralAssessed))
    assert len(told) == ROWS
    assert set(told.values()) == {1}
