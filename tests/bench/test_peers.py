"""The hub's fold, a plain Faust agent's and Kafka Streams' come to the same rows, and the page says so."""

from __future__ import annotations

import pytest
import typer

from placehub.bench.contestants import WAYS
from placehub.bench.peers import OURS, THEIRS, THREADS, measure
from placehub.bench.peers_page import peers as page
from placehub.cli.benches import must_be_alike

from ..conftest import Hub
from ..integration.story import Town, desk

pytestmark = pytest.mark.broker


def test_rows_that_differ_are_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """The command ends with exit code 1 and says how many rows of which way differ; with 0 when none do."""
    must_be_alike({"different": {"live": 0, "faust": 0}})
    with pytest.raises(typer.Exit) as ended:
        must_be_alike({"different": {"live": 0, "faust": 2, "kafka-streams": 1}})
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "**3 rows differ**: 2 of faust, 1 of kafka-streams.\n"


def test_every_way_is_compared() -> None:
    """There is no way to fold that the benchmark leaves out."""
    assert {*WAYS, *THREADS} == {*OURS, *THEIRS}


def test_folds_beside_each_other(hub: Hub) -> None:
    """Each way takes in the whole stream in a process of its own, and all have the same rows at the end."""
    town = Town(hub, desk(hub, "authority"), (desk(hub, "provider"),))
    town.begin()
    town.open_home(town.providers[0])
    town.case().notice()
    hub.settle()
    found = measure(hub.settings, 1, ways=("live", "replay", "faust", "kafka-streams-2"))
    assert found["events"] >= 3
    assert found["rows"] >= 1
    assert found["different"] == dict.fromkeys(("live", "replay", "faust", "kafka-streams-2"), 0)
    assert set(found["to_theirs"]) == {
        *("live/faust", "replay/faust", "live/kafka-streams-2", "replay/kafka-streams-2")
    }
    assert all(one["a_second"] > 0 for one in found["ways"].values())
    said = page(found)
    assert "All came to the same rows." in said
    assert "a plain Faust agent" in said
    assert "quixstreams with state" not in said
    told = page(found | {"different": {"live": 0, "replay": 1, "faust": 0}})
    assert "**1 rows differ**: 1 of replay." in told
    town.end()
    for one in (town.authority, *town.providers):
        one.mailbox.close()
