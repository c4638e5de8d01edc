"""`placehub publish` and `placehub tail`: in as JSON, checked and sealed; out with what is sealed masked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from .conftest import Run

CANARY = "canary-51d0"


def event(authority: str, **child: Any) -> dict[str, Any]:
    """Return a ReferralMade as a file holds it."""
    known = {"child_id": str(uuid4()), "age_band": "8-10", "need": {"why_now": CANARY}}
    basis = {
        "basis": "public task",
        "condition": "safeguarding of children",
        "purpose": "find a foster home",
        "authorised_by": "team manager",
    }
    data = {
        "referral_id": str(uuid4()),
        "authority": authority,
        "need_known_at": "2026-03-02T08:00:00Z",
        "lawful_basis": basis,
        "wanted": {"kind": "short term"},
        "children": [{**known, **child}],
    }
    return {"type": "ReferralMade", "time": "2026-03-02T09:30:00Z", "data": data}


def tailed(placehub: Run, *words: str) -> list[dict[str, Any]]:
    """Return the records a tail prints."""
    ended = placehub("tail", *words, "--json")
    assert ended.code == 0, ended.err
    return [json.loads(line) for line in ended.out.splitlines()]


def test_one_event(placehub: Run, authority: str, tmp_path: Path) -> None:
    """An event from a file lies in the outbox, its sealed part shown as sealed."""
    file = tmp_path / "referral.json"
    file.write_text(json.dumps(event(authority)))
    ended = placehub("publish", str(file), "--as", authority)
    assert (ended.code, ended.err) == (0, "")
    (record,) = tailed(placehub, "outbox", "--as", authority, "--last", "1")
    assert record["id"] == str(UUID(ended.out.strip()))
    assert record["data"]["children"][0]["need"] == "sealed"
    assert CANARY not in placehub("tail", "outbox", "--as", authority).out


@pytest.mark.parametrize("write", [json.dumps, lambda events: "\n".join(map(json.dumps, events)) + "\n"])
def test_several_events(placehub: Run, authority: str, write: Any) -> None:
    """Several events come as an array or as JSON lines, and are posted in their order."""
    events = [event(authority) for _ in range(3)]
    ended = placehub("publish", "-", "--as", authority, given=write(events))
    assert ended.code == 0, ended.err
    found = tailed(placehub, "outbox", "--as", authority, "--last", "3")
    assert [one["id"] for one in found] == ended.out.split()
    assert [one["subject"] for one in found] == [one["data"]["referral_id"] for one in events]


def test_all_or_none(placehub: Run, authority: str) -> None:
    """When one event is wrong, its place is named and none is posted."""
    before = tailed(placehub, "outbox", "--as", authority, "--last", "1")
    events = [event(authority), event(authority, age_band=CANARY)]
    ended = placehub("publish", "-", "--as", authority, given=json.dumps(events))
    assert ended.code == 1
    assert ended.err.startswith("placehub: event 2, children.0.age_band: must be a code of list age_band")
    assert tailed(placehub, "outbox", "--as", authority, "--last", "1") == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"age_band": CANARY}, "children.0.age_band"),
        ({"need": {"age_years": CANARY}}, "children.0.need.age_years"),
        ({"need": {"ethnicity": CANARY}}, "children.0.need.ethnicity"),
        ({"child_id": CANARY}, "children.0.need"),
        ({"name": CANARY}, "children.0.name"),
    ],
)
def test_a_wrong_field(nowhere: Run, authority: str, change: dict[str, Any], field: str) -> None:
    """A wrong field is named in one line, its value never; no hub is needed to find it."""
    ended = nowhere("publish", "-", "--as", authority, given=json.dumps(event(authority, **change)))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"placehub: {field}: ")
    assert ended.err.count("\n") == 1
    assert CANARY not in ended.err


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ("", "file"),
        ("{", "line 1"),
        ('{"type": 1}\n{"canary-51d0"', "line 2"),
        ("7", "event"),
        ("[]", ""),
        ('{"type": "ReferralMade", "data": {}}', "time"),
        ('{"type": "ReferralMade", "time": "canary-51d0", "data": {}}', "time"),
        ('{"type": "canary-51d0", "time": "2026-03-02T09:30:00Z", "data": {}}', "type"),
        ('{"type": "ReferralMade", "time": "2026-03-02T09:30:00Z"}', "data"),
        ('{"typ": "ReferralMade"}', "typ"),
    ],
)
def test_broken_input(nowhere: Run, authority: str, given: str, field: str) -> None:
    """Input that is no event is refused by its line or field."""
    ended = nowhere("publish", "-", "--as", authority, given=given)
    assert ended.code == 1
    assert ended.err.startswith(f"placehub: {field or 'file'}")
    assert CANARY not in ended.err


def test_no_such_file(nowhere: Run, authority: str) -> None:
    """A file that is not there is not found."""
    assert nowhere("publish", "/nowhere/at/all.json", "--as", authority).code == 3


def test_unknown_organisation(placehub: Run) -> None:
    """Nobody's credentials are found for an organisation that is not known here."""
    ended = placehub("publish", "-", "--as", "NOBODY", given=json.dumps(event("NOBODY")))
    assert ended.code == 3
    assert "No credentials of NOBODY" in ended.err


def test_others_credentials(placehub: Run, authority: str, folder: Path) -> None:
    """A file of another organisation's credentials is not used."""
    file = str(folder / "credentials" / f"{authority}.json")
    assert placehub("publish", "-", "--as", "SC1", "--credentials", file, given="{}").code == 3


def test_credentials_from_the_environment(placehub: Run, authority: str, hub: Any) -> None:
    """Wrong credentials from the environment are used, and said to be wrong."""
    wrong = {"PLACEHUB_ORG_PASSWORD": "wrong", "PLACEHUB_ORG_TOKEN": "wrong"}
    ended = placehub("publish", "-", "--as", authority, given=json.dumps(event(authority)), **wrong)
    assert ended.code == 2
    assert ended.err.count("\n") == 1


def test_inbox(placehub: Run, authority: str) -> None:
    """An inbox is read with its organisation's own credentials."""
    assert placehub("tail", "inbox", "--as", authority).code == 0


def test_stream(placehub: Run, authority: str) -> None:
    """The hub reads a stream."""
    found = tailed(placehub, "organisation", "--last", "1000")
    assert [one["sequence"] for one in found if one["subject"] == authority][:2] == [1, 2]


@pytest.mark.parametrize(
    ("words", "code"), [(("nosuch",), 3), (("inbox",), 2), (("outbox",), 2), (("inbox", "--as", "NOBODY"), 3)]
)
def test_no_such_topic(placehub: Run, words: tuple[str, ...], code: int) -> None:
    """A topic that is none, or a mailbox of nobody, is refused."""
    assert placehub("tail", *words).code == code
