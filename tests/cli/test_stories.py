"""`placehub status`, `views` and `search`: what a running hub tells."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from placehub.monitoring.views import VIEWS

from ..integration.story import Town, desk
from .conftest import Run


@pytest.fixture(scope="module")
def searched(hub: Any) -> Iterator[tuple[UUID, str, str]]:
    """A case, the provider of a home that fits it, and one whose home is too far away."""
    town = Town(hub, desk(hub, "authority"), (desk(hub, "provider"), desk(hub, "provider")))
    near, far = town.providers
    town.begin()
    town.open_home(near, pets=None)
    town.open_home(far, postcode_sector="EX1 1")
    hub.settle()
    case = town.case()
    case.notice(within_miles=30)
    hub.settle()
    yield case.id, near.code, far.code
    town.end()
    for one in (town.authority, near, far):
        one.mailbox.close()


def test_a_fit_is_told_in_words(placehub: Run, searched: tuple[UUID, str, str]) -> None:
    """Who explains a case to a carer reads sentences; a program gets the criteria and verdicts as they are."""
    case, near, far = searched
    told = placehub("search", "show", str(case)).out
    assert f"{near} was invited with 1 home; the best fits with named support." in told
    assert "Not invited: 1 provider. Left out because the home is too far away (1)." in told
    invited = placehub("explain", str(case), near).out
    assert "The home is within 30 miles." in invited
    assert invited.index("Are there pets at home?") < invited.index("The home is within 30 miles.")
    left_out = placehub("explain", str(case), far).out
    assert "was left out because the home is too far away" in left_out
    assert "The home is further than 30 miles." in left_out
    (home,) = json.loads(placehub("explain", str(case), far, "--json").out)["homes"]
    assert (home["rule"], home["findings"][0]["verdict"]) == ("distance", "does not fit")


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
    """The views are listed without a hub, each with who may see it."""
    listed = json.loads(nowhere("views", "list", "--json").out)
    assert [one["name"] for one in listed] == list(VIEWS)
    assert all(one["entitled"] for one in listed)


def test_views_as_an_organisation(placehub: Run, searched: tuple[UUID, str, str]) -> None:
    """What it is entitled to is listed and shown; a view it has no part in says so, and what to read instead."""
    _, near, _ = searched
    named = [one["name"] for one in json.loads(placehub("views", "list", "--as", near, "--json").out)]
    assert "not_invited" in named
    assert "searches" not in named
    own = json.loads(placehub("views", "show", "vacancy_board", "--as", near, "--json").out)
    assert {(one["kind"], one["homes"]) for one in own} == {("long term", 1), ("short term", 1)}
    ended = placehub("views", "show", "searches", "--as", near)
    assert (ended.code, ended.out) == (3, "")
    assert "has nothing for a provider" in ended.err
    assert "not_invited" in ended.err
    unknown = placehub("views", "list", "--as", "NOBODY")
    assert unknown.code == 3
    assert "placehub org list" in unknown.err


@pytest.mark.parametrize("name", VIEWS)
def test_a_view(placehub: Run, name: str) -> None:
    """Every view is shown as a table, and as CSV with its columns."""
    assert VIEWS[name].title[:20] in placehub("views", "show", name).out
    head, *_ = csv.reader(placehub("views", "show", name, "--csv").out.splitlines())
    assert head == list(VIEWS[name].columns)


def test_a_chart(placehub: Run, searched: tuple[UUID, str, str], tmp_path: Path) -> None:
    """What is written is what is printed; what an organisation is drawn is its own; a view without one says so."""
    _, near, _ = searched
    file = tmp_path / "sufficiency.svg"
    assert placehub("views", "chart", "sufficiency", "--write", str(file)).out == f"{file}\n"
    assert placehub("views", "chart", "sufficiency").out == file.read_text("utf-8")
    assert ": searches 0, homes 1." in placehub("views", "chart", "own_sufficiency", "--as", near).out
    away = placehub("views", "chart", "sufficiency", "--write", str(tmp_path / "nosuch" / "a.svg"))
    assert (away.code, away.out, away.err.count("\n")) == (2, "", 1)
    none = placehub("views", "chart", "searches")
    assert (none.code, none.out) == (3, "")
    assert "has no chart. See 'placehub views show searches'" in none.err


def test_no_such_view(nowhere: Run) -> None:
    """A view that is none is not found."""
    assert nowhere("views", "show", "nosuch").code == 3


def test_no_such_search(placehub: Run) -> None:
    """A search nobody knows is not found, and a referral that is no UUID is a mistake of use."""
    assert placehub("search", "show", str(uuid4())).code == 3
    assert placehub("search", "show", "x").code == 2
