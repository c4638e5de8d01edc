"""`placehub schema`: what is registered, what fits, on the real registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from placehub.contracts.schema import avro_schema
from placehub.mailboxes.events import DataUseEnded
from placehub.offers.events import OfferMade
from placehub.streams import every_event, full_name

from .conftest import Run

NOWHERE = "http://127.0.0.1:9/apis/ccompat/v7"


@pytest.fixture
def foreign(hub: Any) -> Iterator[str]:
    """A version that somebody else registered: a field of one event is of another type there; gone at the end."""
    schema = deepcopy(avro_schema(DataUseEnded))
    field = next(one for one in schema["fields"] if one["name"] == "organisation")
    field["type"] = "long"
    subject = f"{hub.settings.registry}/subjects/{full_name(DataUseEnded)}"
    put = httpx.post(f"{subject}/versions", json={"schema": json.dumps(schema)}, timeout=30)
    assert put.status_code == 200, put.text
    versions = httpx.get(f"{subject}/versions", timeout=30).json()
    yield f"{full_name(DataUseEnded)} version {versions[-1]}"
    gone = httpx.delete(f"{subject}/versions/{versions[-1]}", timeout=30)
    assert gone.status_code == 200, gone.text


def test_list(placehub: Run) -> None:
    """Every event has its subject, version and id; the hub registered each as it is here."""
    found = json.loads(placehub("schema", "list", "--json").out)
    assert {one["subject"] for one in found} == set(map(full_name, every_event()))
    assert {one["state"] for one in found} == {"as here"}
    assert all(one["version"] >= 1 for one in found)
    assert len({one["id"] for one in found}) == len(found)


def test_show(nowhere: Run) -> None:
    """An event is shown with its fields, or as Avro; no hub is needed."""
    assert json.loads(nowhere("schema", "show", "OfferMade", "--json").out) == avro_schema(OfferMade)
    shown = nowhere("schema", "show", "referral.OfferMade").out
    assert "valid_until" in shown
    assert "timestamp-micros" in shown


@pytest.mark.parametrize(("name", "said"), [("OfferLost", "no such event"), ("EventCorrected", "referral.EventCorre")])
def test_no_such_event(nowhere: Run, name: str, said: str) -> None:
    """A name that is no event's, or several events', is not found."""
    ended = nowhere("schema", "show", name)
    assert ended.code == 3
    assert said in ended.err


def test_all_fits(placehub: Run, nowhere: Run) -> None:
    """This version stands beside what is released and registered; without a hub, only the released ones are asked."""
    ended = placehub("schema", "check", "--json")
    assert (ended.code, json.loads(ended.out)["problems"]) == (0, [])
    assert json.loads(ended.out)["checked"] == ["released versions", "the registry"]
    alone = nowhere("schema", "check")
    assert (alone.code, alone.out) == (0, "compatible with released versions\n")
    assert "No hub here" in alone.err


def test_a_released_version_that_does_not_fit(nowhere: Run, tmp_path: Path) -> None:
    """A released version whose field had another type is named with that field, also within a nested record."""
    schema = deepcopy(avro_schema(OfferMade))
    lines = next(one for one in schema["fields"] if one["name"] == "fee_lines")
    next(one for one in lines["type"]["items"]["fields"] if one["name"] == "unit")["type"] = "long"
    path = tmp_path / "released" / "1.0.0" / "referral" / "OfferMade.avsc"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(schema))
    ended = nowhere("schema", "check", "--schemas", str(tmp_path))
    assert ended.code == 4
    assert "1.0.0: OfferMade: " in ended.out
    assert "fee_lines.unit" in ended.out


def test_a_registered_version_that_does_not_fit(placehub: Run, nowhere: Run, hub: Any, foreign: str) -> None:
    """A version in a registry that does not fit is named with its field, and nothing is registered beside it."""
    for ended in (placehub("schema", "check"), nowhere("schema", "check", "--against", hub.settings.registry)):
        assert ended.code == 4
        assert f"registry, {foreign}: DataUseEnded: " in ended.out
        assert "organisation: type mismatch" in ended.out
    ended = placehub("schema", "register")
    assert ended.code == 4
    assert foreign in ended.err


def test_register_twice(placehub: Run) -> None:
    """Registering changes nothing where everything is registered."""
    before = placehub("schema", "list", "--json").out
    first = placehub("schema", "register", "--json")
    assert first.code == 0, first.err
    assert placehub("schema", "register", "--json").out == first.out
    assert placehub("schema", "list", "--json").out == before


def test_a_registry_that_is_away(nowhere: Run) -> None:
    """A registry that does not answer is named with its address."""
    ended = nowhere("schema", "check", "--against", NOWHERE)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert NOWHERE in ended.err
