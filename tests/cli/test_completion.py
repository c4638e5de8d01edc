"""Shell completion: commands, options, names; and nothing where the hub does not answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from placehub.app import READS
from placehub.monitoring.views import VIEWS

PROGRAM = str(Path(sys.executable).with_name("placehub"))
"""The installed program: completion is bound to its name."""


def completed(line: str, folder: Path, **environment: str) -> list[str]:
    """Return what bash would offer at the end of the line."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PLACEHUB_")}
    words = line.split(" ")
    asked = {"_PLACEHUB_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    ended = subprocess.run(
        [PROGRAM],
        capture_output=True,
        text=True,
        timeout=90,
        env={**bare, "PLACEHUB_DIR": str(folder), **asked, **environment},
    )
    assert ended.stderr == ""
    return ended.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("placehub dead", ["deadletters"]),
        ("placehub deadletters ", ["list", "show", "retry", "drop"]),
        ("placehub pause ", list(READS)),
        ("placehub resume mon", ["monitoring"]),
        ("placehub run ap", ["api"]),
        ("placehub tail va", ["vacancy"]),
        ("placehub tail dead", ["deadletter"]),
        ("placehub views show ", list(VIEWS)),
        ("placehub views chart ", ["sufficiency", "own_sufficiency"]),
        ("placehub schema show OfferM", ["OfferMade"]),
        ("placehub schema show vacancy.VacancyFi", ["vacancy.VacancyFilled"]),
        ("placehub deadletters list --type OfferM", ["OfferMade"]),
        ("placehub org show ", []),
    ],
)
def test_names(tmp_path: Path, line: str, offered: list[str]) -> None:
    """What is known without a hub is offered; organisations are not known without one, and nothing is said."""
    assert completed(line, tmp_path) == offered


@pytest.mark.parametrize(
    "command", ["org show", "org rotate", "org disable", "deadletters list --sender", "tail inbox --as"]
)
def test_organisations(hub: Any, authority: str, folder: Path, command: str) -> None:
    """Codes of organisations are offered where the hub answers."""
    offered = completed(f"placehub {command} {authority[:-1]}", folder, **hub.settings.environment())
    assert authority in offered


def test_the_shell_is_told(tmp_path: Path) -> None:
    """The program prints what a shell needs to complete for it."""
    ended = subprocess.run(
        [PROGRAM, "--show-completion", "bash"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )
    assert ended.returncode == 0, ended.stderr
    assert "_PLACEHUB_COMPLETE=complete_bash" in ended.stdout
