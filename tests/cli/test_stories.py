"""`placehub status`, `views` and `search`: what a running hub tells."""

from __future__ import annotations

import csv
import json
from uuid import uuid4

import pytest

from placehub.monitoring.views import VIEWS

from .conftest import Run


def test_status(placehub: Run) -> None:
    """A hub that works says so of each part."""
    ended = placehub("status", "--json")
    assert ended.code == 0, ended.out
    found = json.loads(ended.out)
    assert found["servers"] == {"kafka": "up", "registry": "up", "database": "up", "api": "up"}
    assert found["organisations"] >= 0
    assert "search" in found["lag"]


def test_a_part_is_away(placehub: Run) -> None:
    """A part that does not answer is named, and the command fails."""
    ended = placehub("status", "--json", PLACEHUB_REGISTRY="http://127.0.0.1:9")
    assert ended.code == 1
    assert "does not answer" in json.loads(ended.out)["servers"]["registry"]


def test_list_of_views(nowhere: Run) -> None:
    """The views are listed without a hub."""
    assert [one["name"] for one in json.loads(nowhere("views", "list", "--json").out)] == list(VIEWS)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view(placehub: Run, name: str) -> None:
    """Every view is shown as a table, and as CSV with its columns."""
    assert VIEWS[name].title[:20] in placehub("views", "show", name).out
    head, *_ = csv.reader(placehub("views", "show", name, "--csv").out.splitlines())
    assert head == list(VIEWS[name].columns)


def test_no_such_view(nowhere: Run) -> None:
    """A view that is none is not found."""
    assert nowhere("views", "show", "nosuch").code == 3


def test_no_such_search(placehub: Run) -> None:
    """A search nobody knows is not found, and a referral that is no UUID is a mistake of use."""
    assert placehub("search", "show", str(uuid4())).code == 3
    assert placehub("search", "show", "x").code == 2
