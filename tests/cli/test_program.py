"""The program itself: quick to answer, plain when it fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from placehub.cli.program import app
from placehub.sample.demo import look_further

from .conftest import Run

HEAVY = ("kafka", "sqlalchemy", "fastapi", "fastavro", "pydantic", "faust", "numpy", "rich")


def test_help_is_light() -> None:
    """Asking for help loads no library that only a command's work needs."""
    asked = f"import sys, placehub.cli.program; print([name for name in {HEAVY} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command",
    [
        "up",
        "prepare",
        "run",
        "demo",
        "status",
        "lag",
        "settings",
        "pause",
        "resume",
        "deadletters",
        "org",
        "publish",
        "tail",
        "search",
        "views",
        "schema",
        "deploy",
        "docs",
    ],
)
def test_every_command_has_help(nowhere: Run, command: str) -> None:
    """Every command says what it does."""
    ended = nowhere(command, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert "Usage: " in ended.out


def test_no_such_command(nowhere: Run) -> None:
    """A command that is none is a mistake of use."""
    assert nowhere("matchmake").code == 2


@pytest.mark.parametrize("words", [("status",), ("org", "list"), ("tail", "referral"), ("views", "show", "searches")])
def test_no_hub(nowhere: Run, words: tuple[str, ...]) -> None:
    """Where no hub is known, one line says how to get one."""
    ended = nowhere(*words)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("placehub: No hub found here")
    assert ended.err.count("\n") == 1


def test_a_wrong_setting(nowhere: Run, tmp_path: object) -> None:
    """A setting of a wrong form is named."""
    required = ("BOOTSTRAP", "KAFKA_PASSWORD", "REGISTRY", "DATABASE", "API", "API_TOKEN")
    ended = nowhere("status", **{f"PLACEHUB_{name}": "x" for name in required}, PLACEHUB_PARTITIONS="many")
    assert ended.code == 2
    assert "Setting partitions is wrong" in ended.err


def test_what_the_demo_says_to_try_next_can_be_run() -> None:
    """Every command of its last words is one of this program's, with options that it takes."""
    commands = [
        line.split() for line in look_further(Path("hub"), str(UUID(int=1))).splitlines() if "  placehub" in line
    ]
    assert len(commands) >= 5
    for _, *arguments in commands:
        command: Any = get_command(app)
        while isinstance(command, TyperGroup):
            context = command.make_context(None, arguments, resilient_parsing=True)
            _, command, arguments = command.resolve_command(context, [*context._protected_args, *context.args])
        command.make_context(None, arguments)
