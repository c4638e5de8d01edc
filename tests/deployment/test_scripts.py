"""The shell scripts of deploy/: whole, and plain about what they lack."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from .cluster import ROOT, START

WHOLE = {
    "NODE_ID": "1",
    "CLUSTER_ID": "XI26-uF-m93oIqciWX2uzw",
    "CONTROLLERS": "1@kafka-1:9093:umyG7tyeUlLDDmNq6JSVTQ",
    "CLIENT": "kafka-1:9092",
    "OUTSIDE": "localhost:19092",
}


@pytest.mark.parametrize("script", sorted((ROOT / "deploy").rglob("*.sh")), ids=lambda path: path.name)
def test_a_script_is_whole(script: Path) -> None:
    """The shell can read all of it, it stops at the first error, and it may be run."""
    checked = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True, timeout=30)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "\nset -euo pipefail\n" in script.read_text(encoding="utf-8")
    assert os.access(script, os.X_OK)


def _start(tmp_path: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "SECRETS": str(tmp_path), **WHOLE, **changed}
    return subprocess.run(["bash", str(START)], env=environment, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("name", WHOLE)
def test_a_broker_without_its_settings(tmp_path: Path, name: str) -> None:
    """A setting that is not there stops the start with its name."""
    ended = _start(tmp_path, **{name: ""})
    assert (ended.returncode, name in ended.stderr) == (2, True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"NODE_ID": "one"}, "NODE_ID must be a number"),
        ({"CONTROLLERS": "1@kafka-1:9093"}, "CONTROLLERS must be"),
        ({"NODE_ID": "2"}, "does not name node 2"),
    ],
)
def test_a_broker_with_wrong_settings(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    """A setting that cannot be right stops the start with a sentence."""
    for name in ("kafka_password", "broker_password", "controller_password", "ca", "kafka_certificate"):
        (tmp_path / name).write_text("made-up-and-long-enough")
    ended = _start(tmp_path, **changed)
    assert (ended.returncode, said in ended.stderr) == (2, True)


@pytest.mark.parametrize("password", [None, "", "short", 'long enough, but with "quotes" in it'])
def test_a_broker_with_a_wrong_password(tmp_path: Path, password: str | None) -> None:
    """A secret that is missing, short or would break the settings stops the start, named and not shown."""
    if password is not None:
        (tmp_path / "kafka_password").write_text(password)
    ended = _start(tmp_path)
    assert (ended.returncode, "the secret kafka_password" in ended.stderr) == (2, True)
    assert not password or password not in ended.stderr
