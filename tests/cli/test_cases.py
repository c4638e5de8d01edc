"""`placehub case`: the story of a case on a running hub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from ..integration.story import Town, desk
from .conftest import Run

WHY = ("--for", "audit", "--by", "made up operator")


@pytest.fixture(scope="module")
def searched(hub: Any) -> Iterator[tuple[UUID, str, str, str]]:
    """A case, its authority, the provider of a home that fits it, and one whose home is too far away."""
    town = Town(hub, desk(hub, "authority"), (desk(hub, "provider"), desk(hub, "provider")))
    near, far = town.providers
    town.begin()
    town.open_home(near)
    town.open_home(far, postcode_sector="EX1 1")
    hub.settle()
    case = town.case()
    case.notice(within_miles=30)
    hub.settle()
    yield case.id, town.authority.code, near.code, far.code
    town.end()
    for one in (town.authority, near, far):
        one.mailbox.close()


def test_the_whole_story(placehub: Run, searched: tuple[UUID, str, str, str]) -> None:
    """Who was told, when and without what, and who was not, with the reason: for people and for programs."""
    case, authority, near, far = searched
    told = placehub("case", "show", str(case), *WHY).out
    assert "Early notice: a home may be needed for 1 child." in told
    assert "the home is too far away" in told
    found = json.loads(placehub("case", "show", str(case), *WHY, "--json").out)
    assert (found["organisation"], found["story"][0]["by"]) == (None, authority)
    (invited,) = [one for one in found["story"] if one["event"] == "ProviderInvited"]
    assert {one["organisation"] for one in invited["told"]} == {authority, near}
    assert [(one["provider"], one["criterion"]) for one in found["not_told"]] == [(far, "distance")]


def test_as_a_party(placehub: Run, searched: tuple[UUID, str, str, str]) -> None:
    """A provider's file names no other organisation; who was told nothing has an empty story."""
    case, authority, near, far = searched
    seen = placehub("case", "show", str(case), *WHY, "--as", near, "--json").out
    assert [one["event"] for one in json.loads(seen)["story"]] == ["EarlyNoticeGiven", "ProviderInvited"]
    assert far not in seen
    assert "homes" not in placehub("case", "show", str(case), *WHY, "--as", authority).out.partition("was invited")[2]
    assert json.loads(placehub("case", "show", str(case), *WHY, "--as", far, "--json").out)["story"] == []


def test_exported(placehub: Run, searched: tuple[UUID, str, str, str], tmp_path: Path) -> None:
    """The file is written as a page and as a PDF."""
    case, _, near, _ = searched
    for to, begins in (("html", b"<!doctype html>"), ("pdf", b"%PDF")):
        out = tmp_path / f"case.{to}"
        assert placehub("case", "export", str(case), "--to", to, "--out", str(out), *WHY, "--as", near).code == 0
        assert out.read_bytes().startswith(begins)


def test_a_file_that_cannot_be_written(placehub: Run, searched: tuple[UUID, str, str, str], tmp_path: Path) -> None:
    """Where no file can be written, that is said in a sentence, and how to name another."""
    out = tmp_path / "nowhere" / "case.pdf"
    ended = placehub("case", "export", str(searched[0]), "--to", "pdf", "--out", str(out), *WHY)
    assert ended.code == 2
    assert "cannot be written" in ended.err
    assert "--out" in ended.err


def test_what_is_not_known(placehub: Run, searched: tuple[UUID, str, str, str]) -> None:
    """An unknown case or organisation, a moment before the case, and what is no time are told apart from a story."""
    case = str(searched[0])
    assert placehub("case", "show", str(uuid4()), *WHY).code == 3
    assert placehub("case", "show", case, *WHY, "--as-of", "2020-01-01").code == 3
    assert placehub("case", "show", case, *WHY, "--as", "T-NOBODY").code == 3
    assert placehub("case", "show", case, *WHY, "--as-of", "yesterday").code == 2
    wrong = placehub("case", "show", case, "--for", "curiosity")
    assert wrong.code == 1
    assert "reading_purpose" in wrong.err


def test_who_read_it(placehub: Run, hub: Any, searched: tuple[UUID, str, str, str]) -> None:
    """That a case was read, by whom, as whom and why, is kept, told to its authority, and reported."""
    case, authority, near, _ = searched
    placehub("case", "show", str(case), "--for", "complaint", "--by", "made up reader", "--as", near)
    hub.pass_time(minutes=1)
    told = [json.loads(line) for line in placehub("tail", "evidence", "--json").out.splitlines()]
    (read,) = [one["data"] for one in told if one["data"].get("by") == "made up reader"]
    assert (read["subject_id"], read["owner"], read["seen_as"]) == (str(case), authority, near)
    assert (read["what"], read["purpose"]) == ("case file", "complaint")
    found = json.loads(placehub("access", "report", "--org", authority, "--json").out)
    assert [one["did"] for one in found if one["who"] == "made up reader"] == ["read case file"]
    shown = json.loads(placehub("case", "show", str(case), *WHY, "--json").out)
    child = shown["story"][0]["body"]["children"][0]["child_id"]
    assert "made up reader" in placehub("access", "report", "--child", child).out
    assert placehub("access", "report").code == 2
    assert placehub("access", "report", "--org", "T-NOBODY").code == 3
