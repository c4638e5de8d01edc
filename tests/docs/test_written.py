"""The pages written by hand: what they show works, and what they point to is there."""

from __future__ import annotations

import json
import shlex
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typer.main

from placehub.cli.program import app
from placehub.handbook.commands import every_command
from placehub.keys.sealing import new_key, seal
from placehub.mailboxes.documents import prepare
from placehub.postcodes import Postcodes
from placehub.search.homes import Homes
from placehub.search.matching import match
from placehub.search.policy import DEFAULT
from placehub.search.sought import sought_of

from .reading import DOCS, ROOT, WRITTEN, anchors, blocks, links

COMMANDS = dict(every_command(typer.main.get_command(app)))
FIRST_HOUR = (DOCS / "first-hour.md").read_text(encoding="utf-8")


def _shown() -> Iterator[tuple[str, str]]:
    for path in WRITTEN:
        for block in blocks(path.read_text(encoding="utf-8"), "sh"):
            for line in block.splitlines():
                if line.startswith("placehub "):
                    yield path.name, line


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    """Each link within the project names a file that is there and a heading it has."""
    for link in links(path.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        name, _, fragment = link.partition("#")
        target = (path.parent / name) if name else path
        assert target.exists(), link
        assert not fragment or fragment in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize(("page", "line"), list(_shown()))
def test_a_shown_command_exists(page: str, line: str) -> None:
    """Each `placehub` line in the pages is a command that exists, with options it has."""
    words = shlex.split(line, comments=True)[1:]
    name = next((" ".join(words[:size]) for size in (2, 1) if " ".join(words[:size]) in COMMANDS), None)
    assert name is not None, f"{page}: {line}"
    known = {option for one in COMMANDS[name].params for option in one.opts}
    assert {word for word in words if word.startswith("--")} <= known, f"{page}: {line}"
    required = [one for one in COMMANDS[name].params if one.required and one.opts[0].startswith("--")]
    assert all(one.opts[0] in words for one in required), f"{page}: {line}"


@pytest.mark.parametrize("text", blocks(FIRST_HOUR, "json"), ids=lambda text: str(json.loads(text)["type"]))
def test_a_shown_event_passes_every_check(text: str) -> None:
    """Each event of the first hour would be accepted by `placehub publish` as it stands."""
    event: dict[str, Any] = json.loads(text)
    prepared = prepare(event["type"], event["data"], datetime.fromisoformat(event["time"]), uuid4())
    assert prepared.cls.__name__ == event["type"]


def test_the_shown_notice_and_referral_are_one_case() -> None:
    """The referral of the first hour continues the early notice, of the same child."""
    _, notice, referral = (json.loads(text)["data"] for text in blocks(FIRST_HOUR, "json"))
    assert notice["referral_id"] == referral["referral_id"]
    assert [one["child_id"] for one in notice["children"]] == [one["child_id"] for one in referral["children"]]


def test_the_shown_vacancy_fits_the_shown_case() -> None:
    """Notice and referral of the first hour both find the first hour's home."""
    vacancy, *cases = (_posted(text) for text in blocks(FIRST_HOUR, "json"))
    known = Postcodes.open().sector(vacancy.home.postcode_sector)
    assert known is not None
    homes = Homes()
    homes.put(vacancy.vacancy_id, vacancy.provider, vacancy.household_ref, vacancy.home, known.east, known.north, 1)
    for case in cases:
        centre = Postcodes.open().sector(case.wanted.near_sector)
        assert centre is not None
        found = match(sought_of(case, place=(centre.east, centre.north)), homes, None, case.need_known_at, DEFAULT)
        assert [fit.vacancy_id for fit in found.fits] == [vacancy.vacancy_id]


def _posted(text: str) -> Any:
    event: dict[str, Any] = json.loads(text)
    prepared = prepare(event["type"], event["data"], datetime.fromisoformat(event["time"]), uuid4())
    return prepared.sealed(lambda part: seal(new_key(), "key", part.compartment, b"{}"))


def test_the_shown_program_is_python() -> None:
    """The reader of the first hour compiles."""
    (program,) = blocks(FIRST_HOUR, "python")
    compile(program, "first-hour.md", "exec")


def test_every_page_can_be_reached() -> None:
    """From the README each page of docs/ can be reached by links."""
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        path = waiting.pop().resolve()
        if path in seen or path.suffix != ".md":
            continue
        seen.add(path)
        found = (path.parent / link.partition("#")[0] for link in links(path.read_text(encoding="utf-8")))
        waiting += [one / "README.md" if one.is_dir() else one for one in found if one.exists() and one != path.parent]
    assert {path.resolve() for path in WRITTEN} <= seen


def test_the_picture_says_what_it_shows() -> None:
    """The picture is well-formed and has a title and a description for those who cannot see it."""
    root = ElementTree.parse(DOCS / "flow.svg").getroot()  # noqa: S314 - our own picture
    told = {child.tag.rpartition("}")[2] for child in root}
    assert {"title", "desc"} <= told
