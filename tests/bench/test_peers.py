"""The hub's fold and a plain Faust agent's come to the same rows, and the page says so."""

from __future__ import annotations

import pytest

from placehub.bench.contestants import WAYS
from placehub.bench.page import peers as page
from placehub.bench.peers import OURS, THEIRS, measure

from ..conftest import Hub
from ..integration.story import Town, desk

pytestmark = pytest.mark.broker


def test_every_way_is_compared() -> None:
    """There is no way to fold that the benchmark leaves out."""
    assert set(WAYS) == {*OURS, *THEIRS}


def test_folds_beside_each_other(hub: Hub) -> None:
    """Each way takes in the whole stream in a process of its own, and all have the same rows at the end."""
    town = Town(hub, desk(hub, "authority"), (desk(hub, "provider"),))
    town.begin()
    town.open_home(town.providers[0])
    town.case().notice()
    hub.settle()
    found = measure(hub.settings, 1, ways=("live", "replay", "faust"))
    assert found["events"] >= 3
    assert found["rows"] >= 1
    assert found["different"] == {"live": 0, "replay": 0, "faust": 0}
    assert set(found["to_theirs"]) == {"live/faust", "replay/faust"}
    assert all(one["a_second"] > 0 for one in found["ways"].values())
    said = page(found)
    assert "All came to the same rows." in said
    assert "a plain Faust agent" in said
    assert "quixstreams with state" not in said
    told = page(found | {"different": {"live": 0, "replay": 1, "faust": 0}})
    assert "**1 rows differ**" in told
    town.end()
    for one in (town.authority, *town.providers):
        one.mailbox.close()
