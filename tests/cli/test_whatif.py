"""`placehub whatif` on the real hub, needs opened through its key service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from placehub.drivers.brokers import partitions_of, reader
from placehub.mailboxes.connection import ends_of
from placehub.settings import Settings
from placehub.streams import STREAMS

from ..integration.story import Town, desk, play
from .conftest import Run

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def town(hub: Any) -> Iterator[Town]:
    """An agreement with two providers."""
    made = Town(hub, desk(hub, "authority"), (desk(hub, "provider"), desk(hub, "provider")))
    made.begin()
    hub.settle()
    yield made
    made.end()
    for one in (made.authority, *made.providers):
        one.mailbox.close()


def ends(settings: Settings) -> dict[Any, int]:
    """Return where every stream of the world ends; that needs were opened for audit is told in `evidence`."""
    with reader(settings) as consumer:
        topics = tuple(one.name for one in STREAMS if one.name not in ("evidence", "treehead"))
        return ends_of(consumer, partitions_of(consumer, topics))


def test_history_is_tried_under_another_policy(placehub: Run, town: Town, tmp_path: Path) -> None:
    """A case with sealed needs is decided again: as it was, or nearer; no stream grows; charts have a table beside."""
    since = town.hub.pass_time(hours=1)
    case, _, _ = play(town)
    file, charts = tmp_path / "policy.json", tmp_path / "charts"
    before = ends(town.hub.settings)
    file.write_text("{}")
    same = placehub("whatif", "--policy", str(file), "--from", since.isoformat(), "--charts", str(charts), "--json")
    assert same.code == 0, same.err
    told = json.loads(same.out)
    assert (told["cases"], told["changed"], told["invitations_without_known_answer"]) == (1, 0, 0)
    assert {one.name for one in charts.iterdir()} == {"whatif.svg", "whatif.csv"}
    file.write_text(json.dumps({"version": "later", "in_house_first_hours": 5}))
    other = placehub("whatif", "--policy", str(file), "--from", since.isoformat(), "--search-at", "referral")
    assert (other.code, "in_house_first_hours" in other.out.replace(" ", "_")) == (0, True), other.err
    file.write_text(json.dumps({"order": ["price", "band", "need"]}))
    refused = placehub("whatif", "--policy", str(file))
    assert (refused.code, "can make the price outrank need" in refused.err) == (1, True), refused.err
    assert ends(town.hub.settings) == before
    assert case.id
