"""`placehub org`: registering, listing, showing."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from placehub.mailboxes.access import Access

from .conftest import Run


def adding(code: str, **options: str) -> list[str]:
    """Return the command that registers a provider."""
    known = {"scheme": "ofsted", "kind": "provider", "name": "Homes", "nation": "Wales", "sharing-agreement": "DSA-1"}
    given = {**known, **options}
    return ["org", "add", code, *(word for name, value in given.items() for word in (f"--{name}", value))]


@pytest.fixture
def code() -> str:
    """A code nobody has."""
    return f"C-{uuid4().hex[:12]}"


def test_credentials_once(placehub: Run, code: str) -> None:
    """Registering prints everything the organisation needs to come in."""
    ended = placehub(*adding(code), "--json")
    assert ended.code == 0
    assert set(json.loads(ended.out)) == {"organisation", "bootstrap", "kafka_password", "api", "api_token"}
    assert code in placehub("org", "list").out


def test_addresses_outside(placehub: Run, code: str) -> None:
    """An organisation is told the addresses by which it reaches the hub, where they are not the hub's own."""
    outside = {"PLACEHUB_BOOTSTRAP_OUTSIDE": "hub.example.org:19092", "PLACEHUB_API_OUTSIDE": "https://hub.example.org"}
    told = json.loads(placehub(*adding(code), "--json", **outside).out)
    assert (told["bootstrap"], told["api"]) == ("hub.example.org:19092", "https://hub.example.org")


def test_credentials_in_a_file(placehub: Run, code: str, tmp_path: Path) -> None:
    """Credentials that are saved are not on the screen."""
    file = tmp_path / "own.json"
    ended = placehub(*adding(code), "--save", str(file))
    access = Access.load(file)
    assert (ended.code, access.organisation, file.stat().st_mode & 0o777) == (0, code, 0o600)
    assert access.kafka_password not in ended.out + ended.err
    assert access.api_token not in ended.out + ended.err


def test_credentials_that_cannot_be_saved(placehub: Run, code: str, tmp_path: Path) -> None:
    """Credentials that cannot be saved are shown after all: they cannot be had again."""
    (tmp_path / "file").write_text("")
    ended = placehub(*adding(code), "--save", str(tmp_path / "file" / "own.json"))
    assert ended.code == 0
    assert "kafka password" in ended.out


def test_existing(placehub: Run, authority: str) -> None:
    """A code that is taken is a conflict."""
    ended = placehub(*adding(authority))
    assert ended.code == 4
    assert "registered already" in ended.err


def test_showing(placehub: Run, authority: str) -> None:
    """One organisation is shown with its agreement."""
    shown = json.loads(placehub("org", "show", authority, "--json").out)
    assert (shown["code"], shown["kind"], shown["state"]) == (authority, "authority", "active")


def test_unknown(placehub: Run) -> None:
    """An organisation nobody registered is not found."""
    ended = placehub("org", "show", "NOBODY")
    assert (ended.code, ended.out) == (3, "")


@pytest.mark.parametrize(
    ("options", "field"),
    [({"kind": "school"}, "kind"), ({"sharing-agreement": ""}, "sharing_agreement"), ({"scheme": "x"}, "scheme")],
)
def test_wrong_facts(placehub: Run, code: str, options: dict[str, str], field: str) -> None:
    """A wrong fact is named in one line."""
    ended = placehub(*adding(code, **options))
    assert ended.code == 1
    assert ended.err.startswith(f"placehub: {field}: ")


def test_wrong_day(placehub: Run, code: str) -> None:
    """A day that is none is a mistake of use."""
    assert placehub(*adding(code, **{"agreement-signed": "yesterday"})).code == 2
