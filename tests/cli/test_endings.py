"""How commands end when the world outside fails them: one plain line, or none, and the right code."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer.main

from placehub.cli.program import app
from placehub.handbook.commands import every_command

from .conftest import Run

NOWHERE = "127.0.0.1:9"
"""Port 9 of the loopback interface: nothing listens there."""

BROKER = {"PLACEHUB_BOOTSTRAP": NOWHERE}
REGISTRY = {"PLACEHUB_REGISTRY": f"http://someone:hidden-51d0@{NOWHERE}/apis/ccompat/v7"}
DATABASE = {"PLACEHUB_DATABASE": f"postgresql+psycopg://someone:hidden-51d0@{NOWHERE}/placehub"}


@pytest.mark.parametrize(
    ("words", "away", "named"),
    [
        (("lag",), BROKER, "The broker"),
        (("tail", "referral"), BROKER, "The broker"),
        (("lag",), DATABASE, "The database"),
        (("org", "list"), DATABASE, "The database"),
        (("views", "show", "searches"), DATABASE, "The database"),
        (("tail", "organisation"), REGISTRY, "The schema registry"),
    ],
)
def test_a_server_is_away(
    placehub: Run, authority: str, words: tuple[str, ...], away: dict[str, str], named: str
) -> None:
    """A server that is away is named in one line, with its address and without its password."""
    ended = placehub(*words, **away)
    assert ended.code == 1
    assert ended.err.startswith(f"placehub: {named} at "), ended.err
    assert NOWHERE in ended.err
    assert ended.err.count("\n") == 1
    assert "hidden-51d0" not in ended.err


def test_a_process_whose_broker_is_away(placehub: Run) -> None:
    """A process that finds no broker ends with that line and no traceback."""
    ended = placehub("run", "delivery", **BROKER)
    assert ended.code == 1
    assert ended.err.splitlines()[-1].startswith(f"placehub: The broker at {NOWHERE} does not answer")
    assert "Traceback" not in ended.err


def test_a_login_is_refused(placehub: Run, hub: Any) -> None:
    """A wrong password of the database is a fault of the settings, not of a server that is away."""
    right = hub.settings.database.get_secret_value()
    wrong = right.replace(right.split(":")[2].split("@")[0], "hidden-51d0")
    ended = placehub("org", "list", PLACEHUB_DATABASE=wrong)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "refused the login" in ended.err
    assert "hidden-51d0" not in ended.err


def test_an_address_that_is_none(placehub: Run) -> None:
    """A database address that is none is a setting that is wrong."""
    ended = placehub("org", "list", PLACEHUB_DATABASE="hidden-51d0")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "Setting database is wrong" in ended.err
    assert "hidden-51d0" not in ended.err


@pytest.mark.parametrize("words", [("lag", "--all"), ("views", "list"), ("settings", "--json"), ("--help",)])
def test_the_reader_has_gone(hub: Any, folder: Path, words: tuple[str, ...]) -> None:
    """Output that nobody reads any more ends the command without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    process = _begin(hub, folder, *words, stdout=writing)
    os.close(writing)
    _, said = process.communicate(timeout=90)
    assert said == ""
    assert process.returncode == (1 if words == ("--help",) else 141)


def test_interrupted(hub: Any, folder: Path) -> None:
    """Ctrl-C ends a command at once, with its own code and no traceback."""
    process = _begin(hub, folder, "tail", "organisation", "--follow", "--json", "--last", "1", stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, "")


def test_no_colour_in_a_pipe(placehub: Run) -> None:
    """No control characters are in what is not a terminal's, with or without NO_COLOR."""
    for colour in ({"NO_COLOR": "1"}, {"NO_COLOR": ""}):
        ended = placehub("views", "list", **colour)
        assert "\x1b" not in ended.out + ended.err


def on_a_terminal(*words: str, **environment: str) -> str:
    """Run Python with a terminal of its own, which has colours; return what stands there in the end."""
    terminal, its_end = pty.openpty()
    bare = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "CI")}
    usual = {"TERM": "xterm-256color", "COLUMNS": "120"}
    process = subprocess.Popen(
        [sys.executable, *words],
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        env={**bare, **usual, **environment},
    )
    os.close(its_end)
    said = b""
    with suppress(OSError):  # the terminal's end is an error on Linux
        while part := os.read(terminal, 4096):
            said += part
    os.close(terminal)
    assert process.wait(90) == 0, said
    return said.decode()


def test_no_colour_on_a_terminal() -> None:
    """A terminal whose user wants no colour gets none."""
    said = on_a_terminal("-m", "placehub", "views", "list", NO_COLOR="1")
    assert "vacancy_board" in said
    assert not re.search(r"\x1b\[(?:\d+;)*(?:3|4|9|10)\d", said)


def test_progress_is_for_terminals() -> None:
    """How far something is stands on a terminal, and nowhere else."""
    code = "from placehub.cli.printing import progress; progress('half way')"
    assert "half way" in on_a_terminal("-c", code)
    elsewhere = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=90)
    assert elsewhere.stdout + elsewhere.stderr == ""


def _begin(hub: Any, folder: Path, *words: str, stdout: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "placehub", *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **hub.settings.environment(), "PLACEHUB_DIR": str(folder)},
        preexec_fn=_hear_ctrl_c,
    )


def _hear_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell that began the tests in the background has it ignored


ACTS = ("up", "prepare", "run", "demo", "pause", "resume", "org disable", "deploy init", "deploy renew")
WRITES_FILES = ("schema write", "docs write", "docs check", "returns export", "views chart", "case export")


def test_every_command_that_tells_something_speaks_json() -> None:
    """Each command has --json, but for those that only do something or are for developers."""
    speaking = {
        name
        for name, command in every_command(typer.main.get_command(app))
        if any("--json" in one.opts for one in command.params)
    }
    every = {name for name, _ in every_command(typer.main.get_command(app))}
    assert every - speaking == {*ACTS, *WRITES_FILES}


@pytest.mark.parametrize(
    "words", [("status",), ("org", "list"), ("views", "show", "rejected_events"), ("deadletters", "list", "--all")]
)
def test_json_is_json(placehub: Run, words: tuple[str, ...]) -> None:
    """What --json prints is one document, also where times and amounts are in it."""
    json.loads(placehub(*words, "--json").out)
