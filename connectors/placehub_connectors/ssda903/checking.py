"""The sector's own validator, in a Python environment of its own, asked as a process of its own.

It pins old numpy and pandas, so it cannot live beside the hub. Its failures are told per row of the files it was given.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from placehub.errors import Misconfigured, Unavailable
from placehub_connectors.letters import Problem
from placehub_connectors.ssda903.tables import Return

PACKAGE: Final = "csc-validator-be-903==0.1.17"
YEARS: Final = range(2023, 2028)
DOUBTFUL: Final = ("SW12STG2", "SW17STG2")
"""Rules that fail falsely on every move and every leaver in that version: told, and not counted against a return."""
_SECONDS: Final = 600
_READY: Final = "ready"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say: failures by row, those of doubtful rules apart, and the rules that could not be asked."""

    failures: tuple[Problem, ...]
    doubtful: tuple[Problem, ...]
    crashed: tuple[str, ...]
    skipped: tuple[str, ...]
    rules: int


def home() -> Path:
    """Return the folder of the validator's environment: `PLACEHUB_903_HOME`, or one in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("PLACEHUB_903_HOME") or cache / "placehub" / "ssda903")


def prepare_validator() -> Path:
    """Make the environment if there is none (some 220 MB) and return its Python; Unavailable when it cannot be had."""
    if not (home() / _READY).exists():
        home().parent.mkdir(parents=True, exist_ok=True)
        # Made beside its place and put there whole: two may make it at once, and one may be stopped halfway.
        with tempfile.TemporaryDirectory(dir=home().parent, prefix="ssda903-") as made:
            _install(Path(made) / "env")
            if not (home() / _READY).exists():
                shutil.rmtree(home(), ignore_errors=True)
                with suppress(OSError):
                    (Path(made) / "env").rename(home())
    return _python(home())


def _install(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    command = [str(_python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE]
    if subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS).returncode:  # noqa: S603  # fixed
        raise Unavailable(f"{PACKAGE} cannot be installed. Is the package index to be reached? Try again.")
    (folder / _READY).write_text(PACKAGE, encoding="utf-8")


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def check_return(given: Return, folder: Path, year: int, authority: str) -> Verdict:
    """Ask the rules of a collection year about the files of a return, which lie in `folder`.

    Misconfigured when the validator was not prepared, or has no rules for that year.
    """
    if year not in YEARS:
        raise Misconfigured(f"The validator has rules for the collection years {YEARS[0]} to {YEARS[-1]}.")
    if not (home() / _READY).exists():
        raise Misconfigured("The sector's validator is not installed. Run 'placehub-connect ssda903 prepare'.")
    asked = json.dumps({"folder": str(folder), "year": str(year), "authority": authority})
    with as_file(files("placehub_connectors.ssda903") / "sector_rules.py") as script:
        command = [str(_python(home())), str(script), asked]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603  # ours
    if ran.returncode:
        # What it wrote may quote rows.
        raise Misconfigured("The validator could not read these files. Are they the tables of one 903 return?")
    return _verdict(given, json.loads(ran.stdout))


def _verdict(given: Return, said: dict[str, Any]) -> Verdict:
    told = [(one["code"], _problem(given, one)) for one in said["failures"]]
    return Verdict(
        failures=tuple(problem for code, problem in told if code not in DOUBTFUL),
        doubtful=tuple(problem for code, problem in told if code in DOUBTFUL),
        crashed=tuple(said["crashed"]),
        skipped=tuple(said["skipped"]),
        rules=said["rules"],
    )


def _problem(given: Return, one: dict[str, Any]) -> Problem:
    lines = given.tables.get(one["table"], [])
    line = lines[one["row"]].line if one["row"] < len(lines) else None
    return Problem(
        file=given.files.get(one["table"], one["table"]),
        line=line,
        column=", ".join(one["fields"]),
        rule=f"rule {one['code']}: {one['description']}",
        remedy="Correct it in the case system, and export again.",
    )
