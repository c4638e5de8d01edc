"""The generated pages: up to date, complete, and from the code alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from placehub import codes
from placehub.cli.program import app
from placehub.contracts.fields import Seals, Tag
from placehub.contracts.walking import places
from placehub.handbook.commands import every_command
from placehub.handbook.dpia import RISKS
from placehub.handbook.pages import every_page, stale_pages, write_pages
from placehub.intake.table import ACTS
from placehub.monitoring.views import VIEWS
from placehub.search.criteria import CRITERIA
from placehub.settings import Settings
from placehub.streams import STREAMS, event_name, every_event, full_name

from .reading import DOCS, ROOT

PROGRAM = typer.main.get_command(app)
PAGES = every_page(PROGRAM)
MARKDOWN = [name for name in PAGES if name.endswith(".md")]


def _docs(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "placehub", "docs", *words], capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_the_code_says(name: str) -> None:
    """Each page in docs/ is what `placehub docs write` would write now."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name], "run 'placehub docs write'"


@pytest.mark.parametrize("name", MARKDOWN)
def test_a_page_begins_with_its_source(name: str) -> None:
    """The first line of a page says what it is generated from."""
    first, blank, title = PAGES[name].splitlines()[:3]
    assert first.startswith("*Generated from ")
    assert "placehub docs write" in first
    assert blank == ""
    assert title.startswith("# ")


def test_every_table_is_whole() -> None:
    """All rows of a table have as many cells as its head."""
    for name in MARKDOWN:
        width = 0
        for line in PAGES[name].splitlines():
            cells = line.replace("\\|", "").count("|") if line.startswith("| ") else 0
            assert not width or not cells or cells == width, f"{name}: {line}"
            width = cells


def test_pages_are_written_once(tmp_path: Path) -> None:
    """Writing twice changes nothing the second time, and a page that was changed by hand is found and mended."""
    assert write_pages(tmp_path, PROGRAM) == list(PAGES)
    assert write_pages(tmp_path, PROGRAM) == []
    (tmp_path / "views.md").write_text("other")
    assert stale_pages(tmp_path, PROGRAM) == ["views.md"]
    assert write_pages(tmp_path, PROGRAM) == ["views.md"]
    assert stale_pages(tmp_path, PROGRAM) == []


def test_the_command_writes_and_checks(tmp_path: Path) -> None:
    """`docs check` fails with the stale pages' names until `docs write` has run."""
    before = _docs("check", "--to", str(tmp_path))
    assert before.returncode == 1
    assert "lifecycle.md" in before.stderr
    assert _docs("write", "--to", str(tmp_path)).returncode == 0
    assert _docs("check", "--to", str(tmp_path)).returncode == 0


def test_every_command_is_told_of() -> None:
    """Each command with each of its options is in the page of the command line."""
    for name, command in every_command(PROGRAM):
        assert f"## `placehub {name}`" in PAGES["cli.md"]
        part = PAGES["cli.md"].partition(f"## `placehub {name}`")[2].partition("\n## ")[0]
        for one in command.params:
            assert f"`{one.opts[0]}`" in part or f"`{one.name.upper()}`" in part


def test_every_event_is_told_of() -> None:
    """Each event is in the pages of events and streams, and in the tables unless only the clock or an inbox has it."""
    for event in every_event():
        name = full_name(event)
        assert f"### `{name}`" in PAGES["events.md"]
        assert f"[{event_name(event)}]" in PAGES["streams.md"]
        assert event_name(event) in PAGES["delivery.md"]
        assert name not in ACTS or f"| `{event_name(event)}` |" in PAGES["lifecycle.md"]


def test_everything_with_a_name_is_told_of() -> None:
    """Each stream, setting, view, criterion and code list has its place in its page."""
    assert all(f"## `{one.name}`" in PAGES["streams.md"] for one in STREAMS)
    assert all(f"| `{name}` | `PLACEHUB_{name.upper()}` |" in PAGES["settings.md"] for name in Settings.model_fields)
    assert all(f"## `{name}`" in PAGES["views.md"] for name in VIEWS)
    assert all(f"| `{name}` |" in PAGES["matching.md"] for name in CRITERIA)
    assert all(f"## {name}\n" in PAGES["codes.md"] for name in codes.names())


def test_every_setting_has_a_meaning() -> None:
    """No setting is without the docstring that says what it is for."""
    rows = [line for line in PAGES["settings.md"].splitlines() if line.startswith("| `")]
    assert not [line for line in rows if line.endswith("| - |")]


def test_what_is_said_to_try_a_control_is_there() -> None:
    """Each risk of the impact assessment names tests that exist, so that none is said to be met by nothing."""
    named = {test for risk in RISKS for test in risk.tried_in}
    assert all(risk.tried_in and risk.left for risk in RISKS)
    assert {test for test in named if not (ROOT / test).exists()} == set()


def test_every_sealed_part_is_in_the_impact_assessment() -> None:
    """Each tagged field of each event, and each tagged field of what it seals, stands in the assessment's inventory."""
    page = PAGES["dpia.md"]
    sealed = [place for event in every_event() for place in places(event) if place.marked(Tag)]
    inner = [
        one for place in sealed for seal in place.marked(Seals) for one in places(seal.document) if one.marked(Tag)
    ]
    assert len(sealed) > 10
    assert {str(place) for place in sealed if f"`{place}`" not in page} == set()
    assert {one.name for one in inner if f"`{one.name}`" not in page} == set()
