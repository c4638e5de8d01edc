"""`placehub returns`: what the operator runs after a period, and what comes out of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from openpyxl import load_workbook

from placehub.returns.periods import QUARTER, period_of

from ..integration.story import Town, desk
from .conftest import Run

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def town(hub: Any) -> Iterator[Town]:
    """An agreement whose first quarter is over."""
    made = Town(hub, desk(hub, "authority"), (desk(hub, "provider"),))
    made.begin()
    hub.settle()
    today = hub.now.date()
    hub.pass_time(days=(period_of(today, QUARTER)[1] - today).days + 1)
    yield made
    for one in (made.authority, *made.providers):
        one.mailbox.close()


def test_returns_are_produced_listed_shown_and_exported(placehub: Run, town: Town, tmp_path: Path) -> None:
    """Twice produced they are the same; each side lists its own; every format is written; what is not there says so."""
    about = ("--agreement", str(town.agreement_id), "--json")
    made, again = (json.loads(placehub("returns", "produce", *about).out) for _ in range(2))
    assert [(one["kind"], one["is_new"]) for one in made] == [("monitoring", True), ("sufficiency", True)]
    assert [one["is_new"] for one in again] == [False, False]
    town.hub.settle()
    provider = town.providers[0].code
    (own,) = json.loads(placehub("returns", "list", "--as", provider, "--json").out)
    assert own["return_id"] == made[0]["return_id"]
    shown = placehub("returns", "show", own["return_id"]).out
    assert "Ended otherwise than planned" in shown
    assert "not in the profile" in shown
    for name in ("csv", "xlsx", "pdf"):
        file = tmp_path / f"return.{name}"
        assert placehub("returns", "export", own["return_id"], "--to", name, "--out", str(file)).code == 0
        assert file.stat().st_size > 0
    assert load_workbook(tmp_path / "return.xlsx").sheetnames == ["Return", "Pack for the meeting", "About"]
    missing = placehub("returns", "show", str(uuid4()))
    assert (missing.code, "returns list" in missing.err) == (3, True)
    none = placehub("returns", "produce", "--agreement", str(uuid4()))
    assert (none.code, "No return is to be produced" in none.err) == (3, True)
