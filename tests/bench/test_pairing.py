"""The hub's matching and Kafka Streams' find the same pairs, and the page says so."""

from __future__ import annotations

import pytest
import typer

from placehub.bench.pairing import WAYS, measure
from placehub.bench.peers_page import peers as page
from placehub.cli.benches import must_be_alike

from ..conftest import Hub

pytestmark = pytest.mark.broker


def test_both_find_the_same_pairs(hub: Hub) -> None:
    """Homes and searches in turns: the number of pairs and the mark of all of them are the same."""
    found = measure(hub.settings, 60, 1)
    assert found["alike"]
    assert (found["homes"], found["searches"]) == (60, 60)
    assert found["pairs"] > 0
    assert set(found["ways"]) == set(WAYS)
    folds = {"machine": {"cores": 2, "python": "3", "load": 1.0}, "events": 0, "rows": 0, "different": {}}
    said = page(folds | {"ways": {}, "later": {}, "to_bare": {}, "to_theirs": {}, "match": found})
    assert f"{found['pairs']:,} pairs. Both found the same." in said


def test_pairs_that_differ_are_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """The command ends with exit code 1 when the two ways did not find the same pairs."""
    with pytest.raises(typer.Exit) as ended:
        must_be_alike({"different": {"live": 0}, "match": {"alike": False}})
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "The pairs differ.\n"
